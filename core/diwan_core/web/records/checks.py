"""The checks of a case: a supervisor validates it or sends it back, an officer corrects it and submits it again.

What was decided is part of the case (`review`, dictionary 2): it has its author and moment in the journal, travels with
the case and is never lost. `review_state` is what was last said, for lists."""

import json
from collections.abc import Mapping
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.national import FOUR_EYES
from diwan_core.register import Record
from diwan_core.register.records.four_eyes import OWN
from diwan_core.register.records.sent_back import SENT_BACK, STATE, UNCORRECTED, is_sent_back
from diwan_core.register.search.lists import COUNTED
from diwan_core.web.forms.part_ids import part_id
from diwan_core.web.forms.plausibility import doubts_of
from diwan_core.web.kinds.case import KIND as CASE
from diwan_core.web.kinds.registry import kind_of
from diwan_core.web.kit.console import console, national_settings, register
from diwan_core.web.kit.errors import expired
from diwan_core.web.kit.gate import Person, signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.trusted_moment import now_text
from diwan_core.web.language.formats import show_number
from diwan_core.web.language.i18n import _
from diwan_core.web.records.duplicates import similar_to

VALIDATED, RESUBMITTED = "validated", "resubmitted"
WITHDRAWN, RESTORED = "withdrawn", "restored"
LONGEST: Final = 2000
SHOWN_BACK: Final = 30
"""Cases to be corrected that stand above the drafts."""
WAITING, BACK = "waiting", "back"
QUEUES: Final[Mapping[str, frozenset[str | None]]] = {
    WAITING: frozenset({None, RESUBMITTED, RESTORED, VALIDATED, WITHDRAWN}),
    BACK: frozenset({SENT_BACK}),
}
"""What was last said of the cases of a queue; None of those nobody has looked at. Every submitted case is in one."""


def entry_of(decision: str, comment: str) -> dict[str, Any]:
    """The values that write down a decision of the person at the browser."""
    said: dict[str, Any] = {
        "decision": decision,
        "by": signed_in_person().name,
        "at": now_text(),
    }
    if comment:
        said["comment"] = comment
    return {"review_state": decision, "review": {part_id(): said}}


def resubmission(record: Record, comment: str) -> dict[str, Any]:
    """The values that submit a case once more."""
    return {"status": "submitted", **entry_of(RESUBMITTED, comment)} if kind_of(record.type).checked else {}


def after_change(record: Record, person: Person, seen: str) -> dict[str, Any]:
    """What a change brings with it. A case that was sent back is to be checked again, if its author had seen that; and
    so is a validated case changed by somebody who may not validate it, also by a supervisor who reported it."""
    if not kind_of(record.type).checked:
        return {}
    if is_sent_back(record.values):
        return resubmission(record, "") if heads_of_check(seen) == heads_of_check(record.heads) else {}
    if record.values.get("status") != "validated":
        return {}
    if person.may(Action.REVIEW) and not wants_second(record):
        return {}
    return resubmission(record, "")


def heads_of_check(heads: str) -> str:
    """Of the heads that somebody saw of a record, as JSON, those of its status and its check; "" of what are none."""
    try:
        known = json.loads(heads)
        return json.dumps({key: known.get(key, known["*"]) for key in ("status", STATE)})
    except (ValueError, RecursionError, KeyError, AttributeError, TypeError):
        return ""


def with_check_seen(seen: str, record: Record) -> str:
    """The heads of an older form whose page has shown what is now said of the check."""
    return json.dumps({**json.loads(seen), **json.loads(heads_of_check(record.heads))})


def why_not_validated(record: Record) -> str:
    """Why the person at the browser cannot validate a case; "" where they can."""
    before = str(record.values.get("status") or "submitted")
    if before != "submitted" or not CASE.record_type.may_set("validated", console().node.role, before):
        return _("A case in this state cannot be validated or sent back. Open the case again.")
    return _(UNCORRECTED) if is_sent_back(record.values) else ""


def last_said(record: Record) -> Mapping[str, Any] | None:
    """The latest entry of the checks."""
    held = [part for part in (record.values.get("review") or {}).values() if isinstance(part, Mapping)]
    return max(held, key=lambda part: str(part.get("at") or ""), default=None)


def said(record: Record) -> list[Mapping[str, Any]]:
    """All entries of the checks, the oldest first."""
    held = [part for part in (record.values.get("review") or {}).values() if isinstance(part, Mapping)]
    return sorted(held, key=lambda part: str(part.get("at") or ""))


def panel(record: Record) -> dict[str, Any]:
    """What the page of a record needs to show its checks and to make the next one."""
    person, status = signed_in_person(), record.values.get("status") or "submitted"
    checked = kind_of(record.type).checked
    withdraws = checked and person.may(Action.WITHDRAW)
    own = checked and wants_second(record)
    back = checked and is_sent_back(record.values)
    return {
        "checks": said(record) if checked else [],
        "may_check": checked and person.may(Action.REVIEW) and status in ("submitted", "validated"),
        "may_validate": status == "submitted" and not own and not back,
        "own_case": own and status == "submitted",
        "back": back,
        "withdrawn": last_said(record) or {} if checked and status == WITHDRAWN else None,
        "may_withdraw": withdraws and status != WITHDRAWN,
        "may_restore": withdraws and status == WITHDRAWN and person.may(Action.EDIT),
        "may_submit_again": back and person.may(Action.EDIT),
        "decisions": DICTIONARY.codes("review_decision").codes,
        "check_text": problem_text,
        "doubts": doubts_of(record.type, record.values) if person.may(Action.EDIT) else [],
        "hints": similar_to(record.type, record.values, record.id) if checked and person.may(Action.REPORT) else [],
    }


def wants_second(record: Record) -> bool:
    """Whether the person at the browser reported this case, so that the country wants another one to validate it."""
    if record.author != signed_in_person().name:
        return False
    return national_settings()[FOUR_EYES] == "yes"


def waiting_in(queue: str, imported: bool = False) -> int:
    """How many cases are in a queue."""
    return register().matching(CASE.type, where_of(queue, imported), "date")


def counted(number: int) -> str:
    """How many, as far as anybody counts."""
    return _("more than {count}", count=show_number(COUNTED)) if number > COUNTED else str(number)


def where_of(queue: str, imported: bool = False) -> dict[str, Any]:
    """Cases of a queue: at a post its own, at the centre everybody's."""
    own = {"origin": console().node.id} if console().at_post else {}
    return {**({"status": "submitted"} if imported else {"in_check": True}), **own, "review_state": QUEUES[queue]}


def to_correct() -> list[tuple[str, str, Mapping[str, Any]]]:
    """Cases sent back and not yet corrected, the oldest first: id, what it is called, what was said."""
    rows = register().page(CASE.type, where_of(BACK), "date", limit=SHOWN_BACK).rows
    records = [register().get(row.id) for row in rows]
    return [(record.id, CASE.title_of(record), last_said(record) or {}) for record in records if record is not None]


def problem_text(why: str) -> str:
    """What is wrong with a check, in words."""
    return {
        "changed": _("The case was changed after you opened it. Look at it again, then decide."),
        "comment": _("Write what needs to be corrected."),
        "reason": _("Give a reason."),
        "uncorrected": _(UNCORRECTED),
        "why": _("Correct the case, or write why nothing needs to be corrected."),
        "own": _(OWN),
        "expired": expired(),
        "wrong": _(
            "The comment is too long or contains characters that cannot be stored. Use at most {count} characters.",
            count=LONGEST,
        ),
    }.get(why, "")
