"""hsapi-client from PyPI, a client of REST v1 that people use, with all that it can do.

It was written for an older headscale; what of it today's headscale does not answer as
it wants (auth keys name a whole user, routes are a node's own) is not asked for.
"""
from datetime import datetime, timedelta, timezone

import pytest

import hsapi_import  # noqa: F401  (before hsapi_client)
from hsapi_client import APIKey, Node, Policy, User
from hsapi_client.apikeys import v1CreateApiKeyRequest, v1ExpireApiKeyRequest
from hsapi_client.config import APISettings, HTTPException
from hsapi_client.nodes import v1SetTagsNodeRequest
from hsapi_client.users import v1CreateUserRequest


@pytest.fixture(scope="module")
def settings(server):
    return APISettings(server=server.url, api_token=server.key)


def in_hours(n):
    return (datetime.now(timezone.utc) + timedelta(hours=n)).isoformat()


def test_users(settings):
    users = User(settings)
    made = users.create(v1CreateUserRequest(name="hsapi")).user
    assert made.name == "hsapi" and made.createdAt.tzinfo is not None
    assert "hsapi" in [u.name for u in users.list().users]
    assert users.rename(str(made.id), "renamed").user.name == "renamed"
    users.delete(str(made.id))
    assert "renamed" not in [u.name for u in users.list().users]


def test_errors(settings):
    with pytest.raises(HTTPException) as refused:
        User(settings).delete("4711")
    assert refused.value.status_code in (400, 404)
    with pytest.raises(HTTPException) as refused:
        User(APISettings(server=settings.server, api_token="wrong")).list()
    assert refused.value.status_code == 401


def test_api_keys(settings):
    keys = APIKey(settings)
    text = keys.create(v1CreateApiKeyRequest(expiration=in_hours(1))).apiKey
    User(APISettings(server=settings.server, api_token=text)).list()
    mine = [k for k in keys.list().apiKeys if text.startswith(k.prefix[:22])]
    assert len(mine) == 1 and not mine[0].expired
    keys.expire(v1ExpireApiKeyRequest(prefix=mine[0].prefix))
    with pytest.raises(HTTPException):
        User(APISettings(server=settings.server, api_token=text)).list()
    keys.delete(mine[0].prefix)
    assert mine[0].id not in [k.id for k in keys.list().apiKeys]


def test_policy(settings):
    policies = Policy(settings)
    text = '{"tagOwners": {"tag:web": ["me@"]}, "acls": [] /* nothing */}'
    assert policies.put(text).policy["acls"] == []
    got = policies.get()
    assert got.policy["tagOwners"] == {"tag:web": ["me@"]}
    assert (datetime.now(timezone.utc) - got.updatedAt).total_seconds() < 60
    with pytest.raises(HTTPException) as refused:
        policies.put('{"acls": [{"action": "maybe"}]}')
    assert refused.value.status_code == 400


def test_nodes(server, settings):
    nodes = Node(settings)
    made = server.node("first", "me")
    server.cli("nodes", "expire", "-i", made["id"], "-e", in_hours(5))
    node = nodes.get(int(made["id"]))
    assert (node.name, node.givenName, node.user.name) == ("first", "first", "me")
    assert node.expired is False and node.online is False
    assert nodes._get(node.id).machineKey == node.machineKey
    assert nodes.rename(node.id, "second").node.givenName == "second"
    assert [n.id for n in nodes.byUser("me").nodes] == [node.id]
    Policy(settings).put('{"tagOwners": {"tag:web": ["me@"]}, "acls": []}')
    assert nodes.setTags(node.id, v1SetTagsNodeRequest(tags=["web"])).node.id == node.id
    nodes.expire(node.id)
    assert nodes.get(node.id).expired
    assert nodes.backfillips().changes == []
    nodes.delete(node.id)
    assert nodes.list().nodes == []
