"""Emulates a thin line between two network namespaces: whole IP packets are delayed, queued or lost, and real TCP
sees it.

    python -m diwan_bench.thin PID_EDGE PID_CENTRE --kbit 256 --rtt 600 --loss 2 --queue 100 --seed 1

A TUN device in each namespace, 10.78.0.1 and 10.78.0.2, and between them this process: the loss of a satellite or GPRS
line needs sch_netem otherwise, which many kernels lack. A packet that is lost has used the line all the same.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import time
from dataclasses import dataclass
from typing import Final

EDGE: Final = "10.78.0.1"
CENTRE: Final = "10.78.0.2"
DEVICE: Final = "thin0"
MTU: Final = 1500
_TUNSETIFF: Final = 0x400454CA
_IFF_TUN_NO_PI: Final = 0x0001 | 0x1000
_CLONE_NEWNET: Final = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Quality:
    """What the line does. `queue` is the packets that wait for it at most, in each direction."""

    kbit: float = 256.0
    rtt_ms: float = 600.0
    loss: float = 2.0
    queue: int = 100
    congestion: str = "cubic"


def arguments(edge: int, centre: int, quality: Quality, seed: int) -> list[str]:
    """Command line of the emulator, after `python -m diwan_bench.thin`."""
    given = {"kbit": quality.kbit, "rtt": quality.rtt_ms, "loss": quality.loss, "queue": quality.queue, "seed": seed}
    return [
        str(edge), str(centre), "--congestion", quality.congestion,
        *(word for name, value in given.items() for word in (f"--{name}", str(value))),
    ]  # fmt: skip


def _open(pid: int, address: str, peer: str, congestion: str) -> int:
    """A TUN device in the namespace of a process. Raises OSError, CalledProcessError."""
    own, theirs = os.open("/proc/self/ns/net", os.O_RDONLY), os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    _enter(theirs)
    try:
        tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(tun, _TUNSETIFF, struct.pack("16sH", DEVICE.encode(), _IFF_TUN_NO_PI))
        for words in (
            f"link set {DEVICE} addrgenmode none",
            f"address add {address} peer {peer} dev {DEVICE}",
            f"link set {DEVICE} mtu {MTU} up",
            f"route change {peer} dev {DEVICE} src {address} congctl {congestion}",
        ):
            subprocess.run(["ip", *words.split()], check=True)
    finally:
        _enter(own)
    os.close(own)
    os.close(theirs)
    return tun


def _enter(namespace: int) -> None:
    if _libc.setns(namespace, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "cannot enter a network namespace")


def emulate(edge: int, centre: int, quality: Quality, seed: int) -> None:
    """Carry packets between the two TUN devices until killed."""
    chance, bytes_s, delay = random.Random(seed), quality.kbit * 125.0, quality.rtt_ms / 2000
    free = {edge: 0.0, centre: 0.0}
    under_way: list[tuple[float, int, int, bytes]] = []
    number = 0
    while True:
        now = time.monotonic()
        while under_way and under_way[0][0] <= now:
            _, _, target, packet = heapq.heappop(under_way)
            try:
                os.write(target, packet)
            except OSError:
                continue  # the device is down or full: lost
        wait = max(0.0, under_way[0][0] - time.monotonic()) if under_way else None
        for source in select.select([edge, centre], [], [], wait)[0]:
            target = centre if source == edge else edge
            for _ in range(64):
                try:
                    packet = os.read(source, 65_536)
                except BlockingIOError:
                    break
                now = time.monotonic()
                if max(0.0, free[source] - now) * bytes_s > quality.queue * MTU:
                    continue  # the modem's queue is full
                free[source] = max(free[source], now) + len(packet) / bytes_s
                if chance.random() * 100 < quality.loss:
                    continue
                number += 1
                heapq.heappush(under_way, (free[source] + delay, number, target, packet))


def main() -> None:
    """The command above."""
    options = argparse.ArgumentParser()
    options.add_argument("edge", type=int)
    options.add_argument("centre", type=int)
    for name, kind in (("kbit", float), ("rtt", float), ("loss", float), ("queue", int), ("seed", int)):
        options.add_argument(f"--{name}", type=kind, required=True)
    options.add_argument("--congestion", default="cubic")
    given = options.parse_args()
    quality = Quality(given.kbit, given.rtt, given.loss, given.queue, given.congestion)
    edge = _open(given.edge, EDGE, CENTRE, quality.congestion)
    centre = _open(given.centre, CENTRE, EDGE, quality.congestion)
    print("ready", flush=True)
    emulate(edge, centre, quality, given.seed)


if __name__ == "__main__":
    main()
