"""What leaves of one record, asked by the fields a template names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from diwan_core.dictionary import RecordType, amounts_of
from diwan_core.dictionary.amounts import FIELDS, Amounts
from diwan_core.leaving.agreed import Agreed
from diwan_core.leaving.coarsen import Known
from diwan_core.leaving.projection import leaving_value
from diwan_core.leaving.sources import is_source

from .template import Column, Conditions

_FURTHER: Final = "*"


class LeftValues:
    """A record as it leaves. `row` is the part and the line that the row is made of, ("", "") for the record."""

    def __init__(
        self,
        declared: RecordType,
        document: Mapping[str, Any],
        known: Known,
        row: tuple[str, str] = ("", ""),
        agreed: Agreed | None = None,
    ) -> None:
        self.declared, self._document, self._known, self._row = declared, document, known, row
        self._agreed = agreed

    def one(self, path: str) -> Any:
        """What leaves of the value at a path of the document."""
        if self._agreed is not None:
            found = self._agreed.value(self.declared, self._document, path)
            if found is not None:
                return found
        return leaving_value(self.declared, self._document, path, self._known)

    def lines(self, part: str, column: Column | None = None) -> Iterator[str]:
        """The ids of a part's lines that a column takes, in their order; of the row's part the row's line alone."""
        count = 0
        for key in self._keys(part):
            if self._row[0] == part and self._row[1] != key and not (column and column.whole):
                continue
            if column is None or (self.meets(column.where, part, key) and not self._any(column.unless, part, key)):
                count += 1
                if column is None or column.line in (0, count):
                    yield key

    def meets(self, conditions: Conditions, part: str = "", key: str = "") -> bool:
        """Whether a line, or the record, meets each of the conditions."""
        return all(self._accepts(accepted, part, key, name) for name, accepted in conditions.items())

    def values(self, path: str, column: Column | None = None) -> list[tuple[str, Any]]:
        """(path with the id of its line, value) of what leaves of a field, in order."""
        return [(at, value) for at in self.paths(path, column) if (value := self.one(at)) is not None]

    def paths(self, path: str, column: Column | None = None) -> Iterator[str]:
        """The paths of a field in this record, of each line and each of its repetitions, whether it leaves or not."""
        name, _, inner = path.partition(".")
        if not inner:
            field = self.declared.fields[name]
            yield from self._repeated(name, self._document.get(name)) if field.repeated else (name,)
            return
        if "." in inner:  # of a person that the line links
            yield from (f"{name}.{key}.{inner}" for key in self.lines(name, column))
            return
        field = self.declared.parts[name].fields[inner]
        for key in self.lines(name, column):
            at = f"{name}.{key}.{inner}"
            yield from self._repeated(at, self._document[name][key].get(inner)) if field.repeated else (at,)

    def raw(self, path: str) -> Any:
        """The value as it is recorded, to say why nothing leaves of it."""
        found: Any = self._document
        for step in path.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
        return found

    def amounts(self, column: Column) -> Iterator[Amounts]:
        """What the goods lines that a column takes come to, by what leaves of them."""
        for key in self.lines("goods", column):
            line = {name: value for name in FIELDS if (value := self.one(f"goods.{key}.{name}")) is not None}
            if (found := amounts_of(line)) is not None:
                yield found

    def _keys(self, part: str) -> list[str]:
        held = self._document.get(part)
        lines = held.items() if isinstance(held, Mapping) else ()
        keys = [key for key, line in lines if isinstance(line, Mapping) and not is_source(part, line)]
        ordered = "order" in self.declared.parts[part].fields

        def rank(key: str) -> tuple[int, int, str]:
            order = self.one(f"{part}.{key}.order") if ordered else None
            return (order if isinstance(order, int) else 1000), len(key), key

        return sorted(keys, key=rank)

    def _accepts(self, accepted: tuple[str, ...], part: str, key: str, name: str) -> bool:
        path = f"{part}.{key}.{name}" if part else name
        value = self.one(path)
        text = "" if value is None else str(value)
        return any(
            text.casefold().startswith(one[:-1].casefold()) if one.endswith(_FURTHER) else text == one
            for one in accepted
        )

    def _any(self, conditions: Conditions, part: str, key: str) -> bool:
        return any(self._accepts(accepted, part, key, name) for name, accepted in conditions.items())

    @staticmethod
    def _repeated(at: str, held: Any) -> Iterator[str]:
        if isinstance(held, Mapping):
            yield from (f"{at}.{key}" for key in sorted(held, key=lambda key: (len(key), key)))
