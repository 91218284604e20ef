"""Finds records by their words and by parts of their identifiers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from diwan_core import world
from diwan_core.dictionary.case_numbers import typed as typed_number
from diwan_core.dictionary.folding import alike_identifier, fold, fold_identifier
from diwan_core.dictionary.telephones import national_number, plan_of
from diwan_core.register.codes.settings_held import national_settings
from diwan_core.register.index.fold_range import is_left
from diwan_core.register.index.folding import FIRST, beginnings, first_words_query, trigrams, words_query
from diwan_core.register.index.pending import pending
from diwan_core.register.journal.row import encode
from diwan_core.register.records.apply import load_state, source_hash
from diwan_core.register.records.record import Reading
from diwan_core.register.records.type_plan import PLANS, TypePlan
from diwan_core.register.search.unindexed import UNINDEXED

LOOKED_THROUGH: Final = 2000
"""Records one search hands on, the newest arrivals: a person narrows them down, a Pi sorts them in an instant."""
VERIFIED: Final = 500
"""Records whose identifiers are read to see whether a fragment stands in one piece."""


@dataclass(frozen=True, slots=True)
class ListRow:
    """A line of a list: the listed columns, and stamps in milliseconds since 1970 UTC."""

    id: str
    type: str
    columns: dict[str, Any]
    created_ms: int
    updated_ms: int
    conflicts: int


@dataclass(frozen=True, slots=True)
class Found:
    """Numbers of records, newest arrival first; `complete` is False where there were more than one search hands on."""

    numbers: list[int]
    complete: bool


class Finding(Reading):
    """Search over a store."""

    _folded_anew = False

    def search(
        self,
        text: str,
        types: Sequence[str] | None = None,
        limit: int = 50,
        nominal: bool = True,
        *,
        whole: bool = False,
    ) -> list[ListRow]:
        """Records that hold every word of `text`, the last one as a beginning unless all are `whole`; without `nominal`
        only the non-nominal half is looked at."""
        words = self._with_words(text, limit * 4, nominal=nominal, whole=whole)
        numbers = dict.fromkeys([*self._with_case_number(text), *self._with_source_key(text), *words])
        return self._rows([*numbers], types, limit)

    def search_identifier(self, fragment: str, types: Sequence[str] | None = None, limit: int = 50) -> list[ListRow]:
        """Records with an identifier that holds `fragment`, spaces and punctuation apart, whichever of O and 0, I and 1
        was typed; up to two characters: that begins with it."""
        pieces = self._with_fragment(fragment, limit * 4)[0]
        return self._rows(list(dict.fromkeys([*self._with_case_number(fragment), *pieces])), types, limit)

    def _with_words(self, text: str, limit: int, *, nominal: bool = True, whole: bool = False) -> list[int]:
        return self._holding(text, limit, nominal, whole, False) or self._holding(text, limit, nominal, whole, True)

    def words_query(self, text: str, *, whole: bool = False, apart: bool = False) -> str | None:
        """The question for the words of a text, also as an earlier release may have put them there."""
        query = words_query(text, whole=whole, apart=apart)
        if self._asks_twice() and (first := first_words_query(text, whole=whole)) != query:
            query = " OR ".join(f"({one})" for one in (query, first) if one) or None
        return query

    def _holding(self, text: str, limit: int, nominal: bool, whole: bool, apart: bool) -> list[int]:
        query = self.words_query(text, whole=whole, apart=apart)
        if query is None:
            return []
        return self._matching("search", query if nominal else f"rest : ({query})", limit)

    def _with_fragment(self, fragment: str, limit: int) -> tuple[list[int], bool]:
        """Numbers, and whether every candidate was looked at."""
        folded = fold_identifier(national_number(fragment, plan_of(national_settings(self._store))) or fragment)
        query = trigrams(folded)
        if query is None:
            return (self._matching("search", beginnings(folded), limit) if folded.isalnum() else []), True
        first = trigrams(FIRST.identifiers([fragment])) if self._asks_twice() else None
        if first is not None and first != query:
            query = f"({query}) OR ({first})"
        elif len(folded) == 3:  # one trigram: it stands there, or the index would not say so
            return self._matching("fragment", query, limit), True
        # Trigrams say that the pieces are there, not that they stand together: look.
        candidates = self._matching("fragment", query, VERIFIED + 1)
        sought = alike_identifier(folded)
        held = [number for number in candidates[:VERIFIED] if sought in alike_identifier(self._identifiers(number))]
        return held[:limit], len(candidates) <= VERIFIED

    def _with_source_key(self, key: str) -> list[int]:
        """Records that are rows of this key in the system they were imported from."""
        names = [name for (name,) in self._store.rows("SELECT name FROM source_name")]
        keys = dict.fromkeys((key.strip(), _in_ascii_digits(key.strip())))
        hashes = [source_hash(name, written) for name in names for written in keys]
        sql = "SELECT record FROM source WHERE hash IN (SELECT value FROM json_each(?)) LIMIT ?"
        return [number for (number,) in self._store.rows(sql, (encode(hashes).decode(), LOOKED_THROUGH))]

    def cases_numbered(self, text: str) -> list[str]:
        """The ids of the cases of this number as somebody typed it, the newest first."""
        return [row.id for row in self._rows(self._with_case_number(text), None, LOOKED_THROUGH)]

    def _with_case_number(self, text: str) -> list[int]:
        """Cases of this number, with or without its letters. They stand in an index of their own: to cut each number of
        an import into its pieces would cost more than all else that is done for it."""
        number = typed_number(text)
        if number is None:
            return []
        first = str(number)
        sql = (
            "SELECT no FROM record_case INDEXED BY record_case_number "
            "WHERE case_number IS NOT NULL AND case_number>=? AND case_number<? ORDER BY no DESC LIMIT ?"
        )
        return [found for (found,) in self._store.rows(sql, (first, first + "[", LOOKED_THROUGH))]

    def _asks_twice(self) -> bool:
        """Whether some records still stand in the index as an earlier release folded them."""
        if not self._folded_anew:
            self._folded_anew = not is_left(self._store.connection)
        return not self._folded_anew

    def _born(self, text: str) -> list[int]:
        """Records of whoever may have been born in this year, or on this day."""
        day = _in_ascii_digits(text.strip())
        if not (day.isascii() and len(day) in (4, 10) and day[:4].isdigit()):
            return []
        first, last = (f"{day}-01-01", f"{day}-12-31") if len(day) == 4 else (day, day)
        sql = "SELECT DISTINCT record FROM birth WHERE first<=? AND last>=? LIMIT ?"
        return [number for (number,) in self._store.rows(sql, (last, first, LOOKED_THROUGH))]

    def _matching(self, table: str, query: str, limit: int) -> list[int]:
        """Numbers of records that match in an index, the newest first, with those that are not in it yet."""
        sql = f"SELECT rowid FROM [{table}] WHERE [{table}] MATCH ? ORDER BY rowid DESC LIMIT ?"
        with self._store.read() as connection:
            held = pending(connection)
            if held is None:
                UNINDEXED.forget()
                newest = []
            else:
                register = world.file_identity(self._store.path)
                newest = UNINDEXED.matching(register, connection, held, table, query, limit)
            return (newest + [number for (number,) in self._store.rows(sql, (query, limit))])[:limit]

    def _identifiers(self, number: int) -> str:
        plan = PLANS[self._store.one("SELECT type FROM record WHERE no=?", (number,))]
        state = load_state(self._store.connection, plan, number)
        return plan.index(state.rest, state.nominal)[2]

    def _rows(self, numbers: Sequence[int], types: Sequence[str] | None, limit: int) -> list[ListRow]:
        sql = "SELECT no, type FROM record WHERE no IN (SELECT value FROM json_each(?))"
        kinds = dict(self._store.rows(sql, (encode(list(numbers)).decode(),)))
        known = [number for number in numbers if number in kinds and (types is None or kinds[number] in types)][:limit]
        lines: dict[int, ListRow] = {}
        for kind in {kinds[number] for number in known}:
            lines |= self._lines_of(kind, [number for number in known if kinds[number] == kind])
        return [lines[number] for number in known]

    def _lines_of(self, kind: str, numbers: Sequence[int]) -> dict[int, ListRow]:
        """The lines of records of a type, by their numbers."""
        plan = PLANS[kind]
        sql = f"{select_of(plan)} JOIN json_each(?) asked ON asked.value=t.no"
        return {row[0]: list_row(kind, plan, row) for row in self._store.rows(sql, (encode(list(numbers)).decode(),))}


def _in_ascii_digits(text: str) -> str:
    """A text of digits and signs in ASCII; any other is returned as it is."""
    folded = fold(text)
    return folded if folded.isascii() and not text.isascii() else text


def select_of(plan: TypePlan) -> str:
    """The start of a query for lines of a list."""
    columns = "".join(f", t.[{name}]" for name in ("created", "updated", "conflicts", *plan.columns))
    return f"SELECT t.no, r.id{columns} FROM [{plan.table}] t JOIN record r USING (no)"


def list_row(kind: str, plan: TypePlan, row: tuple[Any, ...]) -> ListRow:
    """A line of a list from a row of `select_of`."""
    _number, record, created, updated, conflicts, *values = row
    return ListRow(record, kind, dict(zip(plan.columns, values, strict=True)), created >> 16, updated >> 16, conflicts)
