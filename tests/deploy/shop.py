"""A channel of the deployed stack, and requests as its pages and its server send them."""

import base64
import json
import time

import kit

ORIGIN = "http://localhost:8787"  # of the pages in `events/`
# What the gateway itself sets, from the connection.
OF_THE_GATEWAY = ("host", "content-length", "x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto")


class Shop:
    """A channel made by AdminFunction, as whoever deploys makes it."""

    def __init__(self, stack):
        self.stack = stack
        made = stack.invoke("AdminFunction", {"action": "createChannel", "name": "Example shop", "origins": [ORIGIN]})
        self.channel = made["channel"]["id"]
        self.plugin_key = made["pluginKey"]
        self.secret = made["memberHashSecret"]
        self.access = {"x-access-key": made["accessKey"], "x-access-secret": made["accessSecret"]}
        self.webhook_token = made["webhookToken"]
        self.members = 0
        # As the development channel has it, so that the delivery of `events/` is signed rightly here too.
        shopify = {"builder": "shopify", "shop": "dev-shop.myshopify.com", "secret": "dev-shopify-secret"}
        stack.invoke("AdminFunction", {"action": "setBuilder", "channelId": self.channel, **shopify})

    def page(self, method, path, body=None, session=None, **headers):
        """A page's request."""
        given = {"origin": ORIGIN, "content-type": "application/json", **headers}
        if session:
            given["x-session"] = session
        return self.stack.request(method, path, encoded(body), given)

    def server(self, method, path, body=None, **headers):
        """The shop's server's request."""
        given = {"content-type": "application/json", **self.access, **headers}
        return self.stack.request(method, path, encoded(body), given)

    def boot(self, member=None, **body):
        """Boots a member with its right hash, or a visitor."""
        body["pluginKey"] = self.plugin_key
        if member:
            body |= {"memberId": member, "memberHash": kit.member_hash(self.secret, member)}
        return self.page("POST", "/front/v1/boot", body)

    def track(self, session, events, at=None, **more):
        """A page's batch, as (id, name) pairs of one moment; its verdicts."""
        batch = [{"id": key, "name": name, "createdAt": at or now()} for key, name in events]
        reply = self.page("POST", "/front/v1/events", {"events": batch, **more}, session)
        return [result["status"] for result in reply.expect(200)["results"]]

    def send(self, name):
        """One of `events/` as an HTTP request, with a member, an event, an erasure and a job of its own for those in the file."""
        self.members += 1
        member = f"event-{self.members}"
        booted = self.boot(member, profile={"email": f"{member}@example.com"}).expect(200)
        user, session = booted["user"]["id"], booted["sessionToken"]
        assert self.track(session, [("seed", "PageView")]) == ["accepted"]
        listed = self.server("GET", f"/open/v5/users/{user}/events").expect(200)
        gone = self.server("POST", "/okyaku/v1/erasures", {"by": {"memberId": f"gone-{self.members}"}}).expect(202)
        act = {"ids": [f"@{member}"], "action": {"addTags": ["event"]}}
        job = self.server("POST", "/okyaku/v1/contacts/bulk", act).expect(202)["job"]["id"]
        real = {"userId": f"@{member}", "eventId": listed["events"][0]["id"], "id": gone["erasure"]["id"], "jobId": job}
        event = kit.event(name)
        # A PUT creates the member that its file names.
        if not event["routeKey"].startswith("PUT "):
            for key, value in event.get("pathParameters", {}).items():
                event["rawPath"] = event["rawPath"].replace(value, real.get(key, value))
        if "x-session" in event["headers"]:
            event["headers"]["x-session"] = session
        return self.stack.request(*self.of(event))

    def of(self, event):
        """Method, path, body and headers of an event, with this channel's keys for the development channel's."""
        path = event["rawPath"] + ("?" + event["rawQueryString"] if event["rawQueryString"] else "")
        path = path.replace("dev-webhook-token", self.webhook_token)
        headers = {name: value for name, value in event["headers"].items() if name not in OF_THE_GATEWAY}
        if "x-access-key" in headers:
            headers |= self.access
        if "cookies" in event:
            headers["cookie"] = "; ".join(event["cookies"])
        body = event.get("body")
        if event["isBase64Encoded"]:
            body = base64.b64decode(body)
        elif body and '"pluginKey"' in body:
            said = json.loads(body) | {"pluginKey": self.plugin_key}
            if "memberHash" in said:
                said["memberHash"] = kit.member_hash(self.secret, said["memberId"])
            body = json.dumps(said)
        return event["requestContext"]["http"]["method"], path, encoded(body), headers

    def partition(self, user):
        """The partition of a customer's life in the table."""
        return f"C#{self.channel}#{user}"


def now():
    return int(time.time() * 1000)


def encoded(body):
    """A body as bytes: JSON, text, or what it is."""
    if isinstance(body, (dict, list)):
        return json.dumps(body).encode()
    return body.encode() if isinstance(body, str) else body
