"""Quantities as people say them: "1 200 cartons", "12.5 kg", in the language of the page and with its plurals."""

from typing import Final

from diwan_core.dictionary import DICTIONARY
from diwan_core.web.language.formats import show_amount
from diwan_core.web.language.i18n import N_, N_n, _, _n, language

_FRACTION: Final = 100
"""A number whose plural a quantity with decimals takes, in the languages of the catalogues."""
_MEASURED: Final = {
    "KGM": N_("{amount} kg"),
    "GRM": N_("{amount} g"),
    "MGM": N_("{amount} mg"),
    "MLT": N_("{amount} ml"),
    "HLT": N_("{amount} hl"),
    "MTR": N_("{amount} m"),
    "MTK": N_("{amount} m²"),
    "MTQ": N_("{amount} m³"),
}
_PIECES: Final = N_n("{count} piece", "{count} pieces")
_PAIRS: Final = N_n("{count} pair", "{count} pairs")
_PALLETS: Final = N_n("{count} pallet", "{count} pallets")
_COUNTED: Final = {
    "H87": _PIECES,
    "C62": _PIECES,
    "EA": _PIECES,
    "NAR": N_n("{count} article", "{count} articles"),
    "STK": N_n("{count} cigarette", "{count} cigarettes"),
    "CT": N_n("{count} carton", "{count} cartons"),
    "PA": N_n("{count} packet", "{count} packets"),
    "PK": N_n("{count} pack", "{count} packs"),
    "BX": N_n("{count} box", "{count} boxes"),
    "BG": N_n("{count} bag", "{count} bags"),
    "SA": N_n("{count} sack", "{count} sacks"),
    "BO": N_n("{count} bottle", "{count} bottles"),
    "CA": N_n("{count} can", "{count} cans"),
    "TN": N_n("{count} tin", "{count} tins"),
    "CS": N_n("{count} packing case", "{count} packing cases"),  # a "case" is a report
    "DR": N_n("{count} drum", "{count} drums"),
    "BL": N_n("{count} bale", "{count} bales"),
    "BE": N_n("{count} bundle", "{count} bundles"),
    "RO": N_n("{count} roll", "{count} rolls"),
    "CY": N_n("{count} cylinder", "{count} cylinders"),
    "SET": N_n("{count} set", "{count} sets"),
    "E27": N_n("{count} dose", "{count} doses"),
    "U2": N_n("{count} tablet", "{count} tablets"),
    "AV": N_n("{count} capsule", "{count} capsules"),
    "AM": N_n("{count} ampoule", "{count} ampoules"),
    "VI": N_n("{count} vial", "{count} vials"),
    "HEA": N_n("{count} animal", "{count} animals"),
    "PR": _PAIRS,
    "NPR": _PAIRS,
    "PF": _PALLETS,
    "D97": _PALLETS,
    "LTR": N_n("{count} litre", "{count} litres"),
    "TNE": N_n("{count} tonne", "{count} tonnes"),
    "CTM": N_n("{count} carat", "{count} carats"),
}


def in_words(quantity: str, unit: str) -> str:
    """A quantity with its unit; a unit that has no words of its own is called by its label."""
    amount = show_amount(quantity)
    if unit in _MEASURED:
        return _(_MEASURED[unit], amount=amount)
    if unit in _COUNTED:
        number = int(quantity) if quantity.isdigit() else _FRACTION
        return _n(*_COUNTED[unit], number, count=amount)
    return _(N_("{amount} {unit}"), amount=amount, unit=DICTIONARY.codes("unit").label(unit, language()))
