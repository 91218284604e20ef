"""Counts the bytes that a process has sent and received over its open TCP connections, with IP headers and
acknowledgements.

Asked from the kernel (sock_diag(7), what `ss` uses), so nothing stands in the connection's way and no privilege is
needed. Connections that were closed are no longer counted: measure before a process ends.
"""

import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import psutil

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_REQUEST_DUMP = 0x301  # NLM_F_REQUEST | NLM_F_DUMP
_ESTABLISHED = 1
_INET_DIAG_INFO = 2  # attribute number of struct tcp_info
_HEADERS = 20 + 20 + 12  # IPv4, TCP, and the timestamps every segment carries
# Offsets in struct tcp_info (linux/tcp.h), fixed since Linux 4.19: a field is only ever added at the end.
_BYTES_RECEIVED, _SEGMENTS_OUT, _SEGMENTS_IN, _BYTES_SENT = 128, 136, 140, 200


@dataclass(frozen=True)
class Wire:
    """Bytes on IP level in both directions, as the measured process sees them."""

    sent: int
    received: int


def is_connected(pid: int, port: int) -> bool:
    """Whether the process has a connection to `port`."""
    return bool(_local_ports([pid], port))


def measure(pids: list[int], port: int) -> Wire:
    """What these processes have exchanged with `port` over connections that are open now."""
    local_ports = _local_ports(pids, port)
    sent = received = 0
    for source, destination, info in _established():
        if destination == port and source in local_ports and len(info) >= _BYTES_SENT + 8:
            (payload_in,) = struct.unpack_from("=Q", info, _BYTES_RECEIVED)
            segments_out, segments_in = struct.unpack_from("=II", info, _SEGMENTS_OUT)
            (payload_out,) = struct.unpack_from("=Q", info, _BYTES_SENT)
            sent += payload_out + segments_out * _HEADERS
            received += payload_in + segments_in * _HEADERS
    return Wire(sent, received)


def _local_ports(pids: list[int], port: int) -> set[int]:
    return {
        connection.laddr.port
        for pid in pids
        for connection in psutil.Process(pid).net_connections("tcp")
        if connection.raddr and connection.raddr.port == port and connection.status == psutil.CONN_ESTABLISHED
    }


def _established() -> Iterator[tuple[int, int, bytes]]:
    """(local port, remote port, struct tcp_info) of every established IPv4 connection."""
    ask = struct.pack("=BBBBI", socket.AF_INET, socket.IPPROTO_TCP, 1 << (_INET_DIAG_INFO - 1), 0, 1 << _ESTABLISHED)
    ask += bytes(48)  # any address, any port
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as netlink:
        netlink.send(struct.pack("=IHHII", 16 + len(ask), _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, 1, 0) + ask)
        while True:
            answer = memoryview(netlink.recv(1 << 17))
            while answer:
                length, kind = struct.unpack_from("=IH", answer)
                if kind == 2:  # NLMSG_ERROR
                    raise OSError(-struct.unpack_from("=i", answer, 16)[0], os.strerror(0))
                if kind == 3:  # NLMSG_DONE
                    return
                yield _one(answer[16:length])
                answer = answer[(length + 3) & ~3 :]


def _one(message: memoryview) -> tuple[int, int, bytes]:
    """One struct inet_diag_msg (72 bytes, ports in network order at 4 and 6) with its attributes."""
    source, destination = struct.unpack_from("!HH", message, 4)
    attributes = message[72:]
    while len(attributes) >= 4:
        length, kind = struct.unpack_from("=HH", attributes)
        if kind == _INET_DIAG_INFO:
            return source, destination, bytes(attributes[4:length])
        attributes = attributes[(length + 3) & ~3 :]
    return source, destination, b""
