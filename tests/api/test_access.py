"""Who has no valid key learns nothing: one short answer to all that is not one."""
import itertools
import time

import pytest
import requests

from lab import basic

WRONG = {
    "no header": [],
    "empty": ["Authorization:"],
    "only the scheme": ["Authorization: Bearer"],
    "a blank key": ["Authorization: Bearer  "],
    "another scheme": ["Authorization: Negotiate {key}"],
    "no scheme": ["Authorization: {key}"],
    "scheme and key in one": ["Authorization: Bearer{key}"],
    "in quotes": ['Authorization: Bearer "{key}"'],
    "a word": ["Authorization: Bearer garbage"],
    "very long": ["Authorization: Bearer " + "x" * 6000],
    "not text": [b"Authorization: Bearer \xff\xfe\x80"],
    "cut off": ["Authorization: Bearer {cut}"],
    "with more behind it": ["Authorization: Bearer {key}0"],
    "the last digit another": ["Authorization: Bearer {bent}"],
    "in capitals": ["Authorization: Bearer {upper}"],
    "of another kind": ["Authorization: Bearer {auth}"],
    "expired": ["Authorization: Bearer {expired}"],
    "twice in one header": ["Authorization: Bearer {key}, Bearer {key}"],
    "two headers, both right": ["Authorization: Bearer {key}", "Authorization: Bearer {key}"],
    "two headers, one right": ["Authorization: Bearer x", "Authorization: Bearer {key}"],
    "in another header": ["X-Api-Key: {key}", "Proxy-Authorization: Bearer {key}"],
    "in a cookie": ["Cookie: Authorization={key}; token={key}"],
    "Basic with the key as password": ["Authorization: {basic}"],
}
WEB_SERVER_REFUSES = ["very long", "two headers, both right", "two headers, one right"]
PATHS = ["/api/v1/user", "/api/v2/tailnet/-/devices"]

# From one alone they would soon be too many.
ADDRESSES = (f"127.0.0.{n}" for n in itertools.count(2))


@pytest.fixture(scope="module")
def words(server):
    key = server.key
    expired = server.cli("apikeys", "create", "--expiration", "1s").strip()
    auth = server.join["HEADRACE_AUTHKEY"]
    return {"key": key, "cut": key[:40], "bent": key[:-1] + ("1" if key[-1] == "0" else "0"),
            "upper": key[:10] + key[10:].upper(), "expired": expired,
            "auth": auth.replace("hskey-auth", "hskey-api"), "basic": basic("", key)}


def fill(header, words):
    return header if isinstance(header, bytes) else header.format(**words)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", WRONG)
def test_wrong_keys(server, words, name, path):
    headers = [fill(h, words) for h in WRONG[name]]
    if name == "expired":
        time.sleep(1.1)
    status, head, body = server.raw("GET", path, headers, source=next(ADDRESSES))
    assert server.key.encode() not in body
    if name in WEB_SERVER_REFUSES and status == 400:
        return
    assert status == 401, (status, body)
    assert len(body) < 100
    assert b"users" not in body and b"devices" not in body
    assert head["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("headers", [
    ["Authorization: Bearer {key}"], ["authorization: bearer {key}"], ["AUTHORIZATION:   BEARER   {key}  "],
], ids=["plain", "small letters", "blanks"])
def test_the_key_itself(server, words, headers):
    status, _, body = server.raw("GET", PATHS[0], [fill(h, words) for h in headers])
    assert (status, b'"users":' in body) == (200, True)


def test_v2_takes_the_key_as_user_name(server):
    answer = requests.get(server.url + PATHS[1], auth=(server.key, ""), timeout=60)
    assert answer.status_code == 200
    assert requests.get(server.url + PATHS[0], auth=(server.key, ""), timeout=60).status_code == 401


def test_scopes_count(server):
    reader = server.cli("apikeys", "create", "--scope", "users:read").strip()
    assert server.ask("GET", "/api/v1/user", key=reader).status_code == 200
    refused = server.ask("POST", "/api/v1/user", {"name": "eve"}, key=reader)
    assert refused.status_code == 403
    assert "users" in refused.json()["detail"]
    assert server.ask("GET", "/api/v1/node", key=reader).status_code == 403


def test_many_wrong_keys_end_in_429(server):
    """And the right key works all the while."""
    for _ in range(70):
        last = server.ask("GET", "/api/v1/user", key="hskey-api-000000000000-" + "0" * 64)
        if last.status_code == 429:
            break
    assert last.status_code == 429
    assert int(last.headers["Retry-After"]) > 0
    assert server.ask("GET", "/api/v1/user").status_code == 200


def test_no_web_page_may_use_a_key(server):
    """No CORS unless the configuration names the origin."""
    answer = server.ask("GET", "/api/v1/user", headers={"Origin": "https://evil.example"})
    assert not [h for h in answer.headers if h.lower().startswith("access-control")]
    preflight = server.ask("OPTIONS", "/api/v1/user", headers={
        "Origin": "https://evil.example", "Access-Control-Request-Method": "POST"})
    assert preflight.status_code == 405
