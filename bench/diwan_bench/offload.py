"""Switches off segmentation and receive offload of an interface, so that each counted frame is one IP packet.

    python -m diwan_bench.offload edge0

What `ethtool -K edge0 tso off gso off gro off` does (linux/ethtool.h), without needing that program.
"""

from __future__ import annotations

import array
import fcntl
import socket
import struct
import sys
from typing import Final

_SIOCETHTOOL: Final = 0x8946
_SET: Final = {"tso": 0x1F, "gso": 0x24, "gro": 0x2C}


def switch_off(interface: str) -> None:
    """Raises OSError where there is no such interface, or the caller is not root."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for command in _SET.values():
            value = array.array("B", struct.pack("=II", command, 0))
            request = struct.pack("@16sP", interface.encode(), value.buffer_info()[0])
            fcntl.ioctl(sock, _SIOCETHTOOL, request + bytes(16))


if __name__ == "__main__":
    switch_off(sys.argv[1])
