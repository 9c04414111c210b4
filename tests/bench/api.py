#!/usr/bin/env python3
"""`make api-bench`: what the web API costs, through the web server, on this machine.

Lists of 1,000 and 10,000 nodes, requests a second with a valid key, and how long an
administrator waits while 1,000 devices come back at once (driven by the load driver,
FLEET=).  Writes the table between the marks in docs/performance.md.
"""
import http.client
import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import time

import fleet

DOC_BEGIN, DOC_END = "<!-- api bench begin -->", "<!-- api bench end -->"
SECONDS = os.environ.get("SECONDS", "5")
HEADRACE = os.path.join(fleet.ROOT, "build", "release", "headrace")


def build_load(folder):
    go = subprocess.check_output(["sh", os.path.join(fleet.ROOT, "tests", "go.sh")], text=True).strip()
    out = os.path.join(folder, "api_load")
    subprocess.check_call([go, "build", "-o", out, os.path.join(fleet.ROOT, "tests", "bench", "api_load.go")])
    return out


def command(server, *args):
    env = dict(os.environ, HEADRACE_CONFIG=os.path.join(server.data, "headrace.ini"))
    return subprocess.check_output([HEADRACE, *args], env=env, text=True).strip()


def fill(server, low, high):
    """Nodes that have an address, keys and endpoints, and never connect."""
    now = int(time.time() * 1000)
    db = sqlite3.connect(os.path.join(server.data, "headrace.db"))
    db.executemany(
        "INSERT INTO nodes (user_id, machine_key, node_key, disco_key, name, hostname, os, client_version,"
        " ipv4, ipv6, hostinfo, endpoints, created_ms, last_seen_ms, expiry_ms, authkey_id)"
        " VALUES (1, ?, ?, ?, ?, ?, 'linux', '1.102.5', ?, ?, '{\"OS\":\"linux\"}',"
        " '[\"10.0.0.1:41641\",\"192.168.1.7:41641\"]', ?, ?, ?, 1)",
        (("mkey:" + os.urandom(32).hex(), "nodekey:" + os.urandom(32).hex(),
          "discokey:" + os.urandom(32).hex(), f"filled-{i}", f"filled-{i}",
          f"100.{64 + (i >> 16)}.{i >> 8 & 255}.{i & 255}", f"fd7a:115c:a1e0::{i:x}",
          now, now, now + 180 * 86400000) for i in range(low, high)))
    db.commit()
    db.close()


class Load:
    def __init__(self, program, server):
        self.program, self.url = program, server.env["HEADRACE_URL"]
        self.key = command(server, "apikeys", "create")

    def __call__(self, path, connections):
        out = subprocess.check_output([self.program, "-url", self.url + path, "-key", self.key,
                                       "-c", str(connections), "-d", SECONDS + "s"], text=True)
        figures = json.loads(out)
        assert not figures["failed"], figures
        print(f"{path} {connections} connections: {out}", end="", flush=True)
        return figures


# What an administrator does; {} is a number that is always another.
ADMIN = {
    "list users": ("GET", "/api/v1/user", None),
    "list all nodes": ("GET", "/api/v1/node", None),
    "rename a node": ("POST", "/api/v1/node/7/rename/admin-{}", ""),
    "make a pre-auth key": ("POST", "/api/v1/preauthkey", '{"user": "1"}'),
}


