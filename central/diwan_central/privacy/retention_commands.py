"""`diwan central retention …`: how long records are kept, which are due, and which are held back. The runs that erase
them are in `run_commands`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import click
from diwan_core.console_line import folder_option, json_option, plain_errors, say

if TYPE_CHECKING:
    from diwan_core.register import Register

    from diwan_central.privacy.store import PrivacyStore

by_option = click.option("--by", required=True, metavar="NAME", help="The account that does it; asks for its password.")
STOPS: Final = {
    "held": "held back", "needed": "needed by {by}", "contested": "two versions of its date stand side by side",
}  # fmt: skip


@contextmanager
def opened(folder: Path, role: Literal["writer", "reader"] = "reader") -> Iterator[tuple[Register, PrivacyStore]]:
    """The centre's register and its file of retention and access."""
    from diwan_core import node
    from diwan_core.register import Register

    from diwan_central.privacy.store import PrivacyStore

    node.load(folder, role="central")
    with Register.open(folder, role=role) as register, PrivacyStore.open(folder) as store:
        yield register, store


@click.group("retention")
def retention() -> None:
    """How long records are kept, which are due for erasure, and the runs that erase them."""


@retention.command("rules")
@folder_option
@json_option
@plain_errors
def list_rules(folder: Path, as_json: bool) -> None:
    """List for every type how long its records are kept: the rules of the country, and the defaults beside them."""
    from diwan_core.dictionary.retention import DEFAULTS, KEPT
    from diwan_core.register.retention.rules import retention_rules

    with opened(folder) as (register, _store):
        rules = retention_rules(register.store)
    lines = [
        f"{rule.type}\t{rule.basis or 'every other legal basis'}\t{rule.months} months after {rule.after}\trule"
        f"{'' if rule.halves == 3 else ', what names people'}\t{rule.record}"
        for rule in rules
    ]
    ruled = {rule.type for rule in rules if not rule.basis}
    lines += [
        f"{type}\tevery other legal basis\t{keep.months} months after {keep.after}\tdefault"
        for type, keep in DEFAULTS.items()
        if type not in ruled
    ]
    lines += [f"{type}\t\tno end\t{why}" for type, why in KEPT.items() if type not in ruled]
    found = [
        {"record": rule.record, "type": rule.type, "basis": rule.basis, "months": rule.months, "after": rule.after,
         "halves": rule.halves}
        for rule in rules
    ]  # fmt: skip
    defaults = {type: {"months": keep.months, "after": keep.after} for type, keep in DEFAULTS.items()}
    say(as_json, "\n".join(lines), rules=found, defaults=defaults)


@retention.command("set")
@folder_option
@click.argument("type")
@click.option("--basis", default="", help="The legal basis as records have it; none: every basis without its own rule.")
@click.option("--months", type=click.IntRange(0, 1200), required=True, help="For how many months they are kept.")
@click.option("--after", default="updated", show_default=True, help="The date it is counted from, such as date.")
@click.option("--erases", type=click.Choice(["both", "nominal"]), default="both", show_default=True,
              help="What is erased then: everything, or what names people with pictures and documents.")  # fmt: skip
@click.option("--law", default="", help="The law it is based on.")
@json_option
@plain_errors
def set_one(folder: Path, type: str, basis: str, months: int, after: str, erases: str, law: str, as_json: bool) -> None:
    """Set how long records of TYPE are kept. Every post holds the rule as soon as it hears of it."""
    from diwan_core.dictionary.retention import Rule
    from diwan_core.register.retention.rules import HALVES, set_rule
    from diwan_core.trust.access_log.at_machine import note_at_machine, person_at_machine

    with opened(folder, "writer") as (register, _store):
        rule = Rule(type, basis, months, after, HALVES[erases])
        found, is_new = set_rule(register, rule, law, author=person_at_machine())
        if is_new:
            note_at_machine(
                folder, "retention.set", type=type, basis=basis, months=months, counted=after, erases=erases
            )
        register.wake()
    what = "is" if is_new else "was already"
    of = basis or "(every other legal basis)"
    text = f"{type} {of}: kept {months} months after {after} {what} the rule ({found.record})"
    say(as_json, text, record=found.record, new=is_new)


@retention.command()
@folder_option
@click.argument("record")
@json_option
@plain_errors
def withdraw(folder: Path, record: str, as_json: bool) -> None:
    """Withdraw the rule RECORD: the next wider one, or the default, counts again."""
    from diwan_core.register.retention.rules import retention_rules, withdraw_rule
    from diwan_core.trust.access_log.at_machine import note_at_machine, person_at_machine

    with opened(folder, "writer") as (register, _store):
        rule = next((one for one in retention_rules(register.store) if one.record == record), None)
        if rule is None:
            raise click.ClickException(f"there is no rule {record}; see `diwan central retention rules`")
        withdraw_rule(register, record, author=person_at_machine())
        note_at_machine(folder, "retention.withdrawn", type=rule.type, basis=rule.basis)
        register.wake()
    say(as_json, f"the rule of {rule.type} {rule.basis} is withdrawn", record=record)


