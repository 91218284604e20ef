"""One run of a scenario: a network, people at work in it, and plan after plan of faults, up to the verdict."""

import heapq
import json
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from diwan_lab import scopes
from diwan_lab.certificates import has_ended
from diwan_lab.command import diwan, grouped_secret
from diwan_lab.diary import NAME, Diary
from diwan_lab.disks import can_mount, give_disks, own_mounts
from diwan_lab.faults import Faults, Undo
from diwan_lab.members import not_on_stick
from diwan_lab.officers import PAUSE_SECONDS, USER, Acknowledged, Officer, wait_until
from diwan_lab.plan import MIRRORED, NAMED, Fault, make_plan
from diwan_lab.scenario_names import EVIDENCE, NETWORK
from diwan_lab.verdict import Verdict, is_at_rest, judge, judge_rows
from diwan_lab.watching import Watcher
from diwan_lab.weather import FILLER, Weather

REST_SECONDS: Final = 240.0
"""How long a healed network may take to come to rest: a post may wait a minute before it connects again."""
LONG_PLAN: Final = 100
"""Faults of a plan in which everybody is told at least once that something is saved."""
MIRROR_SECONDS: Final = 40.0
"""How long after the last save everything is on the stick in a post: it is written every ten seconds."""


@dataclass(frozen=True)
class Plan:
    """One plan of a run: its own seed, and its place among the plans carried out on the same network, from 1."""

    seed: int
    number: int


@dataclass
class Outcome:
    """The result that a scenario prints as its last line."""

    faults: int
    verdict: Verdict
    seconds: float
    rested: bool
    fell: list[str]
    plan: Plan
    """The first plan after which something was wrong; else the last one."""

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
            "plan": {"seed": self.plan.seed, "number": self.plan.number},
        }


