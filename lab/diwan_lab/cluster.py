"""A temporary network of real processes: Mosquitto, a centre and posts, each with a data folder of its own.

    with Cluster(folder, posts=2) as cluster:
        cluster.kill("post1.agent")
        cluster.start("post1.agent")

Processes are named broker, central.ingest, central.relay, central.web, post1.agent, post1.web, post2.agent …; each
prints into DIR/logs/NAME.log. Everything ends with the `with` block, and with us if we die (see `process`). A folder
that holds a network already is started again as it is.

Its consoles speak plain HTTP on the loopback address, which browsers count as safe: a browser that does not know the
network's console authority would warn at every visit, and people learn to click warnings away.
"""

import http.client
import json
import os
import re
import shutil
import signal
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from diwan_lab import joining
from diwan_lab.command import diwan, program
from diwan_lab.ports import HOST, HeldPorts
from diwan_lab.process import Process
from diwan_lab.wire import is_connected

READY_SECONDS = 60.0
"""Time-out of every wait for a process to become ready; a Pi with a worn card takes its time."""

OFFICES = ("JOAQJ", "KEMBA", "TZDAR", "PEIQT", "VNSGN", "MATNG", "GEPTI", "FJSUV")
"""UN/LOCODE of the posts, in turn; a demonstration's posts are imaginary."""


class MosquittoMissing(Exception):
    """There is no Mosquitto on this machine."""


@dataclass(frozen=True)
class Ports:
    """TCP ports on the loopback address: the broker's, the centre's console, the posts' consoles in order."""

    broker: int
    central: int
    posts: tuple[int, ...]


def choose_ports(posts: int, first: int) -> tuple[Ports, HeldPorts]:
    """`first` for the centre, the next ones for the posts, then the broker's; 0 = any that are free. With what holds
    them, also while their servers are away.

    Raises PortInUse with the remedy.
    """
    held = HeldPorts(range(first, first + posts + 2) if first else [0] * (posts + 2))
    central, *others = held.numbers
    return Ports(broker=others[-1], central=central, posts=tuple(others[:-1])), held