@retention.command()
@folder_option
@click.option("--after", default="", metavar="PLACE", help="Go on after this place, as the page before says it.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Lines of one page.")
@json_option
@plain_errors
def due(folder: Path, after: str, limit: int, as_json: bool) -> None:
    """List which records are due for erasure, a page at a time, and what keeps a due one from it."""
    from diwan_core.register.retention.due import due_page, place_of

    from diwan_central.privacy.runs import question

    place = place_of(after)
    if after and place is None:
        raise click.UsageError("give the place as the report shows it, such as case.1204")
    with opened(folder) as (register, store):
        asked = question(register, store)
        page = due_page(register.store, asked, place, limit)
    if not asked.over:
        raise click.ClickException("this machine does not know the date for sure: set its clock first")
    next_place = f"{page.after.type}.{page.after.number}" if page.after else ""
    lines = [
        f"{row.type}\t{row.id}\tkept until {row.kept.day} ({row.kept.by})"
        f"{', no date: counted from its last change' if row.kept.undated else ''}"
        f"{chr(9) + STOPS[row.stop].format(by=row.by) if row.stop else ''}"
        for row in page.rows
    ]
    nothing = "" if lines or after else "nothing is due, "
    lines.append(f"{nothing}up to {asked.over}" + (f"; more: --after {next_place}" if next_place else ""))
    rows = [
        {"id": row.id, "type": row.type, "kept_until": row.kept.day, "by": row.kept.by, "after": row.kept.after,
         "undated": row.kept.undated, "stop": row.stop, "needed_by": row.by}
        for row in page.rows
    ]  # fmt: skip
    say(as_json, "\n".join(lines), due=rows, over=asked.over, after=next_place)


@retention.command()
@folder_option
@click.argument("record")
@click.option("--reason", required=True, help="Why it is held back, such as the court's file number.")
@click.option("--review", required=True, metavar="DAY", help="The day on which somebody looks again: 2027-03-31.")
@by_option
@json_option
@plain_errors
def hold(folder: Path, record: str, reason: str, review: str, by: str, as_json: bool) -> None:
    """Hold RECORD back from erasure, for a trial or another reason, until somebody lets it go."""
    from diwan_core.accounts_at_machine import note_as, proven_actor
    from diwan_core.roles import Action

    from diwan_central.privacy.holds import hold as hold_back
    from diwan_central.privacy.runs import refuse_role

    with opened(folder) as (register, store):
        if register.type_of(record) is None:
            raise click.ClickException(f"there is no record {record} here: check its id with `diwan search`")
        actor = proven_actor(folder, by)
        refuse_role(actor, Action.PROPOSE_ERASURE)
        number = hold_back(register, store, record, reason, review, actor.name)
        note_as(folder, actor, "retention.held", record=record, reason=reason, review=review)
    say(as_json, f"hold {number}: {record} is held back; somebody looks again on {review}", hold=number)


@retention.command("let-go")
@folder_option
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why it need not be held back any more.")
@by_option
@json_option
@plain_errors
def let_go(folder: Path, number: int, reason: str, by: str, as_json: bool) -> None:
    """Let go the record of hold NUMBER."""
    from diwan_core.accounts_at_machine import note_as, proven_actor
    from diwan_core.roles import Action

    from diwan_central.privacy.holds import lift
    from diwan_central.privacy.runs import refuse_role

    with opened(folder) as (_register, store):
        actor = proven_actor(folder, by)
        refuse_role(actor, Action.PROPOSE_ERASURE)
        held = lift(store, number, reason, actor.name)
        note_as(folder, actor, "retention.let_go", record=held.record, reason=reason)
    say(as_json, f"{held.record} is not held back any more by hold {number}", record=held.record)


@retention.command("holds")
@folder_option
@json_option
@plain_errors
def list_holds(folder: Path, as_json: bool) -> None:
    """List the records that are held back, the next to be looked at first."""
    from diwan_central.privacy.holds import holds

    with opened(folder) as (_register, store):
        found = holds(store)
    lines = [f"{one.number}\t{one.record}\tlook again on {one.review}\t{one.person}\t{one.reason}" for one in found]
    say(as_json, "\n".join(lines) or "nothing is held back", holds=[one._asdict() for one in found])
