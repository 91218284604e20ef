"""Runs of erasure: proposed by one account, approved by another, carried out in portions.

An item is approved for exactly what its record held when it was listed. In the transaction that writes the order into
the ledger the record is judged once more, and left out with a reason where that has changed. A portion is noted after
its order is in the ledger; after a power cut in between, a record that is erased already is noted as such."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

from diwan_core.dictionary.retention import NEEDING
from diwan_core.exchange.erasure import order_judged
from diwan_core.node import NodeError
from diwan_core.register import Register, Transaction
from diwan_core.register.erasure.orders import halves_ordered
from diwan_core.register.retention.due import Due, DuePlace, Question, day_over, due_page, judge, namers_of
from diwan_core.register.retention.rules import rules_in_force
from diwan_core.roles import Action, allowed
from diwan_core.trust import NodeKeys
from diwan_core.trust.people.second_person import Actor, alike

from diwan_central.days import now_ms
from diwan_central.privacy.holds import checked_reason, held_records
from diwan_central.privacy.store import PrivacyStore

MOST: Final = 5_000
"""Records of one run: as many as people can answer for. What is left is due next time."""
PORTION: Final = 50
"""Records ordered in one transaction, so that reports of posts come between."""
_PAGE: Final = 500

State = Literal["proposed", "approved", "refused", "withdrawn", "done"]
Outcome = Literal["", "erased", "changed", "held", "needed", "contested", "kept", "gone"]
"""What became of an item: "" while it waits. `kept`: not due any more; `gone`: no such record any more."""
_GOES: Final = ("", "erased")


class RunRefused(NodeError):
    """A run cannot be proposed or decided so: the message says why and what to do."""


class Run(NamedTuple):
    """A run of erasure. Times are UTC milliseconds; `over` is the day up to which records were due."""

    number: int
    state: State
    basis: str
    over: str
    proposed_by: str
    proposed_role: str
    proposed_ms: int
    place: bytes
    device: bytes
    decided_by: str
    decided_role: str
    decided_ms: int
    reason: str
    alike: str
    ended_ms: int


class Item(NamedTuple):
    """A record that a run lists; `kept` is its last day, `content` the digest of what it held."""

    run: int
    no: int
    record: str
    type: str
    kept: str
    content: bytes
    halves: int
    outcome: Outcome


def question(register: Register, store: PrivacyStore) -> Question:
    """What decides now whether a record is due."""
    with register.store.read() as transaction:
        over = day_over(transaction, register.config.role)
    return Question(over, rules_in_force(register.store), held_records(store))


def propose(
    register: Register, store: PrivacyStore, actor: Actor, basis: str, records: Sequence[str] = (), most: int = MOST
) -> Run:
    """Propose a run over all records that are due and that nothing keeps, or over those of `records`. `basis` is the
    law it happens under; it stays in the ledger for ever. Raises RunRefused, HoldRefused."""
    refuse_role(actor, Action.PROPOSE_ERASURE)
    basis, asked = checked_reason(basis), question(register, store)
    if not asked.over:
        raise RunRefused("The clock of this machine is not sure, so nothing is due. Set its clock first.")
    listed = {row[0] for row in store.rows(
        "select item.record from item join run on run.id=item.run where run.state in ('proposed', 'approved') "
        "and item.outcome=''"
    )}  # fmt: skip
    found: list[Due] = []
    if records:
        with register.store.read() as transaction:
            found = [due for one in dict.fromkeys(records) if (due := judge(transaction, one, asked))]
        found = [due for due in found if not due.stop and due.id not in listed][:most]
    else:
        place: DuePlace | None = DuePlace()
        while place is not None and len(found) < min(most, MOST):
            page = due_page(register.store, asked, place, _PAGE)
            found += [due for due in page.rows if not due.stop and due.id not in listed]
            place = page.after
        found = found[: min(most, MOST)]
    found.sort(key=lambda due: due.type not in NEEDING)  # first what keeps others where it stays
    if not found:
        raise RunRefused("Nothing is due that could be erased: it is held back, needed, or in another run.")
    with store.writing():
        number = store.write(
            "insert into run (state, basis, over, proposed_by, proposed_role, proposed_ms, place, device, decided_by, "
            "decided_role, decided_ms, reason, alike, ended_ms) values ('proposed', ?, ?, ?, ?, ?, ?, ?, '', '', 0, "
            "'', '', 0)",
            (basis, asked.over, actor.name, actor.role, now_ms(), actor.place, actor.device),
        )
        for no, due in enumerate(found, 1):
            store.write(
                "insert into item values (?, ?, ?, ?, ?, ?, ?, '')",
                (number, no, due.id, due.type, due.kept.day, due.content, due.kept.halves),
            )
    return run_of(store, number)


def approve(store: PrivacyStore, number: int, actor: Actor) -> Run:
    """Approve what somebody else proposed. Raises RunRefused: also where it is the same account."""
    refuse_role(actor, Action.APPROVE_ERASURE)
    with store.writing():
        run = _open(store, number)
        if run.proposed_by.casefold() == actor.name.casefold():
            raise RunRefused("You proposed this run. Somebody else has to look at it and approve it.")
        _decide(store, number, "approved", actor, "", alike((run.place, run.device), actor))
    return run_of(store, number)


def refuse(store: PrivacyStore, number: int, actor: Actor, reason: str) -> Run:
    """Refuse a run; whoever proposed it withdraws it so. Raises RunRefused, HoldRefused."""
    reason = checked_reason(reason)
    with store.writing():
        run = _open(store, number)
        own = run.proposed_by.casefold() == actor.name.casefold()
        if not own:
            refuse_role(actor, Action.APPROVE_ERASURE)
        _decide(store, number, "withdrawn" if own else "refused", actor, reason, "")
    return run_of(store, number)


def carry_out(register: Register, store: PrivacyStore, keys: NodeKeys, run: Run) -> bool:
    """Carry out one portion of an approved run; whether something is left of it. Raises RegisterError, LedgerRefused:
    then nothing of the portion is ordered."""
    if run.state != "approved":
        raise RunRefused(f"Run {run.number} is {run.state}; only an approved one is carried out.")
    waiting = items(store, run.number, outcome="", limit=PORTION)
    if waiting:
        with store.writing():  # nobody holds a record back while it is being ordered
            for no, outcome in _order(register, store, keys, run, waiting).items():
                store.write("update item set outcome=? where run=? and no=?", (outcome, run.number, no))
    if items(store, run.number, outcome="", limit=1):
        return True
    store.write("update run set state='done', ended_ms=? where id=? and state='approved'", (now_ms(), run.number))
    return False


def _order(
    register: Register, store: PrivacyStore, keys: NodeKeys, run: Run, waiting: Sequence[Item]
) -> dict[int, Outcome]:
    """Order what goes of a portion, and of what the run lists later and that names it: what became of each."""
    asked, outcomes = question(register, store), dict[int, Outcome]()
    later = {item.record: item for item in items(store, run.number, outcome="", limit=MOST)}
    staying = {*held_records(store), *_left_out(store, run.number)}  # what stays keeps what it names
    asked = asked._replace(held=staying)

    def judged(transaction: Transaction) -> list[tuple[str, int]]:
        erased, going = halves_ordered(transaction), _with_namers(transaction, waiting, later)
        while going:  # until nothing more is left out: what stays keeps what it names, wherever that stands
            outcomes.update((item.no, _outcome(transaction, item, asked, erased)) for item in going)
            left = {item.record for item in going if outcomes[item.no] not in _GOES}
            if not left:
                break
            staying.update(left)
            going = [item for item in going if outcomes[item.no] in _GOES]
        ordered = [(item.record, item.halves) for item in going if not outcomes[item.no]]
        outcomes.update((item.no, "erased") for item in going)
        return ordered

    order_judged(register, keys, judged, f"{run.basis} (run {run.number} of {run.over})")
    return outcomes


def _with_namers(transaction: Transaction, waiting: Sequence[Item], later: Mapping[str, Item]) -> list[Item]:
    """These items and those that name one of them, wherever the run lists them: what is found out about one of these
    decides about the others, so they are ordered together."""
    found = {item.record: item for item in waiting}
    left = [*found]
    while left:
        for record in namers_of(transaction, left.pop()):
            if record in later and record not in found:
                found[record] = later[record]
                left.append(record)
    return [*found.values()]


def _outcome(transaction: Transaction, item: Item, asked: Question, erased: dict[str, int]) -> Outcome:
    """Why an item is left out; "" where it is to be erased now."""
    if erased.get(item.record, 0) & item.halves == item.halves:
        return "erased"
    if not asked.over:
        return "kept"
    due = judge(transaction, item.record, asked)
    if due is None:
        return "kept"
    if due.content != item.content or due.kept.halves != item.halves:
        return "changed"
    return due.stop


def _left_out(store: PrivacyStore, run: int) -> set[str]:
    """The records of a run that were left out so far."""
    sql = "select record from item where run=? and outcome not in ('', 'erased')"
    return {str(row[0]) for row in store.rows(sql, (run,))}


def runs(store: PrivacyStore, limit: int = 100) -> list[Run]:
    """The latest runs, the newest first."""
    return [Run(*row) for row in store.rows("select * from run order by id desc limit ?", (limit,))]


def run_of(store: PrivacyStore, number: int) -> Run:
    """A run by its number. Raises RunRefused."""
    found = store.rows("select * from run where id=?", (number if 0 < number < 2**63 else 0,))
    if not found:
        raise RunRefused(f"There is no run {number}. List them again.")
    return Run(*found[0])


def approved_run(store: PrivacyStore) -> Run | None:
    """The oldest run that is approved and not done."""
    found = store.rows("select * from run where state='approved' order by id limit 1")
    return Run(*found[0]) if found else None


def items(store: PrivacyStore, run: int, *, outcome: str | None = None, after: int = 0, limit: int = 100) -> list[Item]:
    """Items of a run in its order, after a number; those with one outcome where one is named."""
    sql = "select * from item where run=? and no>?" + ("" if outcome is None else " and outcome=?")
    values = (run, after) if outcome is None else (run, after, outcome)
    return [Item(*row) for row in store.rows(f"{sql} order by no limit ?", (*values, limit))]


def outcomes_of(store: PrivacyStore, run: int) -> dict[Outcome, int]:
    """How many items of a run came to what."""
    sql = "select outcome, count(*) from item where run=? group by outcome order by outcome"
    return {row[0]: row[1] for row in store.rows(sql, (run,))}


def _open(store: PrivacyStore, number: int) -> Run:
    run = run_of(store, number)
    if run.state != "proposed":
        raise RunRefused(f"Run {number} was decided already: it is {run.state}.")
    return run


def _decide(store: PrivacyStore, number: int, state: State, actor: Actor, reason: str, alike: str) -> None:
    store.write(
        "update run set state=?, decided_by=?, decided_role=?, decided_ms=?, reason=?, alike=? where id=?",
        (state, actor.name, actor.role, now_ms(), reason, alike, number),
    )


def refuse_role(actor: Actor, action: Action) -> None:
    """Raise RunRefused where an account's role does not hold the action; the command line holds none."""
    if not allowed(actor.role, action):
        raise RunRefused(f"The account {actor.name} may not {action.value}. See docs/security/roles.md.")
