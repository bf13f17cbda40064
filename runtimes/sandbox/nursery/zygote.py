"""A Node.js that copies itself (runtimes/nodejs/zygote), as the nursery knows it: a child of its own."""

import json
import os
import signal
import socket

import kernel

ORDERS, OPEN = 3, 4
ROLES = ["stdout", "stderr", "channel"]
ANSWER_BYTES = 4096
# It loads our client, and tries on a first copy whether copies work.
START_SECONDS = 20
ANSWER_SECONDS = 10


def _answer(connection):
    """A line of JSON. Each is waited for alone: there is never more than one."""
    text = b""
    while not text.endswith(b"\n"):
        chunk = connection.recv(ANSWER_BYTES)
        if not chunk:
            raise OSError("the process that copies itself, or the copy, has ended")
        text += chunk
    answer = json.loads(text)
    if "error" in answer:
        raise OSError(answer["error"])
    return answer


def _execute(orders, facts):
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(orders.fileno(), ORDERS)
    # Node.js would take the number for itself, and copies have their channel there.
    os.dup2(null, OPEN)
    kernel.close_all_but([0, 1, 2, ORDERS, OPEN])
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    with open(facts["filter"], "rb") as file:
        kernel.filter_system_calls(file.read())
    os.execve(facts["command"], [facts["command"], *facts["args"]], facts["env"])


class Zygote:
    def __init__(self, pid, orders, who):
        self.pid = pid
        self._orders = orders
        self._who = who

    @classmethod
    def start(cls, facts):
        """None where it cannot be copied; it has said why."""
        orders, its = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            try:
                _execute(its, facts)
            finally:
                os._exit(1)
        its.close()
        orders.settimeout(START_SECONDS)
        zygote = cls(pid, orders, facts["who"])
        try:
            _answer(orders)
        except (OSError, ValueError):
            zygote.kill()
            os.waitpid(pid, 0)
            return None
        orders.settimeout(ANSWER_SECONDS)
        return zygote

    def copy(self, sandbox, descriptors):
        """Its process ids, and the gate at which it waits."""
        gate, its = socket.socketpair()
        gate.settimeout(ANSWER_SECONDS)
        with its:
            handed = [*(descriptors[role] for role in ROLES), its.fileno()]
            socket.send_fds(self._orders, [json.dumps({"pid": sandbox, **self._who}).encode()], handed)
        try:
            return _answer(self._orders), gate
        except BaseException:
            gate.close()
            raise

    @staticmethod
    def release(gate):
        with gate:
            gate.sendall(b"\n")
            _answer(gate)

    def kill(self):
        self._orders.close()
        os.kill(self.pid, signal.SIGKILL)
