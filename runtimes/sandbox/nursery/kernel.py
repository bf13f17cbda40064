"""The system calls that Python has no name for."""

import ctypes
import fcntl
import os
import socket
import struct

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
MNT_DETACH = 2

PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 4, 22, 24, 38
SECCOMP_MODE_FILTER = 2
CAPABILITIES = {"CAP_KILL": 5, "CAP_SETGID": 6, "CAP_SETUID": 7, "CAP_SETPCAP": 8}
_CAPABILITY_VERSION_3 = 0x20080522

_SYS_OPEN_TREE, _SYS_MOVE_MOUNT, _SYS_CLOSE_RANGE, _SYS_MOUNT_SETATTR = 428, 429, 436, 442
_AT_FDCWD, _AT_EMPTY_PATH, _AT_RECURSIVE = -100, 0x1000, 0x8000
_OPEN_TREE_CLONE, _OPEN_TREE_CLOEXEC = 1, os.O_CLOEXEC
_MOVE_MOUNT_F_EMPTY_PATH = 4
_MOUNT_ATTR_RDONLY, _MOUNT_ATTR_NOSUID, _MOUNT_ATTR_NODEV = 1, 2, 4

_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _syscall(number, *arguments):
    return _check(_libc.syscall(ctypes.c_long(number), *arguments))


def _long(value):
    return ctypes.c_long(value)


def unshare(flags):
    _check(_libc.unshare(flags))


def setns(descriptor, kind):
    _check(_libc.setns(descriptor, kind))


def mount(source, target, kind=None, flags=0, data=None):
    _check(_libc.mount(*(text and text.encode() for text in (source, target, kind)), ctypes.c_ulong(flags), data and data.encode()))


def unmount(target):
    """With everything that is mounted below it."""
    _check(_libc.umount2(target.encode(), MNT_DETACH))


def copy_tree(path, flags=_AT_RECURSIVE):
    """A copy of what is mounted there, and below it, not yet mounted anywhere."""
    return _syscall(_SYS_OPEN_TREE, _long(_AT_FDCWD), ctypes.c_char_p(path.encode()), _long(_OPEN_TREE_CLONE | _OPEN_TREE_CLOEXEC | flags))


def open_tree(path):
    """A read-only copy of what is mounted there, not yet mounted anywhere."""
    tree = copy_tree(path, 0)
    attributes = ctypes.create_string_buffer(struct.pack("QQQQ", _MOUNT_ATTR_RDONLY | _MOUNT_ATTR_NOSUID | _MOUNT_ATTR_NODEV, 0, 0, 0), 32)
    try:
        _syscall(_SYS_MOUNT_SETATTR, _long(tree), ctypes.c_char_p(b""), _long(_AT_EMPTY_PATH), attributes, ctypes.c_size_t(32))
    except OSError:
        os.close(tree)
        raise
    return tree


def move_mount(tree, target):
    _syscall(_SYS_MOVE_MOUNT, _long(tree), ctypes.c_char_p(b""), _long(_AT_FDCWD), ctypes.c_char_p(target.encode()), _long(_MOVE_MOUNT_F_EMPTY_PATH))


def close_all_but(kept):
    """Every descriptor but these."""
    first = 0
    for descriptor in [*sorted(kept), 1 << 31]:
        if descriptor > first:
            _syscall(_SYS_CLOSE_RANGE, _long(first), _long(descriptor - 1), _long(0))
        first = descriptor + 1


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))


def prctl(option, value):
    _check(_libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)))


def keep_capabilities(names):
    """These, and none of them handed on to a program."""
    bits = sum(1 << CAPABILITIES[name] for name in names)
    header = ctypes.create_string_buffer(struct.pack("Ii", _CAPABILITY_VERSION_3, 0), 8)
    sets = ctypes.create_string_buffer(struct.pack("IIIIII", bits, bits, 0, 0, 0, 0), 24)
    _check(_libc.capset(header, sets))


def drop_bounding_set(last):
    for capability in range(last + 1):
        prctl(PR_CAPBSET_DROP, capability)


def filter_system_calls(program):
    """The compiled filter, as the kernel takes it: it holds for this process and all that it starts."""
    instructions = ctypes.create_string_buffer(program, len(program))
    described = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(instructions)), 16)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    _check(_libc.prctl(PR_SET_SECCOMP, ctypes.c_ulong(SECCOMP_MODE_FILTER), described, ctypes.c_ulong(0), ctypes.c_ulong(0)))
