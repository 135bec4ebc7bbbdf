"""What the tests of built functions share: paths, ports, child processes, requests, and the events of `events/`."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Whoever ends this process ends its children too.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


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


class Reply:
    """Status, headers with names in lower case, and the body: as bytes, and as the JSON that it may be."""

    def __init__(self, status, headers, raw):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.raw = raw
        try:
            self.body = json.loads(raw) if raw else None
        except ValueError:
            self.body = raw.decode(errors="replace")

    def expect(self, *statuses):
        """The body, if the status is one of these."""
        assert self.status in statuses, f"expected {statuses}: {self}"
        return self.body

    def __str__(self):
        return f"{self.status} {self.headers} {self.raw[:1000]}"


def request(port, method, path, body=None, headers=None):
    """Sends one request to this machine. `headers` may name another host."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body, headers or {})
        reply = connection.getresponse()
        return Reply(reply.status, reply.getheaders(), reply.read())
    finally:
        connection.close()


def names():
    """The names of all events."""
    return sorted(path.stem for path in (ROOT / "events").glob("*.json"))


def event(name):
    """One of `events/`, as it lies."""
    return json.loads((ROOT / "events" / f"{name}.json").read_text())


def member_hash(secret, member_id):
    """What the shop's server makes of a member's id."""
    return hmac.new(bytes.fromhex(secret), member_id.encode(), hashlib.sha256).hexdigest()


def jwt_part(token, index):
    """The head (0) or the claims (1) of a JWT."""
    return json.loads(base64.urlsafe_b64decode(token.split(".")[index] + "=="))
