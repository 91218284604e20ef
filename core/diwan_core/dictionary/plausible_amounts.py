"""How much of a product one seizure can well be: more than this is asked about before a report is sent, never refused.

The bounds are set by judgement, far above what a lorry or a container holds of the goods: a slip of three zeros stands
out, and a very large seizure does not."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from .amounts import MEASURES, PART, amounts_of
from .decimals import NotADecimal, decimal_text

MOST: Final[Mapping[str, Mapping[str, int]]] = {
    "drugs": {"kilograms": 100_000, "pieces": 200_000_000, "litres": 100_000},
    "precursors": {"kilograms": 500_000, "litres": 500_000},
    "tobacco": {"kilograms": 1_000_000, "pieces": 500_000_000},
    "alcohol": {"litres": 1_000_000, "kilograms": 1_000_000},
    "ipr": {"pieces": 50_000_000, "kilograms": 5_000_000},
    "medicines": {"pieces": 500_000_000, "kilograms": 500_000},
    "fauna_flora": {"pieces": 1_000_000, "kilograms": 5_000_000, "cubic_metres": 50_000},
    "weapons": {"pieces": 10_000_000, "kilograms": 500_000},
    "nuclear": {"kilograms": 50_000, "pieces": 10_000},
    "culture": {"pieces": 100_000},
    "currency": {"kilograms": 50_000},
}
"""By product group, in kilograms, pieces, litres, cubic metres."""
USUAL_MOST: Final[Mapping[str, int]] = {
    "kilograms": 50_000_000, "pieces": 1_000_000_000, "litres": 50_000_000, "cubic_metres": 500_000,
}  # fmt: skip
"""Of every other product group."""


def too_much(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Decimal]]:
    """(id of a goods line, measure, how much it comes to) of the lines that come to more than is plausible."""
    lines = document.get(PART)
    for key, line in lines.items() if isinstance(lines, Mapping) else ():
        if not isinstance(line, Mapping):
            continue
        try:
            amounts = amounts_of(line)
        except (NotADecimal, TypeError, ValueError):  # the validator says what is wrong
            continue
        most = MOST.get(str(line.get("product_group")), {})
        for measure, amount in zip(MEASURES, amounts or (), strict=False):
            if (number := _number(amount)) > most.get(measure, USUAL_MOST[measure]):
                yield key, measure, number
                break


def _number(amount: str | None) -> Decimal:
    """An amount as a number; zero where it is none: an author's own field stands in a form as it was typed."""
    try:
        return Decimal(decimal_text(amount)) if amount is not None else Decimal(0)
    except NotADecimal:
        return Decimal(0)
