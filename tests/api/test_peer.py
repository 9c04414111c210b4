"""Whatever headscale documents, we have: each operation answers, with at least its members."""
import os
import re

import pytest
import yaml

from lab import ROOT

HERE = os.path.dirname(os.path.abspath(__file__))
PEER = os.path.join(ROOT, "..", "shared", "peer")
OPERATIONS = [line.split() for line in open(os.path.join(HERE, "peer_operations.txt"))
              if line.strip() and not line.startswith("#")]
NO_ROUTE = "404 page not found"


def shape_of(path):
    """Names of {parameters} do not matter."""
    return re.sub(r"\{[^}]*\}", "{}", path)


@pytest.fixture(scope="module")
def documents(server):
    return {v: server.session.get(f"{server.url}/api/{v}/openapi.json").json() for v in ("v1", "v2")}


@pytest.mark.parametrize("method,path", OPERATIONS, ids=lambda x: x)
def test_it_answers(server, method, path):
    target = path.replace("{tailnet}", "-")
    target = re.sub(r"\{[^}]*\}", "7", target)
    answer = server.ask(method, target, {} if method in ("POST", "PUT", "PATCH") else None)
    assert answer.status_code < 500, answer.text
    assert answer.status_code != 405
    assert NO_ROUTE not in answer.text


@pytest.mark.parametrize("method,path", OPERATIONS, ids=lambda x: x)
def test_it_is_documented(documents, method, path):
    ours = {shape_of(p): ops for p, ops in documents[path.split("/")[2]]["paths"].items()}
    assert method.lower() in ours.get(shape_of(path), {})


def resolve(document, schema):
    while "$ref" in schema:
        at = document
        for part in schema["$ref"].split("/")[1:]:
            at = at[part]
        schema = at
    return schema


def types(document, schema):
    schema = resolve(document, schema)
    if "anyOf" in schema:
        return set().union(*(types(document, s) for s in schema["anyOf"]))
    t = schema.get("type", ["string", "integer", "number", "boolean", "array", "object", "null"])
    return {t} if isinstance(t, str) else set(t)


def object_of(document, schema):
    """Of a type that may also be null, the object in it."""
    schema = resolve(document, schema)
    for one in schema.get("anyOf", []):
        if "object" in types(document, one):
            return resolve(document, one)
    return schema


def missing(peer, theirs, our, ours, at):
    """What the peer promises and we do not, as lines of text."""
    theirs, ours = object_of(peer, theirs), object_of(our, ours)
    if not types(our, ours) & types(peer, theirs):
        yield f"{at}: {types(our, ours)} in place of {types(peer, theirs)}"
        return
    if "items" in theirs:
        yield from missing(peer, theirs["items"], our, ours["items"], at + "[]")
    for name in theirs.get("required", []):
        if name == "$schema":
            continue
        if name not in ours.get("properties", {}):
            yield f"{at}.{name} is not there"
        else:
            yield from missing(peer, theirs["properties"][name], our, ours["properties"][name],
                               f"{at}.{name}")


def answer_schema(document, path, method):
    """The schema of 200 in JSON, or None."""
    ops = {shape_of(p): o for p, o in document["paths"].items()}.get(shape_of(path), {})
    answer = ops.get(method.lower(), {}).get("responses", {}).get("200", {})
    return answer.get("content", {}).get("application/json", {}).get("schema")


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_answers_have_its_members(documents, version):
    path = os.path.join(PEER, f"openapi-{version}.yaml")
    if not os.path.exists(path):
        pytest.skip(f"the peer's description of {version} does not lie beside the checkout")
    peer = yaml.safe_load(open(path))
    lacking = []
    for method, where in OPERATIONS:
        if where.split("/")[2] != version:
            continue
        theirs = answer_schema(peer, where, method)
        ours = answer_schema(documents[version], where, method)
        if theirs is not None and ours is not None:
            lacking += missing(peer, theirs, documents[version], ours, f"{method} {where}")
    assert lacking == []
