"""Works out once from a type's declaration what writing its records needs: its table and statements, and the readers of
what is kept beside a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from diwan_core.dictionary import DICTIONARY, RecordType
from diwan_core.dictionary.amounts import has_amounts
from diwan_core.dictionary.naming_values import names_somebody
from diwan_core.register.index import amounts, births, codes, references
from diwan_core.register.index.folding import PRESENT, Folding
from diwan_core.register.records import merge
from diwan_core.register.records.sent_back import STATE, rank_of_check
from diwan_core.register.storage.schema import table_of

Json = dict[str, Any]
Index = tuple[str, str, str]
"""What the search index holds of a record: words of each half, and its folded identifiers."""


class Derived(NamedTuple):
    """The entries kept beside a record's state: its search entries, and the records it refers to."""

    words: Index = ("", "", "")
    mentions: frozenset[references.Mention] = frozenset()
    births: frozenset[births.Birth] = frozenset()
    lines: amounts.Lines = amounts.Lines()
    unit: tuple[object, ...] = ()
    codes: codes.Tokens = frozenset()


_BASE: Final = ("no", "base_epoch", "base_seq", "base", "created", "updated")


class TypePlan:
    """Everything that writing a record of one type needs, worked out once from its declaration."""

    def __init__(self, declared: RecordType) -> None:
        self.declared = declared
        self.table = table_of(declared.name)
        self.columns = [name for name, _ in declared.columns()]
        self.tree = group_tree(declared)
        self.values: Callable[[Json], list[Any]] = declared.column_values
        self.references = references.reader_of(declared)
        self.codes = codes.reader_of(declared)
        self.looks_at_nominal = births.has_births(declared) or any(
            item.kind == "reference" and item.nominal for _, item in declared.every_field()
        )
        """Whether anything but the search index is made of the nominal half of a new record."""
        self.has_births = births.has_births(declared)
        self.has_amounts = has_amounts(declared)
        self.keeps_units = amounts.keeps_units(declared)
        self.names_somebody = names_somebody(declared)
        self.present = declared.present_columns
        self.insert = self.insert_of(self.columns)
        self.select = (
            "SELECT t.base_epoch, t.base_seq, t.created, t.heads, coalesce(t.rest, j.rest), "
            "CASE WHEN t.rest IS NULL THEN j.nominal ELSE t.nominal END "
            f"FROM [{self.table}] t LEFT JOIN journal j ON j.no=t.base WHERE t.no=?"
        )
        self.update = (
            f"UPDATE [{self.table}] SET updated=max(updated,?), rest=?, nominal=?, heads=?, conflicts=?"
            + "".join(f", [{name}]=?" for name in self.columns)
            + " WHERE no=?"
        )

    def insert_of(self, columns: Sequence[str]) -> str:
        """The statement that makes a record; columns that are not named have no value."""
        names = [*_BASE, *columns]
        return (
            f"INSERT INTO [{self.table}] ({', '.join(f'[{name}]' for name in names)}) "
            f"VALUES ({', '.join('?' * len(names))})"
        )

    def index(self, rest: Json, nominal: Json | None, folding: Folding = PRESENT) -> Index:
        """The search index entries of a record."""
        text, secret, identifiers = self.declared.indexer(rest, nominal or {})
        return folding.words(text), folding.words(secret), folding.identifiers([value for _, value in identifiers])

    def derived(self, state: merge.State, folding: Folding) -> Derived:
        """All that is kept beside a record's state, in the folding it stands in the index (`fold_range.folding_of`)."""
        named = self.named(state.rest, state.nominal)
        words = self.index(state.rest, state.nominal, folding)
        born = births.births_of(state.nominal) if self.has_births else frozenset()
        lines = amounts.lines_of(state.rest) if self.has_amounts else amounts.Lines()
        unit = amounts.unit_of(state.rest) if self.keeps_units else ()
        coded = self.codes(state.rest) if self.codes is not None else frozenset()
        return Derived(words, references.mentions_of(named, state.rest, state.base.hlc), born, lines, unit, coded)

    def named(self, rest: Json, nominal: Json) -> list[tuple[str, str]]:
        """(dotted path, id) of the records a record names, as far as they are listed."""
        return self.references(rest, nominal) if self.references is not None else []


def group_tree(declared: RecordType) -> merge.GroupTree:
    """Field -> group key, part -> the same for its fields (see `merge.Tree`)."""
    tree: dict[str, Any] = {name: declared.group_of(name) for name in declared.fields}
    for name, part in declared.parts.items():
        tree[name] = {field: part.group_of(field) for field in part.fields}
    ranks = {(machine.part, machine.field): machine.precedence for machine in declared.machines}
    return merge.GroupTree(tree, {("", "status"): _rank_of_status, ("", STATE): rank_of_check, **ranks})


def _rank_of_status(status: object) -> int:
    """A record that somebody withdrew stays so beside what others did to it meanwhile, until a person resolves it; and
    one that was validated and at once sent back or changed is not validated before."""
    return {"withdrawn": 0, "validated": 2}.get(str(status), 1)


PLANS: Final[Mapping[str, TypePlan]] = {name: TypePlan(declared) for name, declared in DICTIONARY.types.items()}
CODE_READERS: Final[Mapping[str, codes.Reader | None]] = {name: plan.codes for name, plan in PLANS.items()}
