"""Library, forum, links between records, and attachments."""

from ..field import boolean, code, date, decimal, group, integer, longtext, other, reference, text
from ..record import AnyOf, NotBefore, ScopeField
from .common import EVERY_ORIGIN, record

_ANYTHING = (
    "case", "person", "company", "conveyance", "suspect", "message", "operation", "library_item", "topic", "post",
    "arrival", "sighting", "site", "watch_entry",
)  # fmt: skip

LIBRARY_ITEM = record(
    "library_item",
    "Library item",
    "An alert, bulletin, manual, or picture of an exceptional concealment.",
    (
        text("title", "Title", max_length=200, searchable=True, required=True, listed=True, leaves="gated"),
        code("kind", "Kind", "library_kind", required=True, listed=True),
        longtext("summary", "Summary", max_length=4000, searchable=True, leaves="gated"),
        longtext("body", "Text", nominal=True, searchable=True),
        code("language", "Language", "language", listed=True),
        text("keywords", "Keywords", max_length=60, searchable=True, repeated=True, leaves="gated"),
        code("product_group", "Product group", "product_group", listed=True),
        code("concealment_method", "Concealment method", "concealment_method", listed=True),
        text("publisher", "Published by", max_length=120, searchable=True, leaves="gated"),
        group("validity", date("valid_from", "Valid from"), date("valid_until", "Valid until", listed=True)),
        reference("attachments", "Attachments", "attachment", repeated=True, identifies="person"),
    ),
    authority=frozenset({"central", "gateway"}),
    rules=(NotBefore("valid_from", "valid_until"),),
)

TOPIC = record(
    "topic",
    "Forum topic",
    "A subject of discussion.",
    (
        text("title", "Title", max_length=200, nominal=True, searchable=True, required=True),
        reference(
            "operation",
            "Operation",
            "operation",
            "Only its members see the topic.",
            listed=True,
            identifies="nobody",
        ),
        code("language", "Language", "language"),
        boolean("closed", "Closed", listed=True),
        boolean("pinned", "Kept on top", listed=True),
    ),
)

POST = record(
    "post",
    "Forum post",
    "One contribution to a topic.",
    (
        reference("topic", "Topic", "topic", required=True, listed=True, identifies="nobody"),
        reference("reply_to", "In reply to", "post", identifies="officer"),
        longtext("body", "Text", nominal=True, searchable=True, required=True),
        reference("attachments", "Attachments", "attachment", repeated=True, identifies="person"),
    ),
)

LINK = record(
    "link",
    "Link",
    "Two records that have to do with each other, or a record and a web page.",
    (
        code("kind", "Kind", "link_kind", required=True, listed=True),
        reference("subject", "From", _ANYTHING, listed=True, identifies="person"),
        reference("target", "To", _ANYTHING, listed=True, identifies="person"),
        code("role", "Role", "party_role", listed=True),
        text("url", "Web address", max_length=500, identifies="person", leaves="never"),
        text("title", "Title", max_length=200, nominal=True, searchable=True),
        longtext("reason", "Reason", max_length=4000, nominal=True),
        code("confidence", "Confidence", "confidence"),
        code("source_grade", "Grade of the source", "admiralty"),
        group("validity", date("valid_from", "Since"), date("valid_until", "Until")),
    ),
    authority=EVERY_ORIGIN,
    rules=(NotBefore("valid_from", "valid_until"), AnyOf(("target", "url"))),
)

ATTACHMENT = record(
    "attachment",
    "Attachment",
    "A picture, X-ray image or document. The file itself is known by its SHA-256 and travels behind the record.",
    (
        reference("subject", "Belongs to", _ANYTHING, listed=True, identifies="person"),
        other("sha256", "sha256", "SHA-256 of the file", required=True, listed=True, identifies="person"),
        integer("size", "Size in bytes", required=True, listed=True),
        text(
            "media_type",
            "Media type",
            "For example image/jpeg.",
            max_length=100,
            listed=True,
            identifies="nobody",
            leaves="never",
        ),
        code("kind", "Kind", "attachment_kind", listed=True),
        text("caption", "Caption", "What it shows. Name no persons here.", searchable=True, leaves="gated"),
        text("file_name", "File name", max_length=255, nominal=True, searchable=True),
        boolean("shows_person", "Shows a person", listed=True, retired=4),
        code("person_shown", "A person can be recognised", "judgement", listed=True, since=4),
        code("text_shown", "A plate, a name, a document or a screen can be read", "judgement", listed=True, since=4),
        code("release", "Release", "release", listed=True),
        other("taken", "datetime", "Taken at", identifies="person", leaves="never"),
        other("position", "position", "Taken where", nominal=True),
        text(
            "part",
            "Shows which part",
            "For example goods.1 or concealment.2.",
            max_length=60,
            identifies="nobody",
            leaves="never",
        ),
        decimal("rotation", "Shown turned by degrees", maximum=360),
    ),
    authority=EVERY_ORIGIN,
    scopes=(ScopeField("subject", "record"),),
    made_by="picture",
)
