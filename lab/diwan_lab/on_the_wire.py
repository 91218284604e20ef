"""Finds in the taps when the rows and pictures of a record were handed to the broker, and when they were receipted.

A tap has no times of its own: the diary of a scenario says how long each was at which moment, so that a message was
sent by then. A receipt carries the centre's time.
"""

import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from diwan_lab.diary import Entry
from diwan_lab.kept_network import KeptNetwork
from diwan_lab.opened import FEED, PIECE, ROWS, name_of, outside, piece_inside, placed_messages, reader_of, runs_inside
from diwan_lab.traced import Change, Ref

SAVED, TOLD, SENT, ARRIVED, RECEIPTED, PUBLISHED, FOLLOWED, FAULT = range(8)
"""Ranks of what happens to a change: the order in which things of one moment are told. Nothing orders a receipt and its
publication, since ingest and relay are two processes."""


@dataclass(frozen=True)
class Sent:
    """Something on the wire: by when (milliseconds since 1970, None where nobody wrote it down), from which node, what
    it was about, and what it was in words. `order` is its place in its tap."""

    ms: int | None
    node: str
    about: str
    words: str
    order: int
    rank: int
    """What comes first of what was seen at one moment."""


class Times:
    """By when each tap had which length."""

    def __init__(self, diary: Iterable[Entry]) -> None:
        self._at: dict[str, tuple[list[int], list[int]]] = {}
        for entry in diary:
            if entry.event == "taps":
                for tap, length in entry.facts["lengths"].items():
                    lengths, moments = self._at.setdefault(tap, ([], []))
                    lengths.append(length)
                    moments.append(entry.ms)

    def of(self, tap: str, length: int) -> int | None:
        """When the tap was seen to be so long."""
        lengths, moments = self._at.get(tap, ([], []))
        place = bisect.bisect_left(lengths, length)
        return moments[place] if place < len(moments) else None


def on_the_wire(network: KeptNetwork, changes: Sequence[Change], pictures: Iterable[str]) -> list[Sent]:
    """Everything that was sent of these changes and pictures, and each receipt that says something new of them."""
    times = Times(network.diary)
    refs = {change.ref: change.ms for change in changes}
    last = max((change.number or 0 for change in changes), default=0)
    blobs = set(pictures)
    found: list[Sent] = []
    for tap in network.taps:
        node = tap.name.partition(".")[0]
        for sent in _read(network, tap, node, refs, last, blobs):
            found.append(replace(sent, ms=sent.ms or times.of(tap.name, sent.order)))
    return _told_once(found)


def _read(
    network: KeptNetwork, tap: Path, node: str, refs: Mapping[Ref, int], last: int, blobs: set[str]
) -> Iterator[Sent]:
    centre = reader_of(network.central, "central")
    for length, topic, payload in placed_messages(tap):
        way, name, leaf = [*topic.split("/"), "", "", ""][2:5]
        to = network.ids.get(name, name)
        try:
            if way == "up" and leaf == "p":
                head = outside(payload)
                if head.kind == ROWS:
                    for ref in _within(refs, [(head.epoch, head.first, head.last)]):
                        yield Sent(
                            None,
                            node,
                            _name(ref),
                            f"sent to the centre in rows {head.first} to {head.last}",
                            length,
                            SENT,
                        )
            elif way == "scope" or leaf == "f":
                head = outside(payload)
                if head.kind == FEED and head.number <= last:
                    words = "published to all members" if way == "scope" else f"sent to {to} in a page of the feed"
                    for ref in _within(refs, runs_inside(centre, payload)):
                        yield Sent(None, node, _name(ref), words, length, PUBLISHED)
            elif leaf == "r":
                yield from _receipt(payload, to, refs, length)
            elif leaf == "b" and blobs and way == "up":
                head = outside(payload)
                piece = piece_inside(centre, payload) if head.kind == PIECE else None
                if piece and piece[0] in blobs:
                    yield Sent(
                        None, node, piece[0], f"picture {piece[0][:12]}: pieces sent to the centre", length, SENT
                    )
            elif leaf == "c":
                _, blob, have, whole, *_ = msgspec.msgpack.decode(payload)
                if blob.hex() in blobs:
                    words = "receipted whole" if whole else f"receipted as far as byte {have}"
                    yield Sent(None, node, blob.hex(), f"picture {blob.hex()[:12]} {words}, to {to}", length, RECEIPTED)
        except (ValueError, IndexError, TypeError, msgspec.DecodeError):
            continue  # harmed on purpose, or of a form nobody knows


def _receipt(payload: bytes, to: str, refs: Mapping[Ref, int], length: int) -> Iterator[Sent]:
    _, raw, stored, _, _, ms, ask, *_ = msgspec.msgpack.decode(payload)
    epoch = name_of(raw)
    for ref, saved in refs.items():
        if ref[0] == epoch and stored >= ref[1]:
            yield Sent(ms, "central", _name(ref), f"receipted to {to}", length, RECEIPTED)
        elif ref[0] == epoch and ask and ms > saved:
            yield Sent(ms, "central", _name(ref), f"asked for again from {to}", length, RECEIPTED)


def _within(refs: Mapping[Ref, int], runs: Iterable[tuple[str, int, int]]) -> Iterator[Ref]:
    for epoch, first, last in runs:
        yield from sorted(ref for ref in refs if ref[0] == epoch and first <= ref[1] <= last)


def _told_once(found: Iterable[Sent]) -> list[Sent]:
    """What was sent several times is told with its first time and how often."""
    groups: dict[tuple[str, str, str], list[Sent]] = {}
    for sent in found:
        groups.setdefault((sent.node, sent.about, sent.words), []).append(sent)
    told = []
    for (_, _, words), group in groups.items():
        first = min(group, key=lambda sent: (sent.ms is None, sent.ms or 0, sent.order))
        often = words.startswith(("receipted", "picture")) or len(group) == 1
        told.append(replace(first, words=words if often else f"{words}, {len(group)} times in all"))
    return told


def _name(ref: Ref) -> str:
    return f"{ref[0]}:{ref[1]}"


def on_sticks(network: KeptNetwork, changes: Sequence[Change]) -> list[str]:
    """Files of sticks that hold these changes, by their names (docs/protocol.md, "Conversation by stick")."""
    found = []
    for stick in network.sticks:
        for path in sorted(stick.glob("diwan/up/*/p-*.dwn")):
            _, epoch, first, last, *_ = path.stem.split("-")
            held = [c.name for c in changes if c.ref[0] == epoch and int(first) <= c.ref[1] <= int(last)]
            if held:
                found.append(f"the stick {stick.name} holds {', '.join(held)} in {path.name}")
    return found
