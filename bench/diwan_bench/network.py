"""A centre and a post of real processes, one on each side of the cable, in a folder of their own."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

import psutil
from diwan_core.processes.memory import ONE_HEAP
from diwan_lab.command import grouped_secret, program
from diwan_lab.joining import CONFIRMER, add_confirmer
from diwan_lab.process import Process, ProcessFailed
from diwan_lab.revoked import node_id

from diwan_bench.namespaces import ADDRESS, Namespaces, Side, is_elsewhere
from diwan_bench.trace import Trace

BROKER_PORT: Final = 8883
WEB_PORT: Final = 8080
READY_S: Final = 60.0
_ESTABLISHED: Final = "01"  # states in /proc/PID/net/tcp, include/net/tcp_states.h
_LISTENING: Final = "0A"


class Network:
    """The network for the length of a `with` block. Raises ProcessFailed, OSError with the reason."""

    def __init__(self, folder: Path, namespaces: Namespaces, broker: str = ADDRESS["centre"]) -> None:
        """`broker` is the address the broker listens on; the console of the centre is reached over the cable."""
        self.namespaces = namespaces
        self._broker = broker
        self.centre, self.post, self._logs = folder / "centre", folder / "post", folder / "logs"
        self._trace_file = folder / "admitted.trace"
        self.trace = Trace(self._trace_file)
        self._processes: dict[str, Process] = {}
        self.folders = {"centre": self.centre, "post": self.post}

    def __enter__(self) -> Network:
        try:
            self._set_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes.values():
            process.ask_to_end()
        for process in reversed(self._processes.values()):
            process.stop()

    def _set_up(self) -> None:
        where = ("--broker-host", self._broker, "--broker-port", str(BROKER_PORT))
        web = ("--web-host", ADDRESS["centre"], "--web-port", str(WEB_PORT), "--no-tls")
        self.diwan("centre", "central", "init", "--dir", self.centre, "--label", "Centre", *where, *web)
        self._trace_file.touch()
        self.start("centre.broker")
        self.start("centre.ingest", "centre.relay", "centre.web")
        add_confirmer(self.centre)
        self.add_post("post", "Aqaba port", WEB_PORT)
        self.start("post.agent", "post.web")

    def add_post(self, name: str, label: str, web_port: int) -> Path:
        """Make and enrol a post in the folder `name`; its folder. Nothing of it runs yet."""
        folder = self.folders[name] = self.centre.parent / name
        self.diwan(
            "edge", "post", "init", "--dir", folder, "--label", label, "--office", "JOAQJ", "--host", ADDRESS["edge"],
            "--port", str(web_port), "--no-tls",
        )  # fmt: skip
        made = self.diwan("centre", "central", "code", "--dir", self.centre, "--label", label, "--office", "JOAQJ")
        code = grouped_secret(made)
        words = json.loads(self.diwan("edge", "enrol", "--dir", folder, "--central", self.console, code, "--json"))[
            "words"
        ]
        by = ("--by", CONFIRMER, "--dir", self.centre)
        self.diwan("centre", "central", "confirm", node_id(folder), *words.split(), *by)
        return folder

    @property
    def console(self) -> str:
        """Address of the centre's console."""
        return f"http://{ADDRESS['centre']}:{WEB_PORT}"

    def diwan(self, side: Side, *arguments: str | Path, seconds: float = 120.0) -> str:
        """Run one `diwan` command on a side; what it printed."""
        return self.namespaces.run(side, program(), *arguments, seconds=seconds)

    def start(self, *names: str) -> None:
        """Start broker, ingest, relay, web (of centre.) or agent, web (of a post); return when all are ready."""
        for name in names:
            node, role = name.split(".")
            if node == "centre":
                inside = self.namespaces.inside("centre", program(), "central", role, "--dir", self.centre)
            else:
                inside = self.namespaces.inside("edge", program(), "post", role, "--dir", self.folders[node])
            environment = {**ONE_HEAP, **os.environ}  # as the units and `diwan post run` start it
            if role == "ingest":
                environment["DIWAN_TRACE"] = str(self._trace_file)
            self._processes[name] = Process(name, inside, self._logs / f"{name}.log", environment)
            self._processes[name].start()
        for name in names:
            self._processes[name].wait_until(partial(self._is_ready, name), READY_S)

    def stop(self, name: str) -> None:
        """End one gently."""
        self._processes[name].stop()

    def pid(self, name: str) -> int:
        """Raises ProcessFailed when it does not run."""
        pid = self._processes[name].pid
        if pid is None:
            raise ProcessFailed(f"{name} ended by itself.\n{self._processes[name].tail()}")
        return pid

    def head(self) -> tuple[str, int]:
        """The post's own (epoch id, last seq)."""
        with closing(sqlite3.connect(f"file:{self.post}/register.db?mode=ro", uri=True)) as reader:
            found = reader.execute("SELECT id, seq FROM epoch WHERE own=1 ORDER BY no DESC LIMIT 1").fetchone()
        return ("", 0) if found is None else (str(found[0]), int(found[1]))

    def unreceipted(self) -> int:
        """Rows of the post without a receipt of the centre."""
        with closing(sqlite3.connect(f"file:{self.post}/register.db?mode=ro", uri=True)) as reader:
            return int(reader.execute("SELECT coalesce(sum(seq - stored), 0) FROM epoch WHERE own=1").fetchone()[0])

    def wait_for_receipts(self, seconds: float) -> None:
        """Until the post has receipts for all it wrote. Raises ProcessFailed."""
        deadline = time.monotonic() + seconds
        while self.unreceipted():
            if time.monotonic() > deadline:
                raise ProcessFailed(f"{self.unreceipted()} rows had no receipt after {seconds:.0f} s")
            time.sleep(0.02)

    def wait_for_centre(self, seconds: float) -> int:
        """Until the centre has committed the post's head; that moment, ns since 1970. Raises ProcessFailed."""
        epoch, seq = self.head()
        deadline = time.monotonic() + seconds
        while (moment := self.trace.committed(epoch, seq)) is None:
            for name in self._processes:
                self.pid(name)
            if time.monotonic() > deadline:
                raise ProcessFailed(f"the centre had not taken in {seq} rows after {seconds:.0f} s")
            time.sleep(0.05)
        return moment

    def cpu_seconds(self) -> dict[str, float]:
        """Processor time each running process has used so far, its children included."""
        running = [name for name, process in self._processes.items() if process.pid is not None]
        return {name: sum(map(_cpu, _family(self.pid(name)))) for name in running}

    def resident_mb(self, *names: str) -> float:
        """Resident memory of these processes and their children, MB of 10^6 bytes."""
        found = [process for name in names for process in _family(self.pid(name))]
        return float(sum(process.memory_info().rss for process in found)) / 1e6

    def _is_ready(self, name: str) -> bool:
        pid = self._processes[name].pid
        if pid is None or not is_elsewhere(self._processes[name]):
            return False
        if name.endswith((".web", ".broker")):
            port = WEB_PORT if name.endswith(".web") else BROKER_PORT
            return any(state == _LISTENING and local == port for state, local, _, _ in _tcp(pid))
        mine = _sockets(pid)
        return any(
            state == _ESTABLISHED and remote == BROKER_PORT and inode in mine for state, _, remote, inode in _tcp(pid)
        )


def _family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _tcp(pid: int) -> list[tuple[str, int, int, str]]:
    """(state, local port, remote port, inode) of the IPv4 sockets of a process's namespace (proc(5))."""
    found = []
    for line in Path(f"/proc/{pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        found.append((fields[3], int(fields[1].split(":")[1], 16), int(fields[2].split(":")[1], 16), fields[9]))
    return found


def _sockets(pid: int) -> set[str]:
    found = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except OSError:
            continue  # closed meanwhile
        if target.startswith("socket:["):
            found.add(target[8:-1])
    return found
