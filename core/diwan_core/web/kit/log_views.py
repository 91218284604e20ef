"""The views of the log of reads: the code under which a route logs the records it showed, and its title.

A route names its code beside its action (`access.may`), and the log keeps that code. So a route, a function or an
address can be renamed and the log stays readable; a code here is never renamed.
"""

from collections.abc import Mapping
from typing import Final

from diwan_core.web.language.i18n import N_

VIEWS: Final[Mapping[str, str]] = {
    "record.page": N_("its page"),
    "record.list": N_("a list or a look-up"),
    "record.link": N_("a link to it"),
    "record.form": N_("a form that changes it"),
    "record.change": N_("a change of it"),
    "record.part_removal": N_("removing a part of it"),
    "record.texts": N_("texts to be released"),
    "record.step": N_("a step of its state"),
    "record.versions": N_("two versions side by side"),
    "record.check": N_("the check of it"),
    "record.check_again": N_("submitting it again"),
    "record.pdf": N_("its report as PDF"),
    "record.label": N_("its label"),
    "record.card": N_("its Object ID card as PDF"),
    "report": N_("a report being written"),
    "draft": N_("a draft that names it"),
    "draft.begun": N_("the full form, begun"),
    "draft.list": N_("what was sent back to be corrected"),
    "draft.hints": N_("hints while a report is written"),
    "look_up": N_("a look-up from a form"),
    "picture": N_("a picture"),
    "picture.page": N_("the page of a picture"),
    "picture.small": N_("a small picture"),
    "picture.original": N_("the original of a picture, saved as a file"),
    "picture.form": N_("the form that says what a picture shows"),
    "picture.adding": N_("adding pictures"),
    "double_imports": N_("Double imports"),
    "retention.due": N_("what is due for erasure"),
    "retention.run": N_("a run of erasure"),
    "subject": N_("a report of what is held about a person"),
    "quarantine": N_("what was rejected"),
    "course": N_("an exercise of the course"),
}
