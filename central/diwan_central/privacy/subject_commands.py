"""`diwan central subject …`: what is held about a person, and who read it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click
from diwan_core.console_line import folder_option, json_option, plain_errors, say

from diwan_central.privacy.retention_commands import opened

LANGUAGES: Final = ("en", "ar")


@click.group("subject")
def subject() -> None:
    """What is held about a person, and who read it: the report that a person may ask for."""


@subject.command()
@folder_option
@click.argument("words", nargs=-1, required=True)
@click.option("--by", required=True, metavar="NAME", help="The account that searches; asks for its password.")
@json_option
@plain_errors
def find(folder: Path, words: tuple[str, ...], by: str, as_json: bool) -> None:
    """Find records by a name in any script, a number, a plate or a telephone. You decide which are the same person."""
    from diwan_core.accounts_at_machine import note_as, proven_actor
    from diwan_core.intake.cli.show import row_lines
    from diwan_core.roles import Action

    from diwan_central.privacy.runs import refuse_role

    text = " ".join(words)
    with opened(folder) as (register, _store):
        actor = proven_actor(folder, by)
        refuse_role(actor, Action.REPORT_SUBJECT)
        note_as(folder, actor, "subject.searched", words=text)
        rows = {row.id: row for row in (*register.search_identifier(text), *register.search(text))}
    found = [{"id": row.id, "type": row.type} for row in rows.values()]
    say(as_json, "\n".join(row_lines([*rows.values()])) or "nothing found", records=found)


@subject.command()
@folder_option
@click.option("--person", "persons", multiple=True, metavar="RECORD", help="A record that is this person; repeat it.")
@click.option("--naming", multiple=True, metavar="RECORD", help="Another record that names the person; repeat it.")
@click.option("--mine", multiple=True, metavar="RECORD/PART/KEY", help="A part of a record that is about the person.")
@click.option("--reason", required=True, help="Why: who asked, and when. It stays in the log of reads.")
@click.option("--pdf", type=click.Path(path_type=Path, dir_okay=False), help="Write the report on paper.")
@click.option("--file-json", type=click.Path(path_type=Path, dir_okay=False), help="Write it for programs.")
@click.option("--xlsx", type=click.Path(path_type=Path, dir_okay=False), help="Write it as a workbook.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of the report.")
@click.option("--by", required=True, metavar="NAME", help="The account that makes it; asks for its password.")
@json_option
@plain_errors
def report(
    folder: Path, persons: tuple[str, ...], naming: tuple[str, ...], mine: tuple[str, ...], reason: str,
    pdf: Path | None, file_json: Path | None, xlsx: Path | None, language: str, by: str, as_json: bool,
) -> None:  # fmt: skip
    """Make the report to a person from the records that you chose. Texts that may name others are black in it; to
    release them, make the report in the console."""
    from diwan_core.accounts_at_machine import proven_actor
    from diwan_core.roles import Action

    from diwan_central.privacy.runs import refuse_role
    from diwan_central.privacy.subject import Chosen
    from diwan_central.privacy.subject_made import make_at_machine

    wanted = {form: path for form, path in (("pdf", pdf), ("json", file_json), ("xlsx", xlsx)) if path}
    if not wanted:
        raise click.UsageError("name what to write: --pdf, --file-json or --xlsx")
    chosen = Chosen(tuple(dict.fromkeys(persons)), tuple(dict.fromkeys(naming)), frozenset(mine))
    with opened(folder) as (register, store):
        actor = proven_actor(folder, by)
        refuse_role(actor, Action.REPORT_SUBJECT)
        made = make_at_machine(folder, register, store, actor, chosen, reason, wanted, language)
    lines = [f"report {made.number}: {made.records} records, {made.black} texts black"]
    lines += [f"held back\t{type}\t{id}\t{law}" for id, type, law in made.held_back]
    lines += [f"log of reads not here\t{log.label}\t{log.rows} rows" for log in made.logs]
    held = [{"record": id, "type": type, "law": law} for id, type, law in made.held_back]
    say(
        as_json, "\n".join(lines), report=made.number, records=made.records, black=made.black, held_back=held,
        logs_elsewhere=[log._asdict() for log in made.logs],
    )  # fmt: skip


@subject.command("take-log")
@folder_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@json_option
@plain_errors
def take_log(folder: Path, file: Path, as_json: bool) -> None:
    """Take the log of reads of a post, which `diwan audit hand-in` wrote there: reports then say who looked at it."""
    from diwan_core.trust import NodeKeys
    from diwan_core.trust.access_log.at_machine import note_at_machine
    from diwan_core.trust.access_log.handed_in import LARGEST

    from diwan_central.privacy.handed_in_logs import take_log as take

    with opened(folder) as (register, store):
        with file.open("rb") as held:
            sealed = held.read(LARGEST + 1)
        taken = take(register, store, NodeKeys.load(folder), sealed)
        note_at_machine(folder, "subject.log_taken", post=taken.node, rows=taken.rows)
    say(as_json, f"{taken.rows} rows of the log of {taken.node} are here", node=taken.node, rows=taken.rows)


@subject.command("held-back")
@folder_option
@json_option
@plain_errors
def list_held(folder: Path, as_json: bool) -> None:
    """List the types, and fields of types, that are held back from reports to persons, each with the law."""
    from diwan_central.privacy.subject_reports import held_types

    with opened(folder) as (_register, store):
        held = held_types(store)
    say(as_json, "\n".join(f"{name}\t{law}" for name, law in sorted(held.items())), held_back=held)


@subject.command("hold-back")
@folder_option
@click.argument("name", metavar="TYPE[.FIELD]")
@click.option("--law", required=True, help="The law that allows it; for --tell, that asks for it.")
@click.option("--tell", is_flag=True, help="Tell it from now on.")
@json_option
@plain_errors
def hold_back(folder: Path, name: str, law: str, tell: bool, as_json: bool) -> None:
    """Set whether records of a type, or a field of them, are held back from reports to persons."""
    from diwan_core.trust.access_log.at_machine import note_at_machine, person_at_machine

    from diwan_central.privacy.subject_reports import set_held

    with opened(folder) as (_register, store):
        set_held(store, name, not tell, law, person_at_machine())
        note_at_machine(folder, "subject.type_set", type=name, held=not tell, law=law)
    say(as_json, f"{name} is {'told' if tell else 'held back'} from now on", name=name, held=not tell)
