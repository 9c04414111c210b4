#!/usr/bin/env python3
"""A proxy that breaks one thing: faulty.py ADDRESS:PORT BACKEND_PORT FAULT [CERT KEY]

FAULT is a name below, or "none".  With CERT and KEY it speaks TLS to its clients.
It stands between `headrace doctor` and a healthy server.
"""
import re
import socket
import ssl
import sys
import threading
import time

HEAD_MAX = 65536
PAGE = b"<!DOCTYPE html><title>Welcome</title><p>It works!"
MADE_101 = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: tailscale-control-protocol\r\n"
            b"Connection: upgrade\r\n\r\n")


def page(status, body=PAGE, more=b""):
    return (b"HTTP/1.1 %s\r\nServer: nginx/1.22.1\r\nContent-Type: text/html\r\n%s"
            b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, more, len(body), body))


def without(head, *names):
    for name in names:
        head = re.sub(rb"(?im)^%s:.*\r\n" % name, b"", head)
    return head


# What is answered instead of asking the server: fault -> (path's beginning, answer).
INSTEAD = {
    "page": (b"/ts2021", page(b"200 OK")),
    "missing": (b"/ts2021", page(b"404 Not Found")),
    "redirect": (b"/ts2021", page(b"301 Moved Permanently", more=b"Location: https://head.test/ts2021\r\n")),
    "redirect-all": (b"/", page(b"301 Moved Permanently", more=b"Location: https://elsewhere.invalid/\r\n")),
    "no-notifier": (b"/ts2021", page(b"502 Bad Gateway")),
    "no-headrace": (b"/", page(b"502 Bad Gateway")),
    "html-key": (b"/key", page(b"200 OK")),
    "no-key": (b"/key", page(b"404 Not Found")),
    "login": (b"/", page(b"401 Unauthorized", more=b'WWW-Authenticate: Basic realm="x"\r\n')),
    "empty-key": (b"/key", page(b"200 OK", b'{}')),
    "bad-key": (b"/key", page(b"200 OK", b'{"publicKey":"nodekey:12"}')),
    "own-health": (b"/health", page(b"200 OK", b"OK")),
    "sick": (b"/health", page(b"500 Internal Server Error", b'{"status":"fail"}')),
    "other-key": (b"/key", page(b"200 OK", b'{"publicKey":"mkey:%s"}' % (b"5a" * 32))),
    "own-api": (b"/api/", page(b"200 OK")),
    "false-101": (b"/ts2021", MADE_101),
    "closed-101": (b"/ts2021", MADE_101),
    "foreign": (b"/ts2021", MADE_101 + b"\x02\x00\x30" + b"\x5a" * 48),
    "garbage": (b"/ts2021", MADE_101 + b"Hello, this is some web server speaking.\r\n" * 4),
    "refused": (b"/ts2021", MADE_101 + b"\x03\x00\x0cgo elsewhere"),
    "binary": (b"/", b"\x00\xff\x1b[2J" + bytes(range(256)) * 8),
    "banner": (b"/", b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
    "close": (b"/", b""),
    "silent": (b"/", b""),
    "silent-upgrade": (b"/ts2021", b""),
}
STAYS = {"false-101", "garbage", "refused", "silent", "silent-upgrade"}	# after the answer


def read_head(c):
    data = b""
    while b"\r\n\r\n" not in data and len(data) < HEAD_MAX:
        part = c.recv(4096)
        if not part:
            return data, b""
        data += part
    head, _, rest = data.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n", rest


def pour(src, dst, done):
    try:
        while True:
            part = src.recv(65536)
            if not part:
                break
            dst.sendall(part)
    except OSError:
        pass
    done(dst)


def shut(s):
    try:
        s.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def endless(c, text):
    c.sendall(b"HTTP/1.1 200 OK\r\n")
    for i in range(100000):
        c.sendall(text % i)


def request(fault, head):
    """The head that goes on, or None if the connection ends here."""
    path = head.split(b" ")[1]
    upgrade = path.startswith(b"/ts2021")
    if fault == "swallow":
        head = without(head, b"Upgrade", b"Connection")
    if fault == "only-websocket" and b"websocket" not in head.lower():
        head = without(head, b"Upgrade", b"Connection")
    if fault == "no-websocket" and b"websocket" in head.lower():
        head = without(head, b"Upgrade", b"Connection")
    if fault == "header":
        head = without(head, b"X-Tailscale-Handshake")
    if fault == "authorization":
        head = without(head, b"Authorization")
    if not upgrade or b"Upgrade:" not in head:
        head = without(head, b"Connection").replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
    return head


def answer(fault, head):
    if fault == "capitals":
        head = head.replace(b"Upgrade: tailscale-control-protocol", b"Upgrade: Tailscale-Control-Protocol")
    if fault == "date":
        head = re.sub(rb"(?i)Date: .*\r\n", b"Date: Mon, 03 Mar 2025 10:00:00 GMT\r\n", head)
    if fault == "server":
        head = re.sub(rb"(?i)Server: .*\r\n", b"Server: \x1b[31mApache\x07\r\n", head)
    return head


def after_upgrade(fault, c, b, rest):
    """What breaks in the upgraded connection; True if it is dealt with."""
    if fault == "buffer":
        while b.recv(65536):
            pass
    elif fault == "buffer-after-handshake":
        while len(rest) < 51:
            rest += b.recv(51 - len(rest))
        c.sendall(rest[:51])
        while b.recv(65536):
            pass
    elif fault == "hold":
        threading.Timer(1, lambda: setattr(sys, "held", True)).start()
        c.sendall(rest)
        while part := b.recv(65536):
            if not hasattr(sys, "held"):
                c.sendall(part)
    elif fault == "cut-after-handshake":
        while len(rest) < 51:
            rest += b.recv(51 - len(rest))
        c.sendall(rest[:51])
    elif fault == "truncate":
        while len(rest) < 20:
            rest += b.recv(20)
        c.sendall(rest[:20])
    elif fault == "flip":
        c.sendall(rest)
        while True:
            part = bytearray(b.recv(65536))
            if not part:
                return True
            part[-1] ^= 1
            c.sendall(part)
    elif fault == "one-way":
        c.sendall(rest)
        pour(b, c, shut)
    elif fault == "cut":
        threading.Timer(3, lambda: (c.shutdown(socket.SHUT_RDWR), b.shutdown(socket.SHUT_RDWR))).start()
        return False
    else:
        return False
    return True


def serve(c, backend, fault):
    head, rest = read_head(c)
    if len(head.split(b" ")) < 3:
        return
    path = head.split(b" ")[1]
    start, instead = INSTEAD.get(fault, (None, None))
    if start is not None and path.startswith(start):
        c.sendall(instead)
        if fault in STAYS:
            time.sleep(30)
        return
    if fault == "huge" or (fault == "huge-upgrade" and path.startswith(b"/ts2021")):
        return endless(c, b"X-%d: " + b"x" * 1000 + b"\r\n")
    if fault == "big-key" and path.startswith(b"/key"):
        return endless(c, b"Content-Length: 99999999\r\n\r\n" + b"%d" + b" " * 1000)
    if fault == "limit" and int((re.search(rb"(?i)content-length: (\d+)", head) or [0, 0])[1]) > 1 << 20:
        c.sendall(page(b"413 Request Entity Too Large"))
        while c.recv(65536):
            pass
        return
    b = socket.create_connection(("127.0.0.1", backend))
    b.sendall(request(fault, head) + rest)
    up = threading.Thread(target=pour, args=(c, b, shut), daemon=True)
    if fault != "one-way":
        up.start()
    back, more = read_head(b)
    if fault == "close-upgrade" and path.startswith(b"/ts2021"):
        return
    c.sendall(answer(fault, back) if back.startswith(b"HTTP/") else back)
    if b" 101 " in back.split(b"\r\n")[0] and after_upgrade(fault, c, b, more):
        return
    c.sendall(more)
    pour(b, c, shut)


def handle(c, backend, fault, tls):
    try:
        if tls:
            c = tls.wrap_socket(c, server_side=True)
        serve(c, backend, fault)
    except OSError:
        pass
    try:
        c.shutdown(socket.SHUT_RDWR)
        c.close()
    except OSError:
        pass


def main():
    address, port = sys.argv[1].rsplit(":", 1)
    tls = None
    if len(sys.argv) > 4:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(sys.argv[4], sys.argv[5])
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, int(port)))
    s.listen(64)
    while True:
        c, _ = s.accept()
        threading.Thread(target=handle, args=(c, int(sys.argv[2]), sys.argv[3], tls), daemon=True).start()


main()
