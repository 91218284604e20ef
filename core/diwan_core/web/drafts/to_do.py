"""The list of tasks of the signed-in person, shown above the list of cases."""

from dataclasses import dataclass

from flask import url_for

from diwan_core.web.kit.console import console
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.mirror_stick import mirror_stick
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import _, _n
from diwan_core.web.records.checks import BACK, WAITING, counted, waiting_in


@dataclass(frozen=True)
class ToDo:
    """A line of it, and the page where it is done."""

    text: str
    url: str
    pressing: bool = False


def to_do() -> list[ToDo]:
    """The most pressing first; nothing for somebody who only reads."""
    person, found = signed_in_person(), []
    if person.may(Action.REPORT) and not person.may(Action.REVIEW) and (back := waiting_in(BACK)):
        text = _n("One case was sent back to be corrected", "{count} cases were sent back to be corrected", back)
        found.append(ToDo(text, url_for("drafts.index"), pressing=True))
    if person.may(Action.REVIEW) and (waiting := waiting_in(WAITING)):
        text = _("Cases to check: {count}", count=counted(waiting))
        found.append(ToDo(text, url_for("review.index")))
    if person.may(Action.REVIEW) and (back := waiting_in(BACK)):
        text = _n(
            "{count} case was sent back and is not corrected yet",
            "{count} cases were sent back and are not corrected yet",
            back,
            count=counted(back),
        )
        found.append(ToDo(text, url_for("review.index", queue=BACK)))
    if person.may(Action.REPORT):
        drafts = sum(draft.changed and draft.state == "draft" for draft in console().drafts.of(person.name))
        if drafts:
            text = _n("One draft you have not sent", "{count} drafts you have not sent", drafts)
            found.append(ToDo(text, url_for("drafts.index")))
    if person.may(Action.REPORT) and (mirror := mirror_stick()):
        page = "pages.status" if person.may(Action.SEE_STATUS) else "pages.home"
        found.append(ToDo(mirror.text, url_for(page), pressing=mirror.pressing))
    return found
