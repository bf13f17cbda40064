"""Stands in for what makes sandboxes: a cage, a zygote, and sandboxes whose first process only reaps. Takes lines of JSON, and tells what became of each copy."""

import ctypes
import fcntl
import json
import os
import selectors
import signal
import socket
import struct
import sys

NEWNS, NEWUTS, NEWIPC, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 2, 4, 8, 16384, 1 << 18
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
SYS_kcmp = {"x86_64": 312, "aarch64": 272}[os.uname().machine]
KCMP_FILE = 0
KINDS = ["pid", "mnt", "net", "ipc", "uts"]
READ_BYTES = 1 << 16

facts = json.loads(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)


def check(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def mount_proc():
    check(libc.mount(None, b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None))
    check(libc.mount(b"proc", b"/proc", b"proc", ctypes.c_ulong(MS_NOSUID | MS_NODEV | MS_NOEXEC), None))


def filter_system_calls(path):
    with open(path, "rb") as file:
        program = file.read()
    instructions = ctypes.create_string_buffer(program, len(program))
    described = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(instructions)), 16)
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    check(libc.prctl(PR_SET_SECCOMP, 2, described, 0, 0))


def tell(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def read_line(one):
    data = b""
    while not data.endswith(b"\n"):
        chunk = one.recv(READ_BYTES)
        if not chunk:
            return None
        data += chunk
    return json.loads(data)


def reap_for_ever(reports):
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    os.write(reports, b"ready\n")
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            pid = 0
        if pid == 0:
            signal.sigwait([signal.SIGCHLD])
        else:
            os.write(reports, b"%d %d\n" % (pid, status))


class Sandbox:
    def __init__(self, loop):
        self.copies, self.ended, self.rest = {}, {}, b""
        self.reports, its = os.pipe()
        own = {kind: os.open("/proc/self/ns/" + name, os.O_RDONLY) for kind, name in ((NEWPID, "pid"), (NEWNET, "net"))}
        check(libc.unshare(NEWPID | NEWNET))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
        self.pid = os.fork()
        if self.pid == 0:
            check(libc.unshare(NEWNS | NEWIPC | NEWUTS))
            mount_proc()
            reap_for_ever(its)
        for kind, descriptor in own.items():
            check(libc.setns(descriptor, kind))
            os.close(descriptor)
        os.close(its)
        os.read(self.reports, READ_BYTES)
        loop.register(self.reports, selectors.EVENT_READ, self.read)

    def read(self):
        *lines, self.rest = (self.rest + os.read(self.reports, READ_BYTES)).split(b"\n")
        for pid, status in (map(int, line.split()) for line in lines):
            self.ended[pid] = os.waitstatus_to_exitcode(status)
            if pid in self.copies:
                self.copies[pid].finish()


def descriptors_of(pid):
    return {int(name): os.readlink("/proc/%d/fd/%s" % (pid, name)) for name in os.listdir("/proc/%d/fd" % pid)}


def shared_descriptors(one, other):
    """What two processes have in common, but for /dev/null."""
    pairs = [(a, b) for a, link in descriptors_of(one).items() for b in descriptors_of(other) if link != "/dev/null"]
    return [pair for pair in pairs if libc.syscall(SYS_kcmp, one, other, KCMP_FILE, *(ctypes.c_ulong(d) for d in pair)) == 0]


class Copy:
    """One copy, from the order to its end."""

    def __init__(self, cage, order):
        self.cage, self.order = cage, order
        self.said = {"stdout": b"", "stderr": b"", "answer": b""}
        self.sandbox = cage.sandbox(order["sandbox"])
        pipes = [os.pipe(), os.pipe()]
        for _, writing in pipes:
            os.fchmod(writing, 0o666)
        channel, its_channel = socket.socketpair()
        gate, its_gate = socket.socketpair()
        body = {"pid": self.sandbox.pid, "uid": 65001, "gid": 65002, "files": 512, **order.get("spec", {})}
        socket.send_fds(cage.zygote, [json.dumps(body).encode()], [pipes[0][1], pipes[1][1], its_channel.fileno(), its_gate.fileno()])
        for descriptor in (pipes[0][1], pipes[1][1], its_channel.detach(), its_gate.detach()):
            os.close(descriptor)
        self.made = read_line(cage.zygote) or {"error": "the zygote has ended"}
        self.ends = {"stdout": pipes[0][0], "stderr": pipes[1][0], "answer": channel.detach()}
        if "error" in self.made:
            for descriptor in self.ends.values():
                os.close(descriptor)
            tell({"id": order["id"], **self.made})
            return
        if order.get("go", True):
            gate.sendall(b"g")
        else:
            gate.shutdown(socket.SHUT_WR)
        self.made["gate"] = read_line(gate)
        # And until it has left it.
        gate.recv(READ_BYTES)
        if order.get("look"):
            pid = self.made["forked"]
            self.made["shared"] = shared_descriptors(cage.zygote_pid, pid)
            self.made["descriptors"] = descriptors_of(pid)
            self.made["namespaces"] = [os.readlink("/proc/%d/ns/%s" % (pid, kind)) == os.readlink("/proc/%d/ns/%s" % (self.sandbox.pid, kind)) for kind in KINDS]
        if self.made["gate"] == {"ready": True}:
            os.write(self.ends["answer"], json.dumps(order["script"]).encode() + b"\n")
        for name, descriptor in self.ends.items():
            cage.loop.register(descriptor, selectors.EVENT_READ, lambda name=name, descriptor=descriptor: self.read(name, descriptor))
        self.sandbox.copies[self.made["inner"]] = self

    def read(self, name, descriptor):
        try:
            chunk = os.read(descriptor, READ_BYTES)
        except ConnectionResetError:
            chunk = b""
        self.said[name] += chunk
        if not chunk:
            self.cage.loop.unregister(descriptor)
            os.close(descriptor)
            del self.ends[name]
            self.finish()

    def finish(self):
        inner = self.made["inner"]
        if self.ends or inner not in self.sandbox.ended:
            return
        del self.sandbox.copies[inner]
        status = self.sandbox.ended.pop(inner)
        tell({"id": self.order["id"], **self.made, "status": status, **{name: text.decode(errors="replace") for name, text in self.said.items()}})


class Cage:
    def __init__(self):
        self.loop = selectors.DefaultSelector()
        self.sandboxes = {}
        self.rest = b""
        self.zygote, its = socket.socketpair()
        # So that the zygote has the very process id that a copy will have in its sandbox.
        skipped = os.fork()
        if skipped == 0:
            os._exit(0)
        os.waitpid(skipped, 0)
        self.zygote_pid = os.fork()
        if self.zygote_pid == 0:
            self.become_zygote(its)
        its.close()

    def become_zygote(self, its):
        orders = fcntl.fcntl(its.fileno(), fcntl.F_DUPFD, 10)
        nothing = os.open("/dev/null", os.O_RDWR)
        for source, target in ((nothing, 0), (nothing, 1), (orders, 3), (nothing, 4)):
            os.dup2(source, target)
        os.closerange(5, 256)
        os.setgroups([65003])
        filter_system_calls(facts["forkFilter"])
        os.execve(facts["command"][0], facts["command"], facts["env"])

    def sandbox(self, name):
        if name not in self.sandboxes:
            self.sandboxes[name] = Sandbox(self.loop)
        return self.sandboxes[name]

    def look(self, order):
        """What the zygote holds."""
        with open("/proc/%d/task/%d/children" % (self.zygote_pid, self.zygote_pid)) as file:
            children = file.read().split()
        tell({"id": order["id"], "descriptors": len(descriptors_of(self.zygote_pid)), "children": children})

    def read(self):
        chunk = os.read(0, READ_BYTES)
        if not chunk:
            os._exit(0)
        *lines, self.rest = (self.rest + chunk).split(b"\n")
        for order in map(json.loads, lines):
            self.look(order) if "script" not in order else Copy(self, order)

    def serve(self):
        first = read_line(self.zygote)
        if first is None:
            tell({"ended": os.waitstatus_to_exitcode(os.waitpid(self.zygote_pid, 0)[1])})
            os._exit(0)
        tell({**first, "zygote": self.zygote_pid})
        self.loop.register(0, selectors.EVENT_READ, self.read)
        while True:
            for key, _ in self.loop.select():
                if key.fileobj in self.loop.get_map():
                    key.data()


check(libc.unshare(NEWPID | NEWNS))
first = os.fork()
if first == 0:
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    mount_proc()
    Cage().serve()
os.close(0)
os.waitpid(first, 0)
