"""Builds the code lists of the package from their sources, into its data folder.

    python -m diwan_core.dictionary.build_codes SOURCE_DIR

SOURCE_DIR holds iso-codes/, hs-codes/, un-locode/ and unece-rec/ (where they come from: docs/reference/dictionary.md).
"""

import argparse
import csv
import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from .code_lines import NotACodeFile
from .code_table import CodeTable
from .lists.packaged import INDEX, content_of, pack
from .locode import read_places, table_of

DATA: Final = Path(__file__).parent / "data"

_COUNTRY_LANGUAGES: Final = {"en": "en", "fr": "fr", "ar": "ar", "es": "es", "ru": "ru", "zh": "cn"}
_COUNTRY_WORDS: Final = {
    "GB": "UK, Britain, England, Scotland, Wales", "US": "USA, America", "AE": "UAE, Emirates", "KR": "South Korea",
    "KP": "North Korea", "CI": "Côte d'Ivoire", "CD": "DRC, Congo Kinshasa, Zaire", "CG": "Congo Brazzaville",
    "CZ": "Czech Republic", "SZ": "Swaziland", "MK": "Macedonia", "CV": "Cape Verde", "TL": "East Timor",
    "NL": "Holland", "MM": "Burma", "TR": "Türkiye", "SY": "Syria", "IR": "Iran", "LA": "Laos", "VN": "Vietnam",
}  # fmt: skip
# Not countries of ISO 3166: user-assigned codes that papers and cases need.
_COUNTRY_EXTRA: Final = {
    "XZ": {"en": "International waters", "fr": "Eaux internationales", "ar": "المياه الدولية",
           "es": "Aguas internacionales", "ru": "Международные воды", "zh": "公海"},
    "ZZ": {"en": "Country not known", "fr": "Pays inconnu", "ar": "بلد غير معروف", "es": "País desconocido",
           "ru": "Страна неизвестна", "zh": "未知国家"},
}  # fmt: skip
_UNIT_WORDS: Final = {
    "KGM": "kg, kgs, kilo, kilogramo, kilogramme", "GRM": "g, gr, gram, gramo, gramme", "MGM": "mg",
    "TNE": "t, ton, tonne",
    "LBR": "lb, lbs", "ONZ": "oz", "LTR": "l, liter, litro", "MLT": "ml", "HLT": "hl", "GLL": "gal, galón, gallon",
    "H87": "pc, pcs, pce, piece, pièce, pieza, unit, unidad, unité", "C62": "unit, each, one, no", "NAR": "nmb, number",
    "MTR": "m, meter", "MTK": "m2, sqm", "MTQ": "m3, cbm", "PR": "pair, paire, par", "DZN": "doz", "CT": "ctn, carton",
    "BG": "bag, sac, saco", "BX": "box", "BL": "bale", "CTM": "carat", "KLT": "kl", "TPR": "ten pairs",
    "STK": "cigarettes, sticks", "SET": "set",
}  # fmt: skip
_MODE_WORDS: Final = {
    "1": "sea, ship, vessel, mer, mar, بحر", "2": "train, rail", "3": "lorry, truck, car, bus, route, carretera, طريق",
    "4": "aircraft, plane, flight, air, avion, جو", "5": "post, parcel, courier, letter", "6": "combined",
    "7": "pipeline, cable", "8": "river, lake, barge", "9": "on foot, own propulsion",
}  # fmt: skip


def countries(source: Path) -> CodeTable:
    labels: dict[str, dict[str, str]] = {language: {} for language in _COUNTRY_LANGUAGES}
    synonyms: dict[str, str] = {}
    for row in sorted(_rows(source / "iso-codes/country-codes.csv"), key=lambda row: row["ISO3166-1-Alpha-2"]):
        code = row["ISO3166-1-Alpha-2"]
        for language, column in _COUNTRY_LANGUAGES.items():
            labels[language][code] = row[f"official_name_{column}"].strip()
        words = [row["ISO3166-1-Alpha-3"], row["CLDR display name"], _COUNTRY_WORDS.get(code, "")]
        synonyms[code] = ", ".join(dict.fromkeys(word for word in words if word and word != labels["en"][code]))
    for code, names in _COUNTRY_EXTRA.items():
        for language, name in names.items():
            labels[language][code] = name
    return CodeTable(labels, {}, synonyms)


