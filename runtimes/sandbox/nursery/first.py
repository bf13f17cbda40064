"""The first process of a sandbox that was made by the nursery: it outlives the programs that run in it, and so does /tmp. It reaps what they leave.

Orders come on its control socket, one a line: "enter", "run <name> <program>", "signal <name> <pid>", "reset <number>"; what became of them is told there.
What a program inherits (its pipes, its channel) comes from the nursery, which can hand descriptors over; what it is told comes from the server alone.
"""

import errno
import fcntl
import json
import os
import resource
import select
import signal
import socket
import stat

import children
import kernel

# To give a program its user, and to end what it left.
CAPABILITIES = ["CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP"]
COVERED = ["sys", "sysrq-trigger", "irq", "bus"]
NOTHING = "/run/lambdad"
LOG, CHANNEL = 3, 4
INHERITED = {"stdout": 1, "stderr": 2, "log": LOG, "channel": CHANNEL}
CANNOT_RUN, NOT_FOUND = 126, 127
MESSAGE_BYTES = 4096
READ_BYTES = 1 << 16


def mounted_in(folder):
    """What is mounted in it, but for what is mounted in that."""
    with open("/proc/self/mountinfo") as lines:
        places = [line.split(" ")[4].encode().decode("unicode_escape") for line in lines]
    found = []
    for place in sorted(set(places)):
        if place.startswith(folder + "/") and not any(place.startswith(other + "/") for other in found):
            found.append(place)
    return found


def _mount_again(tree, place):
    if stat.S_ISDIR(os.stat(tree).st_mode):
        os.makedirs(place)
    else:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        os.close(os.open(place, os.O_CREAT, 0o644))
    kernel.move_mount(tree, place)
    os.close(tree)


def _mount_own(storage_bytes, kept):
    """Its own /proc and /tmp; what only the nursery may see is gone. An interpreter may lie in /tmp, and is `kept` there."""
    kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    trees = [(kernel.copy_tree(place), place) for place in kept]
    for target in (NOTHING, "/tmp", "/proc"):
        kernel.unmount(target)
    harmless = kernel.MS_NOSUID | kernel.MS_NODEV
    kernel.mount("tmpfs", "/tmp", "tmpfs", harmless, "mode=1777,size=%d" % storage_bytes)
    mask = os.umask(0o022)
    for tree, place in trees:
        _mount_again(tree, place)
    os.umask(mask)
    kernel.mount("proc", "/proc", "proc", harmless | kernel.MS_NOEXEC)
    for path in ("/proc/" + name for name in COVERED if os.path.exists("/proc/" + name)):
        kernel.mount(path, path, None, kernel.MS_BIND)
        kernel.mount(None, path, None, kernel.MS_BIND | kernel.MS_REMOUNT | kernel.MS_RDONLY | harmless | kernel.MS_NOEXEC)


def _become(program, last_capability):
    """The limits, directory and identity of a program, with no way to get another one."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (program["files"], program["files"]))
    os.chdir(program["directory"])
    kernel.drop_bounding_set(last_capability)
    os.setgroups([])
    os.setresgid(program["gid"], program["gid"], program["gid"])
    os.setresuid(program["uid"], program["uid"], program["uid"])


def _execute(command, arguments, environment):
    line = [command, *arguments]
    try:
        os.execvpe(command, line, environment)
    except OSError as error:
        if error.errno == errno.ENOEXEC:
            os.execve("/bin/sh", ["sh", *line], environment)
        raise


def _inherit(descriptors):
    """Puts each where the program looks for it, and closes all others."""
    # None may lie where another one goes.
    moved = {name: fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, CHANNEL + 1) for name, descriptor in descriptors.items()}
    for name, descriptor in moved.items():
        os.dup2(descriptor, INHERITED[name])
    kernel.close_all_but([0, *(INHERITED[name] for name in moved)])


def _reset_signals(is_python):
    """As a program finds them; Python itself ignores two."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number in () if is_python else (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)


