"""A record type with its declaration and the checks of its documents, compiled when the dictionary starts."""

from collections.abc import Callable, Mapping
from typing import Any

from .codelist import CodeList
from .creation import Creation, check_order, is_draft
from .extract import Present, ReferenceReader, column_reader, indexer, present_reader, reference_reader
from .halves import joiner, splitter
from .plausible import plausibility
from .problem import Problem
from .quick_check import QuickCheck
from .record import Document, NotBefore, RecordDeclaration, ReportNeeds
from .to_come import days_to_come
from .validator import PROBLEM_LIMIT, Half, Level

Values = Mapping[str, Any]
_REFUSALS = (KeyError, TypeError, AttributeError, ValueError, RecursionError)


class RecordType(RecordDeclaration):
    """A declared record type with its checks compiled against a dictionary's code lists."""

    split: Callable[[Values], tuple[Document, Document]]
    """(rest, nominal) of a checked document. Unknown fields count as nominal; a removed part is removed in both."""
    join: Callable[[Values, Values], Document]
    """The document of two halves: the inverse of `split`."""
    warnings: Callable[[Values], list[Problem]]
    """What looks mistyped but is accepted: check digits, headings and places our lists do not know."""
    days_to_come: Callable[[Values, str], list[Problem]]
    """The days that are later than a day (year-month-day) and cannot be: for values as they are written."""
    indexer: Callable[[Values, Values], tuple[str, str, list[tuple[str, str]]]]
    """(searchable words of rest, those of nominal, [(identifier kind, value)]) of a checked document, unfolded."""
    references: ReferenceReader | None
    """Finds (dotted path, record id) of each reference in a checked document's two halves; None for a type that has no
    references."""
    column_values: Callable[[Values], list[str | int | None]]
    """Values for `columns()`. A part's field is that of its first part: the lowest id, "2" before "10"."""

    present_columns: Callable[[Values], Present]
    """The names and values of those of `columns()` whose fields a document has."""

    def __init__(self, declaration: RecordDeclaration, lists: Mapping[str, CodeList]) -> None:
        def level(half: Half) -> Level:
            return Level(
                declaration.fields.values(), declaration.groups.values(), declaration.parts.values(), lists, half
            )

        in_force = declaration.rules_in_force()
        order = [(rule.earlier, rule.later) for rule in in_force if isinstance(rule, NotBefore)]
        nominal = level("nominal")
        creation = Creation(declaration)
        order_nominal = [pair for pair in order if declaration.fields[pair[0]].nominal]
        vars(self).update(  # a declaration is frozen, and so is what is made of it
            vars(declaration),
            declaration=declaration,
            split=splitter(declaration),
            join=joiner(declaration),
            warnings=plausibility(declaration, lists),
            days_to_come=days_to_come(declaration),
            indexer=indexer(declaration),
            references=reference_reader(declaration),
            column_values=column_reader(declaration),
            present_columns=present_reader(declaration),
            _whole=level("whole"),
            _rest=level("rest"),
            _nominal=nominal,
            _quick=QuickCheck(declaration, lists),
            _creation=creation,
            _order=order,
            _order_rest=[pair for pair in order if not declaration.fields[pair[0]].nominal],
            _order_nominal=order_nominal,
            _looks_at_nominal=nominal.has_groups or creation.has_rules or bool(order_nominal),
        )

    declaration: RecordDeclaration
    _whole: Level
    _rest: Level
    _nominal: Level
    _quick: QuickCheck
    _creation: Creation
    _order: list[tuple[str, str]]
    _order_rest: list[tuple[str, str]]
    _order_nominal: list[tuple[str, str]]
    _looks_at_nominal: bool
    """Whether anything but the shape of the nominal half of a new record is checked."""

    def report_needs(self, document: Values) -> list[ReportNeeds]:
        """What a report with these values needs, filled in or not."""
        return self._creation.needed(document)

    def check(self, document: Mapping[str, object], *, creating: bool, newer: bool = False) -> list[Problem]:
        """Everything wrong with a document; [] when fine. Never raises, whatever the document holds.

        creating  the document is a whole record, so what a new record needs must be there. A record without a status
                  counts as submitted. Otherwise it is a change: absent fields are unchanged.
        newer     it was written under a newer dictionary than ours: unknown fields and codes are kept, not refused, and
                  required fields are not checked, since only the newer dictionary knows them.
        """
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
            check_order(self, document, self._order, out)
        return out[:PROBLEM_LIMIT] if out else out

    def check_halves(
        self, rest: Mapping[str, object], nominal: Mapping[str, object], *, creating: bool, newer: bool = False
    ) -> list[Problem]:
        """Check a document that is split into two halves; each field must be in its own half.

        A newer node puts fields we do not know in either half, and its commitments bind them there: they are kept where
        they are. What leaves the country is split anew by our own dictionary (`split(join(rest, nominal))`), for which
        every unknown field is nominal.
        """
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
        self._check_order(rest, nominal, out)
        return out[:PROBLEM_LIMIT] if out else out

    def check_new(
        self,
        rest: Mapping[str, object],
        nominal: Callable[[], Mapping[str, object]],
        rest_json: bytes,
        nominal_json: bytes | None,
    ) -> list[Problem]:
        """`check_halves` of a new record of this dictionary, by the two halves' JSON too: quicker where there are many.

        The JSON is that of these halves and in the one encoding its values have; None stands for an empty nominal half.
        That half's values are asked for only where they are looked at: of most records the shape says enough.
        """
        secret = nominal() if self._looks_at_nominal else {}
        if not (
            self._quick(rest_json, nominal_json)
            and self._rest.has_whole_groups(rest)
            and self._nominal.has_whole_groups(secret)
        ):
            return self.check_halves(rest, nominal(), creating=True)
        out: list[Problem] = []
        self._creation.check_rules(rest, secret, out)
        self._check_order(rest, secret, out)
        return out

    def _check_order(self, rest: Mapping[str, Any], nominal: Mapping[str, Any], out: list[Problem]) -> None:
        if self._order_rest:
            check_order(self, rest, self._order_rest, out)
        if self._order_nominal:
            check_order(self, nominal, self._order_nominal, out)
