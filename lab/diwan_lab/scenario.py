"""The command `diwan scenario`: a network of real processes with people at work, and a seeded plan of faults.

In the end everything heals, the network comes to rest, and `verdict` says what became of what people were told.
"""

import heapq
import json
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

import click

from diwan_lab.certificates import has_ended
from diwan_lab.cluster import MosquittoMissing
from diwan_lab.command import CommandFailed, diwan, grouped_secret
from diwan_lab.disks import can_mount, give_disks, own_mounts
from diwan_lab.faults import Faults, Undo
from diwan_lab.members import not_on_stick
from diwan_lab.officers import PAUSE_SECONDS, USER, Acknowledged, Officer, wait_until
from diwan_lab.plan import MIRRORED, NAMED, Fault, make_plan
from diwan_lab.ports import PortInUse
from diwan_lab.process import ProcessFailed
from diwan_lab.verdict import Verdict, is_at_rest, judge
from diwan_lab.weather import Weather

REST_SECONDS: Final = 240.0
"""How long a healed network may take to come to rest: a post may wait a minute before it connects again."""
MIRROR_SECONDS: Final = 40.0
"""How long after the last save everything is on the stick in a post: it is written every ten seconds."""


@dataclass
class Outcome:
    """What a scenario prints as its last line."""

    faults: int
    verdict: Verdict
    seconds: float
    rested: bool
    fell: list[str]

    @property
    def good(self) -> bool:
        return self.verdict.good and self.rested and not self.fell

    def as_json(self) -> dict[str, object]:
        """The nine members everybody reads come first, in this order."""
        verdict = self.verdict
        return {
            "faults": self.faults,
            "acknowledged": verdict.acknowledged,
            "lost": verdict.lost,
            "duplicated": verdict.duplicated,
            "diverged": verdict.diverged,
            "chain_errors": verdict.chain_errors,
            "quarantined": verdict.quarantined,
            "conflicts": verdict.conflicts,
            "seconds": round(self.seconds, 1),
            "miscounted": verdict.miscounted,
            "in_clear": verdict.in_clear,
            "out_of_scope": verdict.out_of_scope,
            "not_erased": verdict.not_erased,
            "from_revoked": verdict.from_revoked,
            "came_to_rest": self.rested,
            "fell": self.fell,
        }


@click.command()
@click.argument("name", type=click.Choice([*NAMED, "list"]), default="random")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same plan.")
@click.option("--faults", type=click.IntRange(0, 100_000), default=20, show_default=True, help="How many faults.")
@click.option("--posts", type=click.IntRange(2, 20), default=3, show_default=True, help="How many posts.")
@click.option("--every", type=click.FloatRange(0.1, 60), default=1.5, show_default=True, help="Seconds between faults.")
@click.option("--soak", type=click.FloatRange(0), default=0, metavar="MINUTES", help="Plan after plan, so long.")
@click.option("--keep", type=click.Path(path_type=Path), help="Work in this folder and keep it: databases and logs.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object, the last line.")
def scenario(
    name: str, seed: int, faults: int, posts: int, every: float, soak: float, keep: Path | None, as_json: bool
) -> None:
    """Break a network of real processes while people work in it, and see whether anything is lost.

    NAME says what goes wrong: random is everything, list names the others. Exit code 0 only if nothing that a person
    was told is saved is lost, doubled, or different anywhere."""
    if name == "list":
        for one, kinds in NAMED.items():
            click.echo(f"{one:18} {', '.join(dict.fromkeys(kinds))}")
        return
    signal.signal(signal.SIGTERM, _as_ctrl_c)
    folder = Path(tempfile.mkdtemp(prefix="diwan-scenario-")) if keep is None else keep.absolute()
    try:
        outcome = Scenario(folder, name, seed, faults, posts, every, soak * 60).run()
    except KeyboardInterrupt:
        click.echo("\nDiwan: ended.", err=True)
        sys.exit(130)
    except (PortInUse, MosquittoMissing, CommandFailed, ProcessFailed) as error:
        click.echo(f"Diwan: {error}", err=True)
        sys.exit(1)
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    for words in outcome.verdict.words:
        click.echo(f"Diwan: {words}", err=True)
    if not outcome.good:
        again = f"./diwan scenario {name} --seed {seed} --faults {faults} --posts {posts} --every {every:g}"
        click.echo(f"Diwan: FAILED; the same plan again: {again}", err=True)
    if as_json:
        click.echo(json.dumps(outcome.as_json()))
    else:
        click.echo("Diwan: " + ", ".join(f"{key} {_plain(value)}" for key, value in outcome.as_json().items()))
    sys.exit(0 if outcome.good else 1)


