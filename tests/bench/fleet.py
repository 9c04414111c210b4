#!/usr/bin/env python3
"""`make bench`: what a fleet of real-protocol clients would feel.

Starts `make run` in a folder of its own, drives it with the load driver (Go,
FLEET=, the folder of its source) for each size, and writes the table between
the marks in docs/performance.md.  CPU time and memory (PSS) are those of all
headrace processes; the web server's are in rows of their own.
"""
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FLEET = os.environ.get("FLEET", os.path.join(ROOT, "..", "shared", "fleet"))
SIZES = [int(n) for n in os.environ.get("SIZES", "100,1000,5000").split(",")]
PORT = os.environ.get("PORT", "18480")
DOC = os.path.join(ROOT, "docs", "performance.md")
BEGIN, END = "<!-- bench begin -->", "<!-- bench end -->"


def build_driver(folder):
    """Copies the driver's source, which may be read-only, and builds it."""
    if not os.path.exists(os.path.join(FLEET, "main.go")):
        sys.exit(f"bench: no load driver in {FLEET}; say where it is: make bench FLEET=DIR")
    src = os.path.join(folder, "fleet")
    shutil.copytree(FLEET, src)
    go = subprocess.check_output(["sh", os.path.join(ROOT, "tests", "go.sh")], text=True).strip()
    out = os.path.join(folder, "fleet.bin")
    subprocess.check_call([go, "build", "-o", out, "."], cwd=src)
    return out


class Server:
    """A `make run` with an empty data folder."""

    def __init__(self, folder):
        self.data = os.path.join(folder, "data")
        env = dict(os.environ, PORT=PORT, DATA=self.data)
        self.log = open(os.path.join(folder, "server.log"), "w")
        self.proc = subprocess.Popen(["make", "-s", "run", f"PORT={PORT}", f"DATA={self.data}"],
                                     cwd=ROOT, env=env, stdout=self.log, stderr=self.log,
                                     start_new_session=True)
        join = os.path.join(self.data, "join.env")
        for _ in range(600):
            if os.path.exists(join):
                break
            if self.proc.poll() is not None:
                sys.exit(f"bench: make run ended; see {self.log.name}")
            time.sleep(0.1)
        self.env = dict(line.strip().split("=", 1) for line in open(join))

    def pids(self):
        """(headrace's, the web server's) process ids, found by their folder."""
        ours, web = [], []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                args = open(f"/proc/{pid}/cmdline").read().split("\0")
                environ = open(f"/proc/{pid}/environ", errors="replace").read()
            except OSError:
                continue
            name = os.path.basename(args[0])
            if self.data not in environ and self.data not in " ".join(args):
                continue
            if name in ("headrace", "headrace-notifier"):
                ours.append(pid)
            elif name == "lighttpd":
                web.append(pid)
        return ours, web

    def stop(self):
        os.killpg(self.proc.pid, signal.SIGINT)
        try:
            self.proc.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.proc.pid, signal.SIGKILL)


def cpu_seconds(pids):
    total = 0.0
    for pid in pids:
        try:
            fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def pss_mb(pids):
    total = 0
    for pid in pids:
        try:
            for line in open(f"/proc/{pid}/smaps_rollup"):
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        except OSError:
            continue
    return total / 1024


def run_size(driver, n):
    """All phases for one size; {phase: figures}."""
    folder = tempfile.mkdtemp(prefix="headrace-bench-")
    server = Server(folder)
    try:
        ours, web = server.pids()
        args = [driver, "-url", server.env["HEADRACE_URL"], "-authkey",
                server.env["HEADRACE_AUTHKEY"], "-n", str(n), "-pids", ",".join(ours)]
        if n >= 5000:
            args += ["-decode-max", "65536"]
        before = cpu_seconds(web)
        out = subprocess.run(args, stdout=subprocess.PIPE, text=True).stdout
        print(out, end="", flush=True)
        phases = {p["phase"]: p for p in map(json.loads, out.splitlines())}
        phases["web"] = {"cpu": cpu_seconds(web) - before, "pss": pss_mb(web)}
        return phases
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


ROWS = [
    ("registrations per second", lambda p: f"{p['register']['per_second']:.0f}"),
    ("server CPU for them", lambda p: f"{p['register']['server_cpu_s']:.2f} s"),
    ("all streams up and all knowing all", lambda p: f"{p['stream']['converged_s']:.2f} s"),
    ("server CPU for the stream phase", lambda p: f"{p['stream']['server_cpu_s']:.2f} s"),
    ("driver's own CPU in the stream phase", lambda p: f"{p['stream']['client_cpu_s']:.2f} s"),
    ("a change at the last stream, p50", lambda p: f"{p['propagate']['last_ms_p50']:.1f} ms"),
    ("changes lost", lambda p: f"{p['propagate']['lost']}"),
    ("everybody back after all were cut off", lambda p: f"{p['reconnect']['converged_s']:.2f} s"),
    ("server CPU for that", lambda p: f"{p['reconnect']['server_cpu_s']:.2f} s"),
    ("server memory (PSS, all processes)",
     lambda p: f"{max(x.get('server_pss_mb', 0) for x in p.values()):.0f} MB"),
    ("web server CPU, all phases", lambda p: f"{p['web']['cpu']:.2f} s"),
    ("web server memory (PSS)", lambda p: f"{p['web']['pss']:.0f} MB"),
]


def cell(row, phases):
    try:
        return row(phases)
    except (KeyError, ValueError):
        return "-"


def measured():
    """When and on what."""
    mem = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = re.search(r"model name\s*: (.*)", open("/proc/cpuinfo").read())
    return (f"Measured {time.strftime('%Y-%m-%d')} on {os.cpu_count()} cores "
            f"({model.group(1) if model else platform.machine()}), {mem:.0f} GiB of memory")


def table(results):
    lines = [
        f"{measured()}, driver, web server (lighttpd) and headrace on the same machine.", "",
        "| | " + " | ".join(f"n={n}" for n in results) + " |",
        "|---|" + "---|" * len(results),
    ]
    for name, row in ROWS:
        lines.append(f"| {name} | " + " | ".join(cell(row, p) for p in results.values()) + " |")
    return "\n".join(lines)


def write_doc(text, begin=BEGIN, end=END):
    """Puts a table between its marks."""
    doc = open(DOC).read()
    head, rest = doc.split(begin)
    tail = rest.split(end)[1]
    with open(DOC, "w") as f:
        f.write(f"{head}{begin}\n{text}\n{end}{tail}")


def main():
    folder = tempfile.mkdtemp(prefix="headrace-driver-")
    try:
        driver = build_driver(folder)
        results = {n: run_size(driver, n) for n in SIZES}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    text = table(results)
    write_doc(text)
    print(text)


if __name__ == "__main__":
    main()