class Scenario:
    """One network and the plans carried out on it."""

    def __init__(
        self, folder: Path, name: str, seed: int, faults: int, posts: int, every: float, seconds: float
    ) -> None:
        self._folder = folder
        self._kinds = NAMED[name]
        self._seed, self._number, self._posts, self._every, self._seconds = seed, faults, posts, every, seconds
        self._fell: list[str] = []
        self._out_of_scope: list[str] = []
        self._lacking: list[str] = []
        self._plan = Plan(seed, 1)
        self._failed: Plan | None = None
        self._disks = "full" in self._kinds and can_mount()

    def run(self) -> Outcome:
        """Everything; one verdict over all plans. Raises what a cluster raises."""
        folder = self._folder / NETWORK
        nodes = [folder / "central", *(folder / f"post{number}" for number in range(1, self._posts + 1))]
        if self._disks:
            own_mounts()
            give_disks(nodes)
        elif "full" in self._kinds:
            _say("no disk will be full: that takes root")
        try:
            return self._break(folder)
        finally:
            if self._disks:  # they end with this process
                for node in nodes:
                    leave = shutil.ignore_patterns("*.sock", FILLER)
                    shutil.copytree(node, self._folder / EVIDENCE / node.name, ignore=leave)

    def _break(self, folder: Path) -> Outcome:
        started = time.monotonic()
        done = 0
        self._diary = Diary(self._folder / NAME)
        weather = Weather(folder, self._posts, steps=_say)
        weather.diary = self._diary
        weather.hostile = not {"forge", "replay"}.isdisjoint(self._kinds)
        with weather as cluster:
            book = Acknowledged(self._folder / "told.jsonl", self._diary)
            officers = self._hire(cluster, book)
            faults = Faults(cluster, officers, book)
            if "attack" in self._kinds:
                faults.thief.join()
                faults.cards.trust.hostile.add(faults.thief.id)
            if "move" in self._kinds:
                faults.administration.start_work(self._seed)
            if "pull" in self._kinds:
                self._mirror(cluster)
            with Watcher(cluster, self._diary, faults.cards.at_work):
                for officer in officers.values():
                    officer.start()
                wait_until(lambda: len(book.records) >= 3 * self._posts, 60)
                done = self._carry_out_plans(cluster, faults, officers, book, started)
                for officer in officers.values():
                    officer.leave()
                for officer in officers.values():
                    officer.join(60)
                rested = self._everything_travels(cluster, book) and self._come_to_an_end(cluster)
            self._fell += faults.cards.fell
            self._fell += ["a hostile broker ended by an error of ours"] * faults.broker.unfinished
            self._fell += [f"{post.name} has an expired certificate" for post in cluster.posts if has_ended(post)]
            taps = (folder / "tap").glob("*")
            verdict = judge(cluster.central, cluster.posts, book.told, taps, faults.cards.trust)
            verdict.out_of_scope += len(self._out_of_scope)
            verdict.diverged += len(self._lacking)
            verdict.words += [*self._out_of_scope[:5], *self._lacking[:5]]
            for words in (*verdict.words, *self._fell):
                self._diary.note("wrong", words=words)
        troubles = dict(sum((Counter(officer.troubles) for officer in officers.values()), Counter()).most_common(12))
        _say(
            f"{book.attempts} saves tried, {faults.put_back} databases put back, {faults.cards.copied} cards copied, "
            f"{len(faults.cards.trust.revocations)} keys revoked, {faults.thief.attacks} attacks of a thief, "
            f"{faults.broker.made} messages of a hostile broker, {faults.administration.moved} moves of cases; "
            f"what officers met: {troubles}"
        )
        seconds = time.monotonic() - started
        return Outcome(done, verdict, seconds, rested, self._fell, self._failed or self._plan)

    def _everything_travels(self, cluster: Weather, book: Acknowledged) -> bool:
        """Once nothing moves any more, look for what is where it is not to be; then have all of it travel to all again,
        so that every node must come to hold the same. Whether the network came to rest."""
        if "reach" not in self._kinds:
            return True
        rested = self._rest(cluster, "at rest, with what is kept back")
        rested = wait_until(lambda: scopes.is_level(cluster.central, cluster.posts), REST_SECONDS) and rested
        found = scopes.out_of_scope(cluster.central, cluster.posts, book.told)
        lacking = scopes.lacking(cluster.central, cluster.posts)
        self._out_of_scope += found
        self._lacking += lacking
        _say(f"{scopes.in_words(cluster.central)}; out of scope: {len(found)}; lacking in scope: {len(lacking)}")
        diwan("central", "reach", *scopes.TYPES, "--nominal", "all", "--dir", cluster.central)
        return wait_until(lambda: scopes.is_level(cluster.central, cluster.posts), REST_SECONDS) and rested

    def _come_to_an_end(self, cluster: Weather) -> bool:
        """Whether the network came to rest, also without its consoles and with what the mirror brings."""
        rested = self._rest(cluster, "at rest")
        # A console that ends anchors its log of reads: the last rows of all.
        cluster.stop(*(name for name in cluster.names() if name.endswith(".web")))
        rested = rested and self._rest(cluster, "at rest without consoles", consoles=False)
        if rested and cluster.stick.exists():
            rested = self._bring_mirror(cluster)
        return rested

    def _carry_out_plans(
        self, cluster: Weather, faults: Faults, officers: dict[str, Officer], book: Acknowledged, started: float
    ) -> int:
        """Plan after plan, until the time is over or one has left something wrong; the number of faults."""
        done = 0
        while True:
            self._plan = Plan(self._seed + done, self._plan.number + bool(done))
            plan = make_plan(self._plan.seed, self._number, self._posts, self._kinds, self._every, root=self._disks)
            self._diary.note("plan", seed=self._plan.seed, number=self._plan.number, faults=len(plan))
            done += len(plan)
            told = len(book.told)
            self._carry_out(plan, cluster, faults)
            faults.settle()
            self._note_idle(plan, cluster, {one.post for one in book.told[told:]})
            if not plan or time.monotonic() - started > self._seconds:
                return done
            for officer in officers.values():
                officer.rest(True)
            rested = self._everything_travels(cluster, book)
            rested = rested and self._rest(cluster, f"{done} faults, {len(book.told)} saves acknowledged; at rest")
            if not rested or not self._looks_well(cluster, book, faults):
                self._failed = self._failed or self._plan
                return done
            for officer in officers.values():
                officer.rest(False)

    def _note_idle(self, plan: Sequence[Fault], cluster: Weather, busy: set[str]) -> None:
        """A long plan in which nobody could work at some post proves little of it: that is a failure too."""
        if len(plan) >= LONG_PLAN:
            idle = [post.name for post in cluster.posts if post.name not in busy]
            self._fell += [f"nobody at {name} saved anything during plan {self._plan.number}" for name in idle]

    def _looks_well(self, cluster: Weather, book: Acknowledged, faults: Faults) -> bool:
        """Whether every row is where it belongs between two plans. A console may write a row of its log of reads at any
        moment, so what is wrong must be so three times."""
        for _ in range(3):
            verdict = judge_rows(cluster.central, cluster.posts, book.told, faults.cards.trust)
            if verdict.good:
                return True
            time.sleep(5)
        _say(f"WRONG AFTER PLAN {self._plan.number}: {verdict.words[:1]}")
        return False

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
                    if again is None:
                        self._diary.note_fault("over", plan[number])
                    else:
                        heapq.heappush(undo, (time.monotonic() - started + again, number, end))
                if now >= moment:
                    return
                self._watch(cluster, faults)
                time.sleep(max(0.0, min(0.2, moment - now)))

        for number, fault in enumerate(plan):
            until(fault.at)
            _say(str(fault))
            self._diary.note_fault("fault", fault)
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
                self._failed = self._failed or self._plan
                self._diary.note("fell", process=name, words=cluster.tail(name, 1))
                _say(f"{name} ENDED BY ITSELF\n{cluster.tail(name)}")
            cluster.start_only(name)

    def _rest(self, cluster: Weather, words: str, *, consoles: bool = True) -> bool:
        cluster.start(*(name for name in cluster.names() if consoles or not name.endswith(".web")))
        began = time.monotonic()
        rested = wait_until(lambda: is_at_rest(cluster.central, cluster.posts), REST_SECONDS)
        self._diary.note("rest", words=words, rested=rested)
        _say(f"{words} after {time.monotonic() - began:.0f} s" if rested else "DID NOT COME TO REST")
        return rested


def _say(text: str) -> None:
    click.echo(f"Diwan: {text}", err=True)
