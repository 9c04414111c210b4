"""A headrace behind lighttpd, as `make run` starts it, and ways to ask it."""
import base64
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import requests

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("BIN", os.path.join(ROOT, "build", "release"))
READY_S = 90


def free_port():
    """One that nobody uses, below those that the kernel gives to whoever connects meanwhile."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class Server:
    """conf/run.sh with an empty folder; lines: what headrace.ini gets besides."""

    def __init__(self, *lines):
        self.dir = tempfile.mkdtemp(prefix="hrapi-")
        self.data = os.path.join(self.dir, "data")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.ini = os.path.join(self.data, "headrace.ini")
        self.env = dict(os.environ, BIN=BIN, PORT=str(self.port), DATA=self.data,
                        HEADRACE_DERP_URLS="", HEADRACE_CONFIG=self.ini)
        if lines:
            self.write_ini(lines)
        self.log = os.path.join(self.dir, "log")
        self.start()
        self.key = self.cli("apikeys", "create").strip()
        self.session = requests.Session()

    def write_ini(self, lines):
        os.makedirs(self.data, mode=0o700)
        with open(self.ini, "w") as f:
            f.write(f"[server]\nurl = {self.url}\ndata = {self.data}\n"
                    f"run = {self.data}/sockets\n" + "\n".join(lines) + "\n")

    def start(self):
        with open(self.log, "w") as log:
            self.proc = subprocess.Popen(["sh", "conf/run.sh"], cwd=ROOT, env=self.env, stdout=log,
                                         stderr=log, start_new_session=True)
        join = os.path.join(self.data, "join.env")
        end = time.time() + READY_S
        while not os.path.exists(join):
            if self.proc.poll() is not None or time.time() > end:
                raise RuntimeError("headrace does not start:\n" + open(self.log).read())
            time.sleep(0.05)
        self.join = dict(line.strip().split("=", 1) for line in open(join))

    def stop(self):
        self.session.close()
        os.killpg(self.proc.pid, signal.SIGTERM)  # a shell in the background passes no SIGINT on
        try:
            self.proc.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(self.proc.pid, signal.SIGKILL)
            self.proc.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def run(self, *args, stdin=None):
        """headrace ARGS: the finished process."""
        return subprocess.run([os.path.join(BIN, "headrace"), *args], env=self.env, text=True,
                              input=stdin, capture_output=True, timeout=120)

    def cli(self, *args, stdin=None):
        """The output of a command that must succeed."""
        done = self.run(*args, stdin=stdin)
        assert done.returncode == 0, f"headrace {' '.join(args)}: {done.stderr}"
        return done.stdout

    def ask(self, method, path, body=None, key=None, headers=None, **more):
        """A request with a key (ours, unless another is given); body: what becomes JSON."""
        headers = dict(headers or {})
        headers.setdefault("Authorization", "Bearer " + (self.key if key is None else key))
        if body is not None:
            more["json"] = body
        return self.session.request(method, self.url + path, headers=headers, timeout=60, **more)

    def ok(self, method, path, body=None, **more):
        """The JSON of an answer that must be 200."""
        r = self.ask(method, path, body, **more)
        assert r.status_code == 200, f"{method} {path}: {r.status_code} {r.text[:500]}"
        return r.json()

    def raw(self, method, target, headers=(), body=b"", source="127.0.0.1"):
        """What no client library would send: (status, headers, body) for a target of any bytes."""
        if isinstance(target, str):
            target = target.encode()
        lines = [method.encode() + b" " + target + b" HTTP/1.1", b"Host: 127.0.0.1",
                 b"Connection: close"]
        lines += [h if isinstance(h, bytes) else h.encode() for h in headers]
        if body or method in ("POST", "PUT", "PATCH"):
            lines.append(b"Content-Length: %d" % len(body))
        with socket.create_connection(("127.0.0.1", self.port), 20, (source, 0)) as s:
            s.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)
            data = b""
            while chunk := s.recv(65536):
                data += chunk
        head, _, rest = data.partition(b"\r\n\r\n")
        first, *fields = head.decode("latin-1").split("\r\n")
        got = {k.lower(): v.strip() for k, _, v in (f.partition(":") for f in fields)}
        return int(first.split()[1]), got, rest

    def bearer(self):
        return "Authorization: Bearer " + self.key

    # ---- things to ask about ----

    def user(self, name):
        return self.ok("POST", "/api/v1/user", {"name": name})["user"]

    def node(self, name, user):
        """A device of this user that has never connected."""
        auth_id = "hskey-authreq-" + os.urandom(12).hex()
        self.ok("POST", "/api/v1/debug/node", {"user": user, "key": auth_id, "name": name, "routes": []})
        return self.ok("POST", "/api/v1/auth/register", {"user": user, "authId": auth_id})["node"]


def basic(user, password=""):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def problem_text(answer):
    """All that the body of an error says; fails if it is not of the form of v1 or v2."""
    body = answer if isinstance(answer, dict) else json.loads(answer)
    if "title" in body:
        assert set(body) <= {"title", "status", "detail", "errors"}, body
        return " ".join([body["detail"]] + [f"{e['location']} {e['message']}" for e in body.get("errors", [])])
    assert set(body) <= {"message", "status", "data"}, body
    return " ".join([body["message"]] + [t for d in body.get("data", []) for t in d["errors"]])
