"""Checks the parts of a mapping about the file and its rows: [source] and [[where]]. It collects problems and never
raises."""

from __future__ import annotations

import codecs
import difflib
import re
from collections.abc import Iterable
from collections.abc import Mapping as Table
from typing import Any, Final

from diwan_core.dictionary import N_, Parameter, Sentence, sentence
from diwan_core.intake.faults import Wrong
from diwan_core.intake.mapping.model import Join, RowRule
from diwan_core.intake.sources.reader import BLANK, FORMATS, Hidden, Source

SOURCE: Final = (
    *("format", "delimiter", "encoding", "fallback", "skip_lines", "key", "blank", "ignore", "optional"),
    *("header", "names", "hidden_rows"),
)
WHERE: Final = ("column", "is", "is_not", "blank", "otherwise", "reason")
JOIN: Final = ("name", "column", "key", "delimiter", "encoding", "fallback")
COLUMNS: Final = ("replace",)
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,29}")


NOT_ONE_OF: Final = N_("{value} is not one of {choices}")


class Check:
    """Gathers problems, each with its place in the TOML file."""

    def __init__(self) -> None:
        self.problems: list[Wrong] = []

    def wrong(self, place: str, template: str | Sentence, /, **parameters: Parameter) -> None:
        said = template if isinstance(template, Sentence) else sentence(template, **parameters)
        self.problems.append(Wrong(place, said))

    def text(self, table: Table[str, Any], key: str, default: str, place: str = "") -> str:
        value = table.get(key, default)
        if isinstance(value, str):
            return value
        self.wrong(f"{place}{key}", N_("it has to be text in quotes"))
        return default

    def texts(self, table: Table[str, Any], key: str, place: str) -> tuple[str, ...]:
        value = table.get(key, [])
        value = [value] if isinstance(value, str) else value
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.wrong(f"{place}{key}", N_("it has to be a list of texts"))
        return ()

    def known(self, table: Table[str, Any], allowed: Iterable[str], place: str) -> None:
        names = list(allowed)
        for key in table:
            if key not in names:
                self.wrong(f"{place}{key}", guessed(sentence(N_("there is no such setting")), key, names))

    def table(self, table: Table[str, Any], key: str) -> dict[str, Any]:
        value = table.get(key, {})
        if isinstance(value, dict):
            return value
        self.wrong(key, N_("it has to be a table: [{name}]"), name=key)
        return {}

    def source(self, table: Table[str, Any]) -> Source:
        place = "source."
        self.known(table, SOURCE, place)
        form = self.text(table, "format", "csv", place)
        if form not in FORMATS:
            self.wrong("source.format", NOT_ONE_OF, value=repr(form), choices=", ".join(FORMATS))
        delimiter = self.text(table, "delimiter", ",", place)
        if len(delimiter) != 1:
            self.wrong("source.delimiter", N_('it has to be one character, such as ";" or "\\t"'))
        encoding, fallback = self.encodings(table, place)
        skip = table.get("skip_lines", 0)
        if isinstance(skip, bool) or not isinstance(skip, int) or not 0 <= skip <= 1000:
            self.wrong("source.skip_lines", N_("it has to be a number of lines, 0 to 1000"))
            skip = 0
        blank = frozenset(("", *self.texts(table, "blank", place))) if "blank" in table else BLANK
        header, names = table.get("header", True), self.texts(table, "names", place)
        if not isinstance(header, bool):
            self.wrong("source.header", N_("it is true or false"))
            header = True
        if names and header:
            self.wrong("source.names", N_("names are given only for a file without a header line: set header = false"))
        if len(set(names)) < len(names):
            self.wrong("source.names", N_("a name occurs twice"))
        return Source(
            format=form,
            delimiter=delimiter,
            encoding="utf-8" if encoding == "utf-8-sig" else encoding,  # a byte order mark is always taken off
            fallback=fallback,
            skip_lines=skip,
            key=self.texts(table, "key", place),
            blank=blank,
            header=header,
            names=names,
            hidden_rows=self._hidden_rows(table, place),
        )

    def encodings(self, table: Table[str, Any], place: str) -> tuple[str, str | None]:
        encoding = self.text(table, "encoding", "utf-8", place)
        fallback = self.text(table, "fallback", "", place) or None
        for key, value in (("encoding", encoding), ("fallback", fallback)):
            if value is not None and not _ascii_based(value):
                template = N_("{value} is not an encoding that can be read here; use utf-8 or windows-1252")
                self.wrong(f"{place}{key}", template, value=repr(value))
        return encoding, fallback

    def _hidden_rows(self, table: Table[str, Any], place: str) -> Hidden:
        match self.text(table, "hidden_rows", "", place):
            case ("" | "import" | "skip") as known:
                return known
            case other:
                self.wrong(f"{place}hidden_rows", NOT_ONE_OF, value=repr(other), choices="import, skip")
                return ""

    def where(self, tables: object) -> tuple[RowRule, ...]:
        rules = []
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self.wrong("where", N_("conditions are written as [[where]] tables"))
            return ()
        for number, table in enumerate(tables, 1):
            place = f"where {number}: "
            self.known(table, WHERE, place)
            column, reason = self.text(table, "column", "", place), self.text(table, "reason", "", place)
            otherwise = self.text(table, "otherwise", "skip", place)
            if not column:
                self.wrong(f"{place}column", N_("it names the column to look at, and is missing"))
            if not reason:
                self.wrong(f"{place}reason", N_("rows left out need a reason in words"))
            accepts, rejects = self.texts(table, "is", place), self.texts(table, "is_not", place)
            blank = table.get("blank", "" in accepts)
            if not isinstance(blank, bool):
                self.wrong(f"{place}blank", N_("it is true or false"))
                blank = False
            match otherwise:
                case "skip" | "statistics" | "refuse":
                    rules.append(
                        RowRule(
                            column,
                            frozenset(accepts) if "is" in table else None,
                            frozenset(rejects),
                            otherwise,
                            reason,
                            blank,
                        )
                    )
                case _:
                    choices = "skip, statistics, refuse"
                    self.wrong(f"{place}otherwise", NOT_ONE_OF, value=repr(otherwise), choices=choices)
        return tuple(rules)

    def replaced(self, tables: Table[str, Any]) -> dict[str, tuple[tuple[str, str], ...]]:
        """The [columns."NAME"] tables: what is replaced in the cells of a column."""
        found: dict[str, tuple[tuple[str, str], ...]] = {}
        for column, table in tables.items():
            place = f"columns.{column}."
            if not isinstance(table, dict):
                self.wrong(f"columns.{column}", N_("it has to be a table: [{name}]"), name=f'columns."{column}"')
                continue
            self.known(table, COLUMNS, place)
            pairs = table.get("replace", {})
            if not isinstance(pairs, dict) or not all(isinstance(new, str) and old for old, new in pairs.items()):
                self.wrong(f"{place}replace", N_('write {{ "old text" = "new text" }}'))
                continue
            found[column] = tuple(pairs.items())
        return found

    def joins(self, tables: object) -> tuple[Join, ...]:
        """The [[join]] tables: second files."""
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self.wrong("join", N_("second files are written as [[join]] tables"))
            return ()
        found: list[Join] = []
        for number, table in enumerate(tables, 1):
            place = f"join {number}: "
            self.known(table, JOIN, place)
            name, column, key = (self.text(table, part, "", place) for part in ("name", "column", "key"))
            if _NAME.fullmatch(name) is None or name in (join.name for join in found):
                self.wrong(f"{place}name", N_("a short name of the second file, in small letters, once"))
            if not column or not key:
                self.wrong(
                    place, N_("column names the column here, key the column of the second file, that are the same")
                )
            encoding, fallback = self.encodings(table, place)
            delimiter = self.text(table, "delimiter", ",", place)[:1] or ","
            found.append(Join(name, column, key, delimiter, encoding, fallback))
        return tuple(found)


def guessed(said: Sentence, name: str, known: Iterable[str]) -> Sentence:
    """A sentence that says that a name is not known, with what may have been meant."""
    match difflib.get_close_matches(name, list(known), n=2):
        case [one]:
            return sentence(N_("{problem}; did you mean {guess}?"), problem=said, guess=one)
        case [one, other]:
            template = N_("{problem}; did you mean {guess} or {other}?")
            return sentence(template, problem=said, guess=one, other=other)
        case _:
            return said


def _ascii_based(encoding: str) -> bool:
    """Whether lines can be found before decoding: line ends are the bytes of ASCII."""
    try:
        return codecs.lookup(encoding).encode("a\n,")[0] == b"a\n,"
    except (LookupError, UnicodeError, TypeError):
        return False
