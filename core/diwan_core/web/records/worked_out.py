"""What goods lines come to, in words: marked as worked out, and only what was not written down as such."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from diwan_core.dictionary import Amounts
from diwan_core.dictionary.equivalents import VERSION, equivalent_of
from diwan_core.dictionary.units import CUBIC_METRE, KILOGRAM, LITRE, PIECE
from diwan_core.register import Record
from diwan_core.web.kit.console import register
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
_SAYS_IT: Final = {
    KILOGRAM: "kilograms", PIECE: "pieces", "H87": "pieces", "STK": "pieces", LITRE: "litres",
    CUBIC_METRE: "cubic_metres",
}  # fmt: skip
"""Units in which a quantity is its amount already."""


def measures() -> list[tuple[str, str]]:
    """The measures with their names."""
    return [(measure, _(name)) for measure, name in _CALLED.items()]


def facts_of(record: Record, *, in_report: bool = False) -> dict[str, Fact]:
    """By the path of a goods line, the fact that tells what it comes to, and in a report what it counts as in sums."""
    amounts = register().amounts(record.id) if record.values.get("goods") else {}
    return amounts_beside(record.values, amounts, in_report=in_report)


def amounts_beside(
    document: Mapping[str, Any], found_amounts: Mapping[str, Amounts], *, in_report: bool = False
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
        if shown := (*_shown(values, amounts), *(_counted_as(values, amounts) if in_report else ())):
            path = f"goods.{line}"
            found[path] = Fact(f"{path}.worked_out", _(LABEL), shown, nominal=False)
    return found


def _counted_as(line: Mapping[str, Any], amounts: Amounts) -> Iterable[Shown]:
    """What a line counts as in sums where that is an assumption: with its range, its source and the table's version."""
    found = equivalent_of(line, amounts)
    if found is None or not found.source:
        return
    least, most = (quantity(amount, _COUNTED_IN[found.unit]).text for amount in (found.least, found.most))
    amount = least if least == most else _(N_("{least} to {most}"), least=least, most=most)
    words = N_("counts as {amount} in sums: an assumption (table {version}; {source})")
    yield Shown(_(words, amount=amount, version=VERSION, source=found.source), "text")


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
