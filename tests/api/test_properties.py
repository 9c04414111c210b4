"""Property tests by schemathesis: the server is asked what its own document allows, and what not.

No answer may be a 5xx, have a status or a form that the document does not name, or be
200 to what the document forbids.  SEED= says which run it is; the one that failed is
printed.
"""
import os
import re
import subprocess
import sys

import pytest

from lab import Server

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = os.environ.get("SEED", "20261123")
EXAMPLES = os.environ.get("EXAMPLES", "20")
# These could end the key that asks.
KEY_OPERATIONS = {"v1": ["expireApiKey", "deleteApiKey"], "v2": ["deleteKey", "setKey", "updateKey"]}


@pytest.fixture
def fresh():
    """A server of its own: at the end of the test nothing is as it was."""
    s = Server()
    for name in ("alice", "bob"):
        s.user(name)
    yield s
    s.stop()


def schemathesis(server, version, *args):
    tool = os.path.join(os.path.dirname(sys.executable), "st")
    done = subprocess.run(
        [tool, "--config-file", os.path.join(HERE, "schemathesis.toml"), "--no-color", "run",
         f"{server.url}/api/{version}/openapi.json", "-H", server.bearer(), "--seed", SEED,
         "-n", EXAMPLES, "--continue-on-failure", "--request-timeout", "60", "--suppress-health-check", "too_slow",
         "--request-retries", "2", *args],  # lighttpd closes a connection with too long a head
        cwd=server.dir, capture_output=True, text=True, timeout=900)
    cases = re.search(r"(\d+) generated", done.stdout)
    print(f"schemathesis {version}: seed {SEED}, {cases.group(1) if cases else 'no'} cases")
    assert done.returncode == 0, short(done.stdout + done.stderr)
    assert cases and int(cases.group(1)) > 0


def short(text):
    """The long values in it say nothing to people."""
    lines = [line[:300] for line in text.splitlines()]
    return "\n".join(lines[:150] + ["..."] + lines[-40:] if len(lines) > 200 else lines)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_all_but_keys(fresh, version):
    excluded = [a for op in KEY_OPERATIONS[version] for a in ("--exclude-operation-id", op)]
    schemathesis(fresh, version, "--phases", "examples,coverage,fuzzing", *excluded)
    alive(fresh)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_keys(fresh, version):
    """When it has ended its own key, everything is 401, which is in the document too."""
    document = fresh.session.get(f"{fresh.url}/api/{version}/openapi.json").json()
    known = {op["operationId"] for ops in document["paths"].values() for op in ops.values()}
    included = [a for op in KEY_OPERATIONS[version] if op in known
                for a in ("--include-operation-id", op)]
    schemathesis(fresh, version, "--phases", "coverage,fuzzing", *included)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_one_call_after_another(fresh, version):
    """What one answer names is asked about next, changed, and deleted."""
    excluded = [a for op in KEY_OPERATIONS[version] for a in ("--exclude-operation-id", op)]
    schemathesis(fresh, version, "--phases", "stateful", *excluded)
    alive(fresh)


def alive(server):
    """The key still works, and nothing died: workers that crash are started anew, and logged."""
    assert server.ok("GET", "/api/v1/health") == {"databaseConnectivity": True}
    log = open(server.log).read()
    assert "signal" not in log and "Assertion" not in log, log[-3000:]
