"""Makes sandboxes by copying itself: started once by the server, in a sandbox that bubblewrap has made, for all environments of one kind.

Each copy is the first process (first.py) of namespaces of its own: everything that is mounted here is there too, but for what only this process may see.
It runs nothing of a user's, and is told nothing of a function but the folders of its packages: its memory is in every copy. Where the runtime is a Python of ours it is
that very Python, and a runtime that waits for its function is a copy of it, too.

It speaks the protocol of Node's IPC channels: a line of JSON for each message, a handle goes with the bytes of its line.
"""

import os
import sys

IS_RUNTIME = sys.argv[1:] == ["python"]
if IS_RUNTIME:
    # Before anything of ours: what a runtime finds loaded is what it has loaded itself.
    sys.path[0] = "/var/runtime"
    import waiting

_loaded, _path = set(sys.modules), list(sys.path)
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import json
import select
import socket

import children
import kernel
from first import CHANNEL, READ_BYTES, become_first, mounted_in
from zygote import Zygote

SERVER = 3
BACKLOG = 511
PLACE = "/run/lambdad"
PACKAGES = PLACE + "/packages"
EMPTY = PLACE + "/empty"


class Forked(BaseException):
    """Raised in a runtime that was forked, to leave everything of the nursery's behind."""


class Server:
    """The other end of the channel."""

    def __init__(self):
        self.socket = socket.socket(fileno=SERVER)
        self._rest = b""

    def read(self):
        chunk = self.socket.recv(READ_BYTES)
        if not chunk:
            os._exit(0)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        # It says of each handle that it has it ("cmd").
        return [order for order in map(json.loads, filter(None, lines)) if "cmd" not in order]

    def tell(self, message):
        self.socket.sendall(json.dumps(message).encode() + b"\n")

    def hand(self, message, descriptor, kind="net.Socket"):
        data = json.dumps({"cmd": "NODE_HANDLE", "type": kind, "msg": message}).encode() + b"\n"
        socket.send_fds(self.socket, [data], [descriptor])
        os.close(descriptor)


class Sandbox:
    def __init__(self, pid, relay, kept):
        self.pid = pid
        self.relay = relay
        # What its runtime will be given, by role, until there is one.
        self.kept = kept
        self.gate = None

    def close(self):
        self.relay.close()
        if self.gate is not None:
            self.gate.close()
        close_all(self.kept.values())


def open_pipes(roles):
    """Two ends by role: the server's, and the program's."""
    ours, theirs = {}, {}
    for role in roles:
        if role == "channel":
            one, other = socket.socketpair()
            ours[role], theirs[role] = one.detach(), other.detach()
        else:
            ours[role], theirs[role] = os.pipe()
            # A program opens it again as /dev/stdout, and is not the user that made it.
            os.fchmod(theirs[role], 0o666)
    return ours, theirs


def close_all(descriptors):
    for descriptor in descriptors:
        os.close(descriptor)


def listen(ports):
    servers = {}
    for port in ports:
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        server.bind(("127.0.0.1", port))
        server.listen(BACKLOG)
        servers[port] = server.detach()
    return servers