class First:
    def __init__(self, control, relay, last_capability):
        self._control = control
        self._relay = relay
        self._last_capability = last_capability
        self._descriptors = {}
        self._names = {}
        self._rest = b""

    def tell(self, text):
        self._control.sendall(text.encode() + b"\n")

    def serve(self):
        woken = children.wake_descriptor()
        while True:
            for line in iter(self._next_line, None):
                self._obey(*line.split(" ", 2))
            readable, _, _ = select.select([self._control, woken], [], [])
            if woken in readable:
                for pid, status in children.reap(woken):
                    self._ended(pid, status)
            if self._control in readable:
                self._read()

    def wait_for(self, order):
        while self._next_line() != order:
            self._read()

    def _read(self):
        chunk = self._control.recv(READ_BYTES)
        if not chunk:
            # The server is gone; with this process everything inside is.
            os._exit(0)
        self._rest += chunk

    def _next_line(self):
        line, end, rest = self._rest.partition(b"\n")
        if not end:
            return None
        self._rest = rest
        return line.decode()

    def run(self, name, program, fork=None):
        descriptors = self._take(name)
        pid = os.fork()
        if pid == 0:
            self._start(program, descriptors, fork)
        for descriptor in descriptors.values():
            os.close(descriptor)
        self._names[pid] = name
        self.tell("started %s %d" % (name, pid))

    def adopt(self, name, pid):
        """A program that somebody else started in here, and left to this process."""
        self._names[pid] = name
        self.tell("started %s %d" % (name, pid))

    def _start(self, program, descriptors, fork):
        try:
            _reset_signals(fork is not None)
            _inherit(descriptors)
            try:
                _become(program, self._last_capability)
                if fork is None:
                    _execute(program["command"], program["args"], program["env"])
                kernel.prctl(kernel.PR_SET_DUMPABLE, 1)
            except OSError as error:
                os.write(2, ("%s: %s\n" % (error.filename or program.get("command", ""), error.strerror)).encode())
                os._exit(NOT_FOUND if error.errno == errno.ENOENT else CANNOT_RUN)
        except BaseException:
            os._exit(CANNOT_RUN)
        raise fork

    def _take(self, name):
        """The descriptors of that run: the nursery sends them before the server orders it."""
        while name not in self._descriptors:
            message, descriptors, _, _ = socket.recv_fds(self._relay, MESSAGE_BYTES, len(INHERITED))
            if not message:
                os._exit(0)
            run, *roles = message.decode().split(" ")
            self._descriptors[run] = dict(zip(roles, descriptors))
        return self._descriptors.pop(name)

    def _obey(self, order, what="", rest=""):
        if order == "run":
            self.run(what, json.loads(rest))
        elif order == "adopt":
            self.adopt(what, int(rest))
        elif order == "signal":
            try:
                os.kill(int(rest), signal.Signals["SIG" + what])
            except ProcessLookupError:
                pass
        elif order == "reset":
            self.tell("resetting " + what)
            self._end_all()
            self.tell("reset")

    def _end_all(self):
        while True:
            try:
                os.kill(-1, signal.SIGKILL)
            except ProcessLookupError:
                pass
            try:
                self._ended(*os.waitpid(-1, 0))
            except ChildProcessError:
                return

    def _ended(self, pid, status):
        if pid not in self._names:
            return
        code = os.waitstatus_to_exitcode(status)
        self.tell("exited %s %d" % (self._names.pop(pid), code if code >= 0 else 128 - code))


def become_first(facts, control, relay, descriptors, fork):
    """Never returns but in a runtime that was forked: there it raises `fork`."""
    os.setsid()
    kernel.close_all_but([0, 1, 2, control.fileno(), relay.fileno(), *descriptors.values()])
    null = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)
    kernel.unshare(kernel.CLONE_NEWNS | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS)
    _mount_own(facts["storageBytes"], facts["kept"])
    first = First(control, relay, facts["lastCapability"])
    first.tell("ready")
    # It is in its cgroup when it is told so: all that it starts from now on is limited.
    first.wait_for("enter")
    try:
        kernel.unshare(kernel.CLONE_NEWCGROUP)
    except OSError:
        # An old kernel has none.
        pass
    kernel.filter_system_calls(facts["filter"])
    kernel.keep_capabilities(CAPABILITIES)
    if descriptors:
        first._descriptors["waiting"] = descriptors
        first.run("waiting", facts["waiting"], fork)
    first.serve()
