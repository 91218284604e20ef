"""The guide to buying: a document for a ministry, with clauses for a tender."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from diwan_hardware.bill import examples
from diwan_hardware.paper import chapters
from diwan_hardware.paper.html import items, paragraph, table, text
from diwan_hardware.plan import Plan
from diwan_hardware.profile import Item, Profile
from diwan_hardware.purchase import Line, Order
from diwan_hardware.storage import Use

_STYLE = """
@page { size: A4; margin: 18mm 18mm 20mm; }
h1 { font-size: 22pt; margin: 0 0 2mm; }
h2 { font-size: 14pt; margin: 9mm 0 2mm; border-block-end: .8pt solid #0d5c63; break-after: avoid; }
h2.new { break-before: page; margin-block-start: 0; }
h3 { font-size: 11pt; margin: 5mm 0 1mm; color: #0d5c63; }
h4 { font-size: 9.5pt; margin: 3mm 0 .5mm; break-after: avoid; }
ul, ol { margin: 0 0 2mm; padding-inline-start: 5mm; }
li { margin-block-end: .6mm; break-inside: avoid; }
td.n, th.n { text-align: end; white-space: nowrap; }
.grid th { font-weight: bold; }
.grid { margin-block-end: 3mm; }
.grid td:first-child { white-space: nowrap; }
.keep { break-inside: avoid; }
.intro { break-after: avoid; }
code { font-family: "DejaVu Sans Mono", monospace; font-size: .88em; }
.price td:nth-last-child(-n+2) { background: #fffbea; }
.formula { font-family: "DejaVu Sans Mono", monospace; font-size: 8.5pt; background: #f2f5f5; padding: 1.5mm 2.5mm; }
.item { break-inside: avoid; }
.avoid li { color: #6b2b00; }
.front { margin-block-end: 6mm; }
"""


@dataclass(frozen=True)
class Buyer:
    """For whom the guide is made."""

    administration: str = ""
    reference: str = ""
    date: str = ""


def guide(buyer: Buyer, order: Order, plan: Plan, use: Use, profiles: Mapping[str, Profile]) -> str:
    """The guide's HTML. `plan` holds required and optional lines."""
    body = "".join(_body(buyer, order, plan, use, profiles))
    foot = " · ".join(filter(None, (buyer.administration, buyer.reference, buyer.date)))
    return (
        f'<!doctype html><html lang="en" dir="ltr"><head><meta charset="utf-8"><title>Guide to buying hardware</title>'
        f'<style>{_STYLE}</style></head><body><div id="foot">{text(foot or "Diwan")}</div>{body}</body></html>'
    )


def _body(buyer: Buyer, order: Order, plan: Plan, use: Use, profiles: Mapping[str, Profile]) -> Iterator[str]:
    yield '<header class="front">'
    yield f'<p class="from"><b>Diwan</b> · {text(buyer.administration or "customs enforcement network")}</p>'
    yield "<h1>Guide to buying hardware</h1>"
    yield paragraph(" · ".join(filter(None, (buyer.reference, buyer.date))), "quiet")
    yield "</header>"
    yield paragraph(
        "This document says what hardware the network needs, why, and how the buyer sees at delivery that it is "
        "what was "
        "ordered. Part 1 is for whoever decides, parts 2 and 3 for whoever writes the tender, parts 4 to 7 for whoever "
        "installs and accepts. Products are named as examples only; every clause is met by anything equivalent."
    )
    yield "<h2>1. What is to be bought</h2>"
    yield table(("Kind of machine", "#Machines", "What for"), [
        (profiles[name].title, count, profiles[name].purpose) for name, count in plan.machines.items()
    ])  # fmt: skip
    yield from _summary(order, plan, use)
    yield "<h3>Bill of materials</h3>"
    yield paragraph(
        "Prices are filled in by the administration from the offers. Spares are counted apart: a post far away "
        "is repaired "
        "from the shelf, not from a warranty.", "quiet",
    )  # fmt: skip
    yield _bill([line for line in plan.lines if line.item.need != "optional"])
    yield "<h2>2. General clauses for the tender</h2>"
    yield items(chapters.CLAUSES, "ol")
    yield '<h2 class="new">3. Specification, item by item</h2>'
    for name in plan.machines:
        yield from _profile(profiles[name])
    yield from chapters.endurance(plan, use, profiles)
    yield from chapters.power(plan)
    yield from chapters.heat_and_dust()
    yield from chapters.acceptance(plan, profiles)


def _summary(order: Order, plan: Plan, use: Use) -> Iterator[str]:
    yield paragraph(
        "Required is what the network does not work without. Optional is what makes work easier where money is "
        "left. A tight "
        "budget takes the cheaper thing that is named beside a required one, with a shorter life and a longer test."
    )
    if order.budget == "tight":
        yield paragraph("This order is made for a tight budget.", "banner")
    if plan.total.priced:
        yield paragraph(
            f"The {plan.total.priced} of {plan.total.lines} lines that are priced cost {plan.total.amount:,} "
            f"{plan.total.currency} together."
        )
    if plan.remarks:
        yield "<h3>To decide first</h3>" + items(plan.remarks)


def _bill(lines: list[Line]) -> str:
    rows = [
        (line.profile.title, line.item.title, line.used, line.spare, line.quantity,
         "" if line.price is None else f"{line.price.amount} {line.price.currency}",
         "" if line.cost is None else f"{line.cost}")
        for line in lines
    ]  # fmt: skip
    return table(("For", "Item", "#Used", "#Spare", "#Buy", "#Unit price", "#Total"), rows, "price")


def _profile(profile: Profile) -> Iterator[str]:
    yield f"<h3>{escape(profile.title)}</h3>" + paragraph(profile.purpose, "intro")
    for need, head in (("required", "Required"), ("optional", "Optional"), ("tight", "For a tight budget")):
        found = [item for item in profile.items if item.need == need]
        if found:
            yield f"<h4>{head}</h4>" + "".join(_item(profile, item) for item in found)
    yield '<h4>What not to buy</h4><div class="avoid">' + items(profile.avoid) + "</div>"
    if profile.site:
        yield "<h4>The place</h4>" + items(profile.site)


def _item(profile: Profile, item: Item) -> str:
    facts = [
        f"Warranty {item.warranty_months} months",
        f"life {item.life_years:g} years",
        f"spares {item.spare_ratio:.0%}",
    ]
    if item.quantity > 1:
        facts.insert(0, f"{item.quantity} for each")
    if item.watts:
        facts.append(f"draws {item.watts:g} W, at most {item.watts_most:g} W")
    if item.operating_c:
        facts.append(f"works from {item.operating_c[0]} to {item.operating_c[1]} °C")
    instead = next((f" (in place of: {each.title})" for each in profile.items if each.key == item.replaces), "")
    parts = [
        f"<p><b>{escape(item.title)}</b>{escape(instead)}</p>",
        items(item.specification, "ol"),
        paragraph("Accepted when: " + " ".join(item.acceptance)),
        paragraph(". ".join([", ".join(facts)]) + ".", "quiet"),
    ]
    if item.examples:
        parts.append(paragraph(examples(item) + "; or equivalent.", "quiet"))
    if item.alternatives:
        parts.append(paragraph("Or: " + " ".join(item.alternatives), "quiet"))
    return f'<div class="item">{"".join(parts)}</div>'
