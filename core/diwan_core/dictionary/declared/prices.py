"""The national price table: what one unit of goods is worth, from which day, and where that is from."""

from dataclasses import replace
from typing import Final

from ..field import code, date, decimal, group, text
from ..record import NotBefore, RecordDeclaration
from .common import CENTRAL, record
from .places import hs_code

PRICE: Final[RecordDeclaration] = record(
    "price",
    "Price",
    "What one unit of goods is worth in the country from a day on. It suggests a value and decides nothing.",
    (
        code("product_group", "Product group", "product_group", required=True, listed=True),
        code("sub_group", "Sub-group", "sub_group", "Only if it applies to one.", listed=True),
        replace(hs_code(), listed=True, narrower=(0, "")),
        code("per", "Unit", "unit", "The price is for one of these.", required=True, listed=True),
        group(
            "price",
            decimal("price", "Price of one", required=True, listed=True),
            code("currency", "Currency", "currency", required=True, listed=True),
            needs=(("price", "currency"), ("currency", "price")),
        ),
        code("value_kind", "Kind of value", "value_kind", listed=True),
        group(
            "validity",
            date("valid_from", "Valid from", required=True, listed=True),
            date("valid_until", "Valid until", listed=True),
        ),
        text(
            "source", "Source", "Where the price is from.", max_length=200, listed=True, identifies="nobody",
            leaves="never",
        ),
    ),
    authority=CENTRAL,
    rules=(NotBefore("valid_from", "valid_until"),),
    since=4,
)  # fmt: skip
