"""One search over all types: words, pieces of identifiers, codes by their labels, and records that refer to what was
found. What a record is found by decides how early it stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from diwan_core.register.index.codes import Tokens, done, read_behind
from diwan_core.register.index.pending import pending
from diwan_core.register.index.references import pack
from diwan_core.register.journal.row import encode
from diwan_core.register.records.type_plan import CODE_READERS
from diwan_core.register.search.find import LOOKED_THROUGH, Finding, Found
from diwan_core.register.search.terms import Term, codes_query, holder_of, terms_of

BEHIND_MOST: Final = 1000
"""Records that are not in the index of codes yet and are read for a search."""
TARGETS_MOST: Final = 200
"""Records found by their words whose namings are looked up."""
NUMBER, WORDS, CODES, LINKED = range(4)
"""What a record was found by, the surest first."""
_CAP: Final = LOOKED_THROUGH + 1
_PICTURES_OF: Final = (
    "WITH RECURSIVE kept(no, id) AS (SELECT a.no, r.id FROM record_attachment a JOIN record r ON r.no=a.no "
    "JOIN record s ON s.id=a.subject WHERE s.type IN (SELECT value FROM json_each(?)) "
    "UNION SELECT a.no, r.id FROM kept k JOIN record_attachment a ON a.subject=k.id JOIN record r ON r.no=a.no) "
    "SELECT no FROM kept"
)
"""The numbers of the pictures of records of some types, of those of such pictures, and so on."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What a search found: number of a record -> what it was found by; `complete` is False where there were more."""

    terms: tuple[Term, ...]
    ranks: dict[int, int]
    complete: bool
    types: dict[int, str] = field(default_factory=dict)
    """The types of the records, by their numbers."""


@dataclass(slots=True)
class _Holders:
    """The records that hold a term: those known one by one, and questions that more of them answer. `beside` are those
    of `numbers` that were found otherwise than by a code in its index."""

    numbers: set[int]
    questions: list[tuple[str, str]]
    beside: set[int] = field(default_factory=set)


@dataclass(slots=True)
class _Asked:
    """What one search has asked the store already: the same words and the same records are asked about for several of
    its terms."""

    words: dict[tuple[str, bool], list[int]] = field(default_factory=dict)
    looked_at: set[int] = field(default_factory=set)
    targets: dict[int, str] = field(default_factory=dict)
    """Of the records looked at, those that others may refer to: their ids by their numbers."""
    namings: dict[str, list[int]] = field(default_factory=dict)


