"""Operations and the messages of their members: warning, feedback, seizure (a case), and free mail."""

from ..field import boolean, code, date, group, longtext, other, reference, text
from ..record import NotBefore, Part, RequiredWhen, ScopeField
from .common import CENTRAL, EVERY_ORIGIN, record
from .machines_of_work import MESSAGE_STATE, OPERATION_STATE
from .places import container, hs_code, number, office, place, transport_document

OPERATION = record(
    "operation",
    "Operation",
    "A closed group of users with a purpose and an end date.",
    (
        text(
            "name",
            "Name",
            max_length=120,
            searchable=True,
            required=True,
            listed=True,
            identifies="nobody",
            leaves="never",
        ),
        longtext("purpose", "Purpose", nominal=True, searchable=True),
        code("state", "State", "operation_state", listed=True),
        group(
            "period",
            date("starts", "Starts", listed=True),
            date("ends", "Ends", "On this day the group closes and its key is changed.", listed=True),
        ),
        text("coordinator", "Coordinator", "User name.", max_length=60, listed=True, identifies="officer"),
        text("members", "Members", "User names.", max_length=60, repeated=True, identifies="officer"),
        text("member_units", "Member units", max_length=60, repeated=True, identifies="officer"),
        code("product_groups", "Product groups", "product_group", repeated=True),
        boolean("feedback_compulsory", "Feedback is compulsory"),
        code("language", "Language", "language"),
        text(
            "code", "Code", "Short and without blanks, for lists and commands.", pattern=r"[A-Za-z0-9_-]{1,60}",
            example="TESTHOUND-26", listed=True, identifies="nobody", leaves="never", since=4,
        ),
        Part(
            "member",
            "Member posts",
            (
                text(
                    "post", "Post", "Id of its node.", pattern=r"[a-z2-7]{13}", example="abcdefghijklm",
                    identifies="nobody", leaves="never", since=4,
                ),
                date("first_day", "First day", "Empty: the first day of the operation.", leaves="never", since=4),
                date("last_day", "Last day", "Empty: the last day of the operation.", leaves="never", since=4),
            ),
            "The posts that read and write in it, from day to day.",
        ),
    ),
    authority=CENTRAL,
    rules=(NotBefore("starts", "ends"),),
    machines=(OPERATION_STATE,),
    scopes=(ScopeField("name", "itself"),),
)  # fmt: skip

MESSAGE = record(
    "message",
    "Message",
    "A warning, the feedback to one, or free mail. The third template of an operation, the seizure, is a case.",
    (
        code("kind", "Kind", "message_kind", required=True, listed=True),
        reference(
            "operation", "Operation", "operation",
            "While it runs, only its posts and the centre read the message, unless “Who reads what” at the centre says "
            "that all posts read messages.",
            listed=True, identifies="nobody",
        ),
        text("sender", "From", "User name or unit.", max_length=60, listed=True, identifies="officer"),
        text("recipients", "To", "User names or units.", max_length=60, repeated=True, identifies="officer"),
        text(
            "for_post", "For one post",
            "Choose it from the list.",
            pattern=r"[a-z2-7]{13}", example="abcdefghijklm",
            listed=True, identifies="nobody", leaves="never", since=4,
        ),
        code("state", "State", "message_state", listed=True, since=4),
        longtext("state_reason", "Reason of the last step", max_length=2000, nominal=True, since=4),
        code("precedence", "Precedence", "precedence", listed=True),
        boolean("acknowledge", "Acknowledgement wanted"),
        code("language", "Language", "language"),
        text("subject", "Subject", max_length=200, nominal=True, searchable=True),
        longtext("body", "Text", nominal=True, searchable=True),
        reference("attachments", "Attachments", "attachment", repeated=True, identifies="person"),
        reference("reply_to", "In reply to", "message", listed=True, identifies="nobody"),
        # warning
        longtext("profile", "Profile of the consignment", max_length=4000, nominal=True, searchable=True),
        hs_code(),
        code("product_group", "Product group", "product_group", listed=True),
        container(),
        transport_document(),
        number("plate", "Plate", "plate", nominal=True, length=40),
        text("consignee_name", "Consignee as written", nominal=True, is_name=True, searchable=True),
        text("consignor_name", "Consignor as written", nominal=True, is_name=True, searchable=True),
        code("departure_country", "Country of departure", "country"),
        place("expected_place", "Expected place"),
        office("expected_office", "Expected office"),
        date("expected_date", "Expected on", listed=True, identifies="person", leaves="coarsened"),
        code("indicators", "Risk indicators", "risk_indicator", repeated=True),
        code("requested_control", "Requested control", "control"),
        other("answer_by", "datetime", "Answer by", leaves="never"),
        # feedback
        reference("warning", "Warning", "message", listed=True, identifies="nobody"),
        code("control_done", "Control done", "control"),
        code("result", "Result", "control_result", listed=True),
        code("reason_not", "Reason no control was done", "no_control_reason"),
        reference("seizure", "Seizure", "case", identifies="person"),
        Part(
            "acknowledgement",
            "Acknowledgements",
            (
                text("user", "User", max_length=60, identifies="officer"),
                other("at", "datetime", "Read at", leaves="never"),
            ),
        ),
    ),
    authority=EVERY_ORIGIN,
    rules=(
        RequiredWhen("kind", "feedback", ("warning", "result")),
        RequiredWhen("result", "not_done", ("reason_not",)),
        RequiredWhen("kind", "warning", ("profile",)),
        RequiredWhen("kind", "mail", ("subject",)),
        RequiredWhen("kind", "request", ("subject",), since=4),
        RequiredWhen("kind", "answer", ("reply_to",), since=4),
    ),
    machines=(MESSAGE_STATE,),
    scopes=(ScopeField("operation", "operation"), ScopeField("for_post", "post")),
)  # fmt: skip
