"""Puts rows of the log of reads from before every row was an event into the reader's language.

Release 0.1.0 and earlier ones wrote short English texts: the name of a page's function, the filters of an export, what
an administrator did. They stay in the log for ever and are read here; nothing writes such rows any more. What is not
known here is shown as it was written.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from diwan_core.dictionary import DICTIONARY
from diwan_core.web.kit.log_views import VIEWS
from diwan_core.web.kit.role_labels import role_name
from diwan_core.web.language.i18n import _
from diwan_core.web.records.list_words import comma, filters_words, type_words, types_words

#: The function that showed a page, or the end of its name -> the view.
_PAGES: Final[Mapping[str, str]] = {
    "attachment.page": "picture.page",
    "attachment.thumb": "picture.small",
    "attachment.view": "picture",
    "attachment.original": "picture.original",
    "attachment.edit": "picture.form",
    "conflicts.settle": "record.versions",
    "doubles.index": "double_imports",
    "drafts.change": "draft.begun",
    "drafts.index": "draft.list",
    "drafts.keep": "draft.hints",
    "records.open": "record.link",
    "review.decide": "record.check",
    "review.submit_again": "record.check_again",
    "trouble.index": "quarantine",
    "page": "record.page",
    "edit": "record.form",
    "part": "record.form",
    "do_edit": "record.change",
    "do_part": "record.change",
    "remove": "record.part_removal",
    "index": "record.list",
    "pdf": "record.pdf",
    "report": "report",
    "ask": "report",
}
#: First part of such a name -> the same.
_BLUEPRINTS: Final[Mapping[str, str]] = {
    "attachment": "picture",
    "conflicts": "record.versions",
    "drafts": "draft",
    "picking": "look_up",
    "pictures": "picture.adding",
    "review": "record.check",
}
#: What an administrator did, as it is written.
_DEEDS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]] = (
    (re.compile(r"added as (\w+)"), lambda found: _("added as: {role}", role=role_name(found[1]))),
    (
        re.compile(r"role (\w+) to (\w+)"),
        lambda found: _("role changed from {before} to {after}", before=role_name(found[1]), after=role_name(found[2])),
    ),
    (re.compile(r"disabled"), lambda _found: _("may no longer sign in")),
    (re.compile(r"enabled"), lambda _found: _("may sign in again")),
    (re.compile(r"sessions ended"), lambda _found: _("all sessions were ended")),
    (re.compile(r"new one-time password"), lambda _found: _("got a new one-time password")),
    (re.compile(r"draft taken over"), lambda _found: _("a draft was taken over")),
    (re.compile(r"draft thrown away"), lambda _found: _("a draft was thrown away")),
)
_EXPORT: Final = re.compile(r"(\w+) (\w+)(?:, (with personal data|without personal data): (.*)| (fetched))", re.S)
_LOG_SAVED: Final = "log csv: "
_CODE_MADE: Final = "enrolment code made: "
_AT_THE_COMMAND_LINE: Final = "command line: "


def older_words(how: str, detail: str) -> str:
    """The detail of a row that holds no event, in words."""
    if detail.startswith(_AT_THE_COMMAND_LINE):
        return f"{_('at the command line:')} {older_words(how, detail.removeprefix(_AT_THE_COMMAND_LINE))}"
    match how:
        case "page":
            return _page(detail)
        case "people":
            found = ((pattern.fullmatch(detail), words) for pattern, words in _DEEDS)
            return next((words(match) for match, words in found if match), detail)
        case "posts" if detail.startswith(_CODE_MADE):
            return _("a code was made to enrol {post}", post=detail.removeprefix(_CODE_MADE))
        case "search":
            return _search(detail)
        case "export":
            return _export(detail)
        case "command line" if detail == "show":
            return _("shown whole")
        case _:
            return detail


def older_view(function: str) -> str | None:
    """The view of a row of kind "page"."""
    blueprint, _dot, page = function.partition(".")
    return _PAGES.get(function) or _BLUEPRINTS.get(blueprint) or _PAGES.get(page)


def _page(function: str) -> str:
    view = older_view(function)
    return _(VIEWS[view]) if view else function


def _search(detail: str) -> str:
    types, colon, words = detail.partition(": ")
    if not colon or not all(name in DICTIONARY.types for name in types.split(", ")):
        return detail
    return f"{types_words(types)}: {words}"


def _export(detail: str) -> str:
    if detail == "case file":
        return _("the whole case as a file of evidence")
    if detail.startswith(_LOG_SAVED):
        return f"{_('this log (CSV)')}: {filters_words('case', detail.removeprefix(_LOG_SAVED))}"
    found = _EXPORT.fullmatch(detail)
    if found is None or found[1] not in DICTIONARY.types:
        return detail
    head = f"{type_words(found[1])} ({found[2].upper()})"
    if found[5]:
        return f"{head}: {_('the file was saved')}"
    return f"{head}{comma()}{_(found[3])}: {filters_words(found[1], found[4])}"
