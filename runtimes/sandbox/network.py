"""Steps into the network of a process, and into nothing else of it."""

import contextlib
import ctypes
import os
import sys

CLONE_NEWNET = 0x40000000

libc = ctypes.CDLL(None, use_errno=True)
own = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def network_of(pid):
    """A descriptor of it, which keeps it; never of this machine's own."""
    network = os.open("/proc/%d/ns/net" % pid, os.O_RDONLY | os.O_CLOEXEC)
    if os.path.sameopenfile(network, own):
        os.close(network)
        raise OSError("it is the network of the machine")
    return network


@contextlib.contextmanager
def entered(network):
    _enter(network)
    try:
        yield
    finally:
        try:
            _enter(own)
        except OSError as error:
            # Whatever comes next would be done in the wrong network.
            sys.exit("a network cannot be left: %s" % error)


def _enter(network):
    if libc.setns(network, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
