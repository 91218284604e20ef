"""A cluster whose processes and lines can be disturbed, and to which the copy of a post's card can be added."""

import shutil
from pathlib import Path

from diwan_lab.cluster import Cluster, move_ports
from diwan_lab.diary import Diary
from diwan_lab.line import Lines
from diwan_lab.ports import HOST, free_port

FILLER = "filler"
"""Name of the file that takes all the room of a full disk."""


class Weather(Cluster):
    """A cluster whose posts reach the broker over lines of ours, each with the variables its faults need."""

    lines: Lines
    hostile = False
    """Whether its broker may be in hostile hands (see `hostile_broker`)."""
    diary = Diary()
    """Where it is written down what happens to it; nowhere unless somebody says so."""
    _held: frozenset[str] = frozenset()
    _urls: dict[str, str]

    def line_port(self, post: str) -> int:
        return self.lines.of[post].port

    def __enter__(self) -> "Weather":
        super().__enter__()
        return self

    def _declare(self) -> None:
        # Only now are the broker's port and the processes known.
        self.lines = Lines([post.name for post in self.posts], ("127.0.0.1", self.ports.broker))
        self.lines.__enter__()
        super()._declare()
        self._urls = {}
        for name in self.names():
            self._listen(name)
        for post in self.posts:
            self.boot(post.name, "first")

    def _listen(self, name: str) -> None:
        if name.rpartition(".")[2] in ("agent", "ingest", "relay"):
            self.environment(name)["DIWAN_CHAOS"] = str(self.orders(name))
            self.environment(name)["DIWAN_TAP"] = str(self.tap(name))
            if self.hostile:
                self.environment(name)["DIWAN_FORGED"] = str(self.forged(name))

    def orders(self, name: str) -> Path:
        """Where the disturbed carrier of a process looks for what to do."""
        return self._made("chaos") / f"{name}.json"

    def forged(self, name: str) -> Path:
        """Where messages are put that a process gets as if the broker had sent them."""
        return self._made(f"forged/{name}")

    def tap(self, name: str) -> Path:
        """Where a process notes every payload it hands to the broker."""
        return self._made("tap") / name

    @property
    def stick(self) -> Path:
        """The stick that stays in a post."""
        return self.folder / "stick"

    def _made(self, name: str) -> Path:
        (self.folder / name).mkdir(parents=True, exist_ok=True)
        return self.folder / name

    def boot(self, post: str, name: str, **values: str) -> None:
        """From their next start on, the post's processes believe in this boot, and in `values`."""
        for role in ("agent", "web"):
            environment = self.environment(f"{post}.{role}")
            for variable in ("DIWAN_CLOCK_OFFSET_S", "DIWAN_DICTIONARY_VERSION"):
                environment.pop(variable, None)
            environment.update({"DIWAN_BOOT_ID": name, **values})

    def url(self, node: str) -> str:
        return self._urls.get(node) or super().url(node)

    # --- a card in the hands of a technician, and copies of it -------------------------------------------------------

    def hold(self, *names: str) -> None:
        """Kill these; whatever else happens, they do not start before `let_go`."""
        self._held |= frozenset(names)
        for name in names:
            self.kill(name)

    def let_go(self, *names: str) -> None:
        """Start these again."""
        self._held -= frozenset(names)
        for name in names:
            self.start_only(name)

    def start_only(self, name: str) -> None:
        if name not in self._held:
            super().start_only(name)

    def ended(self) -> list[str]:
        return [name for name in super().ended() if name not in self._held]

    def copy_card(self, post: str, name: str) -> Path:
        """Copy a post's card while the post is off; the copy's own processes, `NAME.agent` and `NAME.web`, do not run
        yet. It has a console of its own, and a line to the broker without weather."""
        card = self.folder / name
        shutil.copytree(self.folder / post, card, ignore=shutil.ignore_patterns("*.sock", FILLER))
        port = free_port()
        move_ports(card, web_port=port, broker_port=self.ports.broker, mirror="")
        self._urls[name] = f"http://{HOST}:{port}"
        for role in ("agent", "web"):
            self.declare_post(name, role, card)
            self._listen(f"{name}.{role}")
        self.boot(name, f"boot of {name}")
        return card

    def put_away(self, name: str) -> None:
        """The copy of a card is used no more; its folder stays."""
        for role in ("agent", "web"):
            self.forget(f"{name}.{role}")

    def stop(self, *names: str) -> None:
        super().stop(*names)
        if not names:
            self.lines.__exit__()
