"""What a person should know about a workbook's sheet before its rows are imported, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from diwan_core.dictionary import N_, Sentence, sentence
from diwan_core.intake.faults import Unreadable
from diwan_core.intake.sources.reader import Reader, Source
from diwan_core.intake.sources.sheet import SheetFacts, Some, letters

_FORMS: Final = {"xls": ".xls", "xlsb": ".xlsb", "ods": ".ods"}


def sheet_notes(facts: SheetFacts, source: Source) -> list[Sentence]:
    """Everything that is to be said of a sheet that is read so."""
    return list(_notes(facts, source))


def _notes(facts: SheetFacts, source: Source) -> Iterator[Sentence]:
    others = [name for name, _hidden in facts.sheets if name != facts.sheet]
    if others:
        template = N_("The sheet {sheet} is read. The workbook also has: {others}.")
        yield sentence(template, sheet=facts.sheet, others=", ".join(others[:20]))
    if facts.hidden_rows.count:
        yield sentence(_HIDDEN[source.hidden_rows], count=facts.hidden_rows.count, rows=_named(facts.hidden_rows))
    if facts.hidden_columns:
        yield sentence(N_("Hidden columns are read: {columns}."), columns=", ".join(map(letters, facts.hidden_columns)))
    heads = source.skip_lines + 1
    merged = Counter(column for first, _last, column in facts.merges if first > heads)
    for column, count in sorted(merged.items()):
        template = N_(
            "Column {column} has cells merged over several rows ({count}); each of these rows gets the value."
        )
        yield sentence(template, column=letters(column), count=count)
    for template, some in (
        (N_("Formulas without a result: {count} ({cells}). Open the file in the spreadsheet program and save it."),
         facts.no_result),
        (N_("Cells that show an error of the spreadsheet: {count} ({cells})."), facts.errors),
        (N_("Numbers of more than 15 digits: {count} ({cells}). The spreadsheet has lost the last digits; check them."),
         facts.long_numbers),
        (N_("Texts like 1.23E+11, which a spreadsheet makes of a long number: {count} ({cells}). Check them."),
         facts.cut_text),
    ):  # fmt: skip
        if some.count:
            yield sentence(template, count=some.count, cells=_named(some))
    if facts.form in _FORMS:
        template = N_(
            "Of a {form} file only values and dates can be read. Hidden rows, and percent signs and leading zeros "
            "that only a format shows, are not seen; formulas without a result and errors look like empty cells. "
            "Where that matters, save the file as XLSX."
        )
        yield sentence(template, form=_FORMS[facts.form])
    if facts.form in ("ods", "xlsb"):
        template = N_("Merged cells of a {form} file cannot be read either: only the first row of each gets the value.")
        yield sentence(template, form=_FORMS[facts.form])


_HIDDEN: Final = {
    "": N_("Hidden rows of the sheet: {count} ({rows}). Say whether they are imported."),
    "import": N_("Hidden rows of the sheet: {count} ({rows}). They are imported."),
    "skip": N_("Hidden rows of the sheet: {count} ({rows}). They are left out."),
}


def _named(some: Some) -> str:
    return ", ".join(some.first) + (" …" if some.count > len(some.first) else "")


def check_hidden_rows(reader: Reader) -> None:
    """Raises Unreadable where the sheet has hidden rows and nobody has said whether to import them."""
    if reader.sheet is not None and reader.sheet.hidden_rows.count and not reader.source.hidden_rows:
        some = reader.sheet.hidden_rows
        template = N_(
            "rows of the sheet are hidden: {count} ({rows}). Say with --hidden-rows import that they are imported, or "
            "with --hidden-rows skip that they are left out"
        )
        raise Unreadable(template, count=some.count, rows=_named(some))
