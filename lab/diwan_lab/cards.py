"""Faults with cards and keys: copied cards, revoked keys, expired certificates, and what a technician does about
them.

Each fault is a sequence of steps that yields the seconds until the next one; between them everything else goes on.
The first yield gives the plan back its time; it goes on when the plan says that the fault ends.
"""

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from diwan_lab import joining
from diwan_lab.certificates import expired
from diwan_lab.cluster import move_ports
from diwan_lab.command import CommandFailed, diwan
from diwan_lab.officers import PAUSE_SECONDS, Acknowledged, Officer
from diwan_lab.plan import Fault
from diwan_lab.revoked import Trust, is_revoked, node_id, revocation
from diwan_lab.weather import Weather

PATIENCE: Final = 180
"""Seconds after which something that should happen by itself, or that a technician tries again and again, has failed:
a centre may be put back, its disk full, its broker empty meanwhile."""
CONTEST: Final = 600
"""Seconds that a node waits at the most where another of its name takes its line: so long a copy may say nothing."""


class Cards:
    """The cards of a running network."""

    def __init__(self, cluster: Weather, book: Acknowledged) -> None:
        self._cluster = cluster
        self._book = book
        self.trust = Trust()
        """What the checker must know: keys that were, cards that are used no more, who was cut off and when."""
        self.fell: list[str] = []
        """What should have happened and did not, in words."""
        self._pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="technician")
        self.at_work = threading.Lock()
        """Held while a command works on some node's folder: nobody puts databases back meanwhile."""
        self._treated: set[str] = set()
        """Posts to which one of these faults is happening: the next one waits."""
        self.copied = 0
        """How many cards have been copied so far."""
        self.copies: list[str] = []
        """Names of the copies that are in use now."""

    def begin(self, fault: Fault) -> Iterator[float]:
        """The steps of a fault of one of these kinds."""
        kinds = {"clone": self._clone, "revoke": self._revoke, "expire": self._expire}
        return self._one_at_a_time(fault.where, kinds[fault.kind](fault))

    def _one_at_a_time(self, post: str, steps: Iterator[float]) -> Iterator[float]:
        while post in self._treated:
            yield 1.0
        self._treated.add(post)
        yield from steps
        self._treated.discard(post)

    # --- faults ------------------------------------------------------------------------------------------------------

    def _clone(self, fault: Fault) -> Iterator[float]:
        """A card is copied and both are started; people work at both. The centre sees it and revokes the keys. The
        technician brings what the copy wrote with new keys and a stick, and takes the copy out of use; then the
        original gets keys of its own."""
        cluster, post = self._cluster, fault.where
        original = cluster.folder / post
        cluster.hold(*_parts(post))
        self.copied += 1
        name = f"clone{self.copied}"
        self.copies.append(name)
        card = cluster.copy_card(post, name)
        cluster.diary.note("done", node=post, words=f"its card is copied: {name} writes beside it")
        if fault.detail == "off":  # the card was copied from a post that is off; else one went on in the same boot
            cluster.boot(post, f"boot beside {name}")
        cluster.let_go(*_parts(post), *_parts(name))
        officer = Officer(name, cluster.url(name), None, self._book, self.copied, PAUSE_SECONDS)
        told = len(self._book.told)
        officer.start()
        yield fault.seconds
        yield from self._until(
            lambda: is_revoked(cluster.central, card), f"{name}, a copy of {post}, was not noticed",
            lambda: {post, name} <= {one.post for one in self._book.told[told:]},
        )  # fmt: skip
        yield from self._tried(f"{name} was not cut off", lambda: self._revoke_now(card, "a card that was copied"))
        yield 3.0  # they work on, cut off
        cluster.hold(*_parts(name))
        officer.leave()
        officer.join(60)
        yield from self._new_keys(card, self._cluster.ports.broker)
        stick = self._stick(name)
        yield from self._tried(f"what {name} wrote was not brought", lambda: self._carried(card, stick))
        yield from self._tried(f"{name} was not revoked", lambda: self._revoke_now(card, "the copy of a card"))
        self._keep_keys(card)
        cluster.put_away(name)
        shutil.rmtree(card / "blobs")
        self.trust.retired.append(card)
        self.copies.remove(name)
        yield from self._back(original)

    def _revoke(self, fault: Fault) -> Iterator[float]:
        """A post on the line is revoked while people work at it, and comes back with new keys. What it wrote on a stick
        with the old ones brings nothing, before or after."""
        card = self._cluster.folder / fault.where
        yield from self._tried("a post was not revoked", lambda: self._revoke_now(card, "by order of the scenario"))
        yield fault.seconds
        stick = self._stick(fault.where)
        yield from self._tried("no stick was written", lambda: diwan("post", "export-parcels", stick, "--dir", card))
        if fault.detail == "stick before":
            yield from self._tried("the stick was not taken", lambda: self._brings_nothing(stick, card))
        yield from self._back(card)
        if fault.detail == "stick after":
            yield from self._tried("the stick was not taken", lambda: self._brings_nothing(stick, card))

    def _expire(self, fault: Fault) -> Iterator[float]:
        """A post comes up and its certificate has ended: it renews it by itself."""
        parts = _parts(fault.where)
        self._cluster.hold(*parts)
        yield from self._tried(
            "no certificate was put in place",
            lambda: expired(self._cluster.central, self._cluster.folder / fault.where),
        )
        self._cluster.let_go(*parts)
        yield fault.seconds

    # --- the technician ----------------------------------------------------------------------------------------------

    def _back(self, card: Path) -> Iterator[float]:
        """A revoked post gets new keys and works on."""
        self._cluster.hold(*_parts(card.name))
        yield from self._new_keys(card, self._cluster.line_port(card.name))
        self._cluster.let_go(*_parts(card.name))

    def _new_keys(self, card: Path, broker_port: int) -> Iterator[float]:
        self._keep_keys(card)
        yield from self._tried(f"{card.name} got no new keys", lambda: diwan("post", "rekey", "--dir", card))
        codes: list[str] = []
        words: list[str] = []

        def enrol() -> None:
            if not codes:
                codes.append(joining.make_code(self._cluster.central, "--node", node_id(card)))
            words.append(joining.enrol(card, self._cluster.url("central"), codes[0]))
            move_ports(card, broker_port=broker_port)

        yield from self._tried(f"{card.name} was not enrolled again", enrol)
        if not words:
            return
        yield from self._tried(
            f"{card.name} was not confirmed", lambda: joining.confirm(self._cluster.central, card, words[-1])
        )
        self._cluster.diary.note("done", node=card.name, words="it has new keys, and they are confirmed")

    def _revoke_now(self, card: Path, reason: str) -> None:
        if not is_revoked(self._cluster.central, card):  # a try before may have got so far
            diwan("central", "revoke", node_id(card), "--reason", reason, "--dir", self._cluster.central)
        self._cut_off(card)

    def _cut_off(self, card: Path) -> None:
        self.trust.revocations.append(revocation(self._cluster.central, card))
        self._cluster.diary.note("done", node=card.name, words="its keys are revoked")

    def _keep_keys(self, card: Path) -> None:
        """Old keys, so that the checker can look at what was sealed to them."""
        place = self._cluster.folder / "former" / f"{card.name}-{len(self.trust.former)}"
        shutil.copytree(card / "keys", place / "keys")
        shutil.copy(card / "node.toml", place)
        self.trust.former.append(place)

    def _carried(self, card: Path, stick: Path) -> None:
        """What a card that is used no more has to say goes to the centre by stick."""
        diwan("post", "export-parcels", stick, "--dir", card)
        diwan("central", "import-parcels", stick, "--dir", self._cluster.central)
        self._cluster.diary.note("done", node=card.name, words=f"its stick {stick.name} is read at the centre")

    def _brings_nothing(self, stick: Path, card: Path) -> None:
        before = revocation(self._cluster.central, card).heads
        diwan("central", "import-parcels", stick, "--dir", self._cluster.central)
        self._cluster.diary.note("done", node=card.name, words=f"its stick {stick.name} of old keys, is read")
        after = revocation(self._cluster.central, card).heads
        if is_revoked(self._cluster.central, card) and after != before:
            self.fell.append(f"a stick of {card.name}, whose keys were revoked, brought rows")

    def _stick(self, name: str) -> Path:
        stick = self._cluster.folder / "sticks" / f"{name}-{len(self.trust.former)}"
        stick.mkdir(parents=True)
        return stick

    # --- patience ----------------------------------------------------------------------------------------------------

    def _tried(self, failed: str, action: Callable[[], object]) -> Iterator[float]:
        words = ""
        for _ in range(PATIENCE):
            running = self._pool.submit(self._alone, action)
            while not running.done():
                yield 0.2
            try:
                running.result()
            except (CommandFailed, OSError) as error:  # the disk of a node may be full
                words = str(error)
                yield 1.0
            else:
                return
        self.fell.append(f"{failed}: {words}")

    def _alone(self, action: Callable[[], object]) -> None:
        with self.at_work:
            action()

    def _until(self, holds: Callable[[], bool], failed: str, is_due: Callable[[], bool]) -> Iterator[float]:
        """Wait until it holds. It has failed after CONTEST and PATIENCE since it was due; what never becomes due, such
        as a copy whose original nobody could write at, has not."""
        waited = asked = 0
        while waited or asked < 4 * PATIENCE:
            if holds():
                return
            asked += 1
            waited += waited > 0 or is_due()
            if waited > CONTEST + PATIENCE:
                self.fell.append(failed)
                return
            yield 1.0


def _parts(name: str) -> tuple[str, str]:
    return f"{name}.agent", f"{name}.web"
