"""Suspect files: the person or thing that is looked for, the reason, what to do when it is found, and the state of
the work."""

from ..field import code, date, decimal, group, integer, longtext, other, reference, text
from ..record import NotBefore, Part
from .common import EVERY_ORIGIN, record
from .machines_of_files import SUSPECT_STATE, TASK_STATE
from .places import container, hs_code, number

SUSPECT = record(
    "suspect",
    "Suspect file",
    "A person, company, conveyance, container or profile of interest, and the action asked for.",
    (
        text("title", "Title", max_length=200, nominal=True, searchable=True, required=True),
        number("reference", "File number", "reference", identifies="person", leaves="never"),
        longtext("reason", "Reason", "Why it is of interest.", nominal=True, searchable=True),
        code("requested_action", "Requested action", "requested_action", listed=True, required=True),
        code("priority", "Priority", "priority", listed=True),
        code(
            "warning_codes", "Take care", "warning_code", "What an officer must know before meeting whoever it is.",
            nominal=True, repeated=True, since=4,
        ),
        group(
            "validity",
            date("valid_from", "Valid from", listed=True),
            date("valid_until", "Valid until", listed=True),
        ),
        date("review_date", "Review on", "Day by which a person looks at it again.", listed=True),
        text(
            "assigned_officer", "Assigned officer", "User name.", max_length=60, listed=True, identifies="officer",
        ),
        text("assigned_unit", "Assigned unit", max_length=60, listed=True, identifies="officer"),
        code("state", "State", "suspect_state", listed=True),
        longtext("state_reason", "Reason of the last step", max_length=2000, nominal=True, since=4),
        code("closing_reason", "Reason for closing", "closing_reason", since=4),
        code("source_grade", "Grade of the source", "admiralty"),
        longtext("result", "Result", nominal=True, searchable=True),
        integer("hits", "Hits", "How often it was found."),
        reference("cases", "Cases", "case", repeated=True, identifies="person"),
        Part(
            "subject",
            "Subjects",
            (
                code("kind", "Kind", "subject_kind", required=True),
                reference("subject", "On file", ("person", "company", "conveyance"), identifies="person"),
                text("name", "Name as written", nominal=True, is_name=True, searchable=True),
                container(leaves="agreement"),
                longtext("profile", "Profile", "What to look for.", max_length=4000, nominal=True, searchable=True),
                hs_code(),
                code("origin_country", "Country of origin", "country"),
                code("product_group", "Product group", "product_group"),
                decimal("score", "Score", maximum=100),
            ),
        ),
        Part(
            "task",
            "Tasks",
            (
                text("title", "Task", nominal=True),
                text("assigned", "Assigned to", "User name.", max_length=60, identifies="officer"),
                date("due", "Due"),
                code("state", "State", "task_state"),
                longtext("result", "Result", max_length=4000, nominal=True),
            ),
        ),
        Part(
            "correspondence",
            "Correspondence",
            (
                other("sent", "datetime", "Sent"),
                code("channel", "Channel", "channel"),
                text("sender", "From", max_length=200, nominal=True),
                text("recipient", "To", max_length=200, nominal=True),
                longtext("text", "Text", nominal=True),
                reference("attachment", "Attachment", "attachment", identifies="person"),
            ),
        ),
    ),
    authority=EVERY_ORIGIN,
    rules=(NotBefore("valid_from", "valid_until"),),
    machines=(SUSPECT_STATE, TASK_STATE),
)  # fmt: skip
