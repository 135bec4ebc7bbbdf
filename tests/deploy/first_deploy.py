#!/usr/bin/env python3
"""README's way to AWS, command by command, up to the credentials that a test has not.

The commands are read from README.md, and an unknown command fails. A command that asks a question hangs and fails. Run
it with the Python that has aws-sam-cli, after `sam build`, with the local server in OKYAKU_SERVER.
"""

import json
import os
import pathlib
import pty
import re
import shlex
import subprocess
import sys
import tempfile

import kit

SERVER = pathlib.Path(os.environ.get("OKYAKU_SERVER", kit.ROOT / "target/debug/okyaku"))
SECONDS = 120


def commands():
    """The lines of the first block of commands under "Deploy"."""
    section = (kit.ROOT / "README.md").read_text().split("\n## Deploy\n")[1].split("\n## ")[0]
    block = re.search(r"```sh\n(.*?)```", section, re.S).group(1)
    return [line for line in block.splitlines() if line and not line.startswith("#")]


def at_a_terminal(command, home, folder=kit.ROOT):
    """Runs a command as somebody without credentials, at a terminal, typing nothing. Returns its status and output."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": home,
        "AWS_DEFAULT_REGION": "ap-northeast-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0",
        "TERM": "dumb",
    }
    keyboard, terminal = pty.openpty()
    child = subprocess.Popen(
        command, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=environment, cwd=folder, start_new_session=True, shell=True, executable="/bin/bash",
    )
    os.close(terminal)
    try:
        output, _ = child.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, 9)
        output, _ = child.communicate()
        raise SystemExit(f"{command} asked for something:\n{output.decode()[-2000:]}") from None
    finally:
        os.close(keyboard)
    return child.returncode, output.decode()


def expect(command, home, status, text="", folder=kit.ROOT):
    found, output = at_a_terminal(command, home, folder)
    if (found == 0) != status or text not in output:
        raise SystemExit(f"{command} ended with {found}:\n{output[-3000:]}")
    print(f"ok: {command}", flush=True)


def administer(command, home):
    """The command of `sam remote invoke` reaches AWS, and the function admin accepts its event."""
    expect(command, home, False, "Unable to locate credentials")
    words = shlex.split(command)
    event = words[words.index("--event") + 1]
    with tempfile.TemporaryDirectory() as data:
        answer = subprocess.run(
            [SERVER, "admin", event, "--data", data], check=True, capture_output=True, text=True, timeout=SECONDS
        )
    keys = json.loads(answer.stdout)
    assert keys["channel"]["origins"] and keys["pluginKey"] and keys["accessSecret"], sorted(keys)


def main():
    left = commands()
    with tempfile.TemporaryDirectory() as home:
        # pip writes into the folder, so that a copy of nothing is enough for these two.
        venv, install = left.pop(0), left.pop(0)
        assert install.startswith("pip install ") and ".venv" in venv, (venv, install)
        expect(f"{venv} && {install} --dry-run --quiet", home, True, folder=home)
        for command in left:
            if command == "sam validate --lint":
                expect(command, home, True, "is a valid SAM Template")
            elif command == "sam build":
                assert (kit.ROOT / ".aws-sam/build/template.yaml").exists(), "run `sam build` before this test"
            elif command == "sam deploy":
                expect(command, home, False, "Unable to locate credentials")
            elif command.startswith("sam remote invoke AdminFunction "):
                administer(command, home)
            else:
                raise SystemExit(f"README has a command that no test knows: {command}")
    assert "sam deploy" in left and any("remote invoke" in command for command in left), left


if __name__ == "__main__":
    sys.exit(main())
