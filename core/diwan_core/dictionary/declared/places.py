"""Fields that several record types share, declared once: places, addresses and other ways to reach somebody."""

from typing import Final

from ..classes import Identifies, Leaves
from ..field import Field, Identifier, code, other, text

#: UN/LOCODE where the place has one, else an entry of the national table.
OFFICE_PATTERN: Final = r"[A-Z0-9-]{2,12}"
LOCODE_PATTERN: Final = r"[A-Z]{2}[A-Z2-9]{3}"
# Length 2, 4 or 6 as in the HS, or a national extension to at most 12 digits. Lengths 3, 5 and 7 are most often a code
# that a spreadsheet has robbed of its leading zero.
HS_PATTERN: Final = r"(?!00)[0-9]{2}(?:[0-9]{2}|[0-9]{4}|[0-9]{6,10})?"
_HS_TO_TEN: Final = r"(?!00)[0-9]{2}(?:[0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{7}|[0-9]{8})?"
"""Until dictionary 3: at most 10 digits."""


def office(name: str = "office", label: str = "Customs office", *, short: bool = False, listed: bool = True) -> Field:
    help = "UN/LOCODE of the office, or its code in the national table."
    return text(
        name, label, help, pattern=OFFICE_PATTERN, example="JOAQJ", short=short, listed=listed, identifies="nobody",
        leaves="coarsened",
    )  # fmt: skip


def place(
    name: str = "place", label: str = "Place", *, nominal: bool = False, identifies: Identifies = "person"
) -> Field:
    """A place in words, which may be somebody's house: it never leaves; its UN/LOCODE and kind may."""
    return text(
        name, label, "Name of the place, as people say it.", searchable=True, nominal=nominal, identifies=identifies,
        leaves="never",
    )  # fmt: skip


def locode(name: str = "locode", label: str = "UN/LOCODE") -> Field:
    help = "Five letters: country and place."
    return code(name, label, "locode", help, pattern=LOCODE_PATTERN, example="JOAQJ")


def position(
    name: str = "position", label: str = "Position", *, nominal: bool = False, identifies: Identifies = "person"
) -> Field:
    help = "Latitude and longitude in degrees."
    return other(name, "position", label, help, nominal=nominal, identifies=identifies)


def hs_code() -> Field:
    help = "Two to twelve digits without points, with the leading zero."
    return code("hs_code", "HS code", "hs", help, pattern=HS_PATTERN, example="240220", narrower=(4, _HS_TO_TEN))


def hs_declared() -> Field:
    help = "What the papers say, if it differs from what was found."
    return code("hs_declared", "HS code declared", "hs", help, pattern=HS_PATTERN, example="240220", since=4)


def number(
    name: str, label: str, kind: Identifier, help: str = "", *, nominal: bool = False, length: int = 60,
    identifies: Identifies = "", leaves: Leaves = "", since: int = 1,
) -> Field:  # fmt: skip
    """Something people look for by a fragment of it: a plate, a document number, a bill of lading."""
    return text(
        name, label, help, max_length=length, identifier=kind, nominal=nominal, identifies=identifies, leaves=leaves,
        since=since,
    )  # fmt: skip


def container(*, leaves: Leaves = "coarsened") -> Field:
    return text(
        "container_number", "Container number", "Four letters and seven digits.", max_length=20,
        identifier="container", check="iso6346", identifies="business", leaves=leaves,
    )  # fmt: skip


def flight_voyage() -> Field:
    return number("flight_voyage", "Flight or voyage", "voyage", length=40, identifies="business", leaves="coarsened")


def transport_document(help: str = "") -> Field:
    return number(
        "document_number", "Transport document", "consignment", help, identifies="business", leaves="coarsened"
    )


def phone(
    name: str = "phones", label: str = "Telephones", *, nominal: bool = True, repeated: bool = True,
    identifies: Identifies = "person",
) -> Field:  # fmt: skip
    return text(
        name, label, "With the country code.", max_length=40, identifier="phone", formatted="phone", nominal=nominal,
        repeated=repeated, identifies=identifies,
    )  # fmt: skip


def email(
    name: str = "emails", label: str = "E-mail", *, nominal: bool = True, repeated: bool = True,
    identifies: Identifies = "person",
) -> Field:  # fmt: skip
    return text(
        name, label, max_length=254, identifier="email", nominal=nominal, repeated=repeated, identifies=identifies
    )
