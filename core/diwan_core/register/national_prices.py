"""The national price table, which the centre writes and every node reads."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from diwan_core.dictionary import DICTIONARY, NotADecimal, Problem, decimal_text
from diwan_core.dictionary.plausible import outside_its_group
from diwan_core.dictionary.prices import Price
from diwan_core.register.records.edits import Edit
from diwan_core.register.register import Register
from diwan_core.register.storage.database import Store

TYPE = "price"
FIELDS = tuple(name for name in Price._fields if name != "record")


def national_prices(store: Store) -> list[Price]:
    """Every price known here that was not withdrawn: by what it is for, the latest first."""
    if TYPE not in DICTIONARY.types:  # a node of an older dictionary
        return []
    columns = ", ".join(f"coalesce(t.{name}, '')" for name in FIELDS)
    rows = store.rows(
        f"SELECT r.id, {columns} FROM record_price t JOIN record r ON r.no=t.no "
        "WHERE coalesce(t.status, '') NOT IN ('draft', 'withdrawn') "
        "ORDER BY t.product_group, coalesce(t.sub_group, ''), coalesce(t.hs_code, ''), coalesce(t.value_kind, ''), "
        "t.valid_from DESC, r.id DESC"
    )
    return [Price(*row) for row in rows]


def read_price(typed: Mapping[str, str]) -> tuple[Price | None, list[Problem]]:
    """A price from texts by the names of its fields, None with all that is wrong with them."""
    texts = {name: typed.get(name, "").strip() for name in FIELDS}
    texts |= {"hs_code": texts["hs_code"].replace(".", "").replace(" ", ""), "currency": texts["currency"].upper()}
    document = {name: text for name, text in texts.items() if text}
    with suppress(NotADecimal):  # the validator says what is wrong with it
        document["price"] = texts["price"] = decimal_text(texts["price"], exact=True)
    problems = DICTIONARY.type(TYPE).check(document, creating=True) or _outside(texts)
    return (None, problems) if problems else (Price(record="", **texts), [])


def _outside(texts: Mapping[str, str]) -> list[Problem]:
    """Whether the sub-group belongs to another product group: such a price would be suggested for no goods."""
    groups, finer = DICTIONARY.codes("product_group"), DICTIONARY.codes("sub_group")
    label = DICTIONARY.type(TYPE).fields["sub_group"].label
    return outside_its_group(texts, groups, finer, path="sub_group", label=label)


Key = tuple[str, ...]
"""The goods, unit, kind and first day of a price."""


def known_prices(store: Store) -> dict[Key, Price]:
    """The prices known here, for `declare_price` of many."""
    return {_key(price): price for price in reversed(national_prices(store))}


def declare_price(register: Register, price: Price, *, author: str, known: dict[Key, Price] | None = None) -> bool:
    """Write a price, at the centre; whether that is new. What was said for the same goods, unit, kind and first day is
    corrected. `known` are those written before, and is kept up to date. Raises Refused."""
    known = known_prices(register.store) if known is None else known
    held = known.get(_key(price))
    if held is not None and not price.valid_until:
        price = price._replace(valid_until=held.valid_until)  # who corrects a price does not open it again
    if held is not None and held._replace(record="") == price._replace(record=""):
        return False
    values = {name: getattr(price, name) or None for name in FIELDS}
    if held is not None:
        edit = Edit(TYPE, values, held.record)
    else:
        given = {name: value for name, value in values.items() if value is not None}
        edit = Edit(TYPE, {**given, "status": "published"})
    record = register.save([edit], author=author).records[0]
    known[_key(price)] = price._replace(record=record)
    return True


def _key(price: Price) -> Key:
    return price.product_group, price.sub_group, price.hs_code, price.per, price.value_kind, price.valid_from


def end_price(register: Register, record: str, last_day: str, *, author: str) -> None:
    """Say that a price no longer holds after a day. Raises Refused, KeyError where there is no such price."""
    if record not in {price.record for price in national_prices(register.store)}:
        raise KeyError(record)
    register.save([Edit(TYPE, {"valid_until": last_day}, record)], author=author)
