"""Input that nobody should send gets a 4xx that names the place, and changes nothing.

Wrong types are sent to every member of every body that the documents know; what is
wrong in other ways (bytes, depth, length, paths) stands in tables here.
"""
import json

import pytest

from lab import Server, problem_text

BIG = 2 ** 63
SQL = "Robert'); DROP TABLE users;--"
HTML = "<script>alert(1)</script>"

# For each type of JSON, values that are of another.
WRONG = {
    "string": [7, True, [], {}, 1.5, ["a"]],
    "integer": ["7", True, [], {}, 1.5, BIG, "x"],
    "boolean": ["true", 1, 0, [], {}, "yes"],
    "array": ["a", 7, {}, True],
    "object": ["a", 7, [], True],
}


@pytest.fixture(scope="module")
def server():
    s = Server()
    s.user("alice")
    yield s
    s.stop()


def members(document, schema):
    """(name, schema) of each member of an object's schema."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].split("/")[-1]]
    return schema.get("properties", {}).items(), schema


def bodies(server):
    for version in ("v1", "v2"):
        document = server.session.get(f"{server.url}/api/{version}/openapi.json").json()
        for path, methods in document["paths"].items():
            for method, op in methods.items():
                content = op.get("requestBody", {}).get("content", {})
                schema = content.get("application/json", {}).get("schema")
                if schema is not None:
                    target = path.replace("{tailnet}", "-").replace("{", "").replace("}", "")
                    yield method.upper(), target.replace("/id", "/1").replace("nodeId", "1"), \
                        document, schema


def example(schema):
    """Something for a member that must be there."""
    if "enum" in schema:
        return schema["enum"][0]
    if "pattern" in schema or schema.get("type") is None:
        return "1"
    return {"string": "x", "integer": 1, "boolean": True, "array": [], "object": {}}[types_of(schema)[0]]


def types_of(schema):
    t = schema.get("type", [])
    if "anyOf" in schema or "$ref" in schema:
        return ["object"]
    return [x for x in ([t] if isinstance(t, str) else t) if x != "null"]


def refused(server, method, path, body, names):
    answer = server.ask(method, path, body)
    assert 400 <= answer.status_code < 500, f"{method} {path} {body}: {answer.status_code} {answer.text[:200]}"
    if answer.status_code in (404, 409, 412):
        return		# what is in the path is looked at before the body
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert names in problem_text(answer.json()), f"{method} {path} {body}: {answer.text[:300]}"


def test_every_member_of_another_type(server):
    seen = 0
    for method, path, document, schema in bodies(server):
        properties, whole = members(document, schema)
        must = {n: example(s) for n, s in properties if n in whole.get("required", [])}
        for name, member in properties:
            for wanted in types_of(member)[:1]:
                for value in WRONG[wanted]:
                    refused(server, method, path, {**must, name: value}, name)
                    seen += 1
    assert seen > 100


def test_members_that_there_are_not(server):
    for method, path, document, schema in bodies(server):
        properties, whole = members(document, schema)
        if whole.get("additionalProperties") is not False:
            continue
        must = {n: example(s) for n, s in properties if n in whole.get("required", [])}
        refused(server, method, path, {**must, "noSuchMember": 1}, "noSuchMember")


def test_too_long(server):
    for method, path, document, schema in bodies(server):
        properties, whole = members(document, schema)
        must = {n: example(s) for n, s in properties if n in whole.get("required", [])}
        for name, member in properties:
            if "maxLength" in member and member["maxLength"] < 4096:
                refused(server, method, path, {**must, name: "x" * (member["maxLength"] + 1)}, name)


def test_bodies_that_are_no_object(server):
    for method, path, _, _ in bodies(server):
        for body in ([], [{}], "x", 7, True):
            answer = server.ask(method, path, body)
            assert 400 <= answer.status_code < 500, f"{method} {path} {body}"
            problem_text(answer.json())


DEEP = b'{"name":' + b"[" * 5000 + b"]" * 5000 + b"}"
NO_JSON = {
    "empty": b"", "a brace": b"{", "two values": b"{}{}", "a comma": b'{"name":"a",}',
    "no quotes": b"{name:1}", "a comment": b'{/* */"name":"a"}', "single quotes": b"{'name':'a'}",
    "NaN": b'{"name":NaN}', "a bare word": b"undefined", "NUL in it": b'{"name":"a"}\0',
    "bad UTF-8": b'{"name":"\xff\xfe"}', "an overlong form": b'{"name":"\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"name":"\xed\xa0\x80"}', "a control character": b'{"name":"a\x01b"}',
    "UTF-16": '{"name":"a"}'.encode("utf-16"), "deep": DEEP, "a number of 5000 digits":
    b'{"name":' + b"1" * 5000 + b"}", "XML": b"<user><name>a</name></user>",
}


@pytest.mark.parametrize("name", NO_JSON)
@pytest.mark.parametrize("method,path", [
    ("POST", "/api/v1/user"), ("POST", "/api/v1/preauthkey"), ("PUT", "/api/v1/policy"),
    ("POST", "/api/v2/device/1/tags")], ids=lambda x: x)
def test_what_is_no_json(server, name, method, path):
    status, head, body = server.raw(method, path, [server.bearer(), "Content-Type: application/json"],
                                    NO_JSON[name])
    assert 400 <= status < 500, (status, body)
    assert head["content-type"] == "application/problem+json"
    text = problem_text(body)
    assert status == 404 or "body" in text or "JSON" in text


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded",
                                  "multipart/form-data; boundary=x", "application/xml", "nonsense"])
def test_other_media_types(server, kind):
    status, _, body = server.raw("POST", "/api/v1/user", [server.bearer(), "Content-Type: " + kind],
                                 b'{"name":"carol"}')
    assert status == 415, body
    assert "Content-Type" in problem_text(body)


def test_too_large(server):
    status, _, body = server.raw("POST", "/api/v1/user",
                                 [server.bearer(), "Content-Type: application/json"],
                                 b'{"name":"' + b"x" * 200000 + b'"}')
    assert status == 413
    assert "body" in problem_text(body)


# ---- text that means something elsewhere ----

TEXTS = [SQL, HTML, "' OR '1'='1", '"><img src=x onerror=alert(1)>', "${jndi:ldap://x}", "{{7*7}}",
         "$(id)", "`id`", "; cat /etc/passwd", "../../etc/passwd", "a\nb", "a\r\nX-Evil: 1", "a\u0000b",
         "\u202eevil", "%00", "%n%n%n%s", "\ufeff", "𝔞" * 60, "-rf", "x" * 1000]


@pytest.mark.parametrize("text", TEXTS, ids=lambda t: ascii(t[:12]))
def test_texts_are_only_texts(server, text):
    """Refused, or kept byte by byte; never taken for something else."""
    before = server.ok("GET", "/api/v1/user")["users"]
    for member in ("name", "displayName", "email", "pictureUrl"):
        body = {"name": "u" + str(len(before)), member: text}
        answer = server.ask("POST", "/api/v1/user", body)
        assert answer.status_code in (200, 400, 409, 422), answer.text
        if answer.status_code == 200:
            user = answer.json()["user"]
            assert user[{"pictureUrl": "profilePicUrl"}.get(member, member)] == text
            server.ok("DELETE", f"/api/v1/user/{user['id']}")
    assert server.ok("GET", "/api/v1/user")["users"] == before


@pytest.mark.parametrize("text", TEXTS, ids=lambda t: ascii(t[:12]))
def test_texts_in_a_query(server, text):
    for path, name in (("/api/v1/user", "name"), ("/api/v1/user", "email"), ("/api/v1/user", "id"),
                       ("/api/v1/node", "user"), ("/api/v2/tailnet/-/devices", "hostname"),
                       ("/api/v2/tailnet/-/devices", "fields"), ("/api/v2/tailnet/-/users", "role")):
        answer = server.ask("GET", path, params={name: text})
        assert answer.status_code in (200, 400, 404), answer.text
        if answer.status_code == 200:
            assert "alice" not in answer.text or name == "fields"
        assert "Evil" not in str(answer.headers)


# ---- numbers and ids ----

IDS = ["0", "-1", "-0", "+1", "1.0", "1e3", "0x1", " 1", "1 ", "9223372036854775807", "9223372036854775808",
       "18446744073709551616", "99999999999999999999999999", "NaN", "null", "*", "1,2", "1;2", "1%20", "%31%30"]


@pytest.mark.parametrize("path", ["/api/v1/user/{}", "/api/v1/node/{}", "/api/v2/device/{}",
                                  "/api/v2/users/{}", "/api/v1/preauthkey?id={}"])
@pytest.mark.parametrize("text", IDS)
def test_ids(server, path, text):
    method = "GET" if "node" in path or "v2" in path else "DELETE"
    status, head, body = server.raw(method, path.format(text).replace(" ", "%20"), [server.bearer()])
    assert status in (400, 404), (status, body)
    assert head["content-type"] == "application/problem+json"


# ---- paths ----

PATHS = ["/api/v1/user%2F1", "/api/v1%2Fuser", "/api/v1/../v1/user", "/api/v1/./user", "/api/v1//user",
         "/api/v1/%2e%2e/v1/user", "/api/v1/user/..%2f..%2fkey", "/api/v1/user%00", "/api/v1/user%",
         "/api/v1/user%zz", "/api/v1/user%ff", "/api/v1/user%c0%af", "/api/v1/user/", "/api/v1/user;x=1",
         "/api/v1/user\\1", "/api/v1/" + "a" * 5000, "/api/v1/node/" + "1" * 2000, "/api/v1/user?" + "x=1&" * 2000,
         "/api/v1/user?name=%", "/api/v1/user?name=%00", "/api/v1/USER", "/api/v1/user#x", "/api/v3/user",
         "/api/v1/user/1/rename/%2e%2e%2fx", "/api/v1/machine/map", "/api/v1/../../internal/tick",
         "/api/v1/user%0d%0aX-Evil:%201", "/api/v1/..;/user"]


@pytest.mark.parametrize("path", PATHS, ids=lambda p: p[:40])
def test_paths(server, path):
    for method in ("GET", "POST", "DELETE"):
        status, head, body = server.raw(method, path, [server.bearer()])
        assert 400 <= status < 500, (method, status, body)
        assert "x-evil" not in head
        assert b"alice" not in body
        assert head["content-type"] == "application/problem+json", (status, body)
        problem_text(body)


@pytest.mark.parametrize("target", [b"/api/v1/node/1\x00x", b"/api/v1/\xff", b"api/v1/user", b"*",
                                    b"http://127.0.0.1/api/v1/user", b"/api/v1/user\x7f"], ids=ascii)
def test_targets_that_are_no_paths(server, target):
    """The web server may refuse these itself; for it an absolute address is a path, and NUL ends one."""
    status, _, body = server.raw("GET", target, [server.bearer()])
    assert 400 <= status < 500 or (target.startswith(b"http:") and status == 200), (status, body)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE", "CONNECT", "PROPFIND", "BREW", "get", "X" * 50])
def test_methods(server, method):
    status, _, body = server.raw(method, "/api/v1/user", [server.bearer(), "Content-Length: 0"])
    assert status in (400, 405, 501), (status, body)


def test_the_server_is_whole(server):
    """After all of this."""
    assert [u["name"] for u in server.ok("GET", "/api/v1/user")["users"]] == ["me", "alice"]
    log = open(server.log).read()
    assert "signal" not in log and "Assertion" not in log, log[-2000:]
    assert json.loads(server.cli("users", "list", "-o", "json"))
