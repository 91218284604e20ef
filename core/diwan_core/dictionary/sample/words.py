"""Vocabulary of the sample: what customs reports speak of, in four languages.

Everything is invented; names are put together at random and belong to nobody.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

GIVEN: Final = (
    "Amina", "Jonas", "Lucia", "Karim", "Wanjiru", "Pedro", "Leila", "Tomas", "Adaeze", "Ivan", "Sofia", "Yusuf",
    "Bilal", "Chantal", "Diego", "Elena", "Farid", "Grace", "Hugo", "Ines", "Jamal", "Kofi", "Lena", "Mwila", "Nadia",
    "Oumar", "Paula", "Rashid", "Selam", "Tariq", "Vera",
)  # fmt: skip
FAMILY: Final = (
    "Almoradi", "Bekunda", "Castreva", "Dorovan", "Estumba", "Farolli", "Gandrieux", "Halvarez", "Imbeko", "Jorandi",
    "Kestrovic", "Lumbasa", "Marquelo", "Nandoral", "Obrendi", "Pelinka", "Quirambo", "Rostaveli", "Semberu",
    "Tavrinos", "Umbelani", "Vandrosa", "Wambutsi", "Xirendo", "Yelmaz-Toro", "Zamirou",
)  # fmt: skip
GIVEN_AR: Final = ("أمينة", "كريم", "ليلى", "يوسف", "بلال", "فريد", "جمال", "نادية", "رشيد", "طارق", "سلمى", "هالة")
FAMILY_AR: Final = ("المرادي", "الزميري", "الفندروسي", "الكستروفي", "الرملاوي", "التفريني", "النندوري", "السمبيري")
FIRM: Final = (
    "Brightwater", "Copperline", "Delta Crest", "Eastern Palm", "Fairmead", "Goldreef", "Harbour Oak", "Ivory Lane",
    "Juniper Gate", "Kestrel Bay", "Lakeside", "Monsoon", "Northgate", "Orchid Star", "Pelican", "Quayside", "Red Dune",
    "Silver Acacia", "Tamarind", "Upland", "Vista Verde", "White Heron",
)  # fmt: skip
FIRM_KIND: Final = (
    "Trading Ltd", "General Trading LLC", "Import Export SARL", "Logistics", "Freight Services", "Comercial S.A.",
    "Transports", "Shipping Agency", "Enterprises", "& Sons", "Distribution SA", "Commodities FZE",
)  # fmt: skip
BRAND: Final = (
    "Royal Crest",
    "Golden Camel",
    "Nordwind",
    "Stellar",
    "Montevista",
    "Black Falcon",
    "Primeline",
    "Oro Fino",
)
VESSEL: Final = (
    "Meridian Star",
    "Karo Trader",
    "Lady Tamarind",
    "Ocean Quetzal",
    "Al Nadir",
    "Baltic Heron",
    "Santa Lucinda",
)

#: country, UN/LOCODE, name, position, type of place, modes of transport (Rec 19) seen there
PLACES: Final = (
    ("JO", "JOAQJ", "Aqaba port, container terminal", "29.51,35", "seaport", "1"),
    ("KE", "KEMBA", "Mombasa port, gate 12", "-4.05,39.67", "seaport", "1"),
    ("NA", "NAWVB", "Walvis Bay", "-22.95,14.5", "seaport", "13"),
    ("ZM", "ZMCHU", "Chirundu border post", "-16.03,28.85", "land_border", "3"),
    ("SN", "SNDKR", "Port de Dakar, môle 8", "14.68,-17.43", "seaport", "1"),
    ("CO", "COBUN", "Puerto de Buenaventura", "3.89,-77.07", "seaport", "1"),
    ("MD", "MDLEU", "Leuseni road crossing", "46.8,28.15", "land_border", "3"),
    ("RW", "RWKGL", "Kigali dry port", "-1.94,30.1", "dry_port", "3"),
    ("LA", "LATHG", "Thanaleng freight station", "17.9,102.65", "rail_station", "23"),
    ("NP", "NPBRG", "Birgunj dry port", "27.01,84.87", "dry_port", "23"),
    ("DZ", "DZALG", "Port d'Alger", "36.77,3.07", "seaport", "1"),
    ("TN", "TNTUN", "Aéroport de Tunis-Carthage", "36.85,10.22", "airport", "45"),
    ("PE", "PELIM", "Centro de clasificación postal", "-12.04,-77.03", "mail_centre", "5"),
    ("UG", "UGMLB", "Malaba one-stop border post", "0.65,34.26", "land_border", "3"),
    ("KE", "KENBO", "Nairobi airport, cargo village", "-1.32,36.93", "airport", "4"),
    ("ZM", "ZMKZG", "Kazungula bridge", "-17.79,25.26", "land_border", "38"),
)
FROM: Final = (
    "CN",
    "AE",
    "TR",
    "IN",
    "CO",
    "EC",
    "MA",
    "PK",
    "TH",
    "VN",
    "NG",
    "ZA",
    "BR",
    "NL",
    "BE",
    "ES",
    "TZ",
    "CD",
    "LB",
    "SY",
)


@dataclass(frozen=True, slots=True)
class Goods:
    """A kind of goods: how it is classified, packed and counted, how much there may be, and its words in a report."""

    group: str
    sub_group: str
    hs: str
    packaging: str
    unit: str
    lowest: int
    highest: int
    named: Mapping[str, str]  # language -> words


def _goods() -> tuple[Goods, ...]:
    rows = csv.DictReader((files(__package__) / "goods.csv").read_text("utf-8").splitlines())
    return tuple(
        Goods(
            row["group"],
            row["sub_group"],
            row["hs"],
            row["packaging"],
            row["unit"],
            int(row["lowest"]),
            int(row["highest"]),
            {language: row[language] for language in ("en", "fr", "es", "ar")},
        )
        for row in rows
    )


GOODS: Final = _goods()
COVER: Final = (
    "ceramic tiles", "frozen fish", "green coffee", "household effects", "used tyres", "plastic granules", "onions",
    "furniture", "tea in bags", "spare parts", "sesame seed", "paper rolls", "toys", "fresh bananas", "cement",
)  # fmt: skip
