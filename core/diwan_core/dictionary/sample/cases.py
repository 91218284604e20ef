"""Invented cases."""

from collections.abc import Mapping
from random import Random
from typing import Any, Final

from . import made_up, words
from .narratives import HIDES, hide, language, narrative

_UNIT_WORDS: Final = {
    "H87": "pieces",
    "KGM": "kg",
    "GRM": "g",
    "LTR": "litres",
    "PR": "pairs",
    "MTQ": "m3",
    "TNE": "t",
    "C62": "pieces",
}
_DETECTION: Final = (
    "risk_profile", "intelligence", "routine", "xray_cargo", "physical", "dog", "documents", "random", "xray_baggage",
    "patrol", "weighing", "warning_message",
)  # fmt: skip
_BASIS: Final = {
    "risk_profile": ("profile", "xray_cargo"), "intelligence": ("intelligence", "physical"),
    "routine": ("routine", "physical"), "random": ("random", "physical"), "warning_message": ("warning", "xray_cargo"),
}  # fmt: skip
"""Why something was selected, and what found it then."""
_OF_GROUP: Final = {
    "drugs": {"lab_state": "presumptive"},
    "tobacco": {"tax_stamp": "foreign", "authenticity": "genuine"},
    "fauna_flora": {"source_code": "W", "permit": "none", "identified_by": "sight"},
    "weapons": {"serial_state": "readable", "weapon_condition": "factory"},
    "ipr": {"ipr_right": "mark"},
}
_KIND_OF_MODE: Final = {"1": "container", "2": "train", "3": "lorry", "4": "aircraft", "5": "mail", "8": "small_boat"}
_CURRENCIES: Final = ("USD", "EUR", "XOF", "KES", "JOD", "ZMW", "NAD", "COP", "PEN", "RWF")


def case(random: Random, number: int) -> dict[str, Any]:
    """One case, the `number`-th of a sample."""
    country, locode, place, position, location_type, modes = random.choice(words.PLACES)
    goods = random.choice(words.GOODS)
    spoken = language(random)
    method = random.choice(tuple(HIDES["en"]))
    mode = random.choice(modes)
    facts = {
        "goods": goods.named[spoken],
        "cover": random.choice(words.COVER),
        "quantity": made_up.amount(random, goods.lowest, goods.highest),
        "unit": _UNIT_WORDS[goods.unit],
        "packages": str(random.randrange(1, 900)),
        "place": place,
        "origin": random.choice(words.FROM),
        "destination": country if random.random() < 0.7 else random.choice(words.FROM),
        "hide": hide(spoken, method),
        "plate": made_up.plate(random),
        "container": made_up.container(random),
        "firm": made_up.firm(random),
        "seal": f"{made_up.letters(random, 2)}{made_up.digits(random, 6)}",
        "document": f"{random.choice(('BL', 'CMR', 'AWB', 'T1'))}{made_up.digits(random, 9)}",
        "date": made_up.day(random),
        "hour": made_up.clock(random),
    }
    document: dict[str, Any] = {
        "national_reference": f"{locode}-{facts['date'][:4]}-{number:06d}",
        "type": random.choices(("seizure", "detention", "offence"), (85, 10, 5))[0],
        "date": facts["date"],
        "time": facts["hour"],
        "country": country,
        "office": locode,
        "place": place,
        "locode": locode,
        "position": position,
        "location_type": location_type,
        "direction": random.choices(("import", "export", "transit", "transhipment"), (62, 14, 18, 6))[0],
        **_how_found(random),
        "search_type": random.choice(("full", "partial", "scan", "documents")),
        "concealment_method": method,
        "narrative": narrative(random, spoken, facts),
        "outcome": random.choice(("seized", "seized", "seized", "detained", "pending", "released_fine")),
        "status": random.choices(("submitted", "validated"), (70, 30))[0],
        "handling": random.choice(("amber", "amber", "green", "amber_strict")),
        "goods": {"1": _line(random, goods, facts)},
        "leg": _route(random, mode, facts),
        "party": _parties(random, spoken, facts),
        "means": {"1": _means(random, mode, facts)},
    }
    if document["type"] == "offence":
        document["offence_type"] = "false_declaration"
    document["persons_involved"] = len(document["party"]) - 1
    if random.random() < 0.4:
        second = random.choice(("low_value", "unusual_route", "new_company"))
        document["risk_indicators"] = {"1": "scan_anomaly", "2": second}
    if random.random() < 0.25:
        side = random.choice(("left side", "right side", "rear"))
        document["concealment_text"] = f"{hide('en', method).capitalize()}, {side}."
    return document


def _how_found(random: Random) -> dict[str, Any]:
    method = random.choice(_DETECTION)
    basis, found = _BASIS.get(method, ("routine", method))
    return {"detection_method": found, "selection_basis": basis}


def _line(random: Random, goods: words.Goods, facts: Mapping[str, str]) -> dict[str, Any]:
    look = random.choice(("new", "loose", "in cartons", "without marks", "vacuum-packed", "in sacks"))
    line: dict[str, Any] = {
        "product_group": goods.group,
        "sub_group": goods.sub_group,
        "description": f"{facts['goods']}, {look}",
        "hs_code": goods.hs,
        "quantity": facts["quantity"],
        "unit": goods.unit,
        "packaging": goods.packaging,
        "packages": int(facts["packages"]),
        **_OF_GROUP.get(goods.group, {}),
    }
    if random.random() < 0.7:
        line |= {"value": made_up.amount(random, 100, 900_000), "currency": random.choice(_CURRENCIES)}
    if goods.group in ("tobacco", "ipr", "alcohol"):
        line["brand"] = random.choice(words.BRAND)
    if random.random() < 0.5:
        line["declared_as"] = facts["cover"]
    return line


def _route(random: Random, mode: str, facts: Mapping[str, str]) -> dict[str, Any]:
    route: dict[str, Any] = {
        "1": {
            "role": "departure",
            "country": facts["origin"],
            "mode": mode,
            "document_number": facts["document"],
        },
        "2": {"role": "destination", "country": facts["destination"]},
    }
    if random.random() < 0.3:
        route["3"] = {"role": "origin", "country": random.choice(words.FROM), "confidence": "probable"}
    return route


def _parties(random: Random, spoken: str, facts: Mapping[str, str]) -> dict[str, Any]:
    consignee = {"role": "consignee", "name": facts["firm"], "identifier": made_up.digits(random, 9)}
    parties: dict[str, Any] = {"1": consignee | {"country": facts["destination"]}}
    if random.random() < 0.75:
        role = random.choice(("driver", "suspect", "passenger", "declarant"))
        parties["2"] = {"role": role, "name": made_up.person(random, spoken), "country": random.choice(words.FROM)}
        if random.random() < 0.5:
            parties["2"]["identifier"] = f"{made_up.letters(random, 1)}{made_up.digits(random, 8)}"
    return parties


def _means(random: Random, mode: str, facts: Mapping[str, str]) -> dict[str, Any]:
    means: dict[str, Any] = {"mode": mode, "kind": _KIND_OF_MODE[mode]}
    if mode == "1":
        means |= {"container_number": facts["container"], "vessel_name": random.choice(words.VESSEL)}
    elif mode == "4":
        means["flight_voyage"] = f"{made_up.letters(random, 2)}{made_up.digits(random, 3)}"
    elif mode in ("3", "8"):
        means |= {"plate": facts["plate"], "plate_country": random.choice(words.FROM)}
    return means
