#!/usr/bin/env python3
"""Every function that `sam build` made could be loaded by Lambda, and answers under AWS's own runtime emulator.

The emulator is the one that aws-sam-cli ships. The table is the embedded engine of the local server. Every file of
`events/` is sent byte for byte, and each answer must have the status that `STATUSES` lists. `sam local invoke` does the
same in a container: docs/guides/sam-local.md. `tests/deploy/` tests what the functions do. Run this test with the Python
that has aws-sam-cli, after

    cargo build && sam build --parameter-overrides Architecture=x86_64
"""

import contextlib
import io
import json
import os
import pathlib
import re
import secrets
import sys
import time
import zipfile

import samcli
from samcli.yamlhelper import yaml_parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "deploy"))
import kit  # noqa: E402, from the folder above

BUILT = kit.ROOT / ".aws-sam/build"
SERVER = pathlib.Path(os.environ.get("OKYAKU_SERVER", kit.ROOT / "target/debug/okyaku"))
EMULATOR = pathlib.Path(samcli.__file__).parent / "local/rapid/aws-lambda-rie-x86_64"
GLIBC = (2, 34)  # of Amazon Linux 2023
EVENTS = kit.ROOT / "events"
# The keys under which the session token and the ids in `events/` are right. Everybody knows them, so they are for a local
# table only.
PUBLIC = json.loads((kit.ROOT / "tests/sam/env.json").read_text())["Parameters"]
# The key of the engine's port: the access key id of the functions.
ENGINE_KEY = secrets.token_hex(16)
KEYS = {name: PUBLIC[name] for name in ("OKYAKU_HASH_KEY", "OKYAKU_TOKEN_KEY")} | {"OKYAKU_ENGINE_KEY": ENGINE_KEY}

# The files of `events/` in an order in which each finds the customers and events that it names, and the answer's status.
# None: an invocation without HTTP.
STATUSES = {
    "assets-get-okyaku-js": 200,
    "assets-head-okyaku-js": 200,
    "assets-get-plugin-ch-plugin-web-js": 200,
    "assets-head-plugin-ch-plugin-web-js": 200,
    "admin-create-channel": None,
    "admin-list-channels": None,
    # Lucas exists from here on.
    "boot-post-front-v1-boot": 200,
    "boot-post-front-v1-touch": 200,
    "boot-patch-front-v1-users-me": 200,
    "boot-patch-front-v1-users-me-tags": 200,
    "boot-delete-front-v1-users-me-tags": 200,
    "boot-put-open-v5-users-userId": 200,
    "boot-put-open-v4-users-userId": 200,
    "boot-patch-open-v5-users-userId": 200,
    "boot-patch-open-v4-users-userId": 200,
    "boot-post-open-v5-users-userId-touch": 200,
    "boot-put-open-v5-users-userId-session-jwt-issue": 200,
    "boot-put-open-v5-users-userId-user-token-issue": 200,
    "boot-post-open-v5-users-userId-block": 200,
    "boot-delete-open-v5-users-userId-block": 200,
    "boot-post-open-v4-users-userId-block": 200,
    "boot-delete-open-v4-users-userId-block": 200,
    "lead-post-open-v5-users": 200,
    "track-post-front-v1-events": 200,
    "track-post-front-v1-events-gzip": 200,
    "track-post-open-v5-users-userId-events": 200,
    "track-post-open-v4-users-userId-events": 200,
    "contacts-get-open-v5-channel": 200,
    "contacts-post-okyaku-v1-contacts-search": 200,
    "contacts-post-okyaku-v1-contacts-count": 200,
    "contacts-post-okyaku-v1-contacts-lookup": 200,
    "erase-post-okyaku-v1-contacts-bulk": 202,
    # The id of a job is random, so that no file can name a real one.
    "contacts-get-okyaku-v1-jobs-jobId": 404,
    "contacts-get-okyaku-v1-tags": 200,
    "contacts-get-open-v5-users": 200,
    "contacts-get-open-v4-channel": 200,
    "contacts-get-open-v5-users-userId": 200,
    "contacts-get-open-v4-users-userId": 200,
    "contacts-get-open-v5-users-userId-events": 200,
    "contacts-get-open-v4-users-userId-events": 200,
    "contacts-get-okyaku-v1-contacts-userId": 200,
    "contacts-get-okyaku-v1-contacts-userId-export": 200,
    "contacts-get-okyaku-v1-actives": 200,
    "contacts-get-okyaku-v1-rejections": 200,
    "contacts-get-okyaku-v1-health": 200,
    "webhook-post-webhooks-builder-webhookToken": 200,
    # Of the events that the page tracked above.
    "erase-delete-open-v5-users-userId-events-eventId": 204,
    "erase-delete-open-v4-users-userId-events-eventId": 204,
    # Of the members that the two PUT requests above created.
    "erase-delete-open-v5-users-userId": 204,
    "erase-delete-open-v4-users-userId": 204,
    "erase-post-okyaku-v1-erasures": 202,
    # The id of an erasure is random, so that no file can name a real one.
    "erase-get-okyaku-v1-erasures-id": 404,
    "sweep-schedule": None,
}


