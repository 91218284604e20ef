"""How a value is reduced until it leads to nobody. Each function gives what may leave, or None for nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY, Field
from diwan_core.dictionary.checkdigits import is_container_number

_NOTHING: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Known:
    """What this node knows by its centre: codes of units and of offices. A post could write any word where a code is
    expected, so that only known ones leave."""

    units: frozenset[str] = _NOTHING
    offices: frozenset[str] = _NOTHING


#: Kinds of places that are nobody's house or business: only there does a position leave.
PUBLIC_PLACES: Final = frozenset(
    {
        "seaport", "airport", "land_border", "river_port", "rail_station", "dry_port", "mail_centre", "free_zone",
        "road", "territorial_sea", "high_sea",
    }
)  # fmt: skip
#: Kinds of conveyances that belong to one person more often than not: no number of theirs leaves, however reduced.
PRIVATE_KINDS: Final = frozenset(
    {"car", "motorcycle", "bicycle", "small_boat", "yacht", "light_aircraft", "drone", "animal", "on_foot"}
)
POSITION_STEP: Final = Decimal("0.1")
"""Degrees: some 11 km."""

_AIR_WAYBILL: Final = re.compile(r"([0-9]{3})[ -]?([0-9]{8})")  # IATA Resolution 600a: airline, serial, check digit
_FLIGHT: Final = re.compile(r"([A-Z]{2}|[A-Z][0-9]|[0-9][A-Z]) ?-?[0-9]{1,4}[A-Z]?")


def coarsen(field: Field, value: Any, level: Mapping[str, Any], document: Mapping[str, Any], known: Known) -> Any:
    """The reduced value of a field; None where nothing of it may leave. `level` are the values beside it: those of its
    part, or the document."""
    if field.kind == "position":
        return position(value) if document.get("location_type") in PUBLIC_PLACES else None
    if field.kind == "datetime":
        return value[:10]
    if field.open_list:
        return heading(value) if field.codelist == "hs" else _known_code(field.codelist, value)
    if field.kind != "text":
        return value  # a date or nationality: where a row of few records would show somebody, its reader decides
    if field.identifier:
        return None if _private(level) else number(field, value)
    if field.name == "unit":
        return value if value in known.units else None
    return value if value in known.offices or DICTIONARY.codes("locode").has(value) else None


def number(field: Field, value: str) -> str | None:
    """What a number of a business tells of its kind: the owner's letters of a container, the airline of a waybill or
    flight."""
    plain = value.strip().upper()
    match field.identifier:
        case "container":
            joined = plain.replace(" ", "").replace("-", "")
            return joined[:4] if is_container_number(joined) else None
        case "consignment":
            waybill = _AIR_WAYBILL.fullmatch(plain)
            # the last digit is the rest of the seven before it, divided by seven
            return waybill[1] if waybill and int(waybill[2][:7]) % 7 == int(waybill[2][7]) else None
        case "voyage":
            flight = _FLIGHT.fullmatch(plain)
            return flight[1] if flight else None
        case _:
            return None


def position(value: str) -> str:
    """Latitude and longitude to a tenth of a degree."""
    return ",".join(_tenth(degrees) for degrees in value.split(","))


def _tenth(degrees: str) -> str:
    rounded = Decimal(degrees).quantize(POSITION_STEP, ROUND_HALF_EVEN)
    return format(rounded if rounded else abs(rounded), "f").removesuffix(".0")


def heading(value: str) -> str | None:
    """A code of goods as far as the list knows it: ten digits may be anything, a heading is one."""
    codes = DICTIONARY.codes("hs")
    return next((value[:length] for length in (len(value), 6, 4, 2) if codes.has(value[:length])), None)


def _known_code(codelist: str, value: str) -> str | None:
    return value if DICTIONARY.codes(codelist).has(value) else None


def _private(level: Mapping[str, Any]) -> bool:
    return level.get("private") is True or level.get("kind") in PRIVATE_KINDS
