"""Proposes an export map for the header row of somebody else's form: what each column seems to ask for, by the names
and synonyms that imports know. What nobody can tell from the head stays blank, and so does what may not leave."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Final

from diwan_core.dictionary import DICTIONARY, fold
from diwan_core.intake.mapping.proposal import toml_text, unit_in, usual_path
from diwan_core.leaving.maps.field_path import field_at, kept_back
from diwan_core.leaving.maps.row_columns import tells
from diwan_core.leaving.templates import REPORTED, TEMPLATES

OPEN: Final = "nobody has said yet what belongs here"
_COUNTRY: Final = re.compile(r"\b(country|countries|cty|pays|pais)\b|\b(origin|transit|destination|export)\b")
_LEGS: Final = {
    "origin": ("origin", "org"),
    "transit": ("transit", "tra"),
    "destination": ("destination", "des", "dest"),
    "departure": ("departure", "export", "exp", "provenance", "dispatch"),
}
_PERSONS: Final = ("nationality", "nationalities", "nationalite", "nacionalidad", "citizenship")
_NATIONALITY: Final = 'from = "party.country"'
_SOURCE: Final = re.compile(r'from = "([^"]*)"')
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_ROLES: Final = ("suspect", "driver", "passenger", "courier", "crew", "master", "organiser", "accomplice")
_WEIGHT: Final = frozenset({"weight", "mass", "kg", "kilograms", "kilos", "poids", "peso"})
_PIECES: Final = frozenset({"pieces", "pcs", "piece", "count", "items", "specimens"})
_INSTEAD: Final = {"place": ['from = "locode"', 'as = "label"'], "date": ['from = "date"']}
_AS_CODES: Final = frozenset({"country", "currency", "unit", "hs"})


def heads_in(text: str) -> list[str]:
    """The heads of a pasted row: its first line that is not empty, divided by tabs, semicolons or commas."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    mark = next((mark for mark in "\t;" if mark in line), ",")
    return [head.strip() for head in next(csv.reader([line], delimiter=mark), []) if head.strip()]


def propose_map(title: str, heads: Sequence[str]) -> str:
    """The text of a template of cases for these heads, in their order."""
    columns = [(head, _settings(head)) for head in _once_each(heads)]
    rows = "goods" if any("goods." in one or "amount" in one for _, found in columns for one in found) else "record"
    lines = [
        "# Proposed from a header row: look at every column, correct it, then see what leaves: diwan export-map show.",
        f"title = {toml_text(title)}",
        f'type = "{REPORTED}"',
        f'rows = "{rows}"',
        "needs = []",
        *_small_cells(columns),
    ]
    for head, found in columns:
        lines += ["", "[[column]]", f"head = {toml_text(head)}", *found]
    return "\n".join(lines) + "\n"


def _small_cells(columns: Sequence[tuple[str, list[str]]]) -> Iterator[str]:
    """Which columns are made coarser in rows that describe too few cases: all that name place, day or nationality."""
    named: dict[str, list[str]] = {}
    for head, found in columns:
        source = _SOURCE.fullmatch(found[0])
        for key in tells(REPORTED, [source[1]] if source else []):
            named.setdefault(key, []).append(head)
    if named:
        yield "\n[small_cells]"
        yield from (f"{name} = [{', '.join(map(toml_text, heads))}]" for name, heads in named.items())


def _settings(head: str) -> list[str]:
    words = set(re.findall(r"[^\W_]+", fold(head)))
    if words & set(_PERSONS):
        return [_NATIONALITY, f"where = {{ role = [{', '.join(map(toml_text, _ROLES))}] }}"]
    if _COUNTRY.search(fold(head)):
        for role, names in _LEGS.items():
            if words & set(names):
                return ['from = "leg.country"', f'where = {{ role = "{role}" }}']
    path = usual_path(REPORTED, head)
    if path in _INSTEAD:
        return _INSTEAD[path]
    if words & _WEIGHT and path in ("", "goods.1.quantity", "goods.1.mass_kg"):
        return ['amount = "kilograms"']
    if words & _PIECES and path in ("", "goods.1.quantity", "goods.1.pieces"):
        return ['amount = "pieces"']
    if path == "goods.1.quantity" and unit_in(head) == "KGM":
        return ['amount = "kilograms"']
    return _of_field(path.replace(".1.", ".")) if path else [f"blank = {toml_text(OPEN)}"]


def _of_field(path: str) -> list[str]:
    field = field_at(DICTIONARY.type(REPORTED), path)
    if field is None:
        return [f"blank = {toml_text(OPEN)}"]
    if path not in TEMPLATES[REPORTED]:
        why = f"{path} may not leave ({kept_back(REPORTED, path, field)})"
        return [f"blank = {toml_text(why)}"]
    label = field.kind == "code" and field.codelist not in _AS_CODES
    return [f'from = "{path}"', *(['as = "label"'] if label else [])]


def _once_each(heads: Sequence[str]) -> Iterator[str]:
    """The heads without control characters, with a number behind one that stood there before: rows are made by them."""
    given: set[str] = set()
    for head in heads:
        plain = _CONTROL.sub(" ", head).strip() or "?"
        numbered = (f"{plain} ({number})" for number in count(2))
        found = plain if plain not in given else next(one for one in numbered if one not in given)
        given.add(found)
        yield found
