"""The timeline of one record in a whole network, moment by moment: from databases, taps and the diary."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from diwan_lab.diary import Entry, touches
from diwan_lab.kept_network import KeptNetwork
from diwan_lab.on_the_wire import (
    ARRIVED,
    FAULT,
    FOLLOWED,
    PUBLISHED,
    RECEIPTED,
    SAVED,
    SENT,
    TOLD,
    on_sticks,
    on_the_wire,
)
from diwan_lab.traced import (
    Change,
    Picture,
    changes,
    differences,
    find,
    pictures,
    refused_parcels,
    values_of,
    with_pictures,
)
from diwan_lab.verdict import MARK

BEFORE_MS = 3_000
"""How long before the first save faults are told."""


@dataclass(frozen=True)
class Moment:
    """One line of a timeline. `ms` since 1970, None where no time is known; `node` is where, "" for the network."""

    ms: int | None
    node: str
    words: str
    rank: int = FAULT


@dataclass
class Story:
    """Everything that is known about one record."""

    record: str
    type: str
    different: list[str]
    values: dict[str, dict[str, Any] | None]
    changes: list[Change]
    pictures: list[Picture]
    sticks: list[str]
    moments: list[Moment] = field(default_factory=list)
    started: int | None = None
    """When the run began, by the diary."""

    def second(self, moment: Moment) -> float | None:
        """The moment as a second of the run."""
        if moment.ms is None or self.started is None:
            return None
        return round((moment.ms - self.started) / 1000, 1)

    def as_json(self) -> dict[str, object]:
        """The same for programs."""
        return {
            "record": self.record,
            "type": self.type,
            "differences": self.different,
            "values": self.values,
            "changes": [_change(one) for one in self.changes],
            "pictures": [{"sha256": one.name, "record": one.record, "at": one.at} for one in self.pictures],
            "sticks": self.sticks,
            "timeline": [
                {"second": self.second(one), "ms": one.ms, "node": one.node, "words": one.words} for one in self.moments
            ],
        }


def _change(one: Change) -> dict[str, object]:
    return {
        "change": one.name,
        "writer": one.writer,
        "record": one.record,
        "type": one.type,
        "stamp_ms": one.ms,
        "author": one.author,
        "sets": sorted(one.values),
        "number": one.number,
        "at": one.at,
    }


def stories(network: KeptNetwork, asked: str) -> list[Story]:
    """What became of each record that is meant by `asked`; none where no node knows it."""
    return [_story(network, record) for record in find(network, asked)]


def _story(network: KeptNetwork, record: str) -> Story:
    records = with_pictures(network, [record])
    found = changes(network, records, MARK)
    shown = pictures(network, found)
    values = values_of(network, record)
    different = differences(values)
    for other in records[1:]:
        different += [f"picture {other}: {words}" for words in differences(values_of(network, other))]
    kind = next((one.type for one in found if one.record == record), "")
    story = Story(record, kind, different, values, found, shown, on_sticks(network, found))
    if network.diary:
        first = network.diary[0]
        story.started = first.ms - int(first.second * 1000)
    wire = on_the_wire(network, found, [one.name for one in shown])
    receipts: dict[str, int] = {}
    answers: dict[str, int] = {}
    for sent in wire:
        if sent.rank in (RECEIPTED, PUBLISHED) and sent.ms is not None:
            answers[sent.about] = min(sent.ms, answers.get(sent.about, sent.ms))
        if sent.rank == RECEIPTED and sent.ms is not None:
            receipts[sent.about] = min(sent.ms, receipts.get(sent.about, sent.ms))
    moments = [*_saves(found), *_told(network.diary, record, found), *_arrivals(network, found, receipts)]
    moments += [Moment(ms, "central", words, ARRIVED) for ms, words in refused_parcels(network, [c.ref for c in found])]
    for sent in wire:
        words = sent.words if sent.words.startswith("picture") else f"{sent.about} {sent.words}"
        ms = sent.ms
        if sent.rank == SENT and ms is not None:  # seen late: what is receipted or published has been sent before
            ms = min(ms, answers.get(sent.about, ms))
        moments.append(Moment(ms, sent.node, words, sent.rank))
    moments += _faults(network, found, [one.ms for one in moments if one.ms is not None], settled=not different)
    story.moments = sorted(moments, key=lambda one: (one.ms is None, one.ms or 0, one.rank))
    return story


def _saves(found: Iterable[Change]) -> Iterator[Moment]:
    for one in found:
        what = "created" if one.creates else "changed"
        sets = ", ".join(sorted(one.values)) or "what is erased"
        yield Moment(one.ms, one.writer, f"{one.name} saved by {one.author}: {one.type} {what} ({sets})", SAVED)


def _told(diary: Iterable[Entry], record: str, found: Sequence[Change]) -> Iterator[Moment]:
    marks = {mark: one.name for one in found for mark in one.marks}
    created = next((one.name for one in found if one.record == record and one.creates), "")
    for entry in diary:
        if entry.event == "told" and (entry.facts["record"] == record or entry.facts["mark"] in marks):
            about = marks.get(entry.facts["mark"], created if entry.facts["kind"] == "case" else "")
            words = "its erasure was ordered" if entry.facts["kind"] == "erasure" else "told that it is saved"
            yield Moment(
                entry.ms, entry.facts["post"], f"{entry.facts['kind']} {about or entry.facts['mark']}: {words}", TOLD
            )


def _arrivals(network: KeptNetwork, found: Sequence[Change], receipts: Mapping[str, int]) -> Iterator[Moment]:
    """When a node was first seen to hold an epoch as far as a change, and when not any more. Without what the writer
    holds of itself, unless it was lost."""
    held: set[tuple[str, str]] = set()
    lost: set[tuple[str, str]] = set()
    first: set[str] = set()
    for entry in network.diary:
        if entry.event != "heads":
            continue
        node = entry.facts["node"]
        for one in found:
            seq = entry.facts["heads"].get(one.ref[0])
            if seq is None:
                continue
            if seq >= one.ref[1] and (node, one.name) not in held:
                held.add((node, one.name))
                ms = entry.ms
                if node == "central" and one.name not in first:
                    first.add(one.name)
                    ms = min(ms, receipts.get(one.name, ms))
                if node != one.writer or (node, one.name) in lost:
                    rank = ARRIVED if node == "central" else FOLLOWED
                    yield Moment(ms, node, f"{one.name} is here by now", rank)
            elif seq < one.ref[1] and (node, one.name) in held:
                held.discard((node, one.name))
                lost.add((node, one.name))
                yield Moment(entry.ms, node, f"{one.name} IS NOT HERE ANY MORE: its epoch ends at {seq}")


def _faults(network: KeptNetwork, found: Sequence[Change], known: Sequence[int], *, settled: bool) -> Iterator[Moment]:
    """What the plan did to nodes this record was at, while it was on its way; up to the end where nodes differ."""
    nodes = {one.writer for one in found} | set(network.used)
    if not known:
        return
    begin, end = min(known) - BEFORE_MS, max(known)
    for entry in network.diary:
        if entry.ms < begin or (settled and entry.ms > end):
            continue
        facts = entry.facts
        if entry.event in ("fault", "over") and touches(facts, nodes):
            long = f" for {facts['lasts']} s" if entry.event == "fault" and facts["lasts"] else ""
            verb = "FAULT" if entry.event == "fault" else "fault over:"
            words = f"{verb} {facts['kind']} at {facts['where']}{long} {facts['detail']}".rstrip()
            yield Moment(entry.ms, facts["where"].partition(".")[0], words)
        elif entry.event == "done":
            yield Moment(entry.ms, facts["node"], facts["words"])
        elif entry.event == "fell":
            yield Moment(entry.ms, facts["process"].partition(".")[0], f"{facts['process']} ended by itself")
        elif entry.event == "plan":
            yield Moment(entry.ms, "", f"plan {facts['number']} (seed {facts['seed']}, {facts['faults']} faults)")
        elif entry.event == "rest":
            yield Moment(entry.ms, "", facts["words"] if facts["rested"] else "the network does not come to rest")
