"""Code lists: membership, labels in the languages they come in, and search by word, code and synonym.

Lists shipped as files are read when first asked for; a post that never searches HS headings never holds them in memory.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Final

from .code_search import Wanted, folded_names, index_text
from .code_table import CodeSource, CodeTable
from .folding import fold
from .row_index import RowIndex

_BEGINS: Final = 5
"""The last rank of a search at which the code, a name or one of its words begins with what was typed."""
_TELLING: Final = 3
"""Letters from which the beginning of a name says which code is meant."""
REMEMBERED: Final = 500
"""Searches a list remembers: a wrong word of a file stands in many of its rows."""
MEANT_REMEMBERED: Final = 32
"""Words of searches for records that a list remembers: every list is asked for each of them, so each word is held as
often as there are lists."""


class CodeList:
    """One list of codes. `load` is called when the list is first used; `digest` is known without loading."""

    def __init__(self, name: str, label: str, source: str, digest: str, load: Callable[[], CodeTable]) -> None:
        self.name = name
        self.label_en = label
        self.source = source
        self.digest = digest
        self._load = load
        self._table: CodeTable | None = None
        self._index: RowIndex | None = None
        self._found: dict[tuple[str, int], list[str]] = {}
        self._meant: dict[tuple[str, int], tuple[str, ...]] = {}
        self._sources: tuple[CodeSource, ...] = ()
        self._said_in: Mapping[str, tuple[CodeSource, ...]] = {}

    @classmethod
    def of(cls, name: str, label: str, source: str, table: CodeTable) -> "CodeList":
        """A list whose rows are at hand."""
        made = cls(name, label, source, table.digest(), lambda: table)
        made._table = table
        return made

    def as_of(self, version: int) -> "CodeList":
        """The list as a dictionary of an earlier version had it; itself where it was the same."""
        if self._table is None or not (self._table.since or self._table.retired):
            return self  # of the lists that come as files each decides nothing, or is as old as the dictionary
        marks = (*self._table.since.values(), *self._table.retired.values())
        if max(marks) <= version:
            return self
        return CodeList.of(self.name, self.label_en, self.source, self._table.as_of(version))

    def use(self, edition: CodeSource, *beside: CodeSource) -> None:
        """From now on ask `edition` first, then these rows, then the list `beside` both (national codes under the
        HS). Whether a document is valid never depends on it, because only open lists have editions."""
        self._sources = (edition, *beside)

    def say_in(self, languages: Mapping[str, tuple[CodeSource, ...]]) -> None:
        """From now on say codes in these languages by the first of their sources that has a code, and find them by its
        words. Codes that only such a source has are no codes of the list."""
        self._said_in = languages

    @property
    def table(self) -> CodeTable:
        if self._table is None:
            self._table = self._load()
        return self._table

    @property
    def codes(self) -> Mapping[str, str]:
        """code -> English label, in the list's order."""
        return self.table.labels["en"]

    def __len__(self) -> int:
        return max(len(self.codes), *(source.count() for source in self._sources), 0)

    def __iter__(self) -> Iterator[str]:
        return iter(self.codes)

    @property
    def prefixes(self) -> frozenset[str]:
        """The first two characters of its codes: the countries a list of places knows."""
        return self._own_prefixes.union(*(source.prefixes() for source in self._sources))

    @cached_property
    def _own_prefixes(self) -> frozenset[str]:
        return frozenset(code[:2] for code in self.codes)

    def has(self, code: object) -> bool:
        return isinstance(code, str) and (code in self.codes or self._source_of(code) is not None)

    def _source_of(self, code: str) -> CodeSource | None:
        return next((source for source in self._sources if source.label(code) is not None), None)

    def label(self, code: str, language: str = "en") -> str:
        """The label in this language, else in English; an unknown code is its own label."""
        labels = self.table.labels
        if language != "en" and (translated := labels.get(language, {}).get(code)):
            return translated
        for told in self._said_in.get(language, ()):
            if translated := told.label(code):
                return translated
        source = self._source_of(code)
        return (source and source.label(code)) or labels["en"].get(code, code)

    def learn(self, language: str, labels: Mapping[str, str]) -> None:
        """Add the labels of one more language: they are shown and found from now on. The codes stay the same."""
        table = self.table
        known = {**table.labels, language: {**table.labels.get(language, {}), **labels}}
        self._table = replace(table, labels=known)
        self._index = None
        self._found.clear()
        self._meant.clear()

    def parent(self, code: str) -> str:
        """The code this one belongs under; "" when none."""
        source = self._source_of(code)
        return source.parent(code) if source else self.table.parents.get(code, "")

    def position(self, code: str) -> str:
        """ "lat,lon" of a place, "" when not known."""
        source = self._source_of(code)
        return source.position(code) if source else self.table.positions.get(code, "")

    def is_withdrawn(self, code: str) -> bool:
        """Whether a code is valid in old records only."""
        source = self._source_of(code)
        return source.withdrawn(code) if source else code in self.table.withdrawn

    def replacement(self, code: str) -> str:
        """The code that says today what this one said; the code itself where none certainly does."""
        return self.table.replaced.get(code, code)

    def present(self) -> list[str]:
        """The codes that forms offer: those that are not withdrawn, in the list's order."""
        return [code for code in self.codes if code not in self.table.withdrawn]

    def usual(self, places: Iterable[str], most: int) -> list[str]:
        """The codes in use that are offered first at such places: those usual everywhere, then the most usual there (a
        place with a plus), then others that occur there; in the list's order."""
        applies, found = self.table.applies, [code for code in self.present() if code not in self.table.applies]
        wanted = [f"{place}{mark}" for mark in ("+", "") for place in places]
        for place in wanted:
            found += [code for code in self.present() if place in applies.get(code, ()) and code not in found]
        chosen = set(found[:most])
        return [code for code in self.codes if code in chosen]

    def synonyms(self, code: str) -> str:
        """Other words for a code, divided by commas."""
        source = self._source_of(code)
        return source.synonyms(code) if source else self.table.synonyms.get(code, "")

    def search(self, text: str, limit: int = 20) -> list[str]:
        """Codes whose code, labels or synonyms hold every word typed, best first; no text: the first."""
        edition, *beside = (source.search(text, limit) for source in self._sources) if self._sources else [[]]
        first = edition or self._search_own(text, limit)
        found = dict.fromkeys([*first, *(code for more in beside for code in more)])
        if text.strip() and len(found) < limit:
            found |= dict.fromkeys(code for code in self._found_in_languages(text, limit) if self.has(code))
        return list(found)[:limit]

    def _found_in_languages(self, text: str, limit: int) -> Iterator[str]:
        for sources in self._said_in.values():
            for source in sources:
                yield from source.search(text, limit)

    def meant_by(self, text: str, limit: int) -> list[str]:
        """The codes that a text stands for where it is searched among other words: whose code it is, or one of whose
        names in any language, or a word of it, begins so; a text of one or two letters has to be the whole name."""
        known = self._meant.get((text, limit))
        if known is None or self._sources:
            worst = _BEGINS if len(fold(text)) >= _TELLING else 1
            if self._sources:
                languages = self.table.labels
                found = [code for code in self.search(text, limit) if self._rank_of(text, code, languages) <= worst]
            else:
                found = [code for rank, _length, code in sorted(self._ranked(text)) if rank % 10 <= worst][:limit]
            if len(self._meant) >= MEANT_REMEMBERED:
                self._meant.clear()
            known = self._meant[text, limit] = tuple(found)
        return list(known)

    def _rank_of(self, text: str, code: str, languages: Iterable[str]) -> int:
        names = [self.label(code, language) for language in languages]
        rank = Wanted(text).rank(code, fold(code), folded_names([*names, *self.synonyms(code).split(",")]))
        return _BEGINS + 1 if rank is None else rank

    def offer(self, text: str, limit: int, first: Iterable[str]) -> list[str]:
        """What `search` finds, where people choose: of the codes that fit a text as well as others do, those in `first`
        come before them, in its order; no text: these, then the list."""
        wanted = {code: place for place, code in enumerate(dict.fromkeys(first)) if self.has(code)}
        if not text.strip():
            return list(dict.fromkeys([*wanted, *self.search("", limit)]))[:limit]
        if self._sources:
            return sorted(self.search(text, limit), key=lambda code: wanted.get(code, len(wanted)))
        ranked = [
            (0 if rank <= _BEGINS else rank, wanted.get(code, len(wanted)), rank, length, code)
            for rank, length, code in self._ranked(text)
        ]
        return [code for *_rank, code in sorted(ranked)[:limit]]

    def _search_own(self, text: str, limit: int) -> list[str]:
        if not text.strip():
            return [code for code in self.codes if code not in self.table.withdrawn][:limit]
        known = self._found.get((text, limit))
        if known is None:
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            known = self._found[text, limit] = self._searched(text, limit)
        return list(known)

    def _searched(self, text: str, limit: int) -> list[str]:
        return [code for _, _, code in sorted(self._ranked(text))[:limit]]

    def _ranked(self, text: str) -> list[tuple[int, int, str]]:
        wanted = Wanted(text)
        found: list[tuple[int, int, str]] = []
        rows = self._folded()
        for number in rows.candidates(wanted.words[0] if wanted.words else "", wanted.squeezed, wanted.text):
            code, folded_code, folded = rows.entry(number)
            rank = wanted.rank(code, folded_code, folded)
            if rank is not None:
                found.append((rank + (10 if rank and code in self.table.withdrawn else 0), len(folded), code))
        return found

    def _folded(self) -> RowIndex:
        if self._index is None:
            table = self.table
            self._index = RowIndex(tuple(self.codes), (index_text(table, code) for code in self.codes))
        return self._index
