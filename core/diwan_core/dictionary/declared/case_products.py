"""What is recorded of goods of single product groups, since dictionary 4. The full form asks for each where its product
group makes it relevant."""

from typing import Final

from ..field import Field, boolean, code, date, decimal, text
from .places import number

SINCE: Final = 4


def _words(name: str, label: str, help: str = "", *, length: int = 120) -> Field:
    """A short text, which leaves the country where somebody released it."""
    return text(name, label, help, max_length=length, searchable=True, leaves="gated", since=SINCE)


DRUGS: Final = (
    _words("substance", "Substance", "International non-proprietary or chemical name."),
    text(
        "cas", "CAS number", "Of the Chemical Abstracts Service.", pattern="[1-9][0-9]{1,6}-[0-9]{2}-[0-9]",
        example="50-36-2", check="cas", leaves="gated", since=SINCE,
    ),
    code("schedule", "Schedule", "drug_schedule", "Of the drug conventions, or of national law.", since=SINCE),
    code("lab_state", "Laboratory", "lab_state", since=SINCE),
    _words("logo", "Logo or imprint", "What is pressed or printed on it."),
    code("precursor_event", "What happened to the chemicals", "precursor_event", since=SINCE),
)  # fmt: skip
TOBACCO: Final = (
    code("intended_market", "Intended market", "country", "Where it was to be sold.", since=SINCE),
    code("tax_stamp", "Tax stamp", "tax_stamp", since=SINCE),
    code("authenticity", "Authenticity", "authenticity", since=SINCE),
    text("manufacturer", "Manufacturer", max_length=120, searchable=True, identifies="business", since=SINCE),
)
WILDLIFE: Final = (
    code("specimen_term", "Trade term (CITES)", "cites_term", "What kind of specimen it is.", since=SINCE),
    code("source_code", "Source (CITES)", "cites_source", since=SINCE),
    code("permit", "Permit", "permit_state", since=SINCE),
    code("identified_by", "Identified by", "identified_by", since=SINCE),
    code("species_rank", "Named as", "species_rank", "How far the species is known.", since=SINCE),
    code("alive", "On arrival", "alive", since=SINCE),
)
WEAPONS: Final = (
    code("weapon_kind", "Kind of weapon", "weapon_kind", since=SINCE),
    code("serial_state", "State of the serial number", "serial_state", since=SINCE),
    code("made_in", "Made in", "country", since=SINCE),
    _words("import_mark", "Import mark"),
    code("weapon_condition", "Condition of the weapon", "weapon_condition", since=SINCE),
    _words("headstamp", "Headstamp", "What is stamped on the base of the cartridge.", length=60),
    number("ammunition_lot", "Lot of the ammunition", "serial", identifies="business", since=SINCE),
    number("trace_request", "Trace request", "reference", identifies="person", leaves="never", since=SINCE),
)
NUCLEAR: Final = (
    _words("isotope", "Isotope", "For example Cs-137.", length=60),
    decimal("activity_bq", "Activity in becquerel", since=SINCE),
    decimal("dose_surface", "Dose rate at the surface, in µSv/h", since=SINCE),
    decimal("dose_metre", "Dose rate at one metre, in µSv/h", since=SINCE),
    _words("shielding", "Shielding"),
    code("alarm_cause", "Cause of the alarm", "alarm_cause", since=SINCE),
)
CULTURE: Final = (
    _words("object_materials", "Materials and techniques", length=300),
    _words("object_measurements", "Measurements", "With their unit.", length=300),
    _words("object_inscriptions", "Inscriptions and markings", length=300),
    _words("object_features", "Distinguishing features", length=300),
    _words("object_title", "Title"),
    _words("object_subject", "Subject", "What it shows."),
    _words("object_period", "Date or period"),
    _words("object_maker", "Maker"),
)
"""With the description these are the fields of an Object ID (ICOM)."""
MEDICINES: Final = (
    _words("medicine_strength", "Strength", "Such as 500 mg.", length=60),
    number("batch", "Batch", "serial", identifies="business", since=SINCE),
    date("expiry", "Expires", since=SINCE),
    number("market_authorisation", "Market authorisation", "reference", identifies="business", since=SINCE),
    code("medicine_class", "Class of the product (WHO)", "medicine_class", since=SINCE),
)
IPR: Final = (
    code("ipr_right", "Right infringed", "ipr_right", since=SINCE),
    date("holder_informed", "Holder of the right informed on", leaves="never", since=SINCE),
    boolean("simplified_destruction", "Destroyed by the simplified procedure", since=SINCE),
)
ENVIRONMENT: Final = (
    _words("waste_code", "Basel or OECD code", "Such as Y46 or GC020.", length=20),
    number("movement_notice", "Notification number", "reference", identifies="business", since=SINCE),
    _words("refrigerant", "Refrigerant number", "By ASHRAE, such as R-22.", length=20),
)
STRATEGIC: Final = (
    code(
        "dual_use_category", "Category of dual-use goods", "dual_use_category",
        "The first digit of its control number.",
        since=SINCE,
    ),
    text(
        "control_number", "Control number", "Of the control list, such as 3A001.", max_length=20, leaves="gated",
        since=SINCE,
    ),
    code("licence", "Export licence", "permit_state", since=SINCE),
    number("licence_number", "Number of the licence", "reference", identifies="business", since=SINCE),
    _words("end_use", "End use as stated", "What the papers say it is for.", length=300),
)  # fmt: skip
MONEY: Final = (
    code("cash_provenance", "Where the money comes from", "cash_provenance", "As the person said.", since=SINCE),
    code("cash_use", "What the money is for", "cash_use", "As the person said.", since=SINCE),
)
PRODUCTS: Final = (
    *DRUGS, *TOBACCO, *WILDLIFE, *WEAPONS, *NUCLEAR, *CULTURE, *MEDICINES, *IPR, *ENVIRONMENT,
    *STRATEGIC, *MONEY,
)  # fmt: skip
