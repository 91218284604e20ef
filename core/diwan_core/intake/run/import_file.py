"""Runs an import: rows of a file go through a mapping into the register, in batches of one transaction each.

Each row is counted once: rows = imported + already there + statistics + skipped + refused. Rows refused go
to the error file with every reason; the good ones around them go in. Importing again adds nothing.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from diwan_core.dictionary import N_, Problem, Sentence, sentence
from diwan_core.intake.faults import Fault, RowRefused, Unreadable, show_cell
from diwan_core.intake.mapping.column_check import check_columns, fit_columns, rows_of_export
from diwan_core.intake.mapping.compiled_mapping import Compiled, content_digest
from diwan_core.intake.mapping.joined_files import SecondFile
from diwan_core.intake.mapping.model import Mapping
from diwan_core.intake.mapping.own_export import ExportedRows
from diwan_core.intake.mapping.record_keys import Occurrences, occurrence_key
from diwan_core.intake.run import sample
from diwan_core.intake.run.import_lock import alone
from diwan_core.intake.run.known_rows import KnownRows, PendingRow
from diwan_core.intake.run.report import Report, headings_of
from diwan_core.intake.run.summary import COUNTED, Summary
from diwan_core.intake.run.trial import Keeper
from diwan_core.intake.sources.reader import Cells, Read, Reader
from diwan_core.intake.sources.sheet_notes import check_hidden_rows
from diwan_core.intake.sources.tables import Errors
from diwan_core.register import Edit, NewDraft, Refused
from diwan_core.register.journal.trusted_time import last_day_unsure

BATCH: Final = 1000
"""Rows in one transaction: a power cut costs at most these, and importing again brings them."""
FIRST_BATCHES: Final = (125, 250, 625)
"""Rows in the first transactions, together `BATCH`. So the exchange begins some milliseconds after the import, and not
when a thousand rows are saved: on two cores both ends work from then on."""

Progress = Callable[[float, int], None]
"""Called with the share of the file read (0.0 to 1.0) and the rows so far. May raise Unreadable to end it there."""


class Import:
    """One import, run once by `run`."""

    def __init__(
        self,
        path: Path,
        mapping: Mapping,
        register: Keeper,
        *,
        author: str,
        errors: Errors,
        first_row: int = 1,
        last_row: int | None = None,
        limit: int | None = None,
        pictures: int = 0,
        progress: Progress | None = None,
        waits: Callable[[], None] = lambda: None,
        report: Report | None = None,
        second: Iterable[SecondFile] = (),
    ) -> None:
        self._mapping = mapping
        self._compiled: Compiled | ExportedRows = Compiled(mapping)
        self._path = path
        self._register = register
        self._author = author
        self._errors = errors
        self._first, self._last, self._limit = first_row, last_row, limit
        self._pictures_wanted = pictures
        self._progress = progress
        self._waits = waits
        self._seen = Occurrences()
        self._known = KnownRows(mapping, register)
        self._second = list(second)
        self._run = ""
        self._batches = iter(FIRST_BATCHES)
        self._batch = next(self._batches)
        self._looks_once = self._drafts = False
        """Whether nobody asks for a row's values once it is drafted; whether rows are drafted as they come: not where
        those before were here already."""
        self._draft: NewDraft | None = None
        self._last_day = "" if register.sure_day() else last_day_unsure()
        """Where the clock is not sure: the latest day that can have been by it."""
        self.report = report or Report(mapping)
        self.summary = Summary(path.name, mapping.name)

    def run(self) -> Summary:
        """Reads, maps, saves. Raises Unreadable when nothing can be read, and the register's errors; what was saved
        before one of them stays."""
        began = time.monotonic()
        summary = self.summary
        with alone(self._register.folder, self._waits), Reader(self._path, self._mapping.source) as reader:
            fits = fit_columns(self._mapping, reader)
            if fits is not self._mapping:
                self._mapping, self._compiled = fits, Compiled(fits)
            if fits.exported:
                self._compiled = rows_of_export(fits, reader)
            joined = [column for file in self._second for column in file.columns]
            summary.unused_columns = check_columns(self._mapping, reader, joined)
            if self._register.folder is not None:
                check_hidden_rows(reader)
            mapping = self._mapping
            self._known = KnownRows(mapping, self._register)
            self._drafts = self._looks_once = mapping.keeps_key and not (mapping.exported or self.report.deep)
            self._run = summary.run = self._register.begin_run(
                self._author, summary.file, mapping.name, mapping.system, mapping.type.name
            )
            try:
                self._rows(reader)
            except Unreadable as error:
                summary.stopped = error.sentence
                if not summary.rows:
                    raise
            finally:
                summary.two_digit_years = dict(self._compiled.assumed)
                self._register.end_run(self._run, {name: getattr(summary, name) for name in COUNTED})
            summary.fallback_lines = reader.fallback_lines
        summary.error_file = str(self._errors.path) if self._errors.lines else ""
        summary.seconds = time.monotonic() - began
        return summary

    def _rows(self, reader: Reader) -> None:  # noqa: C901  a flat walk, and the hot path of an import
        summary, keyed = self.summary, self._compiled.has_key
        pending: list[PendingRow] = []
        unmapped: set[str] = set()
        rows = iter(reader)
        broken: Unreadable | None = None
        while True:
            try:
                if self._progress is not None and summary.rows % 500 == 0:
                    self._progress(reader.progress, summary.rows)
                read = next(rows)
                summary.first_row_ms = summary.first_row_ms or int(time.time() * 1000)
            except StopIteration:
                break
            except Unreadable as error:
                broken = error  # broken off, or told to stop: what was read before is good and goes in
                break
            if self._last is not None and read.row > self._last:
                break
            key = "" if keyed or read.cells is None else self._occurrence(read.cells)
            if read.row < self._first:
                continue
            summary.rows += 1
            if read.cells is None:
                fault = read.fault or Fault(None, "", "damaged", sentence(N_("the row cannot be read")))
                self._refuse(read, [fault])
                continue
            if reader.columns is None and summary.rows <= BATCH:
                unmapped.update(read.cells)
            self.report.row(read)
            for file in self._second:
                file.add(read.cells)
            made = self._mapped(read, read.cells, key)
            if made is not None:
                pending.append(made)
                if len(pending) >= self._room():
                    self._save(pending)
                    pending.clear()
                    self._batch = next(self._batches, BATCH)
                    if not self._room():
                        break
        self._save(pending)
        if unmapped:
            summary.unused_columns = sorted(unmapped - self._mapping.columns.keys() - self._mapping.ignored)
        if self._progress is not None:
            self._progress(1.0, summary.rows)
        if broken is not None:
            raise broken

    def _room(self) -> int:
        """How many rows still fit into the transaction, and into the limit."""
        return self._batch if self._limit is None else min(self._batch, self._limit - self.summary.imported)

    def _occurrence(self, cells: Cells) -> str:
        digest = content_digest(cells)
        return occurrence_key(digest, self._seen.count(digest))

    def _mapped(self, read: Read, cells: Cells, key: str) -> PendingRow | None:
        """The row's document with its key, or None when it is counted as something else."""
        summary, compiled = self.summary, self._compiled
        try:
            rule = compiled.left_out(cells)
            if rule is None:
                if not key:
                    key = compiled.key(cells)
                    if self._seen.count(key) > 1:
                        words = N_(
                            "an earlier row of this file has the same key; if both are real, make key more columns"
                        )
                        columns = ", ".join(self._mapping.source.key)
                        self._refuse(read, [Fault(columns, show_cell(key), "key_twice", sentence(words))])
                        return None
                if self._drafts and isinstance(compiled, Compiled):
                    rest, nominal = compiled.halves(cells, key)
                    if self._last_day:
                        self.report.days_of(read.row, rest, self._last_day)
                    return self._drafted(read, key, rest, nominal)
                document = compiled.document(cells, key)
                if self._last_day:
                    self.report.days_of(read.row, document, self._last_day)
                return PendingRow(read, key, document, self._known.record_of(key))
        except RowRefused as refusal:
            self._refuse(read, refusal.faults)
            return None
        summary.reasons[rule.reason] += 1
        self.report.left_out(rule, cells.get(rule.column))
        match rule.otherwise:
            case "statistics":
                summary.statistics += 1
            case "skip":
                summary.skipped += 1
            case "refuse":
                summary.reasons[rule.reason] -= 1
                value = show_cell(cells.get(rule.column))
                self._refuse(read, [Fault(rule.column, value, "condition", Sentence.plain(rule.reason))])
        return None

    def _drafted(self, read: Read, key: str, rest: dict[str, Any], nominal: dict[str, Any]) -> PendingRow:
        """The row with its draft, made while its values are in the processor's cache, and without them. One that is
        refused keeps them."""
        if self._draft is None:
            self._draft = self._register.drafting()
        kind = self._mapping.type
        try:
            draft = self._draft(kind.name, rest, nominal)
        except Refused:  # if it is not here already, it is refused when it is saved
            return PendingRow(read, key, kind.join(rest, nominal), None)
        return PendingRow(Read(read.row, read.line, None, read.fault), key, {}, None, draft, headings_of(rest))

    def _save(self, pending: list[PendingRow]) -> None:
        if not pending:
            return
        register, summary, kind = self._register, self.summary, self._mapping.type.name
        known = self._known.among(pending)
        fresh = [item for item in pending if item.key not in known]
        self._drafts = self._looks_once and len(known) < len(pending) / 2
        self._draft = None
        summary.already_there += len(pending) - len(fresh)
        if known and self.report.deep:
            self._compare([item for item in pending if item.key in known])
        if not fresh:
            return
        saved = register.save_many(
            [
                [item.draft or Edit(kind, item.document, record=item.record, create=item.record is not None)]
                for item in fresh
            ],
            author=self._author,
            run=self._run,
        )
        for index, item in enumerate(fresh):
            if index not in saved.refused:
                if item.draft is not None:
                    self.report.count_headings(item.headings)
                else:
                    self.report.made(item.read, item.document)
        now = int(time.time() * 1000)
        summary.last_commit_ms = now
        summary.imported += saved.saved
        if not summary.first_batch_ms and summary.imported >= BATCH:
            summary.first_batch_ms = now
        for index, problems in saved.refused.items():
            item = fresh[index]
            self._refuse(item.read, [self._fault(item.read, problem) for problem in problems])
        for records in saved.records:
            if records and summary.pictures < self._pictures_wanted:
                self._attach(records[0])

    def _compare(self, known: list[PendingRow]) -> None:
        """Tell the report of rows that are here already, with what they were when they came."""
        mapping, by_key = self._mapping, self._mapping.keeps_key
        names = [item.key if by_key else str(item.record) for item in known]
        held = self._register.as_imported(mapping.type.name, mapping.system if by_key else "", names)
        for item, name in zip(known, names, strict=True):
            self.report.known(item.read, item.key, item.document, held.get(name))

    def _attach(self, record: str) -> None:
        self.summary.pictures += 1
        picture = sample.picture(self.summary.pictures)
        self._register.attach(
            io.BytesIO(picture.content),
            subject=record,
            media_type=picture.media_type,
            kind=picture.kind,
            caption=picture.caption,
            author=self._author,
            file_name=picture.file_name,
            person_shown="no",
            text_shown="no",
        )

    def _fault(self, read: Read, problem: Problem) -> Fault:
        column = self._mapping.column_of(problem.path)
        value = (read.cells or {}).get(column) if column else None
        return Fault(column, show_cell(value), problem.code, problem.sentence, problem.path)

    def _refuse(self, read: Read, faults: list[Fault]) -> None:
        self.summary.refused += 1
        self.report.refused(read, faults)
        self._errors.write(read.row, read.line, faults)
