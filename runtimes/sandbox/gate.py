"""Stands in a sandbox's network where its way to the internet will be: what leaves first is held, until there is one."""

import _thread
import fcntl
import os
import socket
import struct

from netlink import Netlink
from network import entered

TUNSETIFF, TUNSETPERSIST, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x400454CB, 0x0001, 0x1000
IPV6_HDRINCL = 36

DEVICE = b"lambdad"
# pasta's own: a connection that begins here is told the size of packets that it will have.
MTU = 65520
# What a sandbox may have held, in packets; the kernel drops what is more.
QUEUE = 64
# Any other default route is better.
PRIORITY = 1 << 30
# Who sends this many packets that have nobody to go to shall be no concern of ours any more.
IDLE_PACKETS_MAX = 32

# Addresses that stand for the internet: nothing is sent to them.
SOMEWHERE = {socket.AF_INET: "203.0.113.1", socket.AF_INET6: "2001:db8::1"}
# The cloud's own services at fixed addresses give the machine's credentials to whoever asks from it.
METADATA = {socket.AF_INET: "169.254.169.254", socket.AF_INET6: "fd00:ec2::254"}
# A protocol that nobody speaks: pasta takes such a packet and drops it.
UNUSED_PROTOCOL = 253


def own_addresses():
    """Which of this machine's addresses it speaks to the internet from: pasta gives the same to a sandbox. By family, as bytes."""
    found = {}
    for family, somewhere in SOMEWHERE.items():
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((somewhere, 9))
                found[family] = socket.inet_pton(family, probe.getsockname()[0])
        except OSError:
            pass
    return found


class Gate:
    """It has the network, and a tun device in it that all but what is local goes to."""

    def __init__(self, network):
        self.network = network
        self.addresses = own_addresses()
        self._held = []
        self._idle_packets = 0
        if not self.addresses:
            raise OSError("this machine has no way to the internet")
        with entered(network):
            self.device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                fcntl.ioctl(self.device, TUNSETIFF, struct.pack("16sH22x", DEVICE, IFF_TUN | IFF_NO_PI))
                self._set_up()
            except BaseException:
                os.close(self.device)
                raise

    def _set_up(self):
        index = socket.if_nametoindex(DEVICE.decode())
        with Netlink() as netlink:
            for family, address in METADATA.items():
                try:
                    netlink.close_off(family, socket.inet_pton(family, address))
                except OSError:
                    # A machine without IPv6 has nothing to close there.
                    if family == socket.AF_INET:
                        raise
            netlink.bring_up(index, MTU, QUEUE)
            for family, address in self.addresses.items():
                netlink.add_address(index, family, address)
                netlink.add_default_route(index, family, PRIORITY)

    def look(self):
        """Takes a packet. Whether the way out is wanted."""
        packet = self._read()
        if packet is None:
            return False
        if is_for_somebody(packet):
            self._held.append(packet)
            return True
        self._idle_packets += 1
        return self._idle_packets == IDLE_PACKETS_MAX

    def open(self):
        """There is another default route: what was held leaves by it. Returns how many packets did."""
        with entered(self.network):
            self._keep_addresses()
            return sum(self._send(packet) for packet in self._all_held())

    def _keep_addresses(self):
        """This machine may have another address by now; who began from the one of that time shall go on."""
        now = own_addresses()
        for family, address in self.addresses.items():
            if now.get(family) == address:
                continue
            with Netlink() as netlink:
                for index, name in socket.if_nameindex():
                    if name not in ("lo", DEVICE.decode()):
                        netlink.add_address(index, family, address)

    def knock(self):
        """Sends packets that go no further than pasta. Returns how many."""
        with entered(self.network):
            for family in self.addresses:
                with socket.socket(family, socket.SOCK_RAW, UNUSED_PROTOCOL) as knocking:
                    knocking.sendto(b"lambdad", (SOMEWHERE[family], 0))
        return len(self.addresses)

    def close(self):
        """For a network that ends: it takes the device along. To take one out of a network that goes on takes the kernel fifteen milliseconds."""
        fcntl.ioctl(self.device, TUNSETPERSIST, 1)
        os.close(self.device)
        os.close(self.network)

    def remove(self):
        """For a network that goes on."""
        os.close(self.network)
        _thread.start_new_thread(os.close, (self.device,))

    def _all_held(self):
        yield from self._held
        for _ in range(QUEUE):
            packet = self._read()
            if packet is None:
                return
            yield packet

    def _read(self):
        try:
            return os.read(self.device, MTU)
        except BlockingIOError:
            return None

    def _send(self, packet):
        family, destination = destination_of(packet)
        try:
            with socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
                if family == socket.AF_INET6:
                    raw.setsockopt(socket.IPPROTO_IPV6, IPV6_HDRINCL, 1)
                raw.sendto(packet, (socket.inet_ntop(family, destination), 0))
            return 1
        except OSError:
            # As on any way: who sent it sends it again, or does without.
            return 0


def destination_of(packet):
    return (socket.AF_INET, packet[16:20]) if packet[0] >> 4 == 4 else (socket.AF_INET6, packet[24:40])


def is_for_somebody(packet):
    """Not for a group, nor for all."""
    family, destination = destination_of(packet)
    return destination[0] < 224 if family == socket.AF_INET else destination[0] != 0xFF
