#!/usr/bin/env python3
"""Functions built for arm64 answer an event each, emulated, behind a stub of Lambda's Runtime API.

    python tests/sam/arm64.py FOLDER_OF_FUNCTIONS FOLDER_OF_QEMU FUNCTION…

`.ci/arm64` prepares both folders. The table is the embedded engine of the local server.
"""

import http.server
import json
import os
import pathlib
import platform
import queue
import sys
import threading
import time

import emulator
from emulator import environment, sizes  # which knows where kit is
from kit import Process, event, free_port, request
from samcli.yamlhelper import yaml_parse

ARM64 = 183  # the machine's number in an ELF header
# Each function with its event and its status. The local server makes the members that the events name.
EVENTS = {
    "assets": ("assets-get-okyaku-js", 200),
    "boot": ("boot-post-front-v1-boot", 200),
    "track": ("track-post-front-v1-events", 200),
    "lead": ("lead-post-open-v5-users", 200),
    "contacts": ("contacts-get-open-v5-users-userId", 200),
    "webhook": ("webhook-post-webhooks-builder-webhookToken", 200),
    "sweep": ("sweep-schedule", None),
    "admin": ("admin-list-channels", None),
    "erase": ("erase-delete-open-v5-users-userId", 204),
}


class RuntimeApi(http.server.ThreadingHTTPServer):
    """Hands out events and keeps the answers."""

    daemon_threads = True

    def __init__(self, events):
        super().__init__(("127.0.0.1", 0), Handler)
        self.events = queue.Queue()
        self.answers = queue.Queue()
        for payload in events:
            self.events.put(payload)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """A function that has answered is killed, whatever it waits for."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # a reply is one packet

    def do_GET(self):
        payload = json.dumps(self.server.events.get()).encode()
        self.send_response(200)
        self.send_header("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
        self.send_header("lambda-runtime-deadline-ms", str(int(time.time() * 1000) + 10_000))
        self.send_header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:123456789012:function:f")
        self.reply(payload)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"] or 0))
        self.server.answers.put((self.path.rsplit("/", 1)[1], body))
        self.send_response(202)
        self.reply(b"")

    def reply(self, body):
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def invoke(command, variables, payload):
    """Runs a function until it has answered the same event twice, and returns answers and times."""
    with RuntimeApi([payload, payload]) as api:
        address = f"127.0.0.1:{api.server_port}"
        variables = variables | {
            "AWS_LAMBDA_RUNTIME_API": address,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_LOG_GROUP_NAME": "",
            "AWS_LAMBDA_LOG_STREAM_NAME": "",
        }
        began = time.monotonic()
        with Process(command, variables, api.server_port) as function:
            answers, times = [], []
            while len(answers) < 2:
                try:
                    kind, body = api.answers.get(timeout=60)
                except queue.Empty:
                    raise SystemExit(f"no answer:\n{function.output()}") from None
                times.append(f"{(time.monotonic() - began) * 1000:.0f} ms")
                began = time.monotonic()
                if kind != "response":
                    raise SystemExit(f"{kind}: {body}\n{function.output()}")
                answers.append(json.loads(body))
        api.shutdown()
    return answers, times


def members(port):
    """The members of the local server's own channel that the events name: lucas and hanako."""
    for name in ("boot-post-front-v1-boot", "boot-put-open-v5-users-userId"):
        said = event(name)
        keys = ("content-type", "x-access-key", "x-access-secret")
        headers = {key: value for key, value in said["headers"].items() if key in keys}
        request(port, said["requestContext"]["http"]["method"], said["rawPath"], said["body"], headers).expect(200)


def main():
    built, system, names = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]
    template = yaml_parse((emulator.kit.ROOT / "template.yaml").read_text())
    runner = []
    if platform.machine() != "aarch64":
        runner = [system / "usr/bin/qemu-aarch64-static", "-L", system / "usr/aarch64-linux-gnu"]
    port, engine = free_port(), free_port()
    server = [emulator.SERVER, "--data", "memory", "--port", str(port), "--engine-port", str(engine)]
    with Process(server, os.environ | emulator.KEYS, port):
        members(port)
        for name in sorted(names, key=list(EVENTS).index):
            logical_id = f"{name.capitalize()}Function"
            bootstrap = built / name / "bootstrap"
            size, zipped = sizes(bootstrap, ARM64)
            file, status = EVENTS[name]
            variables = environment(template, logical_id, f"http://127.0.0.1:{engine}")
            answers, times = invoke([*runner, bootstrap], variables, event(file))
            # The second time the customer may be gone, and the lead there.
            assert status is None or answers[0]["statusCode"] == status, f"{name}: {answers[0]}"
            print(f"{name:9} {size:>10,} bytes, zip {zipped:>9,}; answered in {', '.join(times)}", flush=True)


if __name__ == "__main__":
    main()
