"""Agreements with other administrations: what may leave the country under each."""

from ..field import boolean, code, date, group, integer, longtext, reference, text
from ..record import NotBefore
from .common import CENTRAL, record

AGREEMENT = record(
    "agreement",
    "Agreement",
    "The legal ground on which nominal data may go to a partner.",
    (
        text(
            "title",
            "Title",
            max_length=200,
            searchable=True,
            required=True,
            listed=True,
            identifies="nobody",
            leaves="never",
        ),
        code("kind", "Kind", "agreement_kind", listed=True),
        text(
            "partner",
            "Partner",
            max_length=120,
            searchable=True,
            required=True,
            listed=True,
            identifies="nobody",
            leaves="never",
        ),
        code("partner_countries", "Countries of the partner", "country", repeated=True),
        longtext("legal_text", "Legal ground", max_length=4000, searchable=True, identifies="nobody", leaves="never"),
        group(
            "validity",
            date("valid_from", "In force from", listed=True),
            date("valid_until", "In force until", listed=True),
        ),
        boolean("covers_nominal", "Covers nominal data", listed=True),
        text(
            "record_types",
            "Record types",
            "Names of the types it covers.",
            max_length=40,
            repeated=True,
            identifies="nobody",
            leaves="never",
        ),
        text(
            "fields_allowed",
            "Fields",
            "Nominal fields it covers, for example case.narrative.",
            max_length=100,
            repeated=True,
            identifies="nobody",
            leaves="never",
        ),
        code("product_groups", "Product groups", "product_group", repeated=True),
        code("handling_limit", "Highest handling", "handling"),
        integer("retention_days", "Partner keeps it for days"),
        text(
            "threshold",
            "Threshold",
            "What is sent without being asked for.",
            max_length=200,
            identifies="nobody",
            leaves="never",
        ),
        reference("attachments", "Attachments", "attachment", repeated=True, identifies="nobody"),
    ),
    authority=CENTRAL,
    rules=(NotBefore("valid_from", "valid_until"),),
)
