#!/usr/bin/env python3
"""Every function that `sam build` made could be loaded by Lambda, and answers under AWS's own runtime emulator.

The emulator is the one that aws-sam-cli ships; the table is the embedded engine of the local server. What the functions
do is tested by `tests/deploy/`, whose runtime is MiniStack's; this is the same runtime interface as AWS has it. Run it
with the Python that has aws-sam-cli, after

    cargo build && sam build --parameter-overrides Architecture=x86_64
"""

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
SECRET = secrets.token_hex(32)


def environment(template, logical_id, endpoint):
    """What a function finds on Lambda: the least that it starts with."""
    properties = template["Resources"][logical_id]["Properties"]
    timeout = properties.get("Timeout", template["Globals"]["Function"]["Timeout"])
    return {
        "OKYAKU_TABLE": "okyaku",
        "OKYAKU_HASH_KEY": SECRET,
        "OKYAKU_TOKEN_KEY": f"k1:{SECRET}",
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


def invoke(template, logical_id, endpoint, *events):
    """Sends events to one instance of a built function, one after the other. Returns the last answer."""
    bootstrap = BUILT / template["Resources"][logical_id]["Properties"]["CodeUri"] / "bootstrap"
    size, zipped = sizes(bootstrap)
    port, runtime = kit.free_port(), kit.free_port()
    command = [
        EMULATOR,
        "--runtime-interface-emulator-address", f"127.0.0.1:{port}",
        "--runtime-api-address", f"127.0.0.1:{runtime}",
        bootstrap,
    ]
    times = []
    with kit.Process(command, environment(template, logical_id, endpoint), port) as emulator:
        for payload in events:
            began = time.monotonic()
            reply = kit.request(port, "POST", "/2015-03-31/functions/function/invocations", json.dumps(payload))
            times.append(f"{(time.monotonic() - began) * 1000:.0f} ms")
            answer = reply.body if isinstance(reply.body, dict) else {}
            if reply.status != 200 or "errorType" in answer or not 200 <= answer.get("statusCode", 200) < 300:
                raise SystemExit(f"{logical_id} answered {reply}\n{emulator.output()}")
    print(f"{logical_id:17} {size:>10,} bytes, zip {zipped:>9,}; answered in {', '.join(times)}", flush=True)
    return answer


def calls():
    """Each function and what it is sent, twice: cold, and as the same process. Takes what an answer is."""
    boot = kit.event("boot-post-front-v1-boot")
    reply = json.loads((yield "BootFunction", boot, boot)["body"])
    user, token = reply["user"]["id"], reply["sessionToken"]
    page = kit.event("track-post-front-v1-events", sessionToken=token, now=int(time.time() * 1000))
    yield "TrackFunction", page, page
    yield "LeadFunction", kit.event("lead-post-open-v5-users")
    contact = kit.event("contacts-get-okyaku-v1-contacts-userId", userId=user)
    export = kit.event("contacts-get-okyaku-v1-contacts-userId-export", userId=user)
    yield "ContactsFunction", contact, contact, export, kit.event("contacts-get-okyaku-v1-actives"), \
        kit.event("contacts-get-okyaku-v1-rejections")
    deletion = kit.event("erase-delete-open-v5-users-userId", userId=user)
    yield "EraseFunction", deletion, kit.event("erase-post-okyaku-v1-erasures")
    delivery = kit.event("webhook-post-webhooks-builder-webhookToken")
    yield "WebhookFunction", delivery, delivery
    sweep = kit.event("sweep-schedule")
    yield "SweepFunction", sweep, sweep
    yield "AdminFunction", kit.event("admin-list-channels")
    script = kit.event("assets-get-okyaku-js")
    yield "AssetsFunction", script, script


def main():
    for needed, how in ((EMULATOR, "aws-sam-cli"), (SERVER, "cargo build"), (BUILT / "template.yaml", "sam build")):
        if not needed.exists():
            raise SystemExit(f"{needed} is missing: {how}")
    template = yaml_parse((BUILT / "template.yaml").read_text())
    left = {name for name, r in template["Resources"].items() if r["Type"] == "AWS::Serverless::Function"}
    port, engine = kit.free_port(), kit.free_port()
    command = [SERVER, "--data", "memory", "--port", str(port), "--engine-port", str(engine)]
    keys = {"OKYAKU_HASH_KEY": SECRET, "OKYAKU_TOKEN_KEY": f"k1:{SECRET}"}
    with kit.Process(command, os.environ | keys, port):
        story, answer = calls(), None
        try:
            while True:
                logical_id, *events = story.send(answer)
                left.remove(logical_id)
                answer = invoke(template, logical_id, f"http://127.0.0.1:{engine}", *events)
        except StopIteration:
            pass
    assert not left, f"never invoked: {left}"


if __name__ == "__main__":
    main()