def currencies(source: Path) -> CodeTable:
    rows = [row for row in _rows(source / "iso-codes/currency-codes.csv") if row["AlphabeticCode"]]
    current = {row["AlphabeticCode"] for row in rows if not row["WithdrawalDate"]}
    rows.sort(
        key=lambda row: (row["AlphabeticCode"] not in current, row["AlphabeticCode"], bool(row["WithdrawalDate"]))
    )
    labels: dict[str, str] = {}
    used_in: dict[str, list[str]] = {}
    for row in rows:
        code = row["AlphabeticCode"]
        labels.setdefault(code, row["Currency"])
        used_in.setdefault(code, []).append(row["Entity"].title())
    synonyms = {code: ", ".join(dict.fromkeys(names)) for code, names in used_in.items()}
    return CodeTable({"en": labels}, {}, synonyms, {}, frozenset(labels) - current)


def headings(source: Path) -> CodeTable:
    """HS chapters, headings and sub-headings. Read as text: a heading keeps its leading zero."""
    labels: dict[str, str] = {}
    parents: dict[str, str] = {}
    for row in _rows(source / "hs-codes/harmonized-system.csv"):
        if row["hscode"].isdecimal():
            labels[row["hscode"]] = row["description"].strip()
            if row["parent"].isdecimal():
                parents[row["hscode"]] = row["parent"]
    return CodeTable({"en": labels}, parents)


def units(source: Path) -> CodeTable:
    return _plain(source / "unece-rec/rec20-units.csv", _UNIT_WORDS)


def modes(source: Path) -> CodeTable:
    return _plain(source / "unece-rec/rec19-transport-modes.csv", _MODE_WORDS)


def packages(source: Path) -> CodeTable:
    """The codes of Recommendation 21, written without the X that the EN 16931 list puts before them."""
    labels = {
        row["code"].removeprefix("X"): row["name"].strip() for row in _rows(source / "unece-rec/rec21-packages.csv")
    }
    return CodeTable({"en": labels}, {}, {code: f"X{code}" for code in labels})


def places(source: Path) -> CodeTable:
    return table_of(read_places(source / "un-locode/un-locode_8_countries.csv"))


LISTS: Final[dict[str, tuple[str, str, Callable[[Path], CodeTable]]]] = {
    "country": ("Countries", "ISO 3166-1; github.com/datasets/country-codes, ODC-PDDL", countries),
    "currency": ("Currencies", "ISO 4217; github.com/datasets/currency-codes, ODC-PDDL", currencies),
    "hs": ("Harmonized System 2022", "UN Comtrade; github.com/datasets/harmonized-system, ODC-PDDL", headings),
    "mode": ("Modes of transport", "UNECE Recommendation 19", modes),
    "unit": ("Units of measure", "UNECE Recommendation 20; npm un-ece-recommendation 0.1.1, MIT", units),
    "package": ("Packages", "UNECE Recommendation 21; npm un-ece-recommendation 0.1.1, MIT", packages),
    "locode": ("Places (UN/LOCODE, eight countries)", "UN/LOCODE 2024-2; github.com/geoapify/un-locode, MIT, "
               "without geocoded coordinates", places),
}  # fmt: skip


def build(source: Path, target: Path = DATA) -> dict[str, dict[str, object]]:
    """Write every list and the index into `target`; returns the index."""
    index: dict[str, dict[str, object]] = {}
    for name, (label, origin, make) in LISTS.items():
        table = make(source)
        (target / f"{name}.json.gz").write_bytes(pack(table))
        index[name] = {
            "label": label,
            "source": origin,
            "rows": len(table.labels["en"]),
            "digest": table.digest(),
            "content": hashlib.sha256(content_of(table)).hexdigest(),
        }
    (target / INDEX).write_text(json.dumps(index, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return index


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _plain(path: Path, words: dict[str, str]) -> CodeTable:
    labels = {row["code"]: row["name"].strip() for row in _rows(path)}
    return CodeTable({"en": labels}, {}, {code: text for code, text in words.items() if code in labels})


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="build_codes", description="Build the packaged code lists.")
    parser.add_argument("source", type=Path, help="folder with iso-codes, hs-codes, un-locode, unece-rec")
    chosen = parser.parse_args(arguments)
    try:
        for name, entry in build(chosen.source).items():
            print(f"{name}: {entry['rows']} codes")
    except (OSError, NotACodeFile) as error:
        print(f"build_codes: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
