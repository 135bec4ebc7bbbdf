#!/usr/bin/env python3
"""Thousands of requests that schemathesis makes from /openapi.json, against a server of its own (OKYAKU_SERVER).

No answer may be a defect, and each must be one that the document names: its status, its content type and its form. It needs the
packages of requirements.txt. Two runs: with paths that lead somewhere (schemathesis.toml), and with any path.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
SERVER = os.environ.get("OKYAKU_SERVER", str(HERE.parents[1] / "target/debug/okyaku"))
PORT = 18793
URL = f"http://127.0.0.1:{PORT}"
FEWEST = 3000
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# The development channel's, and the memberHash of `lucas`.
KEYS = {"x-access-key": "dev-access-key", "x-access-secret": "dev-access-secret"}
LUCAS = {
    "pluginKey": "dev-plugin-key",
    "memberId": "lucas",
    "memberHash": "99427c7bba36a6902c5fd6383f2fb0214d19b81023296b4bd6b9e024836afea2",
}


def boot():
    """Returns a session of lucas, once the server answers."""
    for _ in range(100):
        try:
            request = urllib.request.Request(f"{URL}/front/v1/boot", json.dumps(LUCAS).encode())
            with urllib.request.urlopen(request, timeout=5) as reply:
                return json.load(reply)["sessionToken"]
        except OSError:
            time.sleep(0.1)
    sys.exit("the server did not answer")


def run(session, examples, config=(), further=()):
    """Runs schemathesis, and returns how many requests it made."""
    headers = [part for name, value in {**KEYS, "x-session": session}.items() for part in ("-H", f"{name}: {value}")]
    command = ["schemathesis", *config, "run", *further, f"{URL}/openapi.json", "--checks", CHECKS, "--seed", "1", "--no-color"]
    command += ["--phases", "examples,coverage,fuzzing", "--max-examples", str(examples), "--generation-database", "none"]
    # It writes a cache where it runs.
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(command + headers, capture_output=True, text=True, timeout=600, cwd=folder, check=False)
    print(done.stdout[-6000:], done.stderr[-2000:])
    made = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
    if done.returncode or not made:
        sys.exit("an answer is not as the document says")
    return int(made[1])


def main():
    server = subprocess.Popen([SERVER, "--data", "memory", "--port", str(PORT)], stdout=subprocess.DEVNULL)
    try:
        session = boot()
        # First with a customer who stays: nothing is erased or blocked.
        stays = ["--exclude-method", "DELETE", "--exclude-path-regex", "block|erasures"]
        made = run(session, 60, ["--config-file", str(HERE / "schemathesis.toml")], stays)
        made += run(session, 20)
    finally:
        server.terminate()
        server.wait(10)
    print(f"{made} requests")
    if made < FEWEST:
        sys.exit(f"fewer than {FEWEST}")


if __name__ == "__main__":
    main()
