"""Started once by a server that is root: does in the networks of its sandboxes, one after the other, what has to be done from outside.

It listens in them and connects in them for the server, and holds what leaves them first until there is a way out. It enters nothing of a sandbox but
its network, and runs nothing there; nobody in the sandbox can reach it. Each order has an id, and so has each answer; an order that lasts is ended by
its id.
"""

import errno
import os
import resource
import selectors
import socket
import sys

sys.path.append(os.path.dirname(os.path.abspath(__file__)))

from channel import Channel
from gate import Gate
from network import entered, network_of

BACKLOG = 511


def listen(order):
    servers = []
    network = network_of(order["pid"])
    try:
        with entered(network):
            for port in order["ports"]:
                server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                servers.append(server)
                server.bind(("127.0.0.1", port))
                server.listen(BACKLOG)
    except BaseException:
        for server in servers:
            server.close()
        raise
    finally:
        os.close(network)
    for port, server in zip(order["ports"], servers):
        channel.send_handle({"id": order["id"], "what": "handle", "port": port}, "net.Server", server)
    return {}


class Connecting:
    """A connection that is being made in a sandbox's network. Nobody waits for it here: who shall take it may be hostile."""

    def __init__(self, order):
        self.id = order["id"]
        network = network_of(order["pid"])
        try:
            with entered(network):
                self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        finally:
            os.close(network)
        self.socket.setblocking(False)
        error = self.socket.connect_ex(("127.0.0.1", order["port"]))
        if error not in (0, errno.EINPROGRESS):
            self.socket.close()
            raise OSError(error, os.strerror(error))
        selector.register(self.socket, selectors.EVENT_WRITE, self)

    def go_on(self):
        selector.unregister(self.socket)
        del lasting[self.id]
        error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error != 0:
            self.socket.close()
            raise OSError(error, os.strerror(error))
        channel.send_handle({"id": self.id, "what": "handle"}, "net.Socket", self.socket)
        return {}

    def end(self):
        selector.unregister(self.socket)
        self.socket.close()


class Holding:
    """A gate, and whether it is looked at: no more once the way out is wanted, so that a sandbox that floods it costs nothing here."""

    def __init__(self, order):
        self.id = order["id"]
        network = network_of(order["pid"])
        try:
            self.gate = Gate(network)
        except BaseException:
            os.close(network)
            raise
        self.is_looked_at = True
        selector.register(self.gate.device, selectors.EVENT_READ, self)

    def go_on(self):
        try:
            is_wanted = self.gate.look()
        except OSError:
            # There is no device any more: without it, pasta is all that there can be.
            is_wanted = True
        if is_wanted:
            self.look_away()
            channel.send({"id": self.id, "what": "wanted"})
        return None

    def end(self):
        self.look_away()
        self.gate.close()

    def look_away(self):
        if self.is_looked_at:
            selector.unregister(self.gate.device)
        self.is_looked_at = False


def hold(order):
    holding = Holding(order)
    lasting[order["id"]] = holding
    return {"network": os.fstat(holding.gate.network).st_ino, "families": sorted("IPv4" if family == socket.AF_INET else "IPv6" for family in holding.gate.addresses)}


def connect(order):
    lasting[order["id"]] = Connecting(order)


def open_gate(order):
    """It goes, and what it held leaves where there is another way out now."""
    holding = lasting.pop(order["gate"])
    holding.look_away()
    try:
        return {"packets": holding.gate.open() if order["isWayOut"] else 0}
    finally:
        holding.gate.remove()


def knock(order):
    return {"packets": lasting[order["gate"]].gate.knock()}


def end(order):
    if order["order"] in lasting:
        lasting.pop(order["order"]).end()
    return {}


ORDERS = {"listen": listen, "connect": connect, "hold": hold, "open": open_gate, "knock": knock, "end": end}


def answer(id, work, *arguments):
    """What has no answer yet answers later."""
    try:
        done = work(*arguments)
        if done is not None:
            channel.send({"id": id, "what": "done", **done})
    except (OSError, LookupError) as error:
        channel.send({"id": id, "what": "failed", "error": str(error)})


# One descriptor or two for each sandbox.
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
channel = Channel()
selector = selectors.DefaultSelector()
selector.register(channel, selectors.EVENT_READ)
lasting = {}


def follow_orders():
    while True:
        for key, _ in selector.select():
            if key.data is None:
                obey(channel.receive())
            elif lasting.get(key.data.id) is key.data:
                answer(key.data.id, key.data.go_on)
        while channel.has_message():
            obey(channel.receive())


def obey(order):
    answer(order["id"], ORDERS[order["do"]], order)


try:
    follow_orders()
finally:
    for one in lasting.values():
        one.end()