def _as_ctrl_c(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


class Scenario:
    """One network and the plans carried out on it."""

    def __init__(
        self, folder: Path, name: str, seed: int, faults: int, posts: int, every: float, seconds: float
    ) -> None:
        self._folder = folder
        self._kinds = NAMED[name]
        self._seed, self._number, self._posts, self._every, self._seconds = seed, faults, posts, every, seconds
        self._fell: list[str] = []
        self._disks = "full" in self._kinds and can_mount()

    def run(self) -> Outcome:
        """Everything; one verdict over all plans. Raises what a cluster raises."""
        folder = self._folder / "network"
        nodes = [folder / "central", *(folder / f"post{number}" for number in range(1, self._posts + 1))]
        if self._disks:
            own_mounts()
            give_disks(nodes)
        elif "full" in self._kinds:
            _say("no disk will be full: that takes root")
        started = time.monotonic()
        done = 0
        weather = Weather(folder, self._posts, steps=_say)
        weather.hostile = not {"forge", "replay"}.isdisjoint(self._kinds)
        with weather as cluster:
            book = Acknowledged(self._folder / "told.jsonl")
            officers = self._hire(cluster, book)
            faults = Faults(cluster, officers, book)
            if "attack" in self._kinds:
                faults.thief.join()
                faults.cards.trust.hostile.add(faults.thief.id)
            if "pull" in self._kinds:
                self._mirror(cluster)
            for officer in officers.values():
                officer.start()
            wait_until(lambda: len(book.records) >= 3 * self._posts, 60)
            while True:
                plan = make_plan(
                    self._seed + done, self._number, self._posts, self._kinds, self._every, root=self._disks
                )
                done += len(plan)
                self._carry_out(plan, cluster, faults)
                faults.settle()
                if not plan or time.monotonic() - started > self._seconds:
                    break
                for officer in officers.values():
                    officer.rest(True)
                if not self._rest(cluster, f"{done} faults, {len(book.told)} saves acknowledged; at rest"):
                    break
                for officer in officers.values():
                    officer.rest(False)
            for officer in officers.values():
                officer.leave()
            for officer in officers.values():
                officer.join(60)
            rested = self._rest(cluster, "at rest")
            # A console that ends anchors its log of reads: the last rows of all.
            cluster.stop(*(name for name in cluster.names() if name.endswith(".web")))
            rested = rested and self._rest(cluster, "at rest without consoles", consoles=False)
            if rested and cluster.stick.exists():
                rested = self._bring_mirror(cluster)
            self._fell += faults.cards.fell
            self._fell += ["a hostile broker ended by an error of ours"] * faults.broker.unfinished
            self._fell += [f"{post.name} has an expired certificate" for post in cluster.posts if has_ended(post)]
            taps = (self._folder / "network/tap").glob("*")
            verdict = judge(cluster.central, cluster.posts, book.told, taps, faults.cards.trust)
            if not verdict.good or not rested:
                shutil.copytree(folder, self._folder / "evidence", ignore=shutil.ignore_patterns("*.sock"))
        troubles = dict(sum((Counter(officer.troubles) for officer in officers.values()), Counter()).most_common(12))
        _say(
            f"{book.attempts} saves tried, {faults.put_back} databases put back, {faults.cards.copied} cards copied, "
            f"{len(faults.cards.trust.revocations)} keys revoked, {faults.thief.attacks} attacks of a thief, "
            f"{faults.broker.made} messages of a hostile broker; what officers met: {troubles}"
        )
        return Outcome(done, verdict, time.monotonic() - started, rested, self._fell)

    def _hire(self, cluster: Weather, book: Acknowledged) -> dict[str, Officer]:
        hired = {}
        for post in cluster.posts:
            secret = grouped_secret(diwan("post", "user", "add", USER, "--role", "supervisor", "--dir", post))
            hired[post.name] = Officer(post.name, cluster.url(post.name), secret, book, self._seed, PAUSE_SECONDS)
        return hired

    def _mirror(self, cluster: Weather) -> None:
        """A stick stays in a post from now on."""
        cluster.stick.mkdir(exist_ok=True)
        diwan("post", "mirror", cluster.stick, "--dir", cluster.folder / MIRRORED)
        cluster.stop(f"{MIRRORED}.agent")
        cluster.start(f"{MIRRORED}.agent")

    def _bring_mirror(self, cluster: Weather) -> bool:
        """Carry the mirror to the centre at the end, as if its post had died: there is nothing on it that is not known.
        Whether the network is at rest again."""
        post = cluster.folder / MIRRORED
        if not wait_until(lambda: not not_on_stick(cluster.stick, post), MIRROR_SECONDS):
            self._fell += not_on_stick(cluster.stick, post)[:5]
        said = json.loads(diwan("central", "import-parcels", cluster.stick, "--dir", cluster.central, "--json"))
        _say(f"the mirror of {MIRRORED}: {said['taken']} messages, {said['rows']} new rows, {len(said['left'])} left")
        if said["rows"]:
            self._fell.append(f"the mirror of {MIRRORED} brought {said['rows']} rows that the centre did not hold")
        return self._rest(cluster, "at rest with what the mirror brought", consoles=False)

    def _carry_out(self, plan: Sequence[Fault], cluster: Weather, faults: Faults) -> None:
        started = time.monotonic()
        undo: list[tuple[float, int, Undo]] = []

        def until(moment: float) -> None:
            while True:
                now = time.monotonic() - started
                while undo and undo[0][0] <= min(now, moment):
                    _, number, end = heapq.heappop(undo)
                    again = end()
                    if again is not None:
                        heapq.heappush(undo, (time.monotonic() - started + again, number, end))
                if now >= moment:
                    return
                self._watch(cluster, faults)
                time.sleep(max(0.0, min(0.2, moment - now)))

        for number, fault in enumerate(plan):
            until(fault.at)
            _say(str(fault))
            heapq.heappush(undo, (fault.at + fault.seconds, number, faults.begin(fault)))
        while undo:
            until(undo[0][0])

    def _watch(self, cluster: Weather, faults: Faults) -> None:
        """A process that ended by itself is started again, as systemd would; it is a failure unless its disk is full,
        which it said."""
        for name in cluster.ended():
            if name in faults.down:
                continue
            if not any(words in cluster.tail(name, 1) for words in ("disk is full", "No space left")):
                self._fell.append(name)
                _say(f"{name} ENDED BY ITSELF\n{cluster.tail(name)}")
            cluster.start_only(name)

    def _rest(self, cluster: Weather, words: str, *, consoles: bool = True) -> bool:
        cluster.start(*(name for name in cluster.names() if consoles or not name.endswith(".web")))
        began = time.monotonic()
        rested = wait_until(lambda: is_at_rest(cluster.central, cluster.posts), REST_SECONDS)
        _say(f"{words} after {time.monotonic() - began:.0f} s" if rested else "DID NOT COME TO REST")
        return rested


def _plain(value: object) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else str(value or 0)


def _say(text: str) -> None:
    click.echo(f"Diwan: {text}", err=True)
