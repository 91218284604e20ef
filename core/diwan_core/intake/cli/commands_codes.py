"""The commands `diwan codes import|list|show`: editions of UN/LOCODE, the HS and the national tariff; beside them
stand those of the units of the country (`commands_units`).

Exit codes: 0 done, or nothing new; 1 the register failed; 2 wrong usage, or no code could be read; 3 done, and some
lines were not taken; 4 (show) there is no such code."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from diwan_core import node
from diwan_core.dictionary import DICTIONARY, CodeTable
from diwan_core.dictionary.code_lines import BadLine, NotACodeFile
from diwan_core.dictionary.headings import Heading, read_headings, read_tariff
from diwan_core.dictionary.locode import Place, read_places, table_of
from diwan_core.intake.cli.command_kit import (
    NOT_HERE,
    SOME_REFUSED,
    USAGE,
    a_date,
    explain_errors,
    json_option,
    node_folder,
    stop,
)
from diwan_core.intake.cli.commands_departments import declare_command, list_command
from diwan_core.intake.cli.commands_equivalents import equivalents_command
from diwan_core.intake.cli.commands_prices import prices_command
from diwan_core.intake.cli.commands_settings import list_settings, set_command
from diwan_core.intake.cli.commands_units import declare_unit_command, list_units
from diwan_core.register import Refused, Register, RegisterError
from diwan_core.register.code_editions import editions, in_force, publish, today
from diwan_core.register.codes.code_blob import IN_LANGUAGES, LANGUAGES, LISTS
from diwan_core.register.codes.code_file import loaded_edition

SHOWN: Final = 50
"""Lines not taken that are printed; --errors writes all."""


@click.group("codes")
def codes_group() -> None:
    """Editions of code lists: UN/LOCODE, the Harmonized System, the national tariff."""


codes_group.add_command(declare_unit_command)
codes_group.add_command(list_units)
codes_group.add_command(prices_command)
codes_group.add_command(equivalents_command)
codes_group.add_command(set_command)
codes_group.add_command(declare_command)
codes_group.add_command(list_command)
codes_group.add_command(list_settings)


@codes_group.command("import")
@click.argument("name", metavar="LIST", type=click.Choice(("locode", *IN_LANGUAGES)))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@node_folder
@click.option("--edition", default="", help="What the edition is called, for example 2024-2. [default: its date]")
@click.option("--language", type=click.Choice(LANGUAGES), help="FILEs say the codes of hs or tariff in this language.")
@click.option("--valid-from", default="", callback=a_date, help="The day it takes effect. [default: today]")
@click.option("--smaller", is_flag=True, help="Also if it has less than half the codes of the edition in force.")
@click.option("--errors", type=click.Path(path_type=Path), help="A CSV file for all lines that were not taken.")
@click.option("--author", default="import", show_default=True, help="User name the edition is saved under.")
@json_option
@explain_errors
def import_codes(
    as_json_text: bool,
    name: str,
    files: tuple[Path, ...],
    folder: Path,
    edition: str,
    language: str | None,
    valid_from: str,
    smaller: bool,
    errors: Path | None,
    author: str,
) -> None:
    """Make the codes of all FILEs together the edition of LIST (locode, hs or tariff), at the centre.

    What cannot be read is listed with its reason; everything else goes in. Posts fetch the edition by themselves. The
    same files again make no new edition. With --language the FILEs hold the same codes with their texts in that
    language: they are shown and found in it beside the list itself.

    Exit code 3 where lines were not taken, or in part.
    """
    if node.load(folder).role != "central":
        stop("code lists are imported at the centre; posts receive them from there", USAGE, as_json_text)
    if language and name not in IN_LANGUAGES:
        stop(f"{name} has no texts in other languages; {' and '.join(IN_LANGUAGES)} have", USAGE, as_json_text)
    with Register.open(folder, role="writer") as register:
        bad: list[BadLine] = []
        table = _table(name, files, bad)
        if language:
            name = f"{name}_{language}"
        taken = len(table.labels["en"])
        if errors is not None:
            _write(errors, bad)
        if not taken:
            _print_bad(bad)
            stop("no code could be read: check that this is the right file", USAGE, as_json_text, lines=len(bad))
        present = in_force(editions(register.store), today()).get(name)
        if present is not None and taken * 2 < present.entries and not smaller:
            _print_bad(bad)
            stop(
                f"an edition takes the place of the whole list: this one has {taken:,} codes, {present.edition} has "
                f"{present.entries:,}. Give all files in one command, or --smaller if that is meant",
                USAGE,
                as_json_text,
            )
        source = ", ".join(file.name for file in files)
        try:
            made, is_new = publish(
                register, name, table, label=edition, valid_from=valid_from, source=source, author=author
            )
        except Refused as error:
            stop(str(error), USAGE, as_json_text)
        register.wake()
    lost = sum(not line.taken for line in bad)
    if as_json_text:
        facts = {"list": name, "edition": made.edition, "valid_from": made.valid_from, "new": is_new}
        told = [{"file": line.file, "line": line.line, "reason": line.reason, "taken": line.taken} for line in bad]
        size = {"entries": made.entries, "bytes": made.size, "sha256": made.sha256}
        click.echo(json.dumps({**facts, **size, "not_taken": lost, "lines": told}, ensure_ascii=False))
    else:
        _print_bad(bad)
        what = "is the edition" if is_new else "was the edition already"
        click.echo(
            f"{name}: {_codes(made.entries)}, {made.size:,} bytes to each post. {made.edition} {what} from "
            f"{made.valid_from} on."
        )
        click.echo(f"{lost:,} {'line' if lost == 1 else 'lines'} not taken, {len(bad) - lost:,} taken in part.")
    sys.exit(SOME_REFUSED if bad else 0)


def _codes(number: int) -> str:
    return f"{number:,} {'code' if number == 1 else 'codes'}"


def _table(name: str, files: tuple[Path, ...], bad: list[BadLine]) -> CodeTable:
    """The codes of all files; a file that is none at all is a bad line of its own."""
    if name == "locode":
        return table_of(_good(files, bad))
    headings = DICTIONARY.codes("hs")
    labels: dict[str, str] = {}
    parents: dict[str, str] = {}
    for file in files:
        try:
            read = read_headings(file) if name == "hs" else read_tariff(file, headings.has)
            for line in read:
                if isinstance(line, Heading):
                    if labels.setdefault(line.code, line.text) == line.text and line.parent:
                        parents[line.code] = line.parent
                else:
                    bad.append(line)
        except (NotACodeFile, OSError) as error:
            bad.append(_unread(file, error))
    return CodeTable({"en": labels}, parents)


def _good(files: tuple[Path, ...], bad: list[BadLine]) -> Iterator[Place]:
    for file in files:
        try:
            for line in read_places(file):
                if isinstance(line, Place):
                    yield line
                else:
                    bad.append(line)
        except (NotACodeFile, OSError) as error:
            bad.append(_unread(file, error))


def _unread(file: Path, error: NotACodeFile | OSError) -> BadLine:
    why = error.strerror or "unreadable" if isinstance(error, OSError) else str(error)
    return BadLine(file.name, 0, f"the file cannot be read: {why}")


def _print_bad(bad: list[BadLine]) -> None:
    for line in bad[:SHOWN]:
        click.echo(str(line), err=True)
    if len(bad) > SHOWN:
        click.echo(f"and {len(bad) - SHOWN:,} more lines; --errors FILE writes all of them", err=True)


def _write(path: Path, bad: list[BadLine]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            out.writerow(["file", "line", "taken", "reason"])
            out.writerows([line.file, line.line, "in part" if line.taken else "no", line.reason] for line in bad)
    except OSError as error:
        raise RegisterError(f"{path}: cannot be written ({error.strerror})") from error


@codes_group.command("list")
@node_folder
@json_option
@explain_errors
def list_editions(as_json_text: bool, folder: Path) -> None:
    """List the editions this node knows, and which are loaded here."""
    with Register.open(folder, role="reader") as register:
        known = editions(register.store)
        current = in_force(known, today())
    here = {name: loaded_edition(folder, name) for name in LISTS}
    rows = []
    for one in known:
        force = one == current.get(one.code_list)
        state = ("loaded" if here.get(one.code_list) == one.sha256 else "not loaded yet") if force else ""
        rows.append({**one._asdict(), "in_force": force, "loaded": state == "loaded"})
        if not as_json_text:
            mark = f"in force, {state}" if force else "later" if one.valid_from > today() else "replaced"
            click.echo(f"{one.code_list:10} {one.edition:12} from {one.valid_from}  {_codes(one.entries):>15}  {mark}")
    if as_json_text:
        click.echo(json.dumps(rows, ensure_ascii=False))
    elif not rows:
        click.echo("No edition was imported; the lists that come with Diwan are used.")


@codes_group.command("show")
@click.argument("name", metavar="LIST", type=click.Choice(sorted(DICTIONARY.lists)))
@click.argument("text")
@node_folder
@click.option("--language", type=click.Choice(LANGUAGES), help="Show labels in this language where there are any.")
@json_option
@explain_errors
def show_code(as_json_text: bool, name: str, text: str, folder: Path, language: str | None) -> None:
    """Find codes of LIST by a code or by words, as the forms do."""
    with Register.open(folder, role="reader") as register:
        awaited = _awaited(register, folder, name)
        codes = DICTIONARY.codes(name)
        spoken = language or "en"
        found = [
            {
                "code": code,
                "label": codes.label(code, spoken),
                "position": codes.position(code),
                "parent": codes.parent(code),
            }
            for code in codes.search(text, 20)
        ]
    if not found:
        hint = f"; edition {awaited} is in force but not loaded here yet, see diwan codes list" if awaited else ""
        stop(f"no code of {name} matches {text!r}{hint}", NOT_HERE, as_json_text)
    for one in [] if as_json_text else found:
        click.echo("  ".join(filter(None, (one["code"], one["label"], one["position"]))))
    if as_json_text:
        click.echo(json.dumps(found, ensure_ascii=False))


def _awaited(register: Register, folder: Path, name: str) -> str:
    """The edition of a list that is in force while another one, or the list that comes with Diwan, is looked up here;
    "" where there is none."""
    present = in_force(editions(register.store), today()).get(name)
    return "" if present is None or loaded_edition(folder, name) == present.sha256 else present.edition
