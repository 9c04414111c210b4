"""The commands of docs/api.md, run as they stand in a shell, block by block."""
import os
import re
import subprocess

import pytest

from lab import BIN, ROOT, Server

PAGE = os.path.join(ROOT, "docs", "api.md")


def blocks():
    """(heading, commands) of each block."""
    text = open(PAGE).read()
    heading = ""
    for part in re.split(r"^(## .*|```sh\n(?:.*\n)*?```)$", text, flags=re.M):
        if part.startswith("## "):
            heading = part[3:]
        elif part.startswith("```sh\n"):
            yield heading, part[6:-3]


@pytest.fixture(scope="module")
def ran():
    """All of them in one shell, because one uses what another has set; marks tell how far it came."""
    server = Server()
    script = "set -eu\n" + "".join(f"echo 'block {i}' >&2\n{commands}" for i, (_, commands) in
                                   enumerate(blocks())) + "\necho 'all done' >&2\n"
    env = dict(server.env, url=server.url, PATH=BIN + ":" + os.environ["PATH"])
    done = subprocess.run(["sh", "-c", script], cwd=server.dir, env=env, capture_output=True, text=True,
                          timeout=300)
    yield done
    server.stop()


@pytest.mark.parametrize("n,heading", [(i, h) for i, (h, _) in enumerate(blocks())])
def test_block(ran, n, heading):
    reached = re.findall(r"^block (\d+)$", ran.stderr, re.M)
    assert str(n) in reached, f"{heading}: an earlier block failed"
    if ran.returncode != 0 and reached[-1] == str(n):
        raise AssertionError(f"{heading}: {ran.stderr[-800:]}\n{ran.stdout[-800:]}")


def test_no_more_was_said_than_asked(ran):
    """curl -sS is silent unless something failed; the one error of the tour is meant."""
    said = [line for line in ran.stderr.splitlines() if not re.match(r"block \d+$|all done$", line)]
    assert [line for line in said if "404" not in line] == []
