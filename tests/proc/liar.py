"""liar.py SOCKET [-b BODY] [-n COUNT] [-r] [-w] NAME=VALUE...: a web server that may lie, by FastCGI.

Sends the parameters as they stand, doubled ones too, with \\0 and the like for other bytes, and
the body COUNT times; prints what is answered.  With -r the first parameter is bytes of a
PARAMS record as they are; with -w the body does not end.
"""
import argparse
import socket
import struct
import sys

p = argparse.ArgumentParser()
p.add_argument("socket")
p.add_argument("-b", default="")
p.add_argument("-n", type=int, default=1)
p.add_argument("-r", action="store_true")
p.add_argument("-w", action="store_true")
p.add_argument("params", nargs="*")
a = p.parse_intermixed_args()


def raw(text):
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")


def size(n):
    return bytes([n]) if n < 128 else struct.pack(">I", n | 1 << 31)


def records(kind, data, end=True):
    out = b""
    for i in range(0, len(data), 65535):
        part = data[i:i + 65535]
        out += struct.pack(">BBHHBB", 1, kind, 1, len(part), 0, 0) + part
    return out + struct.pack(">BBHHBB", 1, kind, 1, 0, 0, 0) * end


params = b""
for i, text in enumerate(a.params):
    if a.r and i == 0:
        params += raw(text)
        continue
    name, value = (raw(x) for x in text.split("=", 1))
    params += size(len(name)) + size(len(value)) + name + value

s = socket.socket(socket.AF_UNIX)
s.settimeout(50)
s.connect(a.socket)
try:
    s.sendall(struct.pack(">BBHHBBHB5x", 1, 1, 1, 8, 0, 0, 1, 0))
    s.sendall(records(4, params) + records(5, raw(a.b) * a.n, not a.w))
    if a.r:
        s.shutdown(socket.SHUT_WR)
except BrokenPipeError:
    pass    # it has heard enough; what it said is there
answer = b""
try:
    while part := s.recv(65536):
        answer += part
except ConnectionResetError:
    pass
while len(answer) >= 8:
    kind, n, pad = answer[1], *struct.unpack(">HB", answer[4:7])
    if kind == 6:
        sys.stdout.buffer.write(answer[8:8 + n])
    answer = answer[8 + n + pad:]
