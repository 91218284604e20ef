"""Makes the faults of a plan happen in a running network, and ends them again."""

import contextlib
import json
import shutil
import signal
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from diwan_lab.administration import Administration
from diwan_lab.cards import Cards
from diwan_lab.command import CommandFailed, diwan
from diwan_lab.hostile_broker import HostileBroker
from diwan_lab.officers import Acknowledged, Officer, Told, rivals, wait_until
from diwan_lab.plan import CLOCKS, Fault
from diwan_lab.revoked import node_id
from diwan_lab.thief import Thief
from diwan_lab.weather import FILLER, Weather

RECEIPTED_WITHIN_S: Final = 8.0
DISTURBED: Final = {"lose": "lose", "double": "double", "reorder": "hold", "truncate": "cut", "flip": "flip"}
"""Kinds of fault that happen to messages, and what the product's disturbed carrier calls them."""

Undo = Callable[[], float | None]
"""Ends a fault; or takes the next step towards that, and says after how many seconds to be called again."""


class Faults:
    """What can go wrong. `begin` makes one fault happen and returns what ends it."""

    def __init__(self, cluster: Weather, officers: dict[str, Officer], book: Acknowledged) -> None:
        self._cluster = cluster
        self._officers = officers
        self._book = book
        self._orders: list[threading.Thread] = []
        self._boots = 0
        self.cards = Cards(cluster, book)
        self.administration = Administration(cluster, officers, book)
        self.thief = Thief(cluster)
        self.broker = HostileBroker(cluster, lambda: {post.name: node_id(post) for post in cluster.posts})
        self.put_back = 0
        """How often a database was really put back."""
        self.down: set[str] = set()
        """Processes that do not run because of us."""

    def begin(self, fault: Fault) -> Undo:  # noqa: C901  one flat case for each kind of fault
        """Make it happen. The returned function ends it; most are over by then, or end by themselves."""
        where, cluster = fault.where, self._cluster
        match fault.kind:
            case "kill":
                return self._kill(where)
            case "crash":
                return self._crash(where, fault.detail)
            case "stop" | "stop-minute":
                cluster.send(where, signal.SIGSTOP)
                return lambda: cluster.send(where, signal.SIGCONT)
            case "lose" | "double" | "reorder" | "truncate" | "flip":
                rate, seed = fault.detail.split()
                orders = cluster.orders(where)
                orders.write_text(json.dumps({"seed": int(seed), DISTURBED[fault.kind]: float(rate)}))
                return lambda: orders.unlink(missing_ok=True)
            case "cut":
                cluster.lines.cut(where)
            case "break-off":
                cluster.lines.of[where].break_after = int(fault.detail)
            case "stall" | "partition" | "thin":
                line = cluster.lines.of[where]
                line.weather = {"stall": "stalled", "partition": "cut", "thin": "thin"}[fault.kind]  # type: ignore[assignment]
                return lambda: setattr(line, "weather", "fair")
            case "wipe":
                return self._wipe()
            case "reboot":
                return self._reboot(where, {})
            case "clock":
                self._reboot(where, {"DIWAN_CLOCK_OFFSET_S": str(CLOCKS[fault.detail])})()
                return lambda: self._reboot(where, {})()  # noqa: PLW0108  looked up when it is called
            case "older" if where == "central":
                return self._older_centre()
            case "older":
                self._reboot(where, {"DIWAN_DICTIONARY_VERSION": "1"})()
                return lambda: self._reboot(where, {})()  # noqa: PLW0108  looked up when it is called
            case "put-back":
                return self._put_back(where)
            case "centre-back":
                return self._centre_back()
            case "erase":
                self._erase(*fault.detail.split())
            case "reach" | "join" | "leave" | "move" | "take-part" | "drop-out":
                self._orders.append(self.administration.begin(fault))
            case "pull":
                return self._pull()
            case "full":
                return self._fill(cluster.folder / where)
            case "clone" | "revoke" | "expire":
                steps = self.cards.begin(fault)
                next(steps)
                return lambda: next(steps, None)
            case "attack":
                process = self.thief.attack(fault.detail, fault.seconds)
                return process.stop
            case "forge" | "replay":
                self._orders.append(self.broker.begin(fault.kind, fault.seconds, fault.detail))
            case "rivals":
                self._rivals(where, fault.detail)
        return lambda: None

    def _kill(self, name: str) -> Undo:
        self.down.add(name)
        self._cluster.kill(name)
        return lambda: self._start(name)

    def _start(self, name: str) -> None:
        self._cluster.start_only(name)
        self.down.discard(name)

    def _crash(self, name: str, point: str) -> Undo:
        """Start it anew with a crash point; it dies there if it gets there, else it is killed in the end."""
        environment = self._cluster.environment(name)
        self.down.add(name)
        self._cluster.kill(name)
        environment["DIWAN_CRASH"] = point
        self._cluster.start_only(name)

        def end() -> None:
            del environment["DIWAN_CRASH"]
            self._cluster.kill(name)
            self._start(name)

        return end

    def _wipe(self) -> Undo:
        end = self._kill("broker")
        shutil.rmtree(self._cluster.central / "broker", ignore_errors=True)  # it may not have got so far yet
        return end

    def _reboot(self, post: str, values: dict[str, str]) -> Undo:
        """A power cut of a post, and its next boot."""
        names = [f"{post}.agent", f"{post}.web"]
        for name in names:
            self.down.add(name)
            self._cluster.kill(name)
        self._boots += 1
        self._cluster.boot(post, f"boot-{self._boots}", **values)

        def start() -> None:
            for name in names:
                self._start(name)

        return start

    def _older_centre(self) -> Undo:
        """The centre's processes run with the dictionary before this one: posts were brought up to date first."""
        names = [f"central.{role}" for role in ("ingest", "relay", "web")]

        def start(version: str) -> None:
            for name in names:
                self.down.add(name)
                self._cluster.kill(name)
            for name in names:
                self._cluster.environment(name)["DIWAN_DICTIONARY_VERSION"] = version
                self._start(name)

        start("1")
        return lambda: start("")

    def _put_back(self, post: str) -> Undo:
        """Copy a post's database now, and put the copy back later, after a power cut.

        Only when the centre has receipted everything by then: what was never sent is gone with any disk."""
        register = self._cluster.folder / post / "register.db"
        copy = self._copied(register)

        def end() -> None:
            self._officers[post].rest(True)
            wait_until(lambda: _all_receipted(register), RECEIPTED_WITHIN_S)
            start = self._reboot(post, {})
            self._officers[post].rest(False)
            with self.cards.at_work:
                if copy is not None and _all_receipted(register):
                    self._put(copy, register)
            start()

        return end

    def _centre_back(self) -> Undo:
        """Copy the centre's database now, and put the copy back later, as after the loss of its disk.

        Only when every post holds every fact of the ledger: what nobody else holds is gone with any disk."""
        register = self._cluster.central / "register.db"
        copy = self._copied(register)
        names = [f"central.{role}" for role in ("ingest", "relay", "web")]

        def end() -> None:
            self.settle()
            posts = [post / "register.db" for post in self._cluster.posts]
            if copy is None or self.cards.copies:
                return
            if not wait_until(lambda: _nothing_is_only_here(register, posts), RECEIPTED_WITHIN_S):
                return
            for name in names:
                self.down.add(name)
                self._cluster.kill(name)
            with self.cards.at_work:
                if _nothing_is_only_here(register, posts):  # a command may have added a fact meanwhile
                    self._put(copy, register)
                    diwan("central", "restored", "--dir", self._cluster.central)
            for name in names:
                self._start(name)

        return end

    def _copied(self, register: Path) -> Path | None:
        """A copy of a database; None where it cannot be read at the moment, as where its disk is full."""
        copy = self._cluster.folder / f"{register.parent.name}.copy.db"
        copy.unlink(missing_ok=True)
        with suppress(sqlite3.OperationalError):
            with closing(sqlite3.connect(register)) as source, closing(sqlite3.connect(copy)) as target:
                source.backup(target)
            return copy
        return None

    def _put(self, copy: Path, register: Path) -> None:
        self.put_back += 1
        self._cluster.diary.note("done", node=register.parent.name, words="its database is replaced by the copy")
        for suffix in ("-wal", "-shm"):
            register.with_name(register.name + suffix).unlink(missing_ok=True)
        shutil.move(copy, register)

    @staticmethod
    def _fill(folder: Path) -> Undo:
        """Take all the room of a node's disk, which is a small one of its own (see `disks`)."""
        filler = folder / FILLER
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:  # the node goes on writing meanwhile: what is free is known only when nothing is
                file.write(bytes(65_536))
        return filler.unlink

    def _erase(self, half: str, which: str) -> None:
        """Order the erasure of a case, as the centre's administrator does, while everybody works on."""
        records = self._book.records
        if not records:
            return
        record = records[int(which) % len(records)]
        self._book.forget(record)

        def order() -> None:
            what = ("--half", half, "--basis", "Article 17, by order of the scenario")
            with contextlib.suppress(CommandFailed):  # whether it was ordered then shows in the centre's ledger
                diwan("central", "erase", record, *what, "--dir", self._cluster.central)
                self._book.add(Told("erasure", "central", record, ""))

        self._orders.append(threading.Thread(target=order, daemon=True))
        self._orders[-1].start()

    def settle(self) -> None:
        """Wait for what was begun beside the plan."""
        for order in self._orders:
            order.join()

    def _pull(self) -> Undo:
        """Somebody takes the mirror's stick out, in the middle of whatever is written to it, and puts it back."""
        stick, pocket = self._cluster.stick, self._cluster.stick.with_suffix(".pocket")
        stick.rename(pocket)

        def back() -> None:
            shutil.rmtree(stick, ignore_errors=True)  # what was written where no stick was
            pocket.rename(stick)

        return back

    def _rivals(self, first: str, second: str) -> None:
        records = self._book.records
        if records and first != second:
            pair = self._officers[first], self._officers[second]
            threading.Thread(target=rivals, args=(*pair, records[-1]), daemon=True).start()


