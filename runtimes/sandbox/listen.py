"""Started once by a server that is root: listens in the networks of its sandboxes, one after the other, and hands the listeners to the server.

It speaks the protocol of Node's IPC channels: a line of JSON for each message, a handle goes with the bytes of its line. It enters nothing of a
sandbox but its network, and runs nothing there; nobody in the sandbox can reach it.
"""

import ctypes
import json
import os
import socket
import sys

CLONE_NEWNET = 0x40000000
BACKLOG = 511

libc = ctypes.CDLL(None, use_errno=True)
own = os.open("/proc/self/ns/net", os.O_RDONLY)
channel = socket.socket(fileno=int(os.environ["NODE_CHANNEL_FD"]))
channel.setblocking(True)
lines = []
rest = b""


def read_line():
    global rest
    while not lines:
        chunk = channel.recv(65536)
        if not chunk:
            # The server is gone.
            sys.exit()
        *whole, rest = (rest + chunk).split(b"\n")
        lines.extend(json.loads(line) for line in whole if line)
    return lines.pop(0)


def enter(network):
    if libc.setns(network, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def listen_in(pid, ports):
    network = os.open("/proc/%d/ns/net" % pid, os.O_RDONLY)
    servers = []
    try:
        if os.path.sameopenfile(network, own):
            raise OSError("it is the network of the machine")
        enter(network)
        try:
            for port in ports:
                server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                servers.append(server)
                server.bind(("127.0.0.1", port))
                server.listen(BACKLOG)
        finally:
            enter(own)
    except BaseException:
        for server in servers:
            server.close()
        raise
    finally:
        os.close(network)
    return servers


def send(message, server=None):
    data = json.dumps(message).encode() + b"\n"
    if server is None:
        channel.sendall(data)
        return
    socket.send_fds(channel, [data], [server.fileno()])
    server.close()
    # Node takes the next one only after it has said that it has this one; orders may come in between.
    waiting = []
    while True:
        line = read_line()
        if line.get("cmd") == "NODE_HANDLE_ACK":
            lines[:0] = waiting
            return
        waiting.append(line)


while True:
    order = read_line()
    try:
        servers = listen_in(order["pid"], order["ports"])
    except OSError as error:
        send({"id": order["id"], "error": str(error)})
        continue
    for port, server in zip(order["ports"], servers):
        send({"cmd": "NODE_HANDLE", "type": "net.Server", "msg": {"id": order["id"], "port": port}}, server)
