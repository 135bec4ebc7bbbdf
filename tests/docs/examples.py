#!/usr/bin/env python3
"""Runs every example of README.md and docs/reference/API.md, in reading order, against a fresh server for each page.

A block of shell that calls curl is an example. Every call must succeed. Where a block of JSON follows an example in the
same section, the last reply must have all of the keys that the block shows. It needs bash, curl and openssl, and the local
server in OKYAKU_SERVER.
"""

import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVER = pathlib.Path(os.environ.get("OKYAKU_SERVER", ROOT / "target/debug/okyaku"))
PAGES = ["README.md", "docs/reference/API.md"]
# The keys of these objects are names that callers chose.
FREE = {"counts", "refunds", "profile", "property"}
# Each call of curl reports its status and keeps its reply. `$1` is the folder of the replies.
CURL = """
set -euo pipefail
calls=0
curl() {
    local reply status
    calls=$(($(cat "$FOLDER/calls") + 1)); echo "$calls" >"$FOLDER/calls"
    reply="$FOLDER/$BLOCK-$calls"
    status=$(command curl --silent --show-error --output "$reply" --write-out '%{http_code}' "$@")
    echo "$BLOCK $status $reply" >>"$FOLDER/log"
    cat "$reply"
}
"""


def examples(text):
    """Yields the shell of each example, and the JSON block that follows within its section, if there is one."""
    found, last = [], None
    for part in re.finditer(r"^(#{2,3} [^\n]*)$|^```(\w+)\n(.*?)^```$", text, re.S | re.M):
        heading, language, body = part.groups()
        if heading:
            last = None
        elif language == "sh" and ("curl " in body or re.search(r"^[A-Z]=", body)):
            last = [body, None]
            found.append(last)
        elif language == "json" and last and last[1] is None:
            last[1] = body
    return found


def shown(text):
    """The JSON of a page, in which an ellipsis stands for what is left out."""
    for short, whole in (("{…}", "{}"), ("[…]", "[]"), (",…}", "}"), (",…]", "]")):
        text = text.replace(short, whole)
    return json.loads(text)


def missing(example, reply, path=""):
    """Yields the paths that the example shows and the reply lacks."""
    if isinstance(example, dict) and isinstance(reply, dict):
        for key, value in example.items():
            if key not in reply:
                yield f"{path}/{key}"
            elif key not in FREE:
                yield from missing(value, reply[key], f"{path}/{key}")
    elif isinstance(example, list) and isinstance(reply, list):
        if example and reply:
            yield from missing(example[0], reply[0], f"{path}/0")
    elif isinstance(example, (dict, list)) and reply is not None:
        yield f"{path} is {type(reply).__name__}"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(page, folder):
    """Runs the examples of a page. Returns how many calls they made."""
    found = examples((ROOT / page).read_text())
    port = free_port()
    script = CURL
    for number, (body, _) in enumerate(found):
        # Set before each block, since a later command of a page may set another.
        body = body.replace("http://127.0.0.1:8787", f"http://127.0.0.1:{port}")
        script += f"BLOCK={number}\n{body}\n"
    (folder / "calls").write_text("0")
    (folder / "log").write_text("")
    server = subprocess.Popen([SERVER, "--data", "memory", "--port", str(port)], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        wait(f"http://127.0.0.1:{port}/okyaku/v1/health", server)
        shell = subprocess.run(["bash", "-c", script], env=os.environ | {"FOLDER": str(folder)}, timeout=120,
                               capture_output=True, text=True)
    finally:
        server.kill()
        server.wait()
    if shell.returncode:
        raise SystemExit(f"{page}: the examples ended with {shell.returncode}:\n{shell.stdout[-2000:]}\n{shell.stderr[-2000:]}")
    calls = [line.split(" ", 2) for line in (folder / "log").read_text().splitlines()]
    for number, (body, example) in enumerate(found):
        own = [(int(status), pathlib.Path(reply)) for block, status, reply in calls if int(block) == number]
        expected = len(re.findall(r"\bcurl ", body))
        assert len(own) == expected, f"{page}: {expected} calls were expected of\n{body}\nand these came: {own}"
        for status, reply in own:
            assert 200 <= status < 300, f"{page}: {status} {reply.read_text()}\n{body}"
        if example:
            reply = json.loads(own[-1][1].read_text())
            lacking = list(missing(shown(example), reply))
            assert not lacking, f"{page}: the reply lacks {lacking}:\n{body}\n{json.dumps(reply)[:2000]}"
    print(f"ok: {page}, {len(found)} examples, {len(calls)} calls", flush=True)
    return len(calls)


def wait(url, server):
    for _ in range(100):
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except OSError:
            if server.poll() is not None:
                break
            time.sleep(0.1)
    raise SystemExit("the server did not start")


def main():
    for page in PAGES:
        with tempfile.TemporaryDirectory() as folder:
            # A page without examples would pass by saying nothing.
            assert run(page, pathlib.Path(folder)) > 5, page


if __name__ == "__main__":
    sys.exit(main())
