"""Each kind of case comes in from a file with what belongs to it, and nothing else is asked of it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY

from .conftest import Post

MAPPING = """
type = "case"
system = "kinds"
[source]
key = "No"
[fields]
type = { column = "Kind" }
date = { column = "Day" }
date_to = { column = "Last day" }
direction = { column = "Direction" }
country = { column = "Country" }
office = { column = "Office" }
location_type = { column = "Place" }
offence_type = { column = "Offence" }
selection_basis = { column = "Why" }
search_type = { column = "Search" }
detection_method = { column = "Detection" }
concealment_method = { column = "Hidden" }
goods.1.product_group = { column = "Goods" }
goods.1.sub_group = { column = "Finer" }
goods.1.quantity = { column = "Quantity" }
goods.1.unit = { column = "Unit" }
goods.1.uncounted = { column = "Uncounted" }
goods.1.value = { column = "Value" }
goods.1.currency = { column = "Currency" }
goods.2.product_group = { column = "Goods 2" }
goods.2.value = { column = "Value 2" }
goods.2.currency = { column = "Currency 2" }
means.1.kind = { column = "Vehicle" }
"""
HEADS = [line.partition('column = "')[2].partition('"')[0] for line in MAPPING.splitlines() if "column" in line]
EVERY = {"Day": "2026-03-09", "Direction": "Import", "Country": "Jordan", "Office": "JOAQJ"}
ROWS: dict[str, dict[str, str]] = {
    "control": {**EVERY, "Kind": "Control without result", "Why": "random", "Search": "Scan only", "Vehicle": "lorry"},
    "inland": {
        **EVERY, "Kind": "Seizure", "Direction": "Internal", "Place": "market", "Goods": "tobacco", "Quantity": "3",
        "Unit": "KGM", "Hidden": "none",
    },
    "uncounted": {**EVERY, "Kind": "Detention of goods", "Goods": "ipr", "Uncounted": "yes"},
    "cash": {
        **EVERY, "Kind": "Seizure", "Goods": "currency", "Finer": "cash", "Value": "50000", "Currency": "USD",
        "Goods 2": "currency", "Value 2": "700", "Currency 2": "EUR",
    },
    "offence": {**EVERY, "Kind": "Offence without seizure", "Offence": "undervaluation"},
    "month": {**EVERY, "Kind": "Seizure", "Day": "2026-03", "Goods": "drugs", "Quantity": "1", "Unit": "KGM"},
    "range": {**EVERY, "Kind": "Seizure", "Last day": "2026-03-11", "Goods": "drugs", "Quantity": "1", "Unit": "KGM"},
    "selected": {
        **EVERY, "Kind": "Detention of goods", "Goods": "ipr", "Uncounted": "yes", "Detection": "targeting",
    },
    "moved": {**EVERY, "Kind": "Seizure", "Goods": "nuclear", "Finer": "dual_use", "Quantity": "2", "Unit": "H87"},
}  # fmt: skip


@pytest.fixture
def held(post: Post, tmp_path: Path) -> dict[str, dict[str, Any]]:
    mapping, source = tmp_path / "kinds.toml", tmp_path / "kinds.csv"
    mapping.write_text(MAPPING, "utf-8")
    with source.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, ["No", *HEADS], restval="")
        out.writeheader()
        out.writerows({"No": name, **row} for name, row in ROWS.items())
    summary = post.run("import", source, "-m", mapping, "--json").json
    assert "imported" in summary, summary
    assert (summary["imported"], summary["refused"]) == (len(ROWS), 0), summary
    return {document["source_key"]: document for document in post.documents()}


def test_each_kind_of_case_is_taken_in_with_what_belongs_to_it(held: dict[str, dict[str, Any]]) -> None:
    control = held["control"]
    assert (control["type"], control["search_type"], control["selection_basis"]) == ("control", "scan", "random")
    assert "goods" not in control and "concealment_method" not in control
    assert (held["inland"]["location_type"], "leg" in held["inland"]) == ("market", False)
    assert held["uncounted"]["goods"]["1"] == {"product_group": "ipr", "uncounted": True}
    money = [(line["value"], line["currency"]) for line in held["cash"]["goods"].values()]
    assert money == [("50000", "USD"), ("700", "EUR")] and "quantity" not in held["cash"]["goods"]["1"]
    assert held["offence"]["offence_type"] == "undervaluation" and "goods" not in held["offence"]
    assert (held["month"]["date"], held["month"]["date_precision"]) == ("2026-03-01", "month")
    assert held["range"]["date_to"] == "2026-03-11"
    assert held["selected"]["selection_basis"] == "profile" and "detection_method" not in held["selected"]
    goods = held["moved"]["goods"]["1"]
    assert (goods["product_group"], goods["sub_group"]) == ("strategic", "dual_use_goods")


def test_each_of_them_would_be_a_whole_report_too(held: dict[str, dict[str, Any]]) -> None:
    """An officer who types the same is asked for nothing more, but how a seizure was found and whence it came."""
    case = DICTIONARY.type("case")
    route = {"1": {"role": "departure", "country": "SY", "mode": "3"}, "2": {"role": "destination", "country": "JO"}}
    for name, document in held.items():
        typed = {key: value for key, value in document.items() if not key.startswith("source_")}
        if typed["type"] in ("seizure", "detention"):
            typed |= {"detection_method": "dog", "concealment_method": "none"}
            typed |= {} if name == "inland" else {"leg": route}
        assert case.check(typed, creating=True) == [], name
