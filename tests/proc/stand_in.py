"""stand_in.py PORT_FILE ANSWERS [CERTIFICATE KEY]: a server that is not headrace.

For each request it reads the file ANSWERS: a status, a content type, then the body; or
"hang".  With a certificate it speaks TLS.
"""
import http.server
import ssl
import sys
import time

port_file, answers, *files = sys.argv[1:]


class StandIn(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status, kind, body = open(answers).read().split("\n", 2)
        if status == "hang":
            time.sleep(10)
            return
        self.send_response(int(status))
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body.encode())))
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
if files:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
with open(port_file, "w") as f:
    f.write(f"{server.server_port}\n")
server.serve_forever()
