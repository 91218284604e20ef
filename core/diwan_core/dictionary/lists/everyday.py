"""What people call the codes of international lists: everyday words by which a code is found, plain labels instead of
titles of standards, and the units that goods of each product group are usually counted, weighed or measured in.

None of it decides whether a code is valid, and none of it leaves a node."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ..code_table import CodeTable

LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    "unit": {"TNE": "tonne", "STK": "cigarette", "HEA": "animal", "D97": "pallet"},
}
"""Plain English labels instead of the titles of the standard."""
TITLES: Final = "en-x-title"
"""The language under which the titles of the standard are kept: whoever writes one still finds the code."""

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "unit": {
        "KGM": "kg, kgs, kilo, kilos, k, كغ, كغم, كجم, كلغ, كيلو, كيلوجرام",
        "GRM": "g, gr, غ, غم, جم, جرام, غرام",
        "MGM": "mg, ملغ, ملغم, مجم",
        "TNE": "t, ton, tons, طن",
        "LTR": "l, lt, liter, liters, لتر, ليتر",
        "MLT": "ml, مل, ملل",
        "MTR": "m, meter, meters, متر",
        "MTQ": "m3, cbm, cubic meter, م3, متر مكعب",
        "H87": "pc, pcs, item, items, قطعة, قطع",
        "C62": "عدد",
        "STK": "cigarettes, cigs, سيجارة, سجائر",
        "U2": "pill, pills, tablets, tab, tabs, حبة دواء, حبوب, قرص, أقراص",
        "AV": "capsules, caps, كبسولة, كبسولات",
        "CT": "cartons, ctn, ctns, كرتون, كرتونة, كراتين",
        "PA": "packets, pkt, باكيت, علبة, علب",
        "BX": "boxes, صندوق, صناديق",
        "BG": "bags, كيس, أكياس",
        "BO": "bottles, زجاجة, زجاجات, قنينة",
        "SA": "sacks",
        "HEA": "animals, head, heads, head of cattle, livestock, رأس, رؤوس, حيوان, حيوانات",
        "PR": "pairs, shoes, زوج, أزواج",
        "NPR": "pairs of shoes",
        "CA": "cans",
        "AM": "ampoules, أمبولة",
        "VI": "vials",
        "DR": "drums, barrel, برميل",
        "CTM": "carat, carats, قيراط",
    },
    "country": {
        "TR": "Turkey, Turkiye, Turquie, Turquía, تركيا",
        "SY": "Syria, Syrie, Siria, سوريا, سورية",
        "US": "USA, America, United States, Etats-Unis, Estados Unidos, امريكا, أمريكا, الولايات المتحدة",
        "GB": "UK, Great Britain, Britain, England, بريطانيا, انجلترا",
        "SA": "Saudi, KSA, السعودية",
        "AE": "UAE, Emirates, Dubai, Abu Dhabi, الامارات, دبي",
        "IR": "Iran, Persia, ايران",
        "IQ": "Iraq, العراق",
        "JO": "Jordan, الاردن",
        "LB": "Lebanon, لبنان",
        "PS": "Palestine, West Bank, Gaza, فلسطين",
        "IL": "Israel, اسرائيل",
        "EG": "Egypt, مصر",
        "YE": "Yemen, اليمن",
        "KW": "Kuwait, الكويت",
        "OM": "Oman, سلطنة عمان",
        "QA": "Qatar, قطر",
        "BH": "Bahrain, البحرين",
        "LY": "Libya, ليبيا",
        "TN": "Tunisia, تونس",
        "DZ": "Algeria, الجزائر",
        "MA": "Morocco, المغرب",
        "SD": "Sudan, السودان",
        "CN": "China, PRC, الصين",
        "HK": "Hong Kong",
        "TW": "Taiwan, تايوان",
        "RU": "Russia, روسيا",
        "KR": "South Korea, Korea, كوريا الجنوبية, كوريا",
        "KP": "North Korea, DPRK, كوريا الشمالية",
        "IN": "India, الهند",
        "PK": "Pakistan, باكستان",
        "AF": "Afghanistan, افغانستان",
        "BD": "Bangladesh, بنغلادش",
        "VN": "Vietnam, Viet Nam, فيتنام",
        "LA": "Laos",
        "MM": "Burma, Myanmar",
        "DE": "Germany, المانيا",
        "FR": "France, فرنسا",
        "ES": "Spain, اسبانيا",
        "IT": "Italy, ايطاليا",
        "GR": "Greece, اليونان",
        "NL": "Holland, Netherlands, هولندا",
        "BE": "Belgium, بلجيكا",
        "CH": "Switzerland, سويسرا",
        "CZ": "Czech Republic, Czechia",
        "MD": "Moldova",
        "MK": "Macedonia",
        "CI": "Ivory Coast",
        "CD": "DR Congo, DRC, Congo Kinshasa, Zaire",
        "CG": "Congo Brazzaville",
        "SZ": "Swaziland, Eswatini",
        "CV": "Cape Verde",
        "TZ": "Tanzania, تنزانيا",
        "ET": "Ethiopia, اثيوبيا",
        "BO": "Bolivia",
        "VE": "Venezuela, فنزويلا",
        "BR": "Brazil, Brasil, البرازيل",
        "BN": "Brunei",
        "TL": "East Timor",
        "VA": "Vatican",
        "FM": "Micronesia",
    },
}
"""Further words by which people look for a code, in several languages."""

USUAL_UNITS: Final = (
    "KGM", "GRM", "H87", "STK", "U2", "LTR", "CT", "PA", "BX", "BO", "TNE", "MLT", "PR", "MTR", "BG",
)  # fmt: skip
"""The units offered first where nothing is known of the goods."""

UNITS_OF_GOODS: Final[Mapping[str, tuple[str, ...]]] = {
    group: tuple(units.split())
    for group, units in {
        "drugs": "KGM GRM U2 H87 LTR MLT AV AM",
        "precursors": "KGM LTR TNE GRM MLT DR",
        "tobacco": "STK CT PA KGM TNE BX",
        "alcohol": "LTR BO CT HLT CA",
        "excise": "LTR KGM TNE CT H87",
        "ipr": "H87 PR KGM CT BX",
        "medicines": "U2 AV PA BX BO AM VI KGM",
        "fauna_flora": "HEA KGM H87 GRM MTQ TNE",
        "environment": "KGM TNE LTR DR CY H87",
        "weapons": "H87 KGM BX GRM",
        "nuclear": "KGM GRM H87 DR",
        "culture": "H87 SET KGM",
        "currency": "GRM KGM CTM H87",
        "strategic": "KGM H87 LTR TNE GRM",
        "other": "H87 KGM CT BX LTR MTR",
    }.items()
}
"""The units that goods of a product group are usually in, the most usual first."""


def usual_units(product_group: str) -> list[str]:
    """The units offered first beside a product group, those of its goods before the others."""
    return list(dict.fromkeys([*UNITS_OF_GOODS.get(product_group, ()), *USUAL_UNITS]))


def with_everyday_words(name: str, table: CodeTable) -> CodeTable:
    """The table of a list, its codes called and found as people call them."""
    plain = {code: label for code, label in LABELS.get(name, {}).items() if code in table.labels["en"]}
    words = {code: _words(held) for code, held in table.synonyms.items()}
    for code, more in WORDS.get(name, {}).items():
        if code in table.labels["en"]:
            words.setdefault(code, []).extend(_words(more))
    found = {code: ", ".join(dict.fromkeys(held)) for code, held in words.items()}
    if not plain:
        return replace(table, synonyms=found)
    english = table.labels["en"]
    titles = {code: english[code] for code in plain}
    return replace(table, labels={**table.labels, "en": {**english, **plain}, TITLES: titles}, synonyms=found)


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
