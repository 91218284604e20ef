"""What the national price table says goods are worth, beside the control of their value: somebody decides about it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY, Amounts, amounts_of
from diwan_core.dictionary.amounts import PART, FactorOf, has_amounts
from diwan_core.dictionary.prices import Price, Suggestion, suggest
from diwan_core.register.national_prices import national_prices
from diwan_core.register.national_units import factors_on
from diwan_core.web.forms.filled_form import Filled
from diwan_core.web.kit.console import register
from diwan_core.web.language.formats import show_amount, show_day
from diwan_core.web.language.i18n import N_, _, language

VALUE: Final = "value"
SUGGESTED: Final = N_("By the price table of {day}: {value} {currency}.")
OF_KIND: Final = N_("By the price table of {day}: {value} {currency} ({kind}).")


def value_hints(filled: Filled) -> Mapping[str, str]:
    """By the path of a control, the value that the price table suggests for its goods."""
    paths = [
        entry.path
        for entry in filled.form.entries
        if entry.asked and entry.field.name == VALUE and entry.path.startswith(f"{PART}.")
    ]
    lines = filled.document.get(PART)
    if not paths or not isinstance(lines, Mapping) or not has_amounts(filled.form.record_type):
        return {}
    store = register().store
    prices = national_prices(store)
    if not prices:
        return {}
    day = filled.document.get("date")
    day = day if isinstance(day, str) else ""
    factor_of = factors_on(store, day)
    found = {}
    for path in paths:
        line = lines.get(path.split(".")[1])
        if isinstance(line, Mapping) and (said := _said(line, prices, day, factor_of)):
            found[path] = said
    return found


def _said(line: Mapping[str, Any], prices: Iterable[Price], day: str, factor_of: FactorOf) -> str:
    return " ".join(_words(one) for one in suggest(line, amounts_of(line, factor_of) or Amounts(), prices, day))


def _words(one: Suggestion) -> str:
    price = one.price
    kind = DICTIONARY.codes("value_kind").label(price.value_kind, language()) if price.value_kind else ""
    value = show_amount(one.value)
    return _(
        OF_KIND if kind else SUGGESTED, day=show_day(price.valid_from), value=value, currency=price.currency, kind=kind
    )
