#!/usr/bin/env python3
"""Every function that `sam build` made answers its events under the Lambda runtime emulator, without Docker.

The emulator is the one that aws-sam-cli ships, the table is the embedded engine of the local server, and the
environment is the template's own. Run it with the Python that has aws-sam-cli, after

    cargo build && sam build --parameter-overrides Architecture=x86_64
"""

import base64
import gzip
import http.client
import io
import json
import os
import pathlib
import re
import secrets
import signal
import socket
import subprocess
import tempfile
import time
import zipfile

import samcli
from samcli.yamlhelper import yaml_parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT = ROOT / ".aws-sam/build"
SERVER = pathlib.Path(os.environ.get("OKYAKU_SERVER", ROOT / "target/debug/okyaku"))
EMULATOR = pathlib.Path(samcli.__file__).parent / "local/rapid/aws-lambda-rie-x86_64"
GLIBC = (2, 34)  # of Amazon Linux 2023
SECRET = secrets.token_hex(32)
ACCESS = {"x-access-key": "dev-access-key", "x-access-secret": "dev-access-secret"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A child in a group of its own, gone with its children at the end of the block."""

    def __init__(self, command, environment, port):
        self.log = tempfile.TemporaryFile()
        self.port = port
        self.child = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True
        )

    def __enter__(self):
        for _ in range(600):
            if self.child.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.1)
        self.__exit__()
        raise SystemExit(f"did not start:\n{self.output()}")

    def __exit__(self, *_):
        try:
            os.killpg(self.child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.child.wait()

    def output(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")[-6000:]


def request(port, method, path, body=None, headers=None):
    """Status and parsed body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, body, headers or {})
    reply = connection.getresponse()
    text = reply.read().decode()
    connection.close()
    try:
        return reply.status, json.loads(text) if text else None
    except ValueError:
        return reply.status, text


def event(name, **values):
    text = (ROOT / "events" / f"{name}.json").read_text()
    for key, value in values.items():
        text = text.replace("{{" + key + "}}", str(value))
    left = re.findall(r"\{\{(\w+)\}\}", text)
    assert not left, f"{name}: {left} have no value"
    return json.loads(text)


def environment(template, logical_id, endpoint):
    """The variables that the template gives this function, with what AWS would resolve them to."""
    resolved = {
        "RUST_LOG": "INFO",
        "OKYAKU_TABLE": "okyaku",
        "OKYAKU_STACK": "okyaku",
        "OKYAKU_HASH_KEY": SECRET,
        "OKYAKU_TOKEN_KEY": f"k1:{SECRET}",
        "OKYAKU_ORIGIN_SECRET": "",
        "OKYAKU_OS_ROOTS": "",
        "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
    }
    variables = dict(template["Globals"]["Function"]["Environment"]["Variables"])
    assert set(variables) == set(resolved), "the template's variables are not those of this test"
    own = template["Resources"][logical_id]["Properties"].get("Environment", {}).get("Variables", {})
    return resolved | own | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "eu-west-1",
        "AWS_LAMBDA_FUNCTION_NAME": logical_id,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout(template, logical_id)),
        "PATH": os.environ["PATH"],
    }


def timeout(template, logical_id):
    properties = template["Resources"][logical_id]["Properties"]
    return properties.get("Timeout", template["Globals"]["Function"]["Timeout"])


def sizes(bootstrap, machine=62):
    """Bytes of a function and of its archive. Refuses one that the runtime could not load. 62 is x86_64, 183 arm64."""
    binary = bootstrap.read_bytes()
    assert binary[:4] == b"\x7fELF" and binary[18] == machine, f"{bootstrap} is for another processor"
    needs = max(tuple(map(int, found)) for found in re.findall(rb"GLIBC_(\d+)\.(\d+)", binary))
    assert needs <= GLIBC, f"{bootstrap} needs glibc {needs}"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.write(bootstrap, "bootstrap")
    return len(binary), archive.tell()


