"""usage: given.py ADDRESS... -- COMMAND...: keeps listening sockets, as systemd does (sd_listen_fds(3)).

ADDRESS is the path of a Unix socket or a port on 127.0.0.1.  Runs COMMAND with the sockets until
SIGTERM; on SIGHUP ends it and starts it again, with the sockets open all the while.
"""
import os
import signal
import socket
import subprocess
import sys

split = sys.argv.index("--")
addresses, command = sys.argv[1:split], sys.argv[split + 1:]


def listen(address):
    if address.isdigit():
        s = socket.create_server(("127.0.0.1", int(address)))
    else:
        s = socket.socket(socket.AF_UNIX)
        s.bind(address)
        os.chmod(address, 0o666)
        s.listen(64)
    return s


# Out of the way of 3, 4, ..., to which the child moves them.
sockets = [listen(a) for a in addresses]
kept = [os.dup2(s.fileno(), 100 + i) for i, s in enumerate(sockets)]
shell = "".join(f" {3 + i}<&{fd}" for i, fd in enumerate(kept))
script = f'export LISTEN_PID=$$ LISTEN_FDS={len(kept)}; exec "$@"{shell}'
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP, signal.SIGTERM})
while True:
    child = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "bash", "-c", script, "bash", *command],
        pass_fds=kept,
        preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP, signal.SIGTERM}))
    got = signal.sigwait({signal.SIGHUP, signal.SIGTERM})
    child.terminate()
    child.wait()
    if got == signal.SIGTERM:
        break
