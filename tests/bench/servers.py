#!/usr/bin/env python3
"""`make server-bench`: what a web server itself spends on 1,000 connected devices.

Each of the four is set up on a machine of its own (tests/proc/machine) by the commands of its page below
docs/servers, as they stand, so that what is measured is what a reader gets.  The load driver is that
of `make bench` (FLEET=).  CPU time and memory (PSS) are those of the web server's processes alone, twice: with
devices on port 80, which they try first, and with all of them on port 443, in TLS.
"""
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import fleet

SIZE = int(os.environ.get("SIZE", "1000"))
SERVERS = {"lighttpd": "lighttpd", "apache": "apache2", "caddy": "caddy", "nginx": "nginx"}
MARKS = "<!-- server bench begin -->", "<!-- server bench end -->"
PORTS = {"80": {}, "443": {"TS_FORCE_NOISE_443": "1"}}  # of the driver, which is a client of Tailscale's
FILES_MAX = 16384


def commands(page, heading=None):
    """The commands of a page below docs/, or of one of its sections."""
    text = open(os.path.join(fleet.ROOT, "docs", page)).read()
    if heading:
        text = re.search(rf"^## {heading}$.*?(?=^## |\Z)", text, re.M | re.S).group()
    return "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S))


class Usage(threading.Thread):
    """Follows the processes of one name: what those that have ended spent counts, too."""

    def __init__(self, name):
        super().__init__(daemon=True)
        self.name, self.cpu_of = name, {}

    def pids(self):
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if open(f"/proc/{pid}/comm").read().strip() == self.name:
                    found.append(pid)
            except OSError:
                continue
        return found

    def cpu(self):
        for pid in self.pids():
            self.cpu_of[pid] = max(fleet.cpu_seconds([pid]), self.cpu_of.get(pid, 0))
        return sum(self.cpu_of.values())

    def threads(self):
        return sum(len(os.listdir(f"/proc/{pid}/task")) for pid in self.pids())

    def run(self):
        while True:
            self.cpu()
            time.sleep(0.2)


def measure(driver, process, size):
    """In the machine: drives it, and prints {phase: figures} as JSON."""
    key = subprocess.check_output("headrace users create bench >/dev/null && "
                                  "headrace preauthkeys create --user bench --reusable", shell=True, text=True)
    usage = Usage(process)
    usage.start()
    phases = {"nothing": {"pss": fleet.pss_mb(usage.pids())}}
    before = usage.cpu()
    with subprocess.Popen([driver, "-url", "https://headrace.example.com", "-authkey", key.strip(), "-n", str(size),
                           "-par", "16", "-phases", "register,stream,idle,propagate,reconnect"],
                          stdout=subprocess.PIPE, text=True) as proc:
        for line in proc.stdout:
            figures = json.loads(line)
            now = usage.cpu()
            figures |= {"web_cpu": now - before, "pss": fleet.pss_mb(usage.pids()), "threads": usage.threads(),
                        "processes": len(usage.pids())}
            phases[figures["phase"]] = figures
            before = now
    print(json.dumps(phases))
    return proc.returncode


def in_machine(driver, server, env):
    """Sets up 'server' by its page and measures it; {phase: figures}."""
    folder = tempfile.mkdtemp(prefix="headrace-bench-")
    try:
        subprocess.check_call(["make", "-s", "install", f"DESTDIR={folder}/root", "PREFIX=/usr", "SYSCONFDIR=/etc"],
                              cwd=fleet.ROOT, stdout=subprocess.DEVNULL)
        script = os.path.join(folder, "script")
        with open(script, "w") as f:
            print("exec 3>&1 >&2", f"cd {folder}", commands("servers.md", "Before"), commands("servers/service.md"),
                  commands(f"servers/{server}-fastcgi.md"), *(f"export {k}={v}" for k, v in env.items()),
                  f"exec python3 {os.path.abspath(__file__)} --measure {driver} {SERVERS[server]} {SIZE} >&3",
                  sep="\n", file=f)
        out = subprocess.run(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc",
             "--kill-child", "env", "-i", "PATH=" + os.environ["PATH"], "sh",
             os.path.join(fleet.ROOT, "tests/proc/machine/enter.sh"), folder, script],
            stdout=subprocess.PIPE, text=True, check=True, timeout=900).stdout
        print(server, env, out, flush=True)
        return json.loads(out.splitlines()[-1])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def per_stream(p):
    return f"{(p['stream']['pss'] - p['nothing']['pss']) * 1024 / SIZE:.0f} kB"


ROWS = [
    ("memory before any device", lambda p: f"{p['nothing']['pss']:.0f} MB"),
    ("memory, all connected", lambda p: f"{p['stream']['pss']:.0f} MB"),
    ("which is, for each", per_stream),
    ("memory after all were cut off and came back", lambda p: f"{p['reconnect']['pss']:.0f} MB"),
    ("processes, threads", lambda p: f"{p['stream']['processes']}, {p['stream']['threads']}"),
    ("CPU: all register", lambda p: f"{p['register']['web_cpu']:.2f} s"),
    ("CPU: all come up and learn of all", lambda p: f"{p['stream']['web_cpu']:.2f} s"),
    ("and so long it takes", lambda p: f"{p['stream']['converged_s']:.1f} s"),
    ("CPU: five seconds of silence", lambda p: f"{p['idle']['web_cpu']:.2f} s"),
    ("CPU: 20 changes to all", lambda p: f"{p['propagate']['web_cpu']:.2f} s"),
    ("a change at the last stream, p50", lambda p: f"{p['propagate']['last_ms_p50']:.1f} ms"),
    ("CPU: all are cut off and come back", lambda p: f"{p['reconnect']['web_cpu']:.2f} s"),
]


def table(results):
    lines = [f"{fleet.measured()}, {SIZE:,} devices, driver, web server and headrace on the same machine.", ""]
    for port in PORTS:
        by_server = {s: results[s, port] for s in SERVERS}
        what = "on port 80, as devices prefer" if port == "80" else "on port 443, in TLS"
        lines += [f"| {what} | " + " | ".join(SERVERS) + " |", "|---|" + "---|" * len(SERVERS)]
        lines += [f"| {name} | " + " | ".join(fleet.cell(row, p) for p in by_server.values()) + " |"
                  for name, row in ROWS]
        lines.append("")
    return "\n".join(lines[:-1])


def main():
    if sys.argv[1:2] == ["--measure"]:
        sys.exit(measure(sys.argv[2], sys.argv[3], int(sys.argv[4])))
    if os.getuid() != 0:
        sys.exit("server-bench: makes machines of its own: run it as root")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES_MAX, hard), hard))
    folder = tempfile.mkdtemp(prefix="headrace-driver-")
    try:
        driver = fleet.build_driver(folder)
        results = {(s, port): in_machine(driver, s, env) for s in SERVERS for port, env in PORTS.items()}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    fleet.write_doc(table(results), *MARKS)


if __name__ == "__main__":
    main()
