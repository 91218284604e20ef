"""Requests: what one office or administration asks of another, and the answer."""

from ..field import code, date, longtext, reference, text
from ..record import ScopeField
from .common import EVERY_ORIGIN, record
from .machines_of_work import REQUEST_STATE

REQUEST = record(
    "request",
    "Request",
    "What one office or administration asks of another, under which law or agreement, and the answer.",
    (
        text("subject", "Subject", max_length=200, nominal=True, searchable=True, required=True),
        code("kind", "What is asked for", "request_kind", required=True, listed=True),
        text(
            "asked_by", "From", "Unit or administration.", max_length=120, listed=True, identifies="nobody",
            leaves="never",
        ),
        text(
            "addressed_to", "To", "Unit or administration.", max_length=120, listed=True, identifies="nobody",
            leaves="never",
        ),
        text(
            "for_post", "For one post",
            "Choose it from the list.",
            pattern=r"[a-z2-7]{13}", example="abcdefghijklm",
            listed=True, identifies="nobody", leaves="never",
        ),
        code("partner_country", "Country of the other administration", "country", listed=True),
        reference("agreement", "Agreement", "agreement", identifies="nobody"),
        longtext("body", "Text", nominal=True, searchable=True),
        longtext("purpose", "Purpose", "What the answer will be used for.", max_length=2000, nominal=True),
        reference(
            "about", "About", ("case", "person", "company", "conveyance", "suspect", "arrival"), repeated=True,
            identifies="person",
        ),
        date("answer_by", "Answer by", listed=True, leaves="never"),
        code("state", "State", "request_state", listed=True),
        longtext("state_reason", "Reason of the last step", max_length=2000, nominal=True),
        longtext("answer", "Answer", nominal=True, searchable=True),
        reference("attachments", "Attachments", "attachment", repeated=True, identifies="person"),
    ),
    authority=EVERY_ORIGIN,
    since=4,
    machines=(REQUEST_STATE,),
    scopes=(ScopeField("for_post", "post"),),
)  # fmt: skip
