#!/usr/bin/env python3
"""The black-box tests of `tests/` once more, on MiniStack's DynamoDB instead of the embedded engine.

Which tests cannot hold there, and why, is `CANNOT`. The list is checked: a test of it that passes, or that is gone, is
an error, as is every other one that fails. docs/internals/ENGINES.md has the differences. Run it with a Python that has
ministack; the tests are built if they are not yet. Arguments are cargo's, such as `--config .ci/.cargo/config.toml`.
"""

import os
import re
import subprocess
import sys
import time

import kit
import stack as stacks

NO_UNITS = "BatchGetItem answers no ConsumedCapacity there, so the read units are not what AWS bills"
CANNOT = {
    "cost::boot_that_stores_something_adds_1_trip_and_1_w": NO_UNITS,
    "cost::member_boot_with_nothing_new_is_1_trip_and_2_r": NO_UNITS,
    "cost::linking_in_a_first_boot_adds_at_most_6_w": NO_UNITS,
    "cost::linking_to_a_known_member_is_at_most_3_trips_2_r_and_13_w": NO_UNITS,
    "cost::first_boot_of_a_month_is_3_trips_and_2_w_more": NO_UNITS,
    "routes::contacts_lookup::exact_look_up_is_2_trips_and_2_r": NO_UNITS,
    "routes::webhooks::order_and_refund_cost_what_is_documented": NO_UNITS,
}
# Each of these makes engines of its own in memory, whose calls it can hold and fault; the last one is only long.
NOT_THERE = ("faults::exhaustive::", "faults::storms::", "crashes::", "interleavings::", "model::", "deliveries::", "canary::erasure")
SECONDS = 900


def run(port):
    """What the tests write, without colours."""
    environment = os.environ | {
        "OKYAKU_TEST_DYNAMODB": f"http://127.0.0.1:{port}",
        "CARGO_TERM_COLOR": "never",
        "RUST_BACKTRACE": "0",
    }
    # The whole workspace, so that nothing is built that `cargo test --workspace` has not built.
    command = ["cargo", "test", "--locked", "--workspace", "--test", "all", *sys.argv[1:], "--"]
    command += [word for suite in NOT_THERE for word in ("--skip", suite)]
    done = subprocess.run(
        command, cwd=kit.ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS
    )
    return done.stdout, done.stderr


def verdicts(text):
    """Each test's `ok`, `FAILED` or `ignored`."""
    return dict(re.findall(r"^test (\S+) \.\.\. (\w+)", text, re.MULTILINE))


def main():
    port = kit.free_port()
    began = time.time()
    with stacks.folder() as home, stacks.ministack(port, home, auth=False):
        out, errors = run(port)
    told = verdicts(out)
    if not told:
        raise SystemExit(f"no test ran:\n{out}\n{errors}")
    failed = {name for name, verdict in told.items() if verdict == "FAILED"}
    wrong = [f"{name} failed" for name in sorted(failed - set(CANNOT))]
    wrong += [f"{name} is listed, and did not fail: {told.get(name, 'is gone')}" for name in sorted(set(CANNOT) - failed)]
    if wrong:
        print(out[out.find("\nfailures:\n") :])
        raise SystemExit("\n".join(wrong))
    passed = sum(verdict == "ok" for verdict in told.values())
    for name in sorted(failed):
        print(f"cannot hold there: {name}: {CANNOT[name]}")
    print(f"on MiniStack: {passed} tests passed, {len(failed)} cannot hold there, {time.time() - began:.0f} s")


if __name__ == "__main__":
    main()
