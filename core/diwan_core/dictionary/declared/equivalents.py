"""The national table of doses and equivalents: what one dose, tablet or litre of goods weighs, from which day, and by
which source."""

from typing import Final

from ..field import code, date, decimal, group, text
from ..record import NotBefore, RecordDeclaration
from .common import CENTRAL, record

EQUIVALENT: Final[RecordDeclaration] = record(
    "equivalent",
    "Dose or equivalent",
    "What one dose, tablet or litre of goods weighs by the country's own table, from a day on. Reports say it with its "
    "day and source; no record changes with it.",
    (
        code("product_group", "Product group", "product_group", required=True, listed=True),
        code("sub_group", "Sub-group", "sub_group", "Only if it applies to one.", listed=True),
        code("drug_form", "Form of the drug", "drug_form", "Only if it applies to one.", listed=True),
        code("counted", "What is counted", "unit", "A dose, a tablet, a litre.", required=True, listed=True),
        group(
            "size",
            decimal("typical", "Typical size", "Of one of these.", required=True, listed=True),
            decimal("lowest", "Lowest size", required=True, listed=True),
            decimal("highest", "Highest size", required=True, listed=True),
            code("size_unit", "Unit of the size", "unit", required=True, listed=True),
        ),
        group(
            "validity",
            date("valid_from", "Valid from", "A day up to today.", required=True, listed=True, past=True),
            date("valid_until", "Valid until", listed=True),
        ),
        text(
            "source", "Source", "Where the sizes are from: a publication, a decree, a laboratory.", max_length=200,
            required=True, listed=True, identifies="nobody", leaves="never",
        ),
    ),
    authority=CENTRAL,
    rules=(NotBefore("valid_from", "valid_until"),),
    since=4,
)  # fmt: skip