def _facts(register: Path) -> int:
    with closing(sqlite3.connect(register)) as database:
        return int(database.execute("SELECT count(*) FROM ledger").fetchone()[0])


def _nothing_is_only_here(register: Path, posts: Sequence[Path]) -> bool:
    """Whether every post holds every fact of the centre's ledger, and every row of its own that the centre holds. Not
    where one of them cannot be read at the moment, as where its disk is full."""
    own: dict[str, int] = {}
    with suppress(sqlite3.OperationalError):
        if len({_facts(one) for one in (register, *posts)}) > 1:
            return False
        for post in posts:
            with closing(sqlite3.connect(post)) as database:
                own |= dict(database.execute("SELECT id, seq FROM epoch WHERE own=1").fetchall())
        with closing(sqlite3.connect(register)) as database:
            rows = database.execute("SELECT id, seq FROM epoch WHERE own=0").fetchall()
            return all(own.get(epoch, 0) >= seq for epoch, seq in rows)
    return False


def _all_receipted(register: Path) -> bool:
    """Whether the centre has receipted everything of a post. Not where that cannot be read at the moment, as where its
    disk is full."""
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(register)) as database:
        rows = database.execute("SELECT count(*) FROM epoch WHERE own=1 AND stored<seq").fetchone()[0]
        blobs = database.execute("SELECT count(*) FROM blob WHERE own=1 AND stored=0").fetchone()[0]
        return not (rows or blobs)
    return False
