"""The verdict of a scenario: what became of everything that people were told is saved, read from databases, blobs and
the wire.

Built on `checker`; like it, this never asks the product.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from diwan_lab.checker import (
    amounts_left,
    broken_chains,
    disagreements,
    holds_blob,
    is_level,
    reading,
    take_account,
)
from diwan_lab.erased import forbidden, is_carried_out, orders, traces
from diwan_lab.members import broken_feeds, missing_pictures, strays, unsent
from diwan_lab.officers import Told
from diwan_lab.opened import leaks
from diwan_lab.revoked import Trust, admitted_after, missing
from diwan_lab.signatures import bad_checkpoints, identities

MARK = re.compile(r"mark-(?:post|clone)\d+-\d+-[0-9a-f]{10}-end")


@dataclass
class Verdict:
    """Counts of what is wrong, and each of them in words. `conflicts` are no fault: they are kept and shown."""

    acknowledged: int = 0
    lost: int = 0
    duplicated: int = 0
    diverged: int = 0
    chain_errors: int = 0
    miscounted: int = 0
    in_clear: int = 0
    out_of_scope: int = 0
    not_erased: int = 0
    from_revoked: int = 0
    quarantined: int = 0
    conflicts: int = 0
    words: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        counts = (self.lost, self.duplicated, self.diverged, self.chain_errors, self.miscounted, self.in_clear)
        return not (any(counts) or self.out_of_scope or self.not_erased or self.from_revoked)


def judge(
    central: Path, posts: Sequence[Path], told: Sequence[Told], taps: Iterable[Path], trust: Trust | None = None
) -> Verdict:
    """Look at a network at rest. Raises sqlite3.Error."""
    trust = trust or Trust()
    verdict = judge_rows(central, posts, told, trust)
    late = admitted_after(central, trust.revocations)
    verdict.from_revoked = len(late)
    verdict.words += late[:5]
    keys = identities(central)
    feeds = broken_feeds(central)
    verdict.chain_errors += len(feeds)
    verdict.words += feeds[:5]
    for node in (central, *posts):
        errors = broken_chains(node) + bad_checkpoints(node, keys)
        verdict.chain_errors += len(errors)
        verdict.words += [f"{node.name}: {error}" for error in errors[:5]]
    taps = [tap for tap in taps if tap.exists()]
    leaked = leaks(central, posts, taps, trust.former)
    verdict.out_of_scope = len(leaked)
    verdict.words += leaked[:5]
    clear = in_clear(taps)
    verdict.in_clear = len(clear)
    verdict.words += [f"in clear on the wire: {found}" for found in clear[:5]]
    left = traces([central, *posts], *forbidden(central, told))
    expected = orders(central)
    left += [f"{node.name} has not carried out all erasures" for node in posts if not is_carried_out(node, expected)]
    verdict.not_erased = len(left)
    verdict.words += left[:5]
    return verdict


def judge_rows(central: Path, posts: Sequence[Path], told: Sequence[Told], trust: Trust) -> Verdict:
    """The part of a verdict that is quick: whether every row, picture and record is everywhere, once and the same.
    Raises sqlite3.Error."""
    verdict = Verdict(acknowledged=len(told))
    _look_for(verdict, central, told)
    account = take_account(central, posts)
    if account.missing:
        verdict.lost += account.missing
        verdict.words.append(f"{account.missing_rows} rows, {account.missing_pictures} pictures not at the centre")
    gone = missing(central, trust.retired)
    verdict.lost += len(gone)
    verdict.words += [f"LOST: {words}" for words in gone[:5]]
    verdict.quarantined, verdict.conflicts = account.quarantined, account.conflicts
    nameless = missing_pictures(central)
    verdict.lost += len(nameless)
    verdict.words += [f"LOST: {picture}" for picture in nameless[:5]]
    gone_for_good = unsent(central, posts, trust.hostile)
    left_out = set(gone_for_good.values())
    found = disagreements([central, *posts])
    different = [f"differs between nodes: {one} ({what})" for one, what in found.items() if one not in left_out]
    different += strays(central, posts, gone_for_good)
    verdict.diverged = len(different)
    verdict.words += different[:5]
    miscounts = wrong_counters(central, posts, trust.hostile)
    verdict.miscounted = len(miscounts)
    verdict.words += miscounts[:5]
    return verdict


def is_at_rest(central: Path, posts: Sequence[Path]) -> bool:
    """Whether the centre's counters and every post's place in the feed say that nothing is on its way, and no node has
    amounts to work out."""
    if not is_level(central, posts) or any(amounts_left(node) for node in (central, *posts)):
        return False
    with reading(central) as centre:
        head = centre.execute(
            "SELECT last, feed_hash FROM scope_run WHERE scope='national' ORDER BY first DESC LIMIT 1"
        ).fetchone()
    for post in posts:
        with reading(post) as reader:
            place = reader.execute("SELECT cursor, hash FROM feed WHERE scope='national'").fetchone()
            unreceipted = reader.execute("SELECT count(*) FROM epoch WHERE own=1 AND stored<seq").fetchone()[0]
            unsent = reader.execute("SELECT count(*) FROM blob WHERE own=1 AND stored=0").fetchone()[0]
        if place != head or unreceipted or unsent:
            return False
    expected = orders(central)
    return all(is_carried_out(node, expected) for node in (central, *posts))


def wrong_counters(central: Path, posts: Sequence[Path], hostile: Collection[str] = ()) -> list[str]:
    """Epochs at the centre whose counters are not what their rows say, or that are not at the head their origin sent.

    In words. At rest: highest seq sent = applied + quarantined, none waits but of nodes that are hostile."""
    wrong = []
    settled: dict[str, int] = {}
    with reading(central) as centre:
        for epoch, origin, own, seq, *counted, rows, applied, quarantined, waiting in centre.execute(_COUNTED):
            settled[epoch] = applied + quarantined
            if counted != [applied, quarantined, waiting] or rows != seq:
                wrong.append(
                    f"{epoch}: (applied, quarantined, waiting) are counted {counted} of {seq},"
                    f" held {[applied, quarantined, waiting]} of {rows}"
                )
            elif not own and waiting and origin not in hostile:
                wrong.append(f"{epoch}: {waiting} rows wait though everything has arrived")
    for post in posts:
        with reading(post) as reader:
            for epoch, sent in reader.execute("SELECT id, seq FROM epoch WHERE own=1 AND seq>0"):
                if settled.get(epoch, 0) != sent:
                    wrong.append(f"{post.name} {epoch}: {sent} sent, {settled.get(epoch, 0)} settled")
    return wrong


_COUNTED = (
    "SELECT e.id, e.origin, e.own, e.seq, e.applied, e.quarantined, e.waiting, count(j.no),"
    " coalesce(sum(j.verdict=0), 0), coalesce(sum(j.verdict=1), 0), coalesce(sum(j.verdict=2), 0)"
    " FROM epoch e LEFT JOIN journal j ON j.epoch=e.no GROUP BY e.no"
)


def in_clear(taps: Iterable[Path]) -> list[str]:
    """Marks that can be read in what was handed to the broker."""
    found: set[str] = set()
    for tap in taps:
        if tap.exists():
            found.update(MARK.findall(tap.read_bytes().decode("latin-1")))
    return sorted(found)


def _look_for(verdict: Verdict, central: Path, told: Sequence[Told]) -> None:
    marks: Counter[str] = Counter()
    created: Counter[str] = Counter()
    with reading(central) as centre:
        for meta, rest, nominal in centre.execute("SELECT meta, rest, nominal FROM journal WHERE verdict=0"):
            marks.update(set(MARK.findall((rest or "") + (nominal or ""))))
            record, kind, seen = (parsed := json.loads(meta))[0], parsed[1], parsed[8]
            if seen is None and kind == "case":
                created[record] += 1
    for mark, times in marks.items():
        if times > 1:
            verdict.duplicated += 1
            verdict.words.append(f"{mark} is at the centre {times} times")
    for record, times in created.items():
        if times > 1:
            verdict.duplicated += 1
            verdict.words.append(f"case {record} was created {times} times")
    erased = orders(central)
    for one in told:
        if one.kind == "erasure" and one.record not in erased:
            verdict.lost += 1
            verdict.words.append(f"LOST the order to erase {one.record}")
        if one.kind == "erasure" or (one.kind != "case" and one.record in erased):
            continue  # its rows are counted by `take_account`, what they held shall be gone
        held = created[one.record] if one.kind == "case" else marks[one.mark]
        if not held or (one.sha256 and not holds_blob(central, one.sha256)):
            verdict.lost += 1
            verdict.words.append(f"LOST {one.kind} of {one.post}: {one.record} {one.mark} {one.sha256[:12]}")
