#!/usr/bin/env python3
"""A client that openapi-python-client generates from ../openapi.json calls every operation of Okyaku (OKYAKU_URL).

It needs the packages of requirements.txt. The client must read every answer, and every value in an answer must have the
type that the client says.
"""

import functools
import importlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

import attrs

OKYAKU = os.environ.get("OKYAKU_URL", "http://127.0.0.1:8787").rstrip("/")
DESCRIPTION = pathlib.Path(__file__).resolve().parents[1] / "openapi.json"
ACCESS = {"x-access-key": "dev-access-key", "x-access-secret": "dev-access-secret"}
# The generator names a function after the operation's id, which Channel Talk numbers.
BOTH = {
    "channel": ("channel.show_by_id", "channel.show_by_id_4"),
    "read": ("user.show_by_id_3", "user.show_by_id_7"),
    "read member": ("user.show_by_member_id", "user.show_by_member_id_1"),
    "put member": ("user.upsert_by_member_id", "user.upsert_by_member_id_1"),
    "patch": ("user.patch", "user.patch_1"),
    "delete": ("user.delete_4", "user.delete_10"),
    "delete member": ("user.delete_by_member_id", "user.delete_by_member_id_1"),
    "block": ("user.block", "user.block_1"),
    "unblock": ("user.unblock", "user.unblock_1"),
    "events": ("event.events", "event.events_1"),
    "create event": ("event.create_2", "event.create_8"),
    "delete event": ("event.delete_2", "event.delete_8"),
}
ONLY_V5 = {
    "create lead": "user.create_12",
    "touch": "user.touch",
    "session jwt": "user.issue_session_jwt",
    "user token": "user.issue_user_token",
    "member's user token": "user.issue_user_token_by_member_id",
}
OPERATIONS = {
    "v4": {name: old for name, (old, _) in BOTH.items()},
    "v5": {name: new for name, (_, new) in BOTH.items()} | ONLY_V5,
}
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
BODIES = {"v4": ("LegacyV4LegacyV4User", "LegacyV4LegacyV4Event"), "v5": ("UserUser", "Event")}
PRIMITIVES = {"str": str, "int": int, "float": (int, float), "bool": bool}
# What an answer about a member always says.
USER = "id channel_id member_id member name profile tags blocked web mobile sessions_count created_at updated_at"
USER += " alert unread has_chat has_push_token email mobile_number"
OF_VERSION = {
    "v4": "unsubscribed user_id",
    "v5": "type_ named email_qualified mobile_number_qualified constrainted user_import_tags"
    " unsubscribe_email unsubscribe_texting unsubscribe_app_push",
}

folder = tempfile.TemporaryDirectory(prefix="okyaku-oracle-")
client = None


def setUpModule():
    """Generates the client without a warning: it understood the whole description."""
    global client
    config = pathlib.Path(folder.name, "config.json")
    config.write_text(json.dumps({"post_hooks": []}))
    output = pathlib.Path(folder.name, "channel_client")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning", "--meta", "none"]
    command += ["--path", str(DESCRIPTION), "--output-path", str(output), "--config", str(config)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=120)
    sys.path.insert(0, folder.name)
    client = importlib.import_module("channel_client").Client(base_url=OKYAKU, headers=ACCESS, timeout=30)


def tearDownModule():
    client.get_httpx_client().close()
    folder.cleanup()


def unset(value):
    return isinstance(value, importlib.import_module("channel_client.types").Unset)


def model(name):
    return getattr(importlib.import_module("channel_client.models"), name)


def check(value, kind, path):
    """Each value has the type of its field. The client itself looks only at objects."""
    if kind.startswith("list["):
        assert isinstance(value, list), f"{path}: {value!r} is no list"
        for at, item in enumerate(value):
            check(item, kind[5:-1], f"{path}[{at}]")
    elif kind in PRIMITIVES:
        right = isinstance(value, PRIMITIVES[kind]) and (kind == "bool" or not isinstance(value, bool))
        assert right, f"{path}: {value!r} is no {kind}"
    else:
        assert type(value).__name__ == kind, f"{path}: {value!r} is no {kind}"
        for field in attrs.fields(type(value)) if attrs.has(type(value)) else ():
            inner = getattr(value, field.name)
            if field.name != "additional_properties" and not unset(inner):
                check(inner, field.type.removesuffix(" | Unset"), f"{path}.{field.name}")


def call(version, operation, *args, status=200, **options):
    """Calls an operation, and returns what the client made of the answer."""
    module = importlib.import_module(f"channel_client.api.{OPERATIONS[version][operation]}")
    response = module.sync_detailed(*args, client=client, **options)
    told = f"{version} {operation}: {response.status_code} {response.content[:400]!r}"
    assert response.status_code == status, told
    if status == 200:
        check(response.parsed, type(response.parsed).__name__, told)
    return response.parsed


