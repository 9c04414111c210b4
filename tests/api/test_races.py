"""Administrators who change the same thing at once: each gets a true answer.

True means: what an answer says was done is done, and whoever was told no can see why.
"""
import collections
import threading

import pytest
import requests

ADMINS = 8


def at_once(server, calls):
    """Runs the calls [(method, path, body, headers)] at one moment; their answers, in order."""
    answers = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def run(i, method, path, body=None, headers=None):
        with requests.Session() as s:
            s.headers["Authorization"] = "Bearer " + server.key
            s.get(server.url + "/health", timeout=60)	# the connection is there
            start.wait(60)
            answers[i] = s.request(method, server.url + path, json=body, headers=headers, timeout=60)

    threads = [threading.Thread(target=run, args=(i, *call)) for i, call in enumerate(calls)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert None not in answers
    assert max(a.status_code for a in answers) < 500, [a.text for a in answers]
    return answers


def statuses(answers):
    return collections.Counter(a.status_code for a in answers)


def rule(port):
    return '{"acls": [{"action": "accept", "src": ["*"], "dst": ["*:%d"]}]}' % port


def test_policies_from_one_version(server):
    """With If-Match one wins, and the policy in force is the winner's."""
    server.ok("PUT", "/api/v1/policy", {"policy": rule(1)})
    etag = server.ask("GET", "/api/v1/policy").headers["ETag"]
    answers = at_once(server, [("PUT", "/api/v1/policy", {"policy": rule(1000 + i)}, {"If-Match": etag})
                               for i in range(ADMINS)])
    assert statuses(answers) == {200: 1, 412: ADMINS - 1}
    winner = next(a for a in answers if a.status_code == 200).json()
    assert server.ok("GET", "/api/v1/policy")["policy"] == winner["policy"]


def test_policies_without_a_version(server):
    """Without, all are set, one after the other; each answer names its own version."""
    before = server.ok("GET", "/api/v1/policy")["version"]
    answers = at_once(server, [("PUT", "/api/v1/policy", {"policy": rule(2000 + i)}) for i in range(ADMINS)])
    assert statuses(answers) == {200: ADMINS}
    versions = {a.json()["version"]: a.json()["policy"] for a in answers}
    assert sorted(versions) == list(range(before + 1, before + 1 + ADMINS))
    assert server.ok("GET", "/api/v1/policy")["policy"] == versions[max(versions)]


def test_users_of_one_name(server):
    answers = at_once(server, [("POST", "/api/v1/user", {"name": "twin"})] * ADMINS)
    assert statuses(answers) == {200: 1, 409: ADMINS - 1}
    assert len(server.ok("GET", "/api/v1/user?name=twin")["users"]) == 1


def test_users_renamed_to_one_name(server):
    ids = [server.user(f"r{i}")["id"] for i in range(ADMINS)]
    answers = at_once(server, [("POST", f"/api/v1/user/{i}/rename/chosen", None) for i in ids])
    assert statuses(answers) == {200: 1, 409: ADMINS - 1}
    winner = next(a for a in answers if a.status_code == 200).json()["user"]
    assert [u["id"] for u in server.ok("GET", "/api/v1/user?name=chosen")["users"]] == [winner["id"]]


def test_nodes_renamed_to_one_name(server):
    ids = [server.node(f"n{i}", "me")["id"] for i in range(4)]
    answers = at_once(server, [("POST", f"/api/v1/node/{i}/rename/wanted", None) for i in ids])
    assert set(statuses(answers)) <= {200, 400, 409} and statuses(answers)[200] == 1
    names = [n["givenName"] for n in server.ok("GET", "/api/v1/node")["nodes"]]
    assert names.count("wanted") == 1


def test_one_node_renamed_and_deleted(server):
    node = server.node("contested", "me")["id"]
    answers = at_once(server, [("DELETE", f"/api/v1/node/{node}", None)] +
                      [("POST", f"/api/v1/node/{node}/rename/x{i}", None) for i in range(ADMINS - 1)])
    assert answers[0].status_code == 200
    assert set(statuses(answers)) <= {200, 404}
    assert server.ask("GET", f"/api/v1/node/{node}").status_code == 404


def test_a_thing_is_deleted_once(server):
    user = server.user("short")["id"]
    answers = at_once(server, [("DELETE", f"/api/v1/user/{user}", None)] * ADMINS)
    assert statuses(answers)[200] == 1
    assert set(statuses(answers)) <= {200, 400, 404}


@pytest.mark.parametrize("turn", range(5))
def test_a_user_goes_while_keys_come(server, turn):
    """A key is there if its answer said so, unless its user is not."""
    user = server.user(f"leaving{turn}")["id"]
    answers = at_once(server, [("DELETE", f"/api/v1/user/{user}", None)] +
                      [("POST", "/api/v1/preauthkey", {"user": user})] * 4)
    assert answers[0].status_code == 200, answers[0].text
    assert set(statuses(answers)) <= {200, 400, 404}
    assert server.ok("GET", f"/api/v1/user?id={user}")["users"] == []
    assert [k for k in server.ok("GET", "/api/v1/preauthkey")["preAuthKeys"] if k["user"]["id"] == user] == []


@pytest.mark.parametrize("turn", range(5))
def test_a_user_goes_while_a_device_comes(server, turn):
    """A user with devices cannot be deleted: one of the two is told so."""
    user = server.user(f"owner{turn}")
    auth_id = "hskey-authreq-%024x" % (turn + 1)
    server.ok("POST", "/api/v1/debug/node", {"user": user["name"], "key": auth_id, "name": "late", "routes": []})
    gone, came = at_once(server, [
        ("DELETE", f"/api/v1/user/{user['id']}", None),
        ("POST", "/api/v1/auth/register", {"user": user["name"], "authId": auth_id})])
    assert (gone.status_code == 200) != (came.status_code == 200), (gone.text, came.text)
    nodes = server.ok("GET", f"/api/v1/node?user={user['name']}")["nodes"] if came.ok else []
    assert len(nodes) == (1 if came.ok else 0)


def test_settings_of_different_kinds(server):
    """Two who change different members both get what they asked for."""
    path = "/api/v2/tailnet/-/settings"
    answers = at_once(server, [("PATCH", path, {"devicesApprovalOn": True}),
                               ("PATCH", path, {"usersApprovalOn": True}),
                               ("PATCH", path, {"devicesKeyDurationDays": 33})])
    assert statuses(answers) == {200: 3}
    now = server.ok("GET", path)
    assert (now["devicesApprovalOn"], now["usersApprovalOn"], now["devicesKeyDurationDays"]) == (True, True, 33)


def test_keys_of_all_administrators(server):
    """Each gets a key of its own, and all of them work."""
    answers = at_once(server, [("POST", "/api/v1/apikey", {})] * ADMINS)
    keys = {a.json()["apiKey"] for a in answers}
    assert len(keys) == ADMINS
    for key in keys:
        assert server.ask("GET", "/api/v1/user", key=key).status_code == 200
