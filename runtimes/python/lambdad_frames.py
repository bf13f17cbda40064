"""What travels on the channel to the platform: frames, as src/executor/frames.ts tells."""

import os

WAKE = 1
INVOCATION = 2
NEXT = 3
RESPONSE = 4
ERROR = 5
INIT_ERROR = 6

# Length and kind; of a length.
HEAD_BYTES = 5
LENGTH_BYTES = 4
READ_BYTES = 64 * 1024


def head(kind, body_bytes):
    return body_bytes.to_bytes(LENGTH_BYTES, "big") + bytes((kind,))


def length(data, at=0):
    return int.from_bytes(data[at:at + LENGTH_BYTES], "big")


def fill(descriptor, view, filled, wanted):
    """Reads until so much is there; how much that is. A socket of Python's own would load a good part of its library."""
    while filled < wanted:
        count = os.readv(descriptor, [view[filled:]])
        if count == 0:
            raise ConnectionError("the platform has closed the channel")
        filled += count
    return filled


def write(descriptor, parts):
    wanted = sum(map(len, parts))
    written = os.writev(descriptor, parts)
    if written < wanted:
        rest = memoryview(b"".join(parts))
        while written < wanted:
            written += os.write(descriptor, rest[written:])