def user_body(version, **values):
    return model(BODIES[version][0]).from_dict(values)


def event_body(version, **values):
    return model(BODIES[version][1]).from_dict(values)


def unique(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def profile_of(member):
    email = f"{member}@example.com"
    return {"name": "Mina", "email": email, "mobileNumber": "+821024682468", "grade": "gold", "visits": 3}


class FormJson:
    """A field of a form that is an object. Channel Talk reads JSON there. The generator would write Python's own text."""

    def __init__(self, value):
        self.value = value

    def to_dict(self):
        return json.dumps(self.value, ensure_ascii=False)


def each_version(test):
    """Runs a test once for v4 and once for v5."""

    @functools.wraps(test)
    def both(self):
        for version in OPERATIONS:
            with self.subTest(version):
                test(self, version)

    return both


class GeneratedClient(unittest.TestCase):
    maxDiff = None

    def known(self, value, names):
        for name in names.split():
            self.assertFalse(unset(getattr(value, name)), f"{name} is missing in {value}")

    def put(self, version, member, **values):
        values = {"profile": profile_of(member), **values}
        return call(version, "put member", member, body=user_body(version, **values)).user

    @each_version
    def test_channel(self, version):
        channel = call(version, "channel").channel
        self.known(channel, "id name country created_at time_zone color biz_grade")
        self.assertEqual(channel.name, "Development")

    @each_version
    def test_member(self, version):
        member = unique("mina")
        put = self.put(version, member, tags=["vip", "tea"])
        self.known(put, f"{USER} {OF_VERSION[version]}")
        self.assertEqual([put.member_id, put.member, put.name, put.blocked], [member, True, "Mina", False])
        self.assertEqual([put.email, put.mobile_number], [f"{member}@example.com", "+821024682468"])
        self.assertEqual(sorted(put.tags), ["tea", "vip"])
        self.assertEqual([put.profile["grade"], put.profile["visits"]], ["gold", 3])
        self.assertLess(abs(put.created_at - time.time() * 1000), 60_000)
        read = call(version, "read", put.id).user
        self.assertEqual(read.to_dict(), call(version, "read member", member).user.to_dict())
        self.assertEqual(read.to_dict(), put.to_dict())
        values = {"profile": {"grade": "silver", "size": None}, "profileOnce": {"source": "naver"}, "language": "ja"}
        patch = user_body(version, **values)
        patched = call(version, "patch", put.id, body=patch).user
        self.assertEqual([patched.profile[key] for key in ("grade", "source")], ["silver", "naver"])
        self.assertEqual([patched.language, patched.system_language], ["ja", "ja"])
        self.assertGreaterEqual(patched.updated_at, put.updated_at)
        call(version, "delete member", member, status=204)
        call(version, "read member", member, status=404)

    def test_versions_differ_in_their_keys(self):
        member = unique("keys")
        old = self.put("v4", member, unsubscribed=True)
        self.assertEqual([old.unsubscribed, old.user_id], [True, member])
        new = call("v5", "read member", member).user
        self.assertEqual([new.type_.value, new.unsubscribe_email, new.unsubscribe_texting], ["member", True, True])
        self.put("v5", member, unsubscribeEmail=False, unsubscribeTexting=False)
        self.assertIs(call("v4", "read member", member).user.unsubscribed, False)

    @each_version
    def test_whole_user_back(self, version):
        """A user that was read is put back as it is."""
        member = unique("whole")
        put = self.put(version, member, tags=["vip"])
        whole = model(BODIES[version][0]).from_dict(put.to_dict())
        again = call(version, "put member", member, body=whole).user
        moving = {"updatedAt": 0, "version": 0}
        self.assertEqual(again.to_dict() | moving, put.to_dict() | moving)

    @each_version
    def test_defaults_of_the_generator(self, version):
        """A body from its constructor has the description's defaults, such as a language and a phone number."""
        member = unique("defaults")
        body = model(BODIES[version][0])(tags=["a"])
        self.assertEqual(body.to_dict()["mobileNumber"], "+18004424000")
        user = call(version, "put member", member, body=body).user
        self.assertEqual([user.tags, user.language], [["a"], "en"])
        body = model(BODIES[version][0])(tags=["b"])
        self.assertEqual(call(version, "patch", user.id, body=body).user.tags, ["b"])

    @each_version
    def test_visitor(self, version):
        page = {"user-agent": BROWSER, "accept-language": "ko", "x-access-key": "", "x-access-secret": ""}
        answer = client.get_httpx_client().post("/front/v1/boot", json={"pluginKey": "dev-plugin-key"}, headers=page)
        user = call(version, "read", answer.json()["user"]["id"]).user
        self.known(user, "id channel_id member veil_id language sessions_count last_seen_at created_at updated_at")
        self.assertEqual([user.member, user.language, user.web.browser_name], [False, "ko", "Chrome"])
        self.assertEqual([user.web.sessions_count, user.web.last_seen_at], [1, user.last_seen_at])
        self.assertTrue(unset(user.member_id) and unset(user.name) and unset(user.avatar_url))

    @each_version
    def test_block(self, version):
        user = self.put(version, unique("block"))
        self.assertIs(call(version, "block", user.id).user.blocked, True)
        self.assertIs(call(version, "read", user.id).user.blocked, True)
        self.assertIs(call(version, "unblock", user.id).user.blocked, False)

    @each_version
    def test_events(self, version):
        user = self.put(version, unique("events"))
        names = [f"Event{n}" for n in range(5)]
        ids = []
        for name in names:
            values = {"name": name, "property": {"text": "茶", "number": 1.5, "flag": True, "list": ["a", "b"]}}
            event = call(version, "create event", user.id, body=event_body(version, **values)).event
            self.known(event, "id user_id channel_id name property_ created_at expire_at")
            self.assertEqual([event.name, event.user_id], [name, user.id])
            self.assertEqual(event.property_.to_dict(), values["property"])
            ids.append(event.id)
        page_of = importlib.import_module(f"channel_client.api.{OPERATIONS[version]['events']}")
        order = page_of.sync.__annotations__["sort_order"]
        self.assertEqual([event.id for event in call(version, "events", user.id).events], ids[::-1])
        found, since = [], {}
        for _ in range(9):
            page = call(version, "events", user.id, sort_order=order("asc"), limit=2, **since)
            found += [event.name for event in page.events]
            if unset(page.next_) or not page.next_:
                break
            since = {"since": page.next_}
        self.assertEqual(found, names)
        around = call(version, "events", user.id, sort_order=order("both"), since=ids[2], limit=2)
        self.assertTrue({event.id for event in around.events} <= set(ids) and len(around.events) == 2)
        call(version, "delete event", user.id, ids[0], status=204)
        call(version, "delete event", user.id, ids[0], status=404)
        self.assertEqual([event.id for event in call(version, "events", user.id).events], ids[:0:-1])

    def test_event_with_its_time(self):
        """The description calls a time a number, so this client sends a float. Only v4 lets a server say it."""
        user = self.put("v4", unique("time"))
        at = float(round(time.time() * 1000) - 3_600_000)
        event = call("v4", "create event", user.id, body=event_body("v4", name="Earlier", createdAt=at)).event
        self.assertEqual(event.created_at, at)

    def test_lead_touch_and_delete(self):
        profile = {"name": "이서윤", "email": f"{unique('lead')}@example.com", "grade": "gold"}
        lead = call("v5", "create lead", body=model("Create12Body")(FormJson(profile))).user
        self.known(lead, "id channel_id type_ member profile email sessions_count created_at")
        self.assertEqual([lead.type_.value, lead.member, lead.profile.to_dict()], ["lead", False, profile])
        touched = call("v5", "touch", lead.id).user
        self.assertEqual(touched.sessions_count, lead.sessions_count + 1)
        self.known(touched, "last_seen_at")
        call("v4", "delete", lead.id, status=204)
        call("v5", "delete", lead.id, status=404)

    def test_tokens(self):
        member = unique("tokens")
        user = self.put("v5", member)
        now = time.time() * 1000
        for lasting, expiration in ((60_000, None), (3_600_000, "PT1H"), (30 * 86_400_000, "P30D")):
            options = {"expiration": expiration} if expiration else {}
            issued = call("v5", "session jwt", member, **options)
            self.assertTrue(issued.session_jwt)
            self.assertLess(abs(issued.expires_at - now - lasting), 30_000)
        for issued in (call("v5", "user token", user.id), call("v5", "member's user token", member)):
            self.assertTrue(issued.token)
            self.assertGreater(issued.disable_at, now)

    @each_version
    def test_refusals(self, version):
        """The description has one answer for every status, so a refusal is read as one too."""
        self.assertTrue(unset(call(version, "read", "0123456789abcdef0123", status=404).user))
        wrong = user_body(version, tags="a")
        self.assertTrue(unset(call(version, "put member", unique("no"), body=wrong, status=422).user))


if __name__ == "__main__":
    unittest.main(verbosity=2)
