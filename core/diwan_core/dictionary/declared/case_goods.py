"""Goods lines of a case."""

from ..field import boolean, code, date, decimal, group, integer, longtext, text
from ..record import Part
from .case_products import PRODUCTS
from .places import hs_code, hs_declared, number

GOODS = Part(
    "goods",
    "Goods",
    (
        code("product_group", "Product group", "product_group", short=True, listed=True),
        code("sub_group", "Sub-group", "sub_group", searchable=True),
        longtext("description", "Description of the goods", max_length=2000, searchable=True, leaves="gated"),
        code(
            "also", "Also in the product group", "product_group", "A further product group it belongs to.",
            repeated=True, since=4,
        ),
        hs_code(),
        hs_declared(),
        code("hs_edition", "Edition of the HS", "hs_edition", since=4),
        group(
            "quantity",
            decimal("quantity", "Quantity", "As counted, weighed or measured.", short=True),
            code("unit", "Unit", "unit", "Kilogram, piece, litre, …", short=True),
            code(
                "national_unit", "National unit", "national_unit", "Where the unit is 'mutually defined': a tola, say.",
                pattern="[A-Za-z][A-Za-z0-9_]{0,19}", example="tola", leaves="coarsened", short=True, since=4,
            ),
            code("quantity_basis", "How the quantity is known", "quantity_basis", since=4),
            needs=(("quantity", "unit"), ("national_unit", "quantity"), ("quantity_basis", "quantity")),
        ),
        boolean("uncounted", "Not yet counted", "Held back before anybody counted it.", short=True, since=4),
        group(
            "second_quantity",
            decimal("second_quantity", "Second quantity", "For instance pieces, where the first is a weight."),
            code("second_unit", "Unit of the second quantity", "unit"),
            needs=(("second_quantity", "second_unit"),),
        ),
        group(
            "mass_kg",
            decimal("mass_kg", "Mass in kilograms", "As weighed. Leave it empty where it follows from the quantity."),
            code("mass_basis", "What the mass is", "mass_basis", since=4),
            needs=(("mass_basis", "mass_kg"),),
        ),
        decimal("pieces", "Number of pieces", "As counted. Leave it empty where it follows from the quantity."),
        decimal("litres", "Volume in litres", "As measured. Leave it empty where it follows from the quantity."),
        code("packaging", "Packaging", "package"),
        integer("packages", "Number of packages"),
        group(
            "per_package",
            decimal(
                "per_package", "How many in each package",
                "Of cigarettes often 20 in a packet, 200 in a carton, 10,000 in a case. Count them.", short=True,
                since=4,
            ),
            code("per_package_unit", "Unit of what is in each", "unit", short=True, since=4),
            needs=(("per_package", "per_package_unit"), ("per_package_unit", "per_package")),
        ),
        decimal("strength_percent", "Alcohol in percent by volume", maximum=100, since=4),
        group(
            "value",
            decimal("value", "Value", "Estimated value in the country of seizure, unless said otherwise.", short=True),
            code("currency", "Currency", "currency", short=True),
            code("value_kind", "Kind of value", "value_kind", since=4),
            date("value_date", "Day of the value", since=4),
            decimal(
                "declared_value", "Amount declared", "What was declared of it, in the same currency: 0 for nothing.",
                since=4,
            ),
            needs=(
                ("value", "currency"), ("value_kind", "value"), ("value_date", "value"), ("declared_value", "currency"),
            ),
        ),
        text("brand", "Brand", max_length=120, searchable=True, leaves="gated"),
        text(
            "species",
            "Species",
            "Scientific name, for example Loxodonta africana.",
            max_length=120,
            searchable=True,
            leaves="gated",
        ),
        code("cites_appendix", "CITES appendix", "cites_appendix"),
        code("specimen", "Kind of specimen", "specimen"),
        code("drug_form", "Form of the drug", "drug_form"),
        decimal("purity", "Purity in percent", maximum=100),
        text("weapon_make", "Make of the weapon", max_length=120, searchable=True, leaves="gated"),
        text("weapon_model", "Model of the weapon", max_length=120, searchable=True, leaves="gated"),
        text("weapon_calibre", "Calibre", max_length=40, leaves="gated"),
        number("weapon_serial", "Serial number of the weapon", "serial", identifies="business"),
        text("declared_as", "Declared as", "What the papers called it.", searchable=True, leaves="gated"),
        code(
            "tags", "Also counted as", "goods_tag", "What else it is, for programmes that count such goods.",
            repeated=True, since=4,
        ),
        *PRODUCTS,
        code("line_outcome", "Outcome for these goods", "outcome", "If it differs from that of the case.", since=4),
        number("custody_item", "Item number in custody", "serial", identifies="person", leaves="never"),
        number("custody_seal", "Seal of the evidence bag", "seal", identifies="nobody", leaves="never"),
        text("custody_storage", "Kept at", max_length=120, identifies="officer"),
        code("custody_status", "Custody", "custody_status"),
        group(
            "disposal",
            code("custody_disposal", "Disposal", "disposal"),
            date("custody_disposed", "Date of disposal", leaves="never"),
            needs=(("custody_disposed", "custody_disposal"),),
        ),
    ),
    "What was found, one line for each kind of goods.",
)  # fmt: skip