def environment(template, logical_id, endpoint):
    """The variables of `env.json`, with another endpoint and the engine's key, and those that Lambda sets."""
    properties = template["Resources"][logical_id]["Properties"]
    timeout = properties.get("Timeout", template["Globals"]["Function"]["Timeout"])
    return PUBLIC | {
        "AWS_ACCESS_KEY_ID": ENGINE_KEY,
        "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
        "AWS_LAMBDA_FUNCTION_NAME": logical_id,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout),
        "PATH": os.environ["PATH"],
    }


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


class Function:
    """One instance of a built function under the emulator."""

    def __init__(self, template, logical_id, endpoint):
        bootstrap = BUILT / template["Resources"][logical_id]["Properties"]["CodeUri"] / "bootstrap"
        self.logical_id = logical_id
        self.size, self.zipped = sizes(bootstrap)
        self.port, self.times = kit.free_port(), []
        command = [
            EMULATOR,
            "--runtime-interface-emulator-address", f"127.0.0.1:{self.port}",
            "--runtime-api-address", f"127.0.0.1:{kit.free_port()}",
            bootstrap,
        ]
        self.process = kit.Process(command, environment(template, logical_id, endpoint), self.port)

    def invoke(self, name, payload, status):
        """Sends an event. The answer must have this status, or none if the function is not behind the API."""
        began = time.monotonic()
        reply = kit.request(self.port, "POST", "/2015-03-31/functions/function/invocations", payload)
        self.times.append((time.monotonic() - began) * 1000)
        answer = reply.body if isinstance(reply.body, dict) else {}
        if reply.status != 200 or "errorType" in answer or answer.get("statusCode") != status:
            raise SystemExit(f"{name}: {status} was expected of {self.logical_id}: {reply}\n{self.process.output()}")

    def __str__(self):
        first, *rest = (f"{each:.0f}" for each in self.times)
        told = f"{self.logical_id:17} {self.size:>10,} bytes, zip {self.zipped:>9,}; first answer {first} ms"
        return told + (f", then {', '.join(rest)} ms" if rest else "")


def of_expired(statuses):
    """The statuses when the events of `events/` are older than the development channel keeps events: 365 days."""
    batch = json.loads((EVENTS / "track-post-front-v1-events.json").read_text())
    oldest = json.loads(batch["body"])["events"][0]["createdAt"]
    if time.time() * 1000 - oldest < 364 * 24 * 3600 * 1000:
        return statuses
    print("the events of events/ are older than a year: the channel refuses them, and deleting one answers 404")
    return statuses | {name: 404 for name in statuses if name.endswith("-events-eventId")}


def main():
    for needed, how in ((EMULATOR, "aws-sam-cli"), (SERVER, "cargo build"), (BUILT / "template.yaml", "sam build")):
        if not needed.exists():
            raise SystemExit(f"{needed} is missing: {how}")
    template = yaml_parse((BUILT / "template.yaml").read_text())
    everything = {name for name, r in template["Resources"].items() if r["Type"] == "AWS::Serverless::Function"}
    statuses = of_expired(STATUSES)
    files = {path.stem for path in EVENTS.glob("*.json")}
    assert files == set(statuses), f"in one of events/ and STATUSES only: {files ^ set(statuses)}"
    port, engine = kit.free_port(), kit.free_port()
    command = [SERVER, "--data", "memory", "--port", str(port), "--engine-port", str(engine)]
    functions = {}
    with contextlib.ExitStack() as running:
        running.enter_context(kit.Process(command, os.environ | KEYS, port))
        for name, status in statuses.items():
            logical_id = name.split("-")[0].capitalize() + "Function"
            if logical_id not in functions:
                functions[logical_id] = Function(template, logical_id, f"http://127.0.0.1:{engine}")
                running.enter_context(functions[logical_id].process)
            functions[logical_id].invoke(name, (EVENTS / f"{name}.json").read_bytes(), status)
    for function in functions.values():
        print(function)
    print(f"{len(statuses)} events of events/ were answered as they lie")
    assert set(functions) == everything, f"never invoked: {everything - set(functions)}"


if __name__ == "__main__":
    main()
