"""Links, addresses and routes of the network that this process is in."""

import os
import socket
import struct

RTM_NEWLINK, RTM_NEWADDR, RTM_NEWROUTE = 16, 20, 24
NLMSG_ERROR = 2
NLM_F_REQUEST, NLM_F_ACK, NLM_F_REPLACE, NLM_F_EXCL, NLM_F_CREATE = 1, 4, 0x100, 0x200, 0x400
IFF_UP, IFF_MULTICAST = 1, 0x1000
IFLA_MTU, IFLA_TXQLEN, IFLA_AF_SPEC = 4, 13, 26
IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE = 8, 1
IFA_ADDRESS, IFA_LOCAL, IFA_FLAGS = 1, 2, 8
IFA_F_NODAD, IFA_F_NOPREFIXROUTE = 0x02, 0x200
RTA_DST, RTA_OIF, RTA_PRIORITY = 1, 4, 6
RTN_UNICAST, RTN_BLACKHOLE = 1, 6
RT_TABLE_MAIN, RTPROT_STATIC, RT_SCOPE_UNIVERSE, RT_SCOPE_LINK = 254, 4, 0, 253


def attribute(kind, data):
    return struct.pack("HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


def number(kind, value):
    return attribute(kind, struct.pack("I", value))


class Netlink:
    def __init__(self):
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def bring_up(self, index, mtu, queue):
        """It says nothing by itself: no multicast, no address of IPv6's own making."""
        silent = attribute(IFLA_AF_SPEC, attribute(socket.AF_INET6, attribute(IFLA_INET6_ADDR_GEN_MODE, bytes([IN6_ADDR_GEN_MODE_NONE]))))
        try:
            self._link(index, 0, 0, silent)
        except OSError:
            # A kernel without IPv6 makes none.
            pass
        self._link(index, IFF_UP, IFF_UP | IFF_MULTICAST, number(IFLA_MTU, mtu) + number(IFLA_TXQLEN, queue))

    def add_address(self, index, family, address):
        """That one alone, not the network around it. Nothing happens where it is there already."""
        bits = 8 * len(address)
        body = struct.pack("BBBBi", family, bits, 0, RT_SCOPE_UNIVERSE, index)
        body += attribute(IFA_LOCAL, address) + attribute(IFA_ADDRESS, address) + number(IFA_FLAGS, IFA_F_NODAD | IFA_F_NOPREFIXROUTE)
        try:
            self._ask(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, body)
        except FileExistsError:
            pass

    def add_default_route(self, index, family, priority):
        scope = RT_SCOPE_LINK if family == socket.AF_INET else RT_SCOPE_UNIVERSE
        self._route(family, 0, RTN_UNICAST, scope, number(RTA_OIF, index) + number(RTA_PRIORITY, priority))

    def close_off(self, family, address):
        """Nothing leaves for this address."""
        self._route(family, 8 * len(address), RTN_BLACKHOLE, RT_SCOPE_UNIVERSE, attribute(RTA_DST, address))

    def _link(self, index, flags, change, attributes):
        self._ask(RTM_NEWLINK, 0, struct.pack("BxHiII", socket.AF_UNSPEC, 0, index, flags, change) + attributes)

    def _route(self, family, bits, kind, scope, attributes):
        header = struct.pack("BBBBBBBBI", family, bits, 0, 0, RT_TABLE_MAIN, RTPROT_STATIC, scope, kind, 0)
        self._ask(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, header + attributes)

    def _ask(self, kind, flags, body):
        self._socket.send(struct.pack("IHHII", 16 + len(body), kind, NLM_F_REQUEST | NLM_F_ACK | flags, 1, 0) + body)
        answer = self._socket.recv(65536)
        (error,) = struct.unpack_from("i", answer, 16)
        if struct.unpack_from("H", answer, 4)[0] != NLMSG_ERROR or error != 0:
            raise OSError(-error, os.strerror(-error))
