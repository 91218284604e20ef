"""What the log of looks writes in a program's words, told in the reader's: which page, which list, which account.

The log itself keeps short English words for ever; what is not known here is shown as it was written."""

import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qsl

from diwan_core.dictionary import DICTIONARY
from diwan_core.web.i18n import N_, _, language
from diwan_core.web.kinds import KINDS
from diwan_core.web.role_labels import ROLE_LABELS

#: The end of an endpoint's name, or all of it -> what a person does there.
_PAGES: Final[Mapping[str, str]] = {
    "attachment.page": N_("the page of a picture"),
    "attachment.thumb": N_("a picture, small"),
    "attachment.view": N_("a picture"),
    "attachment.original": N_("the original of a picture, saved as a file"),
    "attachment.edit": N_("the form that says what a picture shows"),
    "conflicts.settle": N_("two versions side by side"),
    "drafts.change": N_("the full form, begun"),
    "drafts.index": N_("what was sent back to be corrected"),
    "drafts.keep": N_("hints while a report is written"),
    "records.open": N_("a link to it"),
    "review.decide": N_("the check of it"),
    "review.submit_again": N_("submitting it again"),
    "trouble.index": N_("what was set aside"),
    "page": N_("its page"),
    "edit": N_("a form that changes it"),
    "part": N_("a form that changes it"),
    "do_edit": N_("a change of it"),
    "do_part": N_("a change of it"),
    "remove": N_("removing a part of it"),
    "index": N_("a list or a look-up"),
    "pdf": N_("its report as PDF"),
    "report": N_("a report being written"),
    "ask": N_("a report being written"),
}
#: First part of an endpoint's name -> the same.
_ROOMS: Final[Mapping[str, str]] = {
    "attachment": N_("a picture"),
    "conflicts": N_("two versions side by side"),
    "drafts": N_("a draft that names it"),
    "picking": N_("a look-up from a form"),
    "pictures": N_("adding pictures"),
    "review": N_("the check of it"),
}
#: What an administrator did, as it is written.
_DEEDS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]] = (
    (re.compile(r"added as (\w+)"), lambda found: _("added as: {role}", role=_role(found[1]))),
    (
        re.compile(r"role (\w+) to (\w+)"),
        lambda found: _("role changed from {before} to {after}", before=_role(found[1]), after=_role(found[2])),
    ),
    (re.compile(r"disabled"), lambda _found: _("may no longer sign in")),
    (re.compile(r"enabled"), lambda _found: _("may sign in again")),
    (re.compile(r"sessions ended"), lambda _found: _("all sessions were ended")),
    (re.compile(r"new one-time password"), lambda _found: _("got a new one-time password")),
    (re.compile(r"draft taken over"), lambda _found: _("a draft was taken over")),
    (re.compile(r"draft thrown away"), lambda _found: _("a draft was thrown away")),
)
WITH, WITHOUT = N_("with personal data"), N_("without personal data")
_EXPORT: Final = re.compile(r"(\w+) (\w+)(?:, (with personal data|without personal data): (.*)| (fetched))", re.S)
_LOG_SAVED: Final = "log csv: "
_CODE_MADE: Final = "enrolment code made: "
_AT_THE_COMMAND_LINE: Final = "command line: "


def told(how: str, detail: str) -> str:
    """A detail of the log in words."""
    if detail.startswith(_AT_THE_COMMAND_LINE):
        return f"{_('at the command line:')} {told(how, detail.removeprefix(_AT_THE_COMMAND_LINE))}"
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


def _page(endpoint: str) -> str:
    room, _dot, page = endpoint.partition(".")
    words = _PAGES.get(endpoint) or _ROOMS.get(room) or _PAGES.get(page)
    return _(words) if words else endpoint


def _role(name: str) -> str:
    return _(ROLE_LABELS[name]).partition(":")[0] if name in ROLE_LABELS else name


def _search(detail: str) -> str:
    types, colon, words = detail.partition(": ")
    names = types.split(", ")
    if not colon or not all(name in DICTIONARY.types for name in names):
        return detail
    return f"{_comma().join(map(_kind, names))}: {words}"


def _kind(name: str) -> str:
    return _(KINDS[name].plural) if name in KINDS else _(DICTIONARY.type(name).label)


def _export(detail: str) -> str:
    if detail == "case file":
        return _("the whole case, as a file that proves itself")
    if detail.startswith(_LOG_SAVED):
        return f"{_('this log (CSV)')}: {_filters('case', detail.removeprefix(_LOG_SAVED))}"
    found = _EXPORT.fullmatch(detail)
    if found is None or found[1] not in DICTIONARY.types:
        return detail
    head = f"{_kind(found[1])} ({found[2].upper()})"
    if found[5]:
        return f"{head}: {_('the file was saved')}"
    return f"{head}{_comma()}{_(found[3])}: {_filters(found[1], found[4])}"


def _filters(kind: str, query: str) -> str:
    """The filters of a list as people know them from its page."""
    given = parse_qsl(query)
    if query == "*" or not given:
        return _("all of them")
    fields = {item.name: item for _part, item in DICTIONARY.type(kind).every_field()}
    called = {"q": _("Search"), "from": _("From"), "to": _("To"), "origin": _("Written at"), "sort": _("sorted by")}
    called |= {"person": _("User name"), "record": _("Record")}
    said = []
    for name, value in given:
        field = fields.get(name)
        label = called.get(name) or (_(field.label) if field else name)
        if name == "sort" and value.removeprefix("-") in fields:
            value = _(fields[value.removeprefix("-")].label)
        elif field is not None and field.codelist:
            value = DICTIONARY.codes(field.codelist).label(value, language())
        said.append(f"{label} = {value}")
    return _comma().join(said)


def _comma() -> str:
    """What stands between two things named one after the other; Arabic has its own."""
    return _(", ")