class Nursery:
    def __init__(self, server, facts):
        self.server = server
        self.facts = facts
        kinds = {kernel.CLONE_NEWPID: "pid", kernel.CLONE_NEWNET: "net", kernel.CLONE_NEWNS: "mnt"}
        self.zygote = Zygote.start(facts["copied"]) if "copied" in facts else None
        self.own = {kind: os.open("/proc/self/ns/" + name, os.O_RDONLY) for kind, name in kinds.items()}
        self.sandboxes = {}

    def make(self, id, storageBytes, ports, roles):
        """A sandbox that waits to be entered. Its memory is to be limited first: it is in no group of its own yet."""
        ours, theirs = open_pipes(roles)
        control, its_control = socket.socketpair()
        relay, its_relay = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            kernel.unshare(kernel.CLONE_NEWPID | self.facts["network"])
            servers = self.listen(ports)
            pid = os.fork()
        except OSError:
            self.back()
            close_all([*ours.values(), *theirs.values()])
            raise
        is_copied = self.zygote is not None and bool(theirs)
        if pid == 0:
            self.become_first(storageBytes, its_control, its_relay, {} if is_copied else theirs)
        self.back()
        for one in (its_control, its_relay):
            one.close()
        if not is_copied:
            close_all(theirs.values())
        self.sandboxes[id] = Sandbox(pid, relay, theirs if is_copied else {})
        for port, descriptor in servers.items():
            self.server.hand({"id": id, "port": port}, descriptor, "net.Server")
        for role, descriptor in ours.items():
            self.server.hand({"id": id, "run": "waiting", "role": role}, descriptor)
        self.server.hand({"id": id, "role": "control", "pid": pid, "isCopied": is_copied}, control.detach())

    def listen(self, ports):
        if not self.facts["network"]:
            return {}
        kernel.loopback_up()
        return listen(ports)

    def become_first(self, storage_bytes, control, relay, descriptors):
        """In the copy."""
        try:
            self.server.socket.detach()
            for sandbox in self.sandboxes.values():
                sandbox.relay.detach()
            become_first({**self.facts, "storageBytes": storage_bytes}, control, relay, descriptors, Forked if IS_RUNTIME else None)
        except Forked:
            control.detach()
            relay.detach()
            raise
        except BaseException as error:
            control.sendall(("failed %s\n" % error).encode())
            os._exit(1)

    def copy(self, id):
        """A runtime into a sandbox. It waits to be let go."""
        sandbox = self.sandboxes[id]
        if self.zygote is None:
            raise OSError("the process that copies itself has ended")
        kept, sandbox.kept = sandbox.kept, {}
        try:
            copy, sandbox.gate = self.zygote.copy(sandbox.pid, kept)
        except (OSError, ValueError):
            # Nobody knows what it does.
            self.zygote.kill()
            raise
        finally:
            close_all(kept.values())
        self.server.tell({"id": id, "forked": copy["forked"], "inner": copy["inner"]})

    def release(self, id):
        """It is in its group, and its sandbox was entered."""
        gate, self.sandboxes[id].gate = self.sandboxes[id].gate, None
        Zygote.release(gate)

    def back(self):
        """Into its own namespaces: the next sandbox shall not be one in this one."""
        for kind in (kernel.CLONE_NEWPID, kernel.CLONE_NEWNET):
            kernel.setns(self.own[kind], kind)

    def mount(self, id, mounts, storageBytes=None):
        """Packages, read-only, where nothing was, and the size of /tmp. Before anything of the function runs."""
        trees = [(kernel.open_tree(PACKAGES + source if source else EMPTY), target) for source, target in mounts]
        try:
            its = os.open("/proc/%d/ns/mnt" % self.sandboxes[id].pid, os.O_RDONLY)
            try:
                kernel.setns(its, kernel.CLONE_NEWNS)
                try:
                    for tree, target in trees:
                        kernel.move_mount(tree, target)
                    if storageBytes is not None:
                        kernel.mount(None, "/tmp", None, kernel.MS_REMOUNT | kernel.MS_NOSUID | kernel.MS_NODEV, "size=%d" % storageBytes)
                finally:
                    kernel.setns(self.own[kernel.CLONE_NEWNS], kernel.CLONE_NEWNS)
            finally:
                os.close(its)
        finally:
            close_all(tree for tree, _ in trees)

    def pipes(self, id, run, roles):
        """For one more program: the server's ends to the server, the program's to the first process that will start it."""
        ours, theirs = open_pipes(roles)
        try:
            socket.send_fds(self.sandboxes[id].relay, [" ".join([run, *theirs]).encode()], list(theirs.values()))
        finally:
            close_all(theirs.values())
        for role, descriptor in ours.items():
            self.server.hand({"id": id, "run": run, "role": role}, descriptor)

    def ended(self, pid):
        if self.zygote is not None and self.zygote.pid == pid:
            self.zygote = None
        for id, sandbox in list(self.sandboxes.items()):
            if sandbox.pid == pid:
                del self.sandboxes[id]
                sandbox.close()
                self.server.tell({"id": id, "ended": True})

    def obey(self, order):
        ask = order.pop("ask")
        name = order.pop("do")
        try:
            getattr(self, name)(**order)
        except (OSError, KeyError, ValueError) as error:
            self.server.tell({"ask": ask, "error": "%s: %s" % (type(error).__name__, error)})
        else:
            self.server.tell({"ask": ask})

    def serve(self):
        woken = children.wake_descriptor()
        self.server.tell({"ready": True})
        while True:
            readable, _, _ = select.select([self.server.socket, woken], [], [])
            if woken in readable:
                for pid, _ in children.reap(woken):
                    self.ended(pid)
            if self.server.socket in readable:
                for order in self.server.read():
                    self.obey(order)


def main():
    server = Server()
    (facts,) = server.read()
    with open(PLACE + "/filter", "rb") as file:
        facts["filter"] = file.read()
    with open("/proc/sys/kernel/cap_last_cap") as file:
        facts["lastCapability"] = int(file.read())
    facts["kept"] = mounted_in("/tmp")
    facts["network"] = kernel.CLONE_NEWNET if facts.pop("isNetworkIsolated") else 0
    Nursery(server, facts).serve()


def become_runtime():
    """Nothing of the nursery's is left in it: it is as if it had been started."""
    sys.path[:] = _path
    for name in set(sys.modules) - _loaded:
        del sys.modules[name]
    waiting.wait(CHANNEL)


try:
    main()
except Forked:
    pass
become_runtime()
