"""receiver.py PORT_FILE LOG SECRET_FILE: a server that webhooks tell.

One line in LOG for each event that is signed as Tailscale's example has it, "BAD ..." for
anything else.  What it answers is in the file LOG.mode: a status, or "hang".
"""
import hashlib
import hmac
import http.server
import json
import sys
import time

port_file, log, secret_file = sys.argv[1:]


def mode():
    try:
        return open(log + ".mode").read().strip()
    except FileNotFoundError:
        return "200"


def signed(header, body):
    parts = dict(p.split("=", 1) for p in header.split(","))
    if abs(time.time() - int(parts["t"])) > 300:
        return False
    secret = open(secret_file).read().strip().encode()
    want = hmac.new(secret, parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(want, parts["v1"])


class Receiver(http.server.BaseHTTPRequestHandler):
    def note(self, line):
        with open(log, "a") as f:
            f.write(line + "\n")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        how = mode()
        self.note("asked " + how)
        if how == "hang":
            time.sleep(30)
            return
        if how == "200":
            if not signed(self.headers["Tailscale-Webhook-Signature"], body):
                self.note("BAD signature")
            for e in json.loads(body):
                data = e["data"] or {}
                self.note("%s %s" % (e["type"], data.get("user") or data.get("deviceName") or "-"))
        self.send_response(int(how))
        if how == "302":
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
with open(port_file, "w") as f:
    f.write(str(server.server_port))
server.serve_forever()