def invoke(template, logical_id, endpoint, events):
    """Sends the events to one instance of a built function, one after the other, and returns its answers."""
    bootstrap = BUILT / template["Resources"][logical_id]["Properties"]["CodeUri"] / "bootstrap"
    size, zipped = sizes(bootstrap)
    port, runtime = free_port(), free_port()
    command = [
        EMULATOR,
        "--runtime-interface-emulator-address", f"127.0.0.1:{port}",
        "--runtime-api-address", f"127.0.0.1:{runtime}",
        bootstrap,
    ]
    answers, times = [], []
    with Process(command, environment(template, logical_id, endpoint), port) as emulator:
        for payload in events:
            began = time.monotonic()
            body = json.dumps(payload)
            status, answer = request(port, "POST", "/2015-03-31/functions/function/invocations", body)
            times.append(f"{(time.monotonic() - began) * 1000:.0f} ms")
            failed = status != 200 or isinstance(answer, dict) and "errorType" in answer
            if failed or isinstance(answer, dict) and answer.get("statusCode", 200) >= 500:
                raise SystemExit(f"{logical_id} answered {status} {answer}\n{emulator.output()}")
            answers.append(answer)
    print(f"{logical_id:17} {size:>10,} bytes, zip {zipped:>9,}; answered in {', '.join(times)}", flush=True)
    return answers


def text(answer):
    """The body as a browser would read it."""
    body = answer.get("body") or ""
    body = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    return (gzip.decompress(body) if answer["headers"].get("content-encoding") == "gzip" else body).decode()


def expect(answer, status):
    assert answer.get("statusCode") == status, f"expected {status}: {answer}"
    body = text(answer)
    return json.loads(body) if body else None


def story(invoke, port):
    """A member boots, buys and is deleted; each function has its part, and the local server sees the same table."""

    def stored(path):
        return request(port, "GET", path, headers=ACCESS)

    (script,) = invoke("AssetsFunction", event("assets-get-okyaku-js"))
    assert script["statusCode"] == 200, script
    assert text(script) == (ROOT / "web/okyaku.js").read_text(), "another script than web/okyaku.js"

    boot = event("boot-post-front-v1-boot")
    forged = event("boot-post-front-v1-boot")
    forged["body"] = boot["body"].replace('"memberHash":"9', '"memberHash":"8')
    booted, refused = invoke("BootFunction", boot, forged)
    reply = expect(booted, 200)
    expect(refused, 401)
    user = reply["user"]["id"]
    status, body = stored("/open/v5/users/@lucas")
    assert (status, body["user"]["id"]) == (200, user), (status, body)

    page = event("track-post-front-v1-events", sessionToken=reply["sessionToken"], now=int(time.time() * 1000))
    (tracked,) = invoke("TrackFunction", page)
    verdicts = [result["status"] for result in expect(tracked, 200)["results"]]
    assert verdicts == ["accepted"] * 6, verdicts

    (lead,) = invoke("LeadFunction", event("lead-post-open-v5-users"))
    expect(lead, 200)

    (contact,) = invoke("ContactsFunction", event("contacts-get-okyaku-v1-contacts-userId", userId=user))
    counts = expect(contact, 200)["events"]["counts"]
    assert counts.get("CheckoutComplete") == 1, counts

    (deleted,) = invoke("WithdrawFunction", event("withdraw-delete-open-v5-users-userId", userId=user))
    expect(deleted, 204)
    status, body = stored(f"/open/v5/users/{user}")
    assert status == 404, (status, body)

    invoke("SweepFunction", event("sweep-schedule"))
    invoke("AdminFunction", event("admin-list-channels"))


def main():
    for needed, how in ((EMULATOR, "aws-sam-cli"), (SERVER, "cargo build"), (BUILT / "template.yaml", "sam build")):
        if not needed.exists():
            raise SystemExit(f"{needed} is missing: {how}")
    template = yaml_parse((BUILT / "template.yaml").read_text())
    left = {name for name, r in template["Resources"].items() if r["Type"] == "AWS::Serverless::Function"}
    port, engine = free_port(), free_port()

    def invoke_once(logical_id, *events):
        left.remove(logical_id)
        return invoke(template, logical_id, f"http://127.0.0.1:{engine}", events)

    command = [SERVER, "--data", "memory", "--port", str(port), "--engine-port", str(engine)]
    keys = {"OKYAKU_HASH_KEY": SECRET, "OKYAKU_TOKEN_KEY": f"k1:{SECRET}"}
    with Process(command, os.environ | keys, port):
        story(invoke_once, port)
    assert not left, f"never invoked: {left}"


if __name__ == "__main__":
    main()
