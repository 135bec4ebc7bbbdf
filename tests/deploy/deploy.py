#!/usr/bin/env python3
"""The stack of `template.yaml`, deployed on MiniStack and used over HTTP. docs/internals/DEPLOYMENT-TEST.md has the whole.

    python tests/deploy/deploy.py [FOLDER]

FOLDER is what `sam build` made, `.aws-sam/build` unless said: a folder for each function with its `bootstrap` for
x86_64. Runs with a Python that has ministack, aws-sam-translator and boto3; takes about two and a half minutes, most of
them for the schedule that ends an erasure.
"""

import argparse
import pathlib
import time

import checks
import kit
import shop as shops
import stack as stacks
import story
import wire


def step(name, check, *given):
    """Runs one part, and says how long it took and what it counted."""
    began = time.time()
    result = check(*given)
    counted = f", {result}" if isinstance(result, int) else ""
    print(f"ok  {time.time() - began:6.1f} s  {name}{counted}", flush=True)
    return result


def run(stack):
    step("the stack is created; resources", stack.create)
    if stack.left_out:
        print(f"left out, as MiniStack takes no alarm that calculates: {', '.join(stack.left_out)}")
    step("its settings are the template's", checks.settings, stack)
    step("its schedule leads to SweepFunction alone", checks.schedule, stack)
    shop = step("a channel is made by AdminFunction", shops.Shop, stack)
    user = step("a visitor becomes a member, buys, and is read", story.member, shop)
    # Before the deletion: the events invoke SweepFunction too, and this erasure is the schedule's to end.
    step("every event of events/ is answered; events", story.events, shop)
    erasure = step("the member is deleted", story.Erasure, shop, user)
    # While the erasure waits for its last sweep.
    step("a lead, and 409 for the second", story.lead, shop)
    step("JSON arrives under every type, compressed or not", wire.bodies, shop)
    step("1 MB is taken, a byte more is 413", wire.limit, shop)
    step("ids arrive as they were encoded", wire.ids, shop)
    step("preflights, foreign origins, unknown routes and methods", wire.gateway, shop)
    step("the page script", wire.script, shop)
    step("a changed session token is refused", wire.token, shop)
    step("a function without its policy is refused", checks.policies, stack, shop)
    step("the schedule ends the erasure; seconds after it began", lambda: round(erasure.wait()))
    step("the logs name routes and nobody; lines", checks.logs, stack)
    step("the token key is rotated by an update of the stack", checks.rotation, stack, shop)
    step("the table and the secret outlive the stack", checks.deletion, stack)


def main():
    parser = argparse.ArgumentParser(description="The stack of template.yaml on MiniStack.")
    parser.add_argument("built", type=pathlib.Path, nargs="?", default=".aws-sam/build", help="what `sam build` made")
    parser.add_argument("--port", type=int, default=0, help="of MiniStack; any free one unless said")
    given = parser.parse_args()
    built = kit.ROOT / given.built
    if not (built / "BootFunction/bootstrap").exists():
        raise SystemExit(f"{built} holds no functions: sam build --parameter-overrides Architecture=x86_64")
    port = given.port or kit.free_port()
    began = time.time()
    with stacks.folder() as home, stacks.ministack(port, home) as ministack:
        try:
            run(stacks.Stack(port, built))
        except BaseException:
            print(f"MiniStack's last words:\n{ministack.output()}", flush=True)
            raise
    print(f"the deployed stack does what it should, {time.time() - began:.0f} s")


if __name__ == "__main__":
    main()