class Cluster:
    """One network in `folder`. `steps` hears what is being done, for a person to read."""

    def __init__(
        self, folder: Path, posts: int = 3, first_port: int = 0, steps: Callable[[str], None] = lambda _: None
    ) -> None:
        self.folder = folder.resolve()
        self.central = self.folder / "central"
        self.posts = [self.folder / f"post{number}" for number in range(1, posts + 1)]
        self._first_port = first_port
        self._steps = steps
        self._processes: dict[str, Process] = {}
        self.ports = Ports(0, 0, ())
        self._reserved = HeldPorts([])
        self.confirmer_password = ""
        """The one-time password of the account that confirmed the posts, where it was made at this start."""

    # --- life --------------------------------------------------------------------------------------------------------

    def __enter__(self) -> "Cluster":
        if shutil.which("mosquitto", path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/usr/local/sbin") is None:
            raise MosquittoMissing("Mosquitto is not installed: apt-get install mosquitto")
        self.ports, self._reserved = choose_ports(len(self.posts), self._first_port)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._declare()
        try:
            self._set_up_central()
            self.start("broker", "central.ingest", "central.relay", "central.web")
            self._set_up_posts()
            self.start(*(name for name in self._processes if name.startswith("post")))
        except BaseException:
            self.stop()
            self._reserved.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._reserved.release()

    def names(self) -> list[str]:
        """Of all processes, in the order they are started."""
        return list(self._processes)

    def start(self, *names: str) -> None:
        """Start these and wait until each is ready. Raises ProcessFailed with the end of the log."""
        for name in names:
            self._processes[name].start()
        for name in names:
            self._processes[name].wait_until(self._is_ready(name), READY_SECONDS)

    def stop(self, *names: str) -> None:
        """End these gently, all of them by default: posts first, the broker last."""
        chosen = [self._processes[name] for name in names] or list(self._processes.values())
        for process in chosen[1:] if not names else chosen:
            process.ask_to_end()
        for process in reversed(chosen):
            process.stop()

    def start_only(self, name: str) -> None:
        """Start it without waiting: its line or its broker may be down."""
        self._processes[name].start()

    def kill(self, name: str) -> None:
        """kill -9."""
        self._processes[name].kill()

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a signal, SIGSTOP for one."""
        self._processes[name].send(number)

    def environment(self, name: str) -> dict[str, str]:
        """The environment variables of its next start, to be changed."""
        return self._processes[name].environment

    def tail(self, name: str, lines: int = 12) -> str:
        """The end of what it has printed since its last start."""
        return self._processes[name].tail(lines)

    def pid(self, name: str) -> int | None:
        """None when it does not run."""
        return self._processes[name].pid

    def ended(self) -> list[str]:
        """Names of the processes that should run and do not."""
        return [name for name, process in self._processes.items() if process.pid is None]

    def url(self, node: str) -> str:
        """Address of a console: `url("central")`, `url("post1")`."""
        return f"http://{HOST}:{self._web_port(node)}"

    # --- set-up ------------------------------------------------------------------------------------------------------

    def _declare(self) -> None:
        self._process("broker", "central", "broker", self.central)
        for role in ("ingest", "relay", "web"):
            self._process(f"central.{role}", "central", role, self.central)
        for post in self.posts:
            for role in ("agent", "web"):
                self.declare_post(post.name, role, post)

    def declare_post(self, name: str, role: str, folder: Path) -> None:
        """A process of a post is NAME.ROLE from now on; it is not started."""
        self._process(f"{name}.{role}", "post", role, folder)

    def forget(self, name: str) -> None:
        """End a process for good."""
        self._processes.pop(name).kill()

    def _process(self, name: str, kind: str, role: str, folder: Path) -> None:
        argv = [program(), kind, role, "--dir", str(folder)]
        self._processes[name] = Process(name, argv, self.folder / "logs" / f"{name}.log")

    def _set_up_central(self) -> None:
        if (self.central / "node.toml").exists():
            move_ports(self.central, web_port=self.ports.central, broker_port=self.ports.broker, web_tls="off")
            return
        self._steps("setting up the centre")
        where: list[str | int] = ["--broker-host", HOST, "--broker-port", self.ports.broker, "--web-host", HOST]
        where += ["--web-port", self.ports.central, "--no-tls"]
        diwan("central", "init", "--dir", self.central, "--label", "Centre", *where)

    def _set_up_posts(self) -> None:
        new = [post for post in self.posts if not (post / "node.toml").exists()]
        for post, port in zip(self.posts, self.ports.posts, strict=True):
            if post not in new:
                where: dict[str, int | str] = {
                    "broker_port": self.line_port(post.name),
                    "central_url": self.url("central"),
                }
                move_ports(post, web_port=port, web_tls="off", **where)
        if new:
            self._steps(f"enrolling {len(new)} post{'s' * (len(new) > 1)} with one-time codes, and confirming them")
            self.confirmer_password = joining.add_confirmer(self.central)
            with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
                list(pool.map(self._enrol, new))

    def _enrol(self, post: Path) -> None:
        number = self.posts.index(post)
        office = OFFICES[number % len(OFFICES)]
        where: list[str | int] = ["--office", office, "--host", HOST, "--port", self.ports.posts[number], "--no-tls"]
        label = f"Post {number + 1} {office}"
        diwan("post", "init", "--dir", post, "--label", label, *where)
        self.enrol(post, "--label", label, "--office", office)
        move_ports(post, broker_port=self.line_port(post.name))

    def enrol(self, post: Path, *meant: str) -> None:
        """Enrol a post with a code made for it (`--label` and `--office` of a new one, `--node` of one that comes
        back), and have it confirmed."""
        words = joining.enrol(post, self.url("central"), joining.make_code(self.central, *meant))
        joining.confirm(self.central, post, words)

    def line_port(self, post: str) -> int:
        """The port at which a post reaches the broker."""
        return self.ports.broker

    # --- readiness ---------------------------------------------------------------------------------------------------

    def _web_port(self, node: str) -> int:
        return self.ports.central if node == "central" else self.ports.posts[int(node.removeprefix("post")) - 1]

    def _is_ready(self, name: str) -> Callable[[], bool]:
        if name == "broker":
            return lambda: _accepts(self.ports.broker)
        node, role = name.split(".")
        if role == "web":
            return lambda: _answers(self._web_port(node))
        port = self.ports.broker if node == "central" else self.line_port(node)
        return lambda: (pid := self.pid(name)) is not None and is_connected(pid, port)


def move_ports(node: Path, **values: int | str) -> None:
    """Write other values of these names into a node's node.toml: a network kept from before gets today's ports."""
    path = node / "node.toml"
    text = path.read_text(encoding="utf-8")
    for name, value in values.items():
        line = f"{name} = {json.dumps(value)}"
        text, found = re.subn(rf"(?m)^{name} *=.*$", line, text)
        text += "" if found else f"{line}\n"  # a setting that an earlier release did not have
    scratch = path.with_suffix(".new")
    scratch.write_text(text, encoding="utf-8")
    scratch.chmod(path.stat().st_mode & 0o777)
    scratch.replace(path)


def _accepts(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def data_folders(cluster: Cluster) -> Sequence[Path]:
    """Of all nodes, the centre first."""
    return [cluster.central, *cluster.posts]