class Admin(threading.Thread):
    """Asks one thing after the other until it is told to stop."""

    def __init__(self, server, key):
        super().__init__()
        self.server, self.key, self.stop, self.seen = server, key, False, {name: [] for name in ADMIN}
        self.command = []

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", int(fleet.PORT), timeout=30)
        for n in itertools.count():
            if self.stop:
                return
            for name, (method, path, body) in ADMIN.items():
                begin = time.monotonic()
                connection.request(method, path.format(n), body, {
                    "Authorization": "Bearer " + self.key, "Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200, (name, answer.status)
                self.seen[name].append((time.monotonic() - begin) * 1000)
            begin = time.monotonic()
            command(self.server, "users", "list")
            self.command.append((time.monotonic() - begin) * 1000)


def quantile(values, q):
    return sorted(values)[int(q * (len(values) - 1))]


def reconnects(driver, server, key, nodes=1000, times=5):
    """{what: times in ms} while all nodes are cut off and come back, again and again."""
    phases = ",".join(["register", "stream"] + ["reconnect"] * times)
    ours, _ = server.pids()
    proc = subprocess.Popen([driver, "-url", server.env["HEADRACE_URL"], "-authkey",
                             server.env["HEADRACE_AUTHKEY"], "-n", str(nodes), "-phases", phases,
                             "-pids", ",".join(ours)], stdout=subprocess.PIPE, text=True)
    admin = Admin(server, key)
    back = []
    for line in proc.stdout:
        print(line, end="", flush=True)
        phase = json.loads(line)
        if phase["phase"] == "stream":
            admin.start()
        if phase["phase"] == "reconnect":
            back.append(phase["converged_s"])
    admin.stop = True
    admin.join()
    return {**admin.seen, "`headrace users list`": admin.command}, back


def lists(load_program):
    folder = tempfile.mkdtemp(prefix="headrace-api-bench-")
    server = fleet.Server(folder)
    try:
        load = Load(load_program, server)
        figures = {}
        for size, low, high in ((1000, 1000, 2000), (10000, 2000, 11000)):
            fill(server, low, high)
            figures[size] = {path: load(path, 1) for path in
                             ("/api/v1/node", "/api/v2/tailnet/-/devices",
                              "/api/v2/tailnet/-/devices?fields=all")}
        figures["rate"] = {path: load(path, 8) for path in ("/api/v1/user", "/api/v1/node/7")}
        return figures
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def busy(driver):
    folder = tempfile.mkdtemp(prefix="headrace-api-bench-")
    server = fleet.Server(folder)
    try:
        return reconnects(driver, server, command(server, "apikeys", "create"))
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def table(figures, seen, back):
    lines = [
        f"Measured {time.strftime('%Y-%m-%d')} on {os.cpu_count()} cores, asker, web server (lighttpd) and "
        "headrace on the same machine, connections kept.", "",
        "| one after the other, p50 (p99) | 1,000 nodes | 10,000 nodes |", "|---|---|---|"]
    for path in figures[1000]:
        cells = [f"{f['p50_ms']:.1f} ms ({f['p99_ms']:.1f}), {f['bytes'] / 1e6:.1f} MB"
                 for f in (figures[1000][path], figures[10000][path])]
        lines.append(f"| `{path}` | {cells[0]} | {cells[1]} |")
    lines += ["", "| on 8 connections, with a valid key | a second | p50 | p99 |", "|---|---|---|---|"]
    for path, f in figures["rate"].items():
        lines.append(f"| `{path}` | {f['per_second']:,.0f} | {f['p50_ms']:.1f} ms | {f['p99_ms']:.1f} ms |")
    lines += ["", f"While 1,000 devices are cut off and come back, {len(back)} times (each within "
              f"{max(back):.1f} s), an administrator does one thing after the other:", "",
              "| | times | p50 | p99 | longest |", "|---|---|---|---|---|"]
    for name, values in seen.items():
        lines.append(f"| {name} | {len(values)} | {quantile(values, .5):.1f} ms | "
                     f"{quantile(values, .99):.1f} ms | {max(values):.1f} ms |")
    return "\n".join(lines)


def main():
    folder = tempfile.mkdtemp(prefix="headrace-driver-")
    try:
        driver, load = fleet.build_driver(folder), build_load(folder)
        figures = lists(load)
        seen, back = busy(driver)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    text = table(figures, seen, back)
    fleet.write_doc(text, DOC_BEGIN, DOC_END)
    print(text)


if __name__ == "__main__":
    main()
