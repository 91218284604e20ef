"""Two network namespaces joined by a virtual cable: the edge at 10.77.0.1, the centre at 10.77.0.2.

They have no names. A namespace lives as long as a process is in it, and ours are held by two sleepers that the kernel
ends with us (see `diwan_lab.process`): whatever happens to the benchmark, nothing is left on the machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Literal

from diwan_lab.process import Process, ProcessFailed

Side = Literal["edge", "centre"]
ADDRESS: Final[dict[Side, str]] = {"edge": "10.77.0.1", "centre": "10.77.0.2"}
CABLE: Final[dict[Side, str]] = {"edge": "edge0", "centre": "centre0"}
ETHERNET: Final = 14
"""Bytes of a frame's header, which the kernel counts and IP does not."""
READY_S: Final = 10.0


class NoNamespaces(Exception):
    """This user or this machine cannot make network namespaces; the message says what to do."""


@dataclass(frozen=True)
class Traffic:
    """IP bytes and packets that crossed the cable, as the edge sees them."""

    up_bytes: int
    down_bytes: int
    packets: int

    def since(self, before: Traffic) -> Traffic:
        return Traffic(
            self.up_bytes - before.up_bytes, self.down_bytes - before.down_bytes, self.packets - before.packets
        )

    @property
    def total(self) -> int:
        return self.up_bytes + self.down_bytes


class Namespaces:
    """The pair, for the length of a `with` block. Raises NoNamespaces."""

    def __init__(self, logs: Path) -> None:
        sleep = shutil.which("sleep") or "/bin/sleep"
        self._holders: dict[Side, Process] = {
            side: Process(f"namespace.{side}", ["unshare", "--net", sleep, "infinity"], logs / f"namespace.{side}.log")
            for side in ADDRESS
        }

    def __enter__(self) -> Namespaces:
        if os.geteuid() != 0:
            raise NoNamespaces("the benchmark makes network namespaces, which needs root: sudo ./diwan bench exchange")
        if missing := [program for program in ("ip", "unshare", "nsenter") if shutil.which(program) is None]:
            raise NoNamespaces(f"{', '.join(missing)} missing: apt-get install iproute2 util-linux")
        try:
            for holder in self._holders.values():
                holder.start()
            for holder in self._holders.values():
                holder.wait_until(partial(is_elsewhere, holder), READY_S)
            self._join()
        except (ProcessFailed, OSError) as error:
            self.__exit__()
            raise NoNamespaces(
                "this machine lets nobody make network namespaces (a container, perhaps): run on a machine or with "
                f"--privileged. {' '.join(str(error).split())}"
            ) from error
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for holder in self._holders.values():
            holder.kill()

    def inside(self, side: Side, *argv: str | Path) -> list[str]:
        """The command line that runs `argv` on one side."""
        return ["nsenter", f"--net=/proc/{self._holders[side].pid}/ns/net", *map(str, argv)]

    def run(self, side: Side, *argv: str | Path, seconds: float = 120.0) -> str:
        """Run a command on one side to its end; what it printed. Raises OSError with its last words."""
        done = subprocess.run(
            self.inside(side, *argv), capture_output=True, text=True, timeout=seconds, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines() or [f"exit code {done.returncode}"]
            raise OSError(f"{Path(argv[0]).name} {argv[1] if len(argv) > 1 else ''}: {said[-1]}")
        return done.stdout

    def pid(self, side: Side) -> int:
        """A process in that side's namespace. Raises NoNamespaces."""
        pid = self._holders[side].pid
        if pid is None:
            raise NoNamespaces(f"the namespace of the {side} has ended")
        return pid

    def traffic(self) -> Traffic:
        """What has crossed so far."""
        text = Path(f"/proc/{self._holders['edge'].pid}/net/dev").read_text(encoding="ascii")
        line = next(line for line in text.splitlines() if line.strip().startswith(f"{CABLE['edge']}:"))
        counters = [int(field) for field in line.split(":")[1].split()]
        received, received_packets, sent, sent_packets = counters[0], counters[1], counters[8], counters[9]
        return Traffic(
            sent - ETHERNET * sent_packets, received - ETHERNET * received_packets, sent_packets + received_packets
        )

    def _join(self) -> None:
        self.run(
            "edge", "ip", "link", "add", CABLE["edge"], "type", "veth", "peer", "name", CABLE["centre"],
            "netns", str(self._holders["centre"].pid),
        )  # fmt: skip
        for side in ADDRESS:
            self._set_up(side)
        hardware = {side: self._hardware(side) for side in ADDRESS}
        self._know_neighbour("edge", "centre", hardware["centre"])
        self._know_neighbour("centre", "edge", hardware["edge"])

    def _set_up(self, side: Side) -> None:
        cable = CABLE[side]
        # Only what the product sends may cross: no IPv6 chatter, and no frame that stands for many packets.
        self.run(side, "ip", "link", "set", "lo", "up")
        self.run(side, "ip", "link", "set", cable, "addrgenmode", "none")
        self.run(side, "ip", "address", "add", f"{ADDRESS[side]}/24", "dev", cable)
        self.run(side, sys.executable, "-m", "diwan_bench.offload", cable)
        self.run(side, "ip", "link", "set", cable, "up")

    def _hardware(self, side: Side) -> str:
        words = self.run(side, "ip", "-o", "link", "show", CABLE[side]).split()
        return words[words.index("link/ether") + 1]

    def _know_neighbour(self, side: Side, other: Side, hardware: str) -> None:
        self.run(
            side, "ip", "neighbour", "replace", ADDRESS[other], "lladdr", hardware, "nud", "permanent",
            "dev", CABLE[side],
        )  # fmt: skip


def is_elsewhere(process: Process) -> bool:
    """Whether a process is in another network namespace than we are: it has got through `unshare` or `nsenter`."""
    return process.pid is not None and os.readlink(f"/proc/{process.pid}/ns/net") != os.readlink("/proc/self/ns/net")
