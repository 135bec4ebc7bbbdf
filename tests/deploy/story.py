"""What a shop does: a visitor becomes a member, buys, is read, and is forgotten, with the sweep that ends it."""

import time

import kit
import shop as shops

# `LAST_SWEEP_AFTER` of shared/store/src/erasure.rs, and the time that a schedule of one minute may then take: the
# minute, ten seconds between two looks of MiniStack at its schedules, and some for a busy machine.
LAST_SWEEP_AFTER = 70
SCHEDULE = 60 + 10 + 50
# Who is deleted. No event of `events/` names them.
MEMBER, NAME = "ilse-1802", "Ilse Vogel"


def member(shop):
    """From the first visit to the timeline. Returns the member's id."""
    visitor = shop.boot(page={"url": f"{shops.ORIGIN}/?utm_source=newsletter"}).expect(200)
    veil = visitor["veilId"]
    refused = shop.page(
        "POST", "/front/v1/boot", {"pluginKey": shop.plugin_key, "memberId": MEMBER, "memberHash": "0" * 64}
    )
    refused.expect(401)
    booted = shop.boot(MEMBER, veilId=veil, profile={"name": NAME, "email": f"{MEMBER}@example.com"}).expect(200)
    user, session = booted["user"]["id"], booted["sessionToken"]
    assert booted["user"]["type"] == "member" and booted["veilId"] == veil, booted

    touched = shop.page("POST", "/front/v1/touch", session=session).expect(200)
    session = touched["sessionToken"]
    shop.page("PATCH", "/front/v1/users/me", {"profile": {"wishCount": 2}}, session).expect(200)

    assert shop.track(session, [("one", "ProductView")]) == ["accepted"]
    batch = [(f"view-{n}", "PageView") for n in range(60)] + [("order", "CheckoutComplete")]
    at = shops.now()
    assert shop.track(session, batch, at) == ["accepted"] * 61
    assert shop.track(session, batch, at, attempt=2) == ["duplicate"] * 61, "a retry is known"
    shop.server("POST", f"/open/v5/users/@{MEMBER}/events", {"name": "Refund", "property": {"amount": 100}}).expect(200)

    put = shop.server("PUT", f"/open/v5/users/@{MEMBER}", {"profile": {"grade": "gold"}, "tags": ["vip"]}).expect(200)
    assert put["user"]["id"] == user and put["user"]["profile"]["grade"] == "gold", put

    read = shop.server("GET", f"/open/v5/users/{user}").expect(200)["user"]
    assert (read["memberId"], read["profile"]["wishCount"]) == (MEMBER, 2), read
    seen = timeline(shop, user, limit=25)
    assert len(seen) == len(set(seen)) and len(seen) >= 63, f"{len(seen)} events, {len(set(seen))} of them different"
    counts = shop.server("GET", f"/okyaku/v1/contacts/{user}").expect(200)["events"]["counts"]
    assert counts["CheckoutComplete"] == 1 and counts["PageView"] >= 60, counts
    export = shop.server("GET", f"/okyaku/v1/contacts/{user}/export").expect(200)
    assert [event["id"] for event in export["events"]] == seen[::-1] and export["next"] is None, export
    assert [record["kind"] for record in export["records"]] == ["member", "visitor"], export["records"]
    month = time.strftime("%Y-%m", time.gmtime())
    actives = shop.server("GET", f"/okyaku/v1/actives?month={month}").expect(200)
    # At the turn of a month everybody above may have been seen in the one before.
    now = time.strftime("%Y-%m", time.gmtime())
    assert actives["final"] is False and (actives["actives"] >= 2 or now != month), actives
    shop.server("PUT", f"/open/v5/users/@{MEMBER}", {"profile": {"email": "none"}}).expect(422)
    rejections = shop.server("GET", "/okyaku/v1/rejections?days=2").expect(200)["rejections"]
    kinds = [(rejection["sender"], rejection["field"], rejection["reason"]) for rejection in rejections]
    assert ("server", "profile.email", "invalid") in kinds, rejections
    return user


