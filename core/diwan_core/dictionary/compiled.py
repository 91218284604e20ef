"""A record type's compiled questions: one object per type, made once when the dictionary starts."""

from collections.abc import Callable, Mapping
from typing import Any

from .codelist import CodeList
from .creation import Creation, check_order, is_draft
from .extract import ReferenceReader, column_reader, indexer, reference_reader
from .halves import joiner, splitter
from .plausible import plausibility
from .problem import Problem
from .record import Document, NotBefore, RecordType
from .validator import PROBLEM_LIMIT, Half, Level

Values = Mapping[str, Any]
_REFUSALS = (KeyError, TypeError, AttributeError, ValueError, RecursionError)


class Compiled:
    """See RecordType for what each question means."""

    def __init__(self, record: RecordType, lists: Mapping[str, CodeList]) -> None:
        def level(half: Half) -> Level:
            return Level(record.fields.values(), record.groups.values(), record.parts.values(), lists, half)

        self._record = record
        self._rest, self._nominal, self._whole = level("rest"), level("nominal"), level("whole")
        self._creation = Creation(record)
        self._order = [(rule.earlier, rule.later) for rule in record.rules if isinstance(rule, NotBefore)]
        self.split: Callable[[Values], tuple[Document, Document]] = splitter(record)
        self.join: Callable[[Values, Values], Document] = joiner(record)
        self.index: Callable[[Values, Values], tuple[str, str, list[tuple[str, str]]]] = indexer(record)
        self.references: ReferenceReader | None = reference_reader(record)
        self.column_values: Callable[[Values], list[str | int | None]] = column_reader(record)
        self.warnings: Callable[[Values], list[Problem]] = plausibility(record, lists)

    @classmethod
    def of(cls, record: RecordType, lists: Mapping[str, CodeList]) -> "Compiled":
        return cls(record, lists)

    def check(self, document: Values, creating: bool, newer: bool) -> list[Problem]:
        out: list[Problem] = []
        try:
            fine = self._whole.accept(document)
        except _REFUSALS:
            fine = False
        if not fine:
            self._whole.explain(document, "", out, newer, is_draft(document))
            if not isinstance(document, dict):
                return out
        if creating and not newer:  # only the newer dictionary knows what a new record needs there
            self._creation.check(document, document, out)
        if self._order:
            check_order(self._record, document, self._order, out)
        return out[:PROBLEM_LIMIT] if out else out

    def check_halves(self, rest: Values, nominal: Values, creating: bool, newer: bool) -> list[Problem]:
        out: list[Problem] = []
        try:
            fine = self._rest.accept(rest) and self._nominal.accept(nominal)
        except _REFUSALS:
            fine = False
        if not fine:
            draft = is_draft(rest)
            self._rest.explain(rest, "", out, newer, draft)
            self._nominal.explain(nominal, "", out, newer, draft)
            if not isinstance(rest, dict) or not isinstance(nominal, dict):
                return out
        if creating and not newer:  # only the newer dictionary knows what a new record needs there
            self._creation.check(rest, nominal, out)
        if self._order:
            check_order(self._record, rest, self._order, out)
            check_order(self._record, nominal, self._order, out)
        return out[:PROBLEM_LIMIT] if out else out
