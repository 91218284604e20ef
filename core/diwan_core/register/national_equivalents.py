"""The national table of doses and equivalents, which the centre writes and every node reads.

An entry is never corrected: reports name the entry they are from, and what they said has to stay true. A new edition
begins on a later day; an entry that was wrong is withdrawn, and another may then take its place."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from itertools import pairwise

from diwan_core.dictionary import DICTIONARY, N_, CodeTerm, NotADecimal, Problem, Term, decimal_text, problem
from diwan_core.dictionary.national_equivalents import COUNTED, DOSE, NationalEquivalent, is_divided, measure_of
from diwan_core.dictionary.plausible import outside_its_group
from diwan_core.register.records.edits import Edit, Refused
from diwan_core.register.register import Register
from diwan_core.register.storage.database import Store

TYPE = "equivalent"
FIELDS = tuple(name for name in NationalEquivalent._fields if name != "record")
_SIZES = ("lowest", "typical", "highest")
_WITH_A_FORM = ("drugs", "medicines")
"""Product groups whose goods have a form."""

_NOT_MORE_THAN_ZERO = N_("{field}: {value} is not more than zero. Give a size, such as 0.1.")
_NOT_IN_ORDER = N_("{field} is more than {other:lower}. Put the three sizes in order: lowest, typical, highest.")
_NOT_COUNTED = N_("{field}: {value} cannot be counted. Choose a dose, tablet, capsule, piece, litre or cigarette.")
_NO_SIZE = N_("{field}: {value} measures no weight, volume or number. Choose another, such as GRM.")
_NO_WEIGHT = N_("{field}: {value} is no weight. Choose one, such as GRM: only doses and cigarettes have other sizes.")
_NO_FORM = N_("{field}: only drugs and medicines have a form. Leave it empty.")
_TWICE = N_(
    "{field}: there is an entry for the same thing from this day on. Withdraw it if it is wrong, or give a later day."
)


def national_equivalents(store: Store) -> list[NationalEquivalent]:
    """Every entry known here that was not withdrawn: by what it is for, the latest first."""
    if TYPE not in DICTIONARY.types:  # a node of an older dictionary
        return []
    columns = ", ".join(f"coalesce(t.{name}, '')" for name in FIELDS)
    rows = store.rows(
        f"SELECT r.id, {columns} FROM record_equivalent t JOIN record r ON r.no=t.no "
        "WHERE coalesce(t.status, '') NOT IN ('draft', 'withdrawn') "
        "ORDER BY t.product_group, coalesce(t.sub_group, ''), coalesce(t.drug_form, ''), t.counted, t.size_unit, "
        "t.valid_from DESC, r.id DESC"
    )
    return [NationalEquivalent(*row) for row in rows]


def read_equivalent(typed: Mapping[str, str]) -> tuple[NationalEquivalent | None, list[Problem]]:
    """An entry from texts by the names of its fields, None with all that is wrong with them."""
    texts = {name: typed.get(name, "").strip() for name in FIELDS}
    document: dict[str, object] = {name: text for name, text in texts.items() if text}
    for name in _SIZES:
        with suppress(NotADecimal):  # the validator says what is wrong with it
            document[name] = texts[name] = decimal_text(texts[name], exact=True)
    sizes = _wrong_sizes(texts)
    named = {one.path for one in sizes}
    others = [one for one in DICTIONARY.type(TYPE).check(document, creating=True) if one.path not in named]
    problems = [*others, *sizes] or [*_out_of_order(texts), *_unfit(texts)]
    return (None, problems) if problems else (NationalEquivalent(record="", **texts), [])


def _wrong_sizes(texts: Mapping[str, str]) -> list[Problem]:
    """Sizes of zero and less."""
    wrong = [name for name in _SIZES if texts[name] == "0" or texts[name].startswith("-")]
    return [
        problem(name, "rule", _NOT_MORE_THAN_ZERO, field=_label(name), value=f'"{texts[name][:40]}"') for name in wrong
    ]


def _out_of_order(texts: Mapping[str, str]) -> list[Problem]:
    return [
        problem(less, "rule", _NOT_IN_ORDER, field=_label(less), other=_label(more))
        for less, more in pairwise(_SIZES)
        if Decimal(texts[less]) > Decimal(texts[more])
    ]


def _unfit(texts: Mapping[str, str]) -> list[Problem]:
    """What would make the entry fit no goods, or say nothing of them."""
    groups, finer, units = (DICTIONARY.codes(name) for name in ("product_group", "sub_group", "unit"))
    found = outside_its_group(texts, groups, finer, path="sub_group", label=_label("sub_group"))
    if texts["drug_form"] and texts["product_group"] not in _WITH_A_FORM:
        found.append(problem("drug_form", "rule", _NO_FORM, field=_label("drug_form")))
    counted, unit = CodeTerm(units, texts["counted"]), CodeTerm(units, texts["size_unit"])
    if texts["counted"] not in COUNTED:
        found.append(problem("counted", "rule", _NOT_COUNTED, field=_label("counted"), value=counted))
    elif not is_divided(texts["counted"]) and measure_of(texts["size_unit"]) != "kilograms":
        found.append(problem("size_unit", "rule", _NO_WEIGHT, field=_label("size_unit"), value=unit))
    elif not measure_of(texts["size_unit"]) or texts["size_unit"] == DOSE:
        found.append(problem("size_unit", "rule", _NO_SIZE, field=_label("size_unit"), value=unit))
    return found


def _label(name: str) -> Term:
    return Term(DICTIONARY.type(TYPE).fields[name].label)


Key = tuple[str, ...]
"""The goods, what is counted of them, the measure of its size, and the first day of an entry."""


def known_equivalents(store: Store) -> dict[Key, NationalEquivalent]:
    """The entries known here, for `declare_equivalent` of many."""
    return {_key(entry): entry for entry in reversed(national_equivalents(store))}


def declare_equivalent(
    register: Register, entry: NationalEquivalent, *, author: str, known: dict[Key, NationalEquivalent] | None = None
) -> bool:
    """Write an entry, at the centre; False where the same one is there already. `known` are those written before, and
    is kept up to date. Raises Refused, also where another one is there for the same thing and first day."""
    known = known_equivalents(register.store) if known is None else known
    held = known.get(_key(entry))
    if held is not None:
        until = entry.valid_until or held.valid_until
        if held._replace(record="") == entry._replace(record="", valid_until=until):
            return False
        raise Refused([problem("valid_from", "rule", _TWICE, field=_label("valid_from"))])
    values = {name: getattr(entry, name) for name in FIELDS if getattr(entry, name)}
    record = register.save([Edit(TYPE, {**values, "status": "published"})], author=author).records[0]
    known[_key(entry)] = entry._replace(record=record)
    return True


def _key(entry: NationalEquivalent) -> Key:
    goods = entry.product_group, entry.sub_group, entry.drug_form
    return *goods, entry.counted, measure_of(entry.size_unit), entry.valid_from


def end_equivalent(register: Register, record: str, last_day: str, *, author: str) -> None:
    """Say that an entry no longer holds after a day. Raises Refused, KeyError where there is no such entry."""
    _change(register, record, {"valid_until": last_day}, author)


def withdraw_equivalent(register: Register, record: str, *, author: str) -> None:
    """Take an entry that was wrong out of the table: reports no longer say anything by it. Raises Refused, KeyError
    where there is no such entry."""
    _change(register, record, {"status": "withdrawn"}, author)


def _change(register: Register, record: str, values: dict[str, object], author: str) -> None:
    if record not in {entry.record for entry in national_equivalents(register.store)}:
        raise KeyError(record)
    register.save([Edit(TYPE, values, record)], author=author)