def timeline(shop, user, limit):
    """The ids of all events, page by page."""
    ids, since = [], ""
    for _ in range(50):
        path = f"/open/v5/users/{user}/events?sortOrder=desc&limit={limit}{since}"
        page = shop.server("GET", path).expect(200)
        ids += [event["id"] for event in page["events"]]
        if not page.get("next"):
            return ids
        since = f"&since={page['next']}"
    raise AssertionError("the timeline has no end")


def lead(shop):
    """A lead, and the second one with the same address."""
    body = {"profile": {"email": "mina@example.com", "mobileNumber": "010-2468-2468"}}
    user = shop.server("POST", "/open/v5/users", body).expect(200)["user"]["id"]
    again = shop.server("POST", "/open/v5/users", body).expect(409)
    assert (again["commonErrorCode"], again["userId"]) == ("ALREADY_EXISTS", user), again


class Erasure:
    """A member is deleted; what is left then is the schedule's."""

    def __init__(self, shop, user):
        self.shop, self.user = shop, user
        before = self.left()[1]
        self.began = time.time()
        shop.server("DELETE", f"/open/v5/users/{user}").expect(204)
        for path in (f"/open/v5/users/{user}", f"/open/v5/users/@{MEMBER}", f"/open/v5/users/{user}/events"):
            shop.server("GET", path).expect(404)
        again = shop.server("PUT", f"/open/v5/users/@{MEMBER}", {}).expect(409)
        assert again["commonErrorCode"] == "ERASED", again
        self.jobs = self.left()[1] - before
        assert len(self.jobs) == 1, f"jobs of the deletion: {self.jobs}"
        self.empty()
        # As a write that had read its guard before the tombstone: only the last sweep looks there again.
        stray = {"pk": {"S": shop.partition(user)}, "sk": {"S": f"E#{shops.now():013}#{'0' * 20}"}}
        shop.stack.dynamodb.put_item(TableName=shop.stack.outputs["TableName"], Item=stray)

    def empty(self):
        """Until the timeline is gone: with the answer, or by the next sweep if that was too much."""
        while self.left()[0] != {"P"}:
            assert time.time() - self.began < SCHEDULE, f"still there: {self.left()[0]}"
            time.sleep(1)

    def left(self):
        """Sort keys of the person's items, and of the open jobs."""
        keys = [(item["pk"]["S"], item["sk"]["S"]) for item in self.shop.stack.items(ProjectionExpression="pk, sk")]
        own = {sk for pk, sk in keys if pk == self.shop.partition(self.user)}
        return own, {sk for pk, sk in keys if pk.startswith("X#")}

    def wait(self):
        """Until the schedule has ended it; nobody else invokes SweepFunction. Returns after how many seconds."""
        own, jobs = self.left()
        while self.jobs & jobs:
            waited = time.time() - self.began
            assert waited < LAST_SWEEP_AFTER + SCHEDULE, f"the schedule has not ended the erasure after {waited:.0f} s"
            time.sleep(1)
            own, jobs = self.left()
        waited = time.time() - self.began
        assert waited >= LAST_SWEEP_AFTER, f"the last sweep came after {waited:.0f} s already"
        assert own == {"P"}, f"more than the tombstone is left: {own}"
        everything = str(self.shop.stack.items())
        for trace in (MEMBER, NAME):
            assert trace not in everything, f"{trace} is still in the table"
        return waited


def events(shop):
    """Every event of `events/`, as a request or an invocation. Returns how many."""
    routes = set()
    for name in kit.names():
        said = kit.event(name)
        if "routeKey" in said:
            routes.add(said["routeKey"])
            reply = shop.send(name)
            assert 200 <= reply.status < 300, f"{name}: {reply}"
            assert reply.headers.get("access-control-allow-origin") == "*", f"{name}: {reply}"
        else:
            shop.stack.invoke(name.split("-")[0].capitalize() + "Function", said)
    assert routes == set(shop.stack.routes), f"routes without an event: {set(shop.stack.routes) - routes}"
    return len(kit.names())
