"""The commands import and export, and with them search, show and dictionary (commands_look).

Exit codes of all of them: 0 all good; 1 the register failed (full disk, busy, damaged); 2 wrong usage, or a file,
mapping or folder cannot be used; 3 (import) some rows were refused; 4 (show) no such record here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import click

from diwan_core.dictionary import DICTIONARY, N_, Sentence
from diwan_core.intake.cli.command_kit import SOME_REFUSED, USAGE, explain_errors, json_option, stop
from diwan_core.intake.cli.commands_export import export_command
from diwan_core.intake.cli.commands_look import dictionary_command, search_command, show_command
from diwan_core.intake.cli.progress_line import progress_line
from diwan_core.intake.cli.report_lines import check_lines, summary_lines
from diwan_core.intake.faults import Unreadable
from diwan_core.intake.mapping.answers import DATES, DECIMALS, Answers, answered
from diwan_core.intake.mapping.joined_files import second_files
from diwan_core.intake.mapping.mapping_file import load, shipped_mappings
from diwan_core.intake.mapping.model import Mapping
from diwan_core.intake.mapping.own_export_detection import exported_type, source_of_export
from diwan_core.intake.run import sample
from diwan_core.intake.run.import_file import Import
from diwan_core.intake.run.report import Report
from diwan_core.intake.run.trial import Keeper, Trial
from diwan_core.intake.sources.sheet import SUFFIX
from diwan_core.intake.sources.sheet_notes import sheet_notes
from diwan_core.intake.sources.tables import ErrorFile
from diwan_core.intake.sources.workbook import is_workbook, to_cells
from diwan_core.processes.memory import prepare_for_bulk
from diwan_core.processes.spool import passing_folder
from diwan_core.register import Register

__all__ = ["dictionary_command", "export_command", "import_command", "search_command", "show_command"]


class RowRange(click.ParamType[tuple[int, int | None]]):
    """ "A:B", "A:" or ":B": rows counted from 1, both ends included."""

    name = "A:B"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int | None]:
        if isinstance(value, tuple):
            return value
        first, mark, last = str(value).partition(":")
        try:
            found = int(first or 1), int(last) if last else None
        except ValueError:
            found = 0, None
        if not mark or found[0] < 1 or (found[1] is not None and found[1] < found[0]):
            self.fail(f"{value!r} is not a range of rows such as 1:100, 101: or :50", param, ctx)
        return found


def _list_mappings(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    for name in shipped_mappings():
        bundled = f"  (bundled file: {sample.PREFIX}{name})" if name in sample.names() else ""
        click.echo(f"{name:12} {load(name, DICTIONARY).title}{bundled}")
    ctx.exit()


@click.command("import")
@click.argument("file")
@click.option("--mapping", "-m", "mapping_name", help="A shipped mapping's name, or a .toml file. See --list.")
@click.option("--sheet", default="", help="The sheet of a workbook by its name.  [default: the first not hidden]")
@click.option("--hidden-rows", type=click.Choice(["import", "skip"]), help="What becomes of a sheet's hidden rows.")
@click.option("--dir", "folder", type=click.Path(path_type=Path), envvar="DIWAN_DIR", help="The node's data folder.")
@click.option(
    "--check",
    is_flag=True,
    help="Report what would become of the rows; keep nothing. With --dir also what is there already.",
)
@click.option(
    "--dates",
    type=click.Choice(list(DATES)),
    help="What 05/03/2026 is where the mapping is silent.",
)
@click.option(
    "--decimal",
    type=click.Choice(list(DECIMALS)),
    help="What 48,000 is where the mapping is silent.",
)
@click.option("--join", multiple=True, metavar="NAME=FILE", help="A second file that the mapping names in [[join]].")
@click.option("--rows", type=RowRange(), default=(1, None), help="Only these rows of the file, counted from 1.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many new records.")
@click.option(
    "--errors", type=click.Path(path_type=Path), help="Where refused rows go. [default: FILE-errors.csv here]"
)
@click.option("--author", default="import", show_default=True, help="User name the records are saved under.")
@click.option(
    "--pictures", type=click.IntRange(min=0), default=0, help="Give the first N records an invented picture each."
)
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list_mappings, help="Name the mappings."
)
@json_option
@explain_errors
def import_command(
    as_json_text: bool,
    file: str,
    mapping_name: str | None,
    sheet: str,
    hidden_rows: Literal["import", "skip"] | None,
    folder: Path | None,
    check: bool,
    dates: str | None,
    decimal: str | None,
    join: tuple[str, ...],
    rows: tuple[int, int | None],
    limit: int | None,
    errors: Path | None,
    author: str,
    pictures: int,
) -> None:
    """Import the rows of FILE (CSV, JSON list, JSON lines; also .gz; XLSX, XLSM, XLS, XLSB, ODS) through a mapping.

    A row becomes a case, person, company or conveyance, as the mapping says.

    FILE may be sample:NAME, a file bundled with Diwan. What `diwan export --nominal` wrote needs no mapping (where its
    columns fit several types, --mapping exported:TYPE) and gives back the same records. Importing a file twice adds
    nothing. Rows that cannot be used go to an error file with the reason, the others go in.

    Exit code: 0 all good, 3 some rows refused, 2 the file, mapping or folder cannot be used, 1 the register failed
    (what was imported stays; run the same command again).
    """
    with ExitStack() as stack:
        bundled = file.removeprefix(sample.PREFIX) if file.startswith(sample.PREFIX) else None
        path = stack.enter_context(sample.path_of(bundled)) if bundled is not None else Path(file)
        export_type = exported_type(path, mapping_name) if bundled is None else ""
        if mapping_name is None and bundled is None and not export_type:
            stop("name a mapping with --mapping; `diwan import --list` names the shipped ones", USAGE, as_json_text)
        if folder is None and not check:
            stop("name the node's data folder with --dir (or try the import with --check)", USAGE, as_json_text)
        if export_type:
            mapping = Mapping.of_export(DICTIONARY.type(export_type), source_of_export(path))
        else:
            mapping = load(mapping_name or bundled or "", DICTIONARY)
        mapping = answered(mapping, Answers(dates or "", decimal or ""))
        if hidden_rows:
            mapping = replace(mapping, source=replace(mapping.source, hidden_rows=hidden_rows))
        notes: list[Sentence] = []
        name = path.name
        if path.is_file() and is_workbook(path):
            aside = stack.enter_context(_aside(folder))
            path, notes = _sheet_of(path, aside, sheet, mapping, quiet=as_json_text)
        elif sheet or hidden_rows:
            stop("--sheet and --hidden-rows are for workbooks", USAGE, as_json_text)
        stem = bundled or name.removesuffix(".gz").rpartition(".")[0] or name
        error_file = stack.enter_context(ErrorFile(errors or Path(f"{stem}-errors.csv")))
        if errors is not None:
            error_file.open()
        second = second_files(mapping.joins, _named(join))
        keeper: Keeper = Trial()
        if folder is not None and check:
            keeper = Trial(stack.enter_context(Register.open(folder, role="reader")))
        elif folder is not None:
            keeper = stack.enter_context(Register.open(folder, role="writer"))
            prepare_for_bulk()
        progress = stack.enter_context(progress_line(name)) if not as_json_text else None
        report = Report(mapping, deep=check)
        running = Import(
            path,
            mapping,
            keeper,
            author=author,
            errors=error_file,
            first_row=rows[0],
            last_row=rows[1],
            limit=limit,
            pictures=0 if check else pictures,
            progress=progress,
            report=report,
            second=second,
        )
        running.summary.file = name
        summary = running.run()
    tried = {"tried": True} if check else {}
    said = {**tried, **report.as_json(), "notes": list(map(str, notes))}
    if as_json_text:
        click.echo(json.dumps({**summary.as_json(), **said}, ensure_ascii=False))
    else:
        click.echo("\n".join([*summary_lines(summary, report, folder), *(check_lines(report) if check else ())]))
    sys.exit(USAGE if summary.stopped else SOME_REFUSED if summary.refused else 0)


def _sheet_of(path: Path, aside: Path, sheet: str, mapping: Mapping, *, quiet: bool) -> tuple[Path, list[Sentence]]:
    """A workbook's sheet as a file `Import` reads, and what is to be known of it, which is said at once."""
    table = aside / f"{path.stem}{SUFFIX}"
    with ExitStack() as stack:
        bar = None if quiet else stack.enter_context(progress_line(path.name))
        try:
            facts = to_cells(path, table, sheet, None if bar is None else lambda share: bar(share, 0))
        except OSError as error:
            raise Unreadable(N_("{path} cannot be read: {error}"), path=str(path), error=str(error.strerror)) from error
    notes = sheet_notes(facts, mapping.source)
    if not quiet:
        click.echo("".join(f"note: {note}\n" for note in notes), err=True, nl=False)
    return table, notes


@contextmanager
def _aside(folder: Path | None) -> Iterator[Path]:
    """A passing folder of the node; of the system where a file is only checked, without a node."""
    if folder is not None:
        with passing_folder(folder) as place:
            yield place
    else:
        with TemporaryDirectory() as made:
            yield Path(made)


def _named(join: tuple[str, ...]) -> dict[str, Path]:
    """The second files of --join, by name."""
    found = {}
    for item in join:
        name, mark, file = item.partition("=")
        if not mark or not file:
            raise click.BadParameter(f"{item!r} is not NAME=FILE", param_hint="--join")
        found[name] = Path(file)
    return found
