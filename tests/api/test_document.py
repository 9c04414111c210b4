"""The API's own document: valid by the standard, whole, and kept by caches."""
import pytest
from openapi_spec_validator import validate

VERSIONS = ["v1", "v2"]


def operations(document):
    for path, methods in document["paths"].items():
        for method, op in methods.items():
            yield path, method, op


@pytest.mark.parametrize("version", VERSIONS)
def test_it_is_valid(server, version):
    document = server.session.get(f"{server.url}/api/{version}/openapi.json").json()
    validate(document)
    assert document["openapi"].startswith("3.1")
    assert len(list(operations(document))) > 20


@pytest.mark.parametrize("version", VERSIONS)
def test_json_and_yaml_are_one_document(server, version):
    yaml = pytest.importorskip("yaml")
    as_json = server.session.get(f"{server.url}/api/{version}/openapi.json")
    as_yaml = server.session.get(f"{server.url}/api/{version}/openapi.yaml")
    assert as_yaml.headers["Content-Type"] == "application/yaml"
    assert yaml.safe_load(as_yaml.text) == as_json.json()


def test_it_may_be_kept(server):
    first = server.session.get(server.url + "/api/v1/openapi.json")
    etag = first.headers["ETag"]
    assert "max-age" in first.headers["Cache-Control"]
    again = server.session.get(server.url + "/api/v1/openapi.json", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("version", VERSIONS)
def test_every_operation_asks_for_a_key(server, version):
    """What the document says of keys is so: without one, each operation answers 401."""
    document = server.session.get(f"{server.url}/api/{version}/openapi.json").json()
    for path, method, op in operations(document):
        if not op["security"]:
            continue
        target = path.replace("{", "").replace("}", "")
        status, _, body = server.raw(method.upper(), target)
        assert status == 401, f"{method} {path}"
        assert len(body) < 100


@pytest.mark.parametrize("version", VERSIONS)
def test_other_methods_are_refused(server, version):
    """405 with a list of those that there are, which holds what the document has."""
    document = server.session.get(f"{server.url}/api/{version}/openapi.json").json()
    for path, methods in document["paths"].items():
        status, head, body = server.raw("TRACE", path.replace("{", "").replace("}", ""), [server.bearer()])
        assert status == 405, f"{path}: {body}"
        assert {m.upper() for m in methods} <= set(head["allow"].split(", "))
        assert head["content-type"] == "application/problem+json"