class Together(Finding):
    """Search over all types of a store."""

    def found(self, text: str, through: Sequence[str] = ()) -> Found:
        """Records that hold every word of `text`, as text or as the label of a code, or an identifier of which it is a
        piece, or that refer to a record of the types `through` which does."""
        sought = self._sought(text, through)
        numbers = sorted(sought.ranks, reverse=True)
        return Found(numbers[:LOOKED_THROUGH], sought.complete and len(numbers) <= LOOKED_THROUGH)

    def sought(
        self, text: str, types: Sequence[str], through: Sequence[str] = (), without: Sequence[str] = ()
    ) -> Sought:
        """The same with what each record was found by, of these types only; no picture of a record of the types
        `without`, nor of such a picture."""
        sought = self._sought(text, through)
        sql = "SELECT no, type FROM record WHERE no IN (SELECT value FROM json_each(?)) "
        sql += "AND type IN (SELECT value FROM json_each(?))"
        among = [list(sought.ranks), list(types)]
        if without:
            sql += f" AND NOT (type='attachment' AND no IN ({_PICTURES_OF}))"
            among.append(list(without))
        rows = self._store.rows(sql, tuple(encode(one).decode() for one in among))
        kinds = {int(number): str(kind) for number, kind in rows}
        ranks = {number: rank for number, rank in sought.ranks.items() if number in kinds}
        return Sought(sought.terms, ranks, sought.complete, kinds)

    def _sought(self, text: str, through: Sequence[str]) -> Sought:
        asked = _Asked()
        pieces, complete = self._with_fragment(text, _CAP)
        surest = {*pieces, *self._with_source_key(text), *self._born(text), *self._with_case_number(text)}
        words = self._words(text, asked)
        terms = tuple(terms_of(text))
        coded: list[int] = []
        if any(term.tokens for term in terms) or (through and len(terms) > 1):
            coded, certain = self._holding_all(terms, through, asked)
            complete = complete and certain
        linked = self._naming_any([*surest, *words], through, asked)
        ranks: dict[int, int] = {}
        for rank, numbers in ((NUMBER, surest), (WORDS, words), (CODES, coded), (LINKED, linked)):
            for number in numbers:
                ranks.setdefault(number, rank)
            complete = complete and len(numbers) < _CAP
        behind = self._store.one("SELECT coalesce(max(no), 0) FROM record") - done(self._store.connection)
        return Sought(terms, ranks, complete and (behind <= BEHIND_MOST or not any(term.tokens for term in terms)))

    def _holding_all(self, terms: Sequence[Term], through: Sequence[str], asked: _Asked) -> tuple[list[int], bool]:
        """Records that hold every term in one way or another, the newest first; and whether none was overlooked: of a
        word that very many hold, those whose words are still pending are not asked."""
        coded = any(term.tokens for term in terms)
        tail = read_behind(self._store.connection, CODE_READERS, BEHIND_MOST) if coded else []
        held = [self._holders(term, tail, through, asked, last=term is terms[-1]) for term in terms]
        if len(held) == 1:  # the newest by each way are at hand, and so the newest of all
            return sorted(held[0].numbers, reverse=True)[:_CAP], True
        tables = {table for holders in held for table, _ in holders.questions}
        certain = "search" not in tables or pending(self._store.connection) is None
        held.sort(key=lambda holders: (bool(holders.questions), len(holders.numbers)))
        if held[0].questions and tables == {"coded"}:
            return self._by_codes(held), certain
        if held[0].questions:  # each of them is held by very many
            inner = [self._either(holders) for holders in held]
            sql = " AND ".join(f"no IN ({part})" for part, _ in inner[1:])
            values = [value for _, given in inner for value in given]
            wanted = f"SELECT no FROM ({inner[0][0]}){' WHERE ' + sql if sql else ''} ORDER BY no DESC LIMIT ?"
            return [number for (number,) in self._store.rows(wanted, (*values, _CAP))], certain
        numbers = held[0].numbers
        for holders in held[1:]:
            numbers = self._kept(numbers, holders)
        return sorted(numbers, reverse=True)[:_CAP], certain

    def _words(self, text: str, asked: _Asked, *, whole: bool = False) -> list[int]:
        known = asked.words.get((text, whole))
        if known is None:
            known = asked.words[text, whole] = self._with_words(text, _CAP, whole=whole)
        return known

    def _holders(
        self, term: Term, tail: Iterable[tuple[int, Tokens]], through: Sequence[str], asked: _Asked, *, last: bool
    ) -> _Holders:
        words = self._words(term.text, asked, whole=not last)
        found = _Holders(set(words), [])
        if len(words) >= _CAP and (query := self.words_query(term.text, whole=not last)):
            found.questions.append(("search", query))
        if any(letter.isdecimal() for letter in term.text):
            found.numbers |= {*self._with_fragment(term.text, _CAP)[0], *self._with_case_number(term.text)}
        if term.tokens:
            query = codes_query(term)
            coded = self._with_codes(query)
            is_held = holder_of(term)
            found.numbers |= {number for number, tokens in tail if is_held(tokens)}
            found.beside |= found.numbers
            found.numbers |= {*coded}
            if len(coded) >= _CAP:
                found.questions.append(("coded", query))
        linked = self._naming_any(found.numbers, through, asked)
        found.numbers.update(linked)
        found.beside.update(linked)
        return found

    def _by_codes(self, held: Sequence[_Holders]) -> list[int]:
        """Records that hold every term, where very many hold each by a code: one question to the index of codes, which
        stops when it has enough, and of those that hold a term otherwise each by itself. To put all holders of each
        term together costs 0.1 s a term with 200,000 of them, and there may be a dozen terms."""
        query = " AND ".join(f"({asked})" for holders in held for _, asked in holders.questions)
        numbers = {*self._with_codes(query)}
        oldest = min(numbers) if len(numbers) >= _CAP else 0
        others = {number for holders in held for number in holders.beside if number > oldest} - numbers
        for holders in held:
            others = self._kept(others, holders)
        return sorted(numbers | others, reverse=True)[:_CAP]

    def _with_codes(self, query: str) -> list[int]:
        """Numbers of records in the index of codes, the newest first."""
        sql = "SELECT rowid FROM coded WHERE coded MATCH ? ORDER BY rowid DESC LIMIT ?"
        return [number for (number,) in self._store.rows(sql, (query, _CAP))]

    def _kept(self, numbers: set[int], holders: _Holders) -> set[int]:
        """Those of some records that hold a term."""
        kept = numbers & holders.numbers
        if not (left := sorted(numbers - kept)):
            return kept
        for table, query in holders.questions:
            sql = (  # "+": without it SQLite asks the index anew for each number, which takes a hundred times as long
                f"SELECT rowid FROM [{table}] WHERE [{table}] MATCH ? AND rowid BETWEEN ? AND ? "
                "AND +rowid IN (SELECT value FROM json_each(?))"
            )
            kept |= {number for (number,) in self._store.rows(sql, (query, left[0], left[-1], encode(left).decode()))}
        return kept

    @staticmethod
    def _either(holders: _Holders) -> tuple[str, list[str]]:
        """A query for all records that hold a term, and its values."""
        parts = ["SELECT value AS no FROM json_each(?)"]
        values = [encode(sorted(holders.numbers)).decode()]
        for table, query in holders.questions:
            parts.append(f"SELECT rowid FROM [{table}] WHERE [{table}] MATCH ?")
            values.append(query)
        return " UNION ".join(parts), values

    def _naming_any(self, numbers: Iterable[int], through: Sequence[str], asked: _Asked) -> list[int]:
        """Records that refer to one of these, where it is of such a type."""
        if not through:
            return []
        numbers = {*numbers}
        if unknown := numbers - asked.looked_at:
            rows = self._store.rows(
                "SELECT no, id FROM record WHERE no IN (SELECT value FROM json_each(?)) "
                "AND type IN (SELECT value FROM json_each(?))",
                (encode(list(unknown)).decode(), encode(list(through)).decode()),
            )
            asked.looked_at |= unknown
            asked.targets |= {int(number): str(id) for number, id in rows}
        found: dict[int, None] = {}
        for number in sorted(numbers & asked.targets.keys(), reverse=True)[:TARGETS_MOST]:
            found |= dict.fromkeys(self._that_name(asked.targets[number], asked))
            if len(found) >= _CAP:
                break
        return list(found)[:_CAP]

    def _that_name(self, target: str, asked: _Asked) -> list[int]:
        known = asked.namings.get(target)
        if known is None:
            sql = "SELECT record FROM mention WHERE target=? ORDER BY day DESC, record DESC LIMIT ?"
            known = asked.namings[target] = [number for (number,) in self._store.rows(sql, (pack(target), _CAP))]
        return known
