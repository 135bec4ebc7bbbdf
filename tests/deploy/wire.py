"""What happens on the way through the gateway: encodings, ids, preflights, and what it refuses itself."""

import base64
import gzip
import json
import re
import urllib.parse

import kit

BODY_BYTES = 1 << 20  # `BODY_BYTES` of shared/domain/src/limit.rs
NO_ROUTE = {"message": "Not Found"}


def bodies(shop):
    """JSON under every type that pages and servers send it, compressed and not."""
    plain = json.dumps({"profile": {"grade": "gold", "note": "안녕하세요 お客様 🍵"}}).encode()
    path = "/open/v5/users/@bodies"
    kinds = {
        "text": (plain, {"content-type": "text/plain;charset=UTF-8"}),
        "form": (plain, {"content-type": "application/x-www-form-urlencoded"}),
        "binary": (plain, {"content-type": "application/octet-stream"}),
        "gzip": (gzip.compress(plain), {"content-type": "application/octet-stream", "content-encoding": "gzip"}),
        "gzip, not said": (gzip.compress(plain), {"content-type": "application/octet-stream"}),
    }
    for kind, (body, headers) in {"json": (plain, {}), **kinds}.items():
        user = shop.server("PUT", path, body, **headers).expect(200)["user"]
        assert user["profile"]["note"] == "안녕하세요 お客様 🍵", f"{kind}: {user}"
    shop.server("PUT", path, gzip.compress(plain)[:-9], **kinds["gzip"][1]).expect(400)
    shop.server("PUT", path, b"\xff\xfe{", **{"content-type": "application/octet-stream"}).expect(400)
    bomb = gzip.compress(bytes(64 * BODY_BYTES))
    shop.server("PUT", path, bomb, **kinds["gzip"][1]).expect(413)


def limit(shop):
    """A body of exactly 1 MB, and one byte more."""
    body = b'{"profile":{"grade":"gold"}}'
    full = body + b" " * (BODY_BYTES - len(body))
    shop.server("PUT", "/open/v5/users/@limit", full).expect(200)
    refused = shop.server("PUT", "/open/v5/users/@limit", full + b" ").expect(413)
    assert refused["commonErrorCode"] == "TOO_LARGE", refused


def ids(shop):
    """A memberId reaches the function as it was encoded, once."""
    for member in ("a+b", "mina@example.com", "お客-1", "홍길동", "A_b.c~d"):
        path = "/open/v5/users/@" + urllib.parse.quote(member, safe="")
        put = shop.server("PUT", path, {}).expect(200)["user"]
        assert put["memberId"] == member, put
        everything = "/open/v5/users/%40" + "".join(f"%{byte:02X}" for byte in member.encode())
        assert shop.server("GET", everything).expect(200)["user"]["id"] == put["id"], member
    for wrong in ("@a%20b", "@a%5Cb", "@a%23b", "@a%3Fb"):
        shop.server("PUT", f"/open/v5/users/{wrong}", {}).expect(422)
    # What is encoded twice is not decoded twice; `%252F` names no member and no other route.
    assert shop.server("GET", "/open/v5/users/@%2541").status == 404
    assert shop.server("GET", "/open/v5/users/@a%252Fevents").status == 404
    # A query is decoded too.
    shop.server("GET", "/open/v5/users/@a+b/events?limit=%31").expect(200)
    shop.server("GET", "/open/v5/users/@a+b/events?limit=%78").expect(422)


def gateway(shop):
    """Preflights, and what has no route."""
    asks = {
        "origin": "https://shop.example.com",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-session",
    }
    for path in ("/front/v1/boot", "/front/v1/users/me", "/front/v1/events"):
        reply = shop.stack.request("OPTIONS", path, headers=asks)
        allowed = {name: reply.headers.get(f"access-control-allow-{name}") for name in ("origin", "methods", "headers")}
        assert reply.status in (200, 204), reply
        assert allowed["origin"] == "*", reply
        assert set(allowed["methods"].split(",")) == {"GET", "POST", "PATCH", "DELETE"}, reply
        assert set(allowed["headers"].split(",")) == {"content-type", "x-session", "authorization"}, reply
        assert reply.headers.get("access-control-max-age") == "86400", reply
        assert "access-control-allow-credentials" not in reply.headers, reply
    foreign = shop.page("POST", "/front/v1/boot", {"pluginKey": shop.plugin_key}, origin="https://foreign.example.com")
    foreign.expect(403)
    for method, path in (
        ("GET", "/"),
        ("GET", "/demo"),
        ("GET", "/front/v1/boot"),
        ("PUT", "/front/v1/boot"),
        ("POST", "/okyaku.js"),
        ("POST", "/front/v1/boot/more"),
        ("DELETE", "/open/v5/users"),
        ("GET", "/open/v6/users/@lucas"),
    ):
        assert shop.server(method, path).expect(404) == NO_ROUTE, (method, path)
    # The development channel's keys are public, and no key here.
    dev = {"x-access-key": "dev-access-key", "x-access-secret": "dev-access-secret"}
    shop.stack.request("GET", "/open/v5/users/@lucas", headers=dev).expect(401)


def script(shop):
    """The page script, plain and compressed, where the stack's snippet loads it from."""
    url = f"{shop.stack.outputs['ApiUrl']}/okyaku.js"
    assert f'src="{url}"' in shop.stack.outputs["Snippet"], shop.stack.outputs
    plain = shop.stack.request("GET", "/okyaku.js")
    # Comments and white space are taken out; tests/browser/served.test.mjs compares the syntax trees.
    source, served = (set(re.findall(r"\w+", text)) for text in ((kit.ROOT / "web/okyaku.js").read_text(), plain.expect(200)))
    assert "ChannelIO" in served and served <= source, f"not of web/okyaku.js: {served - source}"
    packed = shop.stack.request("GET", "/okyaku.js", headers={"accept-encoding": "gzip, deflate, br"})
    assert packed.headers["content-encoding"] == "gzip", packed.headers
    assert gzip.decompress(packed.raw) == plain.raw, "another script when compressed"


def token(shop):
    """A session token whose claims were changed is refused, and so is none."""
    session = shop.boot("token").expect(200)["sessionToken"]
    shop.page("POST", "/front/v1/touch", session=session).expect(200)
    head, _, signature = session.split(".")
    claims = kit.jwt_part(session, 1)
    forged = base64.urlsafe_b64encode(json.dumps(claims | {"exp": claims["exp"] + 1}).encode())
    shop.page("POST", "/front/v1/touch", session=f"{head}.{forged.decode().rstrip('=')}.{signature}").expect(401)
    shop.page("POST", "/front/v1/touch").expect(401)
