"""What goods lines come to, in words: marked as worked out, and only what was not written down as such."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from diwan_core.dictionary import Amounts
from diwan_core.dictionary.equivalents import VERSION, equivalent_of
from diwan_core.dictionary.national_equivalents import Estimate, NationalEquivalent, estimates
from diwan_core.dictionary.units import CUBIC_METRE, KILOGRAM, LITRE, PIECE
from diwan_core.register import Record
from diwan_core.register.national_equivalents import national_equivalents
from diwan_core.web.kit.console import register
from diwan_core.web.language.formats import show_amount, show_day
from diwan_core.web.language.i18n import N_, _
from diwan_core.web.records.display import Fact, Shown, quantity

LABEL: Final = N_("Worked out")
_UNIT_OF: Final = {"kilograms": KILOGRAM, "pieces": PIECE, "litres": LITRE, "cubic_metres": CUBIC_METRE}
_CALLED: Final = {
    "kilograms": N_("Kilograms"),
    "pieces": N_("Pieces"),
    "litres": N_("Litres"),
    "cubic_metres": N_("Cubic metres"),
}
_COUNTED_IN: Final = {"kilograms": KILOGRAM, "cigarettes": "STK"}
_BY_THE_TABLE: Final = N_("about {amount}, by the national table of {day} (entry {edition}); source: {source}")
_WITHOUT_SOURCE: Final = N_("about {amount}, by the national table of {day} (entry {edition})")
_RANGE: Final = N_("{least} to {most}")
_SAYS_IT: Final = {
    KILOGRAM: "kilograms", PIECE: "pieces", "H87": "pieces", "STK": "pieces", LITRE: "litres",
    CUBIC_METRE: "cubic_metres",
}  # fmt: skip
"""Units in which a quantity is its amount already."""


def measures() -> list[tuple[str, str]]:
    """The measures with their names."""
    return [(measure, _(name)) for measure, name in _CALLED.items()]


class ForReport(NamedTuple):
    """What a report says of doses and equivalents: by which national table, for what happened on which day ("" where
    that is not known), and whether it names the source, which a person wrote."""

    table: Sequence[NationalEquivalent]
    day: str
    names_source: bool


def for_report(day: object, *, names_source: bool = True) -> ForReport:
    """What a report on something of a day says by the national table as it is now."""
    return ForReport(national_equivalents(register().store), day if isinstance(day, str) else "", names_source)


def facts_of(record: Record, *, in_report: bool = False) -> dict[str, Fact]:
    """By the path of a goods line, the fact that tells what it comes to, and in a report what it counts as in sums and
    in doses."""
    if not record.values.get("goods"):
        return {}
    report = for_report(record.values.get("date")) if in_report else None
    return amounts_beside(record.values, register().amounts(record.id), report)


def amounts_beside(
    document: Mapping[str, Any], found_amounts: Mapping[str, Amounts], report: ForReport | None = None
) -> dict[str, Fact]:
    """The same of a document and the amounts of its goods lines."""
    goods = document.get("goods")
    if not isinstance(goods, Mapping):
        return {}
    found = {}
    for line, amounts in found_amounts.items():
        values = goods.get(line)
        if not isinstance(values, Mapping):
            continue
        if shown := (*_shown(values, amounts), *(_counted_as(values, amounts, report) if report else ())):
            path = f"goods.{line}"
            found[path] = Fact(f"{path}.worked_out", _(LABEL), shown, nominal=False)
    return found


def _counted_as(line: Mapping[str, Any], amounts: Amounts, report: ForReport) -> Iterable[Shown]:
    """What a line comes to in doses, cigarettes or kilograms by the national table; and what it counts as in sums by an
    assumption of others, where the country says nothing of it: with its range, its source and the table's version."""
    by_the_country = estimates(line, amounts, report.table, report.day)
    yield from (Shown(_said(one, names_source=report.names_source), "text") for one in by_the_country)
    found = equivalent_of(line, amounts)
    if found is None or not found.source or _COUNTED_IN[found.unit] in {one.unit for one in by_the_country}:
        return
    least, most = (quantity(amount, _COUNTED_IN[found.unit]).text for amount in (found.least, found.most))
    amount = least if least == most else _(_RANGE, least=least, most=most)
    words = N_("counts as {amount} in sums: an assumption (table {version}; {source})")
    yield Shown(_(words, amount=amount, version=VERSION, source=found.source), "text")


def _said(one: Estimate, *, names_source: bool) -> str:
    amount = quantity(one.typical, one.unit).text
    if one.lowest != one.highest:
        between = _(_RANGE, least=show_amount(one.lowest), most=show_amount(one.highest))
        amount = _(N_("{amount} ({range})"), amount=amount, range=between)
    entry = one.entry
    words = _BY_THE_TABLE if names_source else _WITHOUT_SOURCE
    return _(words, amount=amount, day=show_day(entry.valid_from), edition=entry.edition, source=entry.source)


def of_first_line(document: Mapping[str, Any], amounts: Mapping[str, Amounts]) -> tuple[Shown, ...]:
    """What the first goods line comes to, for a list."""
    goods = document.get("goods")
    if not isinstance(goods, Mapping) or not goods:
        return ()
    first = min(goods, key=lambda line: (len(line), line))
    if first not in amounts or not isinstance(goods[first], Mapping):
        return ()
    shown = " · ".join(one.text for one in _shown(goods[first], amounts[first]))
    return (Shown(_(N_("Worked out: {amounts}"), amounts=shown), "text"),) if shown else ()


def _shown(line: Mapping[str, Any], amounts: Amounts) -> Iterable[Shown]:
    given = (amounts.given or "").split()
    for measure, unit in _UNIT_OF.items():
        amount = getattr(amounts, measure)
        said = measure in given or (_SAYS_IT.get(str(line.get("unit"))) == measure and amount == line.get("quantity"))
        if amount is not None and not said:
            yield quantity(amount, unit)
