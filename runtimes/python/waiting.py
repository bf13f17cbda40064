"""The Python runtime client before it knows its function: loaded, with nothing of an environment read, until the channel brings one.

`wait` may be called in a process that was forked from one that has only imported this.
"""

import io
import os
import sys
import time

import lambdad_channel  # noqa: F401
import lambdad_context  # noqa: F401
import lambdad_errors  # noqa: F401
import lambdad_frames as frames
import lambdad_handler  # noqa: F401
import lambdad_json  # noqa: F401
import lambdad_logging  # noqa: F401

_CHANNEL = 4
_CLIENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bootstrap.py")

with open(_CLIENT, "rb") as _file:
    _code = compile(_file.read(), _CLIENT, "exec", dont_inherit=True)


def _read_environment(descriptor):
    head = bytearray(frames.HEAD_BYTES)
    frames.fill(descriptor, memoryview(head), 0, len(head))
    body = bytearray(frames.length(head))
    frames.fill(descriptor, memoryview(body), 0, len(body))
    return [variable.split(b"=", 1) for variable in bytes(body).split(b"\0")[:-1]]


def _places():
    return [os.path.abspath(place) for place in os.environ.get("PYTHONPATH", "").split(":") if place]


def _take_environment(variables):
    own = _places()
    os.environ.clear()
    for name, value in variables:
        os.environb[name] = value
    time.tzset()
    # As Python does when it starts: behind the folder of its script, each place once.
    given = _places()
    sys.path[1:] = given + [place for place in sys.path[1:] if place not in given and place not in own]


def _open(descriptor, name, mode, old):
    """A stream as Python makes it when it starts: what it knows of its descriptor may be true of another one, that was there before."""
    binary = open(descriptor, mode + "b", closefd=False)
    binary.raw.name = name
    is_line_buffered = binary.raw.isatty() or name == "<stderr>"
    stream = io.TextIOWrapper(binary, old.encoding, old.errors, newline="\n", line_buffering=is_line_buffered)
    stream.mode = mode
    return stream


def _open_streams():
    sys.stdin = sys.__stdin__ = _open(0, "<stdin>", "r", sys.__stdin__)
    sys.stdout = sys.__stdout__ = _open(1, "<stdout>", "w", sys.__stdout__)
    sys.stderr = sys.__stderr__ = _open(2, "<stderr>", "w", sys.__stderr__)


def _become_client():
    """The module of a program that was started, and nothing of this one."""
    client = type(sys)("__main__")
    # `__spec__` and `__package__` are None, as of any script.
    client.__loader__ = type(__loader__)("__main__", _CLIENT)
    client.__builtins__ = sys.modules["builtins"]
    client.__file__ = _CLIENT
    client.__cached__ = None
    client.__annotations__ = {}
    sys.modules["__main__"] = client
    sys.modules.pop("waiting", None)
    if hasattr(sys, "orig_argv"):
        sys.orig_argv[-len(sys.argv):] = [_CLIENT]
    sys.argv[:] = [_CLIENT]
    return vars(client)


def wait(descriptor):
    """Becomes the client of the function whose environment comes; returns when that ends, or when there will be none."""
    try:
        variables = _read_environment(descriptor)
    except ConnectionError:
        return
    _take_environment(variables)
    os.chdir(os.environ["LAMBDA_TASK_ROOT"])
    _open_streams()
    exec(_code, _become_client())


if __name__ == "__main__":
    wait(_CHANNEL)
