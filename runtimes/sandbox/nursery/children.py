"""The end of children, for a process that waits for orders too."""

import os
import signal

_READ_BYTES = 4096


def wake_descriptor():
    """Can be read from whenever a child has ended."""
    woken, waker = os.pipe()
    for descriptor in (woken, waker):
        os.set_blocking(descriptor, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    return woken


def reap(woken):
    """Those that have ended by now, each with its status."""
    os.read(woken, _READ_BYTES)
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid, status
