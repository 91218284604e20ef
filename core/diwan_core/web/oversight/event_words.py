"""The texts of events (`trust.access_log.events`), in the language of the person who reads the log. One line for each
code; the places are the event's parameters."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from flask import current_app, has_app_context

from diwan_core.trust.access_log.event_tally import LEFT_OUT
from diwan_core.trust.access_log.events import EVENTS, FILTERS, Value, Written
from diwan_core.web.accounts.deed_words import DEED_WORDS, age_words, alike_words
from diwan_core.web.kit.log_views import VIEWS
from diwan_core.web.kit.role_labels import role_name
from diwan_core.web.language.formats import local_time
from diwan_core.web.language.i18n import N_, _, _n
from diwan_core.web.records.list_words import WITH, WITHOUT, filters_words, type_words, types_words

WORDS: Final[Mapping[str, str]] = {
    "record.shown": N_("shown: {view}"),
    "view.shown": N_("shown: {view}"),
    "record.shown_by_command": N_("shown whole, at the command line"),
    "step.taken_by_command": N_("a step was taken at the command line: {state}"),
    "list.searched": N_("searched in {types}: {words}"),
    "list.searched_by_birth": N_("searched in {types}: {words}, born {born}"),
    "register.searched_by_command": N_("searched at the command line: {words}"),
    "list.exported": N_("saved to a file: {type} ({form}), {personal}: {filters}"),
    "list.exported_by_command": N_("saved to a file at the command line: {type} ({form}), {personal}: {filters}"),
    "list.fetched": N_("{type} ({form}): the file was saved"),
    "list.reduced": N_(
        "{type} ({form}), without personal data: {records} records, {coarser} of them made coarser, of these "
        "{coarsest} to country and year; {held_back} more were held back"
    ),
    "record.given": N_("given to a partner under the agreement {agreement}"),
    "record.reduced": N_("without personal data ({form}): {level}"),
    "case.exported_by_command": N_("the whole case as a file of evidence, made at the command line"),
    "log.exported": N_("this log (CSV): {filters}"),
    "import.begun": N_("the import of {file} was begun"),
    "import.undone": N_("the import of {file} was undone"),
    "session.started": N_("{account} signed in, from {address}"),
    "session.ended": N_("{account} signed out"),
    "session.others_ended": N_("{account} ended all other sessions of their own"),
    "password.changed": N_("{account} chose a new password, from {address}"),
    "sign_in.refused": N_("a sign-in was refused: {account}, from {address}"),
    "sign_in.throttled": N_("a sign-in had to wait after wrong tries: {account}, from {address}"),
    "sign_in.one_time_ended": N_("a one-time password that has ended was used: {account}, from {address}"),
    "password.wrong": N_("a wrong current password with a new one: {account}, from {address}"),
    "page.denied": N_("a page that the role does not open was requested: {page}, from {address}"),
    "page.too_fast": N_("more pages were requested than a person can read: {page}, from {address}"),
    "form.refused": N_("a form without a valid token of this console was sent: {page}, from {address}"),
    "account.added": N_("{account} was added as: {role}"),
    "account.role_changed": N_("the role of {account} was changed from {before} to {after}"),
    "acceptance.kept": N_("an acceptance sheet of {machine}, signed by {by}, was kept ({passed}): {sheet}"),
    "account.disabled": N_("{account} may no longer sign in"),
    "account.enabled": N_("{account} may sign in again"),
    "account.sessions_ended": N_("all sessions of {account} were ended"),
    "account.password_reset": N_("{account} got a new one-time password"),
    "account.throttle_lifted": N_(
        "wrong passwords for the account of {account} were forgotten: nobody has to wait for it"
    ),
    "grant.asked": N_("{account}: {what} was requested, as {role}; a second person decides"),
    "grant.approved": N_(
        "{account}: {what}, as {role}, asked for by {asked_by}, was approved by a second person, whose account was "
        "{age} old. {alike}"
    ),
    "grant.alone": N_(
        "{account}: {what}, as {role}, asked for by {asked_by}, was approved at the machine without a second person: "
        "{reason}"
    ),
    "grant.refused": N_("{account}: {what}, as {role}, asked for by {asked_by}, was refused"),
    "grant.withdrawn": N_("{account}: {what}, as {role}, asked for by {asked_by}, was withdrawn"),
    "draft.taken_over": N_("a draft of {account} was taken over"),
    "draft.thrown_away": N_("a draft of {account} was thrown away"),
    "scope.joined": N_("members of {scope} from now on: {posts}"),
    "scope.left": N_("no members of {scope} any more: {posts}"),
    "reach.said": N_("how far what identifies people travels: {types}: {reach}"),
    "code.made": N_("a code was made to enrol {label} {office} {post}"),
    "code.refused": N_("a request to enrol was refused: {reason}, from {address}"),
    "node.enrolled": N_("{label} {office} was enrolled: {post}"),
    "node.confirmed": N_("{label} was confirmed: {post}, {by} answers for it"),
    "node.rejected": N_("{label} was not confirmed and was rejected: {post}"),
    "node.revoked": N_("{label} was revoked ({reason}): {post}"),
    "custodians.named": N_("the custodians are from now on: {names} ({first})"),
    "custodians.acted": N_("{by} agreed as custodians: {deed} ({act})"),
    "centre.reopened": N_("the centre was opened without a quorum of its posts, on the word of {by} ({proven})"),
    "escrow.made": N_("sheets of the escrow were made for {names} ({anew}); they begin with “{begins}”"),
    "escrow.confirmed": N_("{name} typed back the words of the sheet that begins with “{begins}”"),
    "asset.sheet_taken": N_("an acceptance sheet of machine {machine} ({label}) was taken, signed by {signer}"),
    "asset.changed": N_("what the register says of machine {machine} ({label}) was changed"),
    "rollout.site_added": N_("site {site} ({name}) was added to the roll-out"),
    "rollout.site_changed": N_("{fields} answers of site {site} were changed"),
    "rollout.site_removed": N_("site {site} ({name}) was removed from the roll-out"),
    "rollout.imported": N_("sites were taken from {file}: {new} new, {changed} changed, {refused} refused"),
    "rollout.planned": N_("the usual milestones were added, sites: {sites}"),
    "rollout.milestone_added": N_("milestone {milestone} ({phase}) was added"),
    "rollout.milestone_changed": N_("milestone {milestone} was changed ({state})"),
    "rollout.milestone_removed": N_("milestone {milestone} ({phase}) was taken out of the plan"),
    "rollout.course_saved": N_("course {course} for {module} was saved"),
    "rollout.people_invited": N_("people were added to course {course}: {people}"),
    "rollout.attendance_marked": N_("attendance or grades in course {course} were changed, people: {people}"),
    "rollout.certificate_made": N_("certificate of training {number} was given"),
    "rollout.certificate_withdrawn": N_("certificate of training {number} was withdrawn"),
    "retention.set": N_(
        "how long records are kept was set ({type} {basis}), months: {months}, after {counted}; {erases}"
    ),
    "retention.withdrawn": N_("a rule of retention was withdrawn: {type} {basis}"),
    "retention.held": N_("held back from erasure until somebody looks again on {review}: {reason}"),
    "retention.let_go": N_("not held back from erasure any more: {reason}"),
    "erasure.proposed": N_("run {run} was proposed, records to erase: {records}; {basis}"),
    "erasure.approved": N_("run {run}, proposed by {by}, was approved by a second person. {alike}"),
    "erasure.refused": N_("run {run} was refused or withdrawn: {reason}"),
    "subject.searched": N_("searched for what is held about a person: {words}"),
    "subject.log_taken": N_("the log of reads of {post} was taken in, rows: {rows}"),
    "subject.type_set": N_("in reports to persons {type} is from now on {held}: {law}"),
    "subject.reported": N_("a report to a person was made ({form}), records: {records}; {reason} ({report})"),
    "authority.exported": N_("the certificate of an authority was saved as a file: {what}"),
    "certificate.made": N_("a certificate was made: {what} {name}"),
}


def event_words(told: Written) -> str:
    """An event in words; code and parameters as they are written where this release does not know them."""
    sentence, declared = WORDS.get(told.code), EVENTS.get(told.code)
    if sentence is None or declared is None or not set(declared.parameters) <= set(told.parameters):
        given = " ".join(f"{name}={value}" for name, value in told.parameters.items())
        return f"{told.code} {given}".strip()
    places = {name: _place(name, told) for name in declared.parameters}
    words = " ".join(_(sentence, **places).split())
    return words + _times(told.parameters) if declared.counted else words


def _times(parameters: Mapping[str, Value]) -> str:
    """How often it happened, where it happened more than once."""
    count, since = parameters.get("count", 1), parameters.get("since", 0)
    if not isinstance(count, int) or not isinstance(since, int) or count < 2:
        return ""
    return f" ({_n('{count} time since {since}', '{count} times since {since}', count, since=local_time(since))})"


def _place(name: str, told: Written) -> str:
    value = told.parameters[name]
    if value == LEFT_OUT:
        return _("many different ones")
    if name == FILTERS:
        return filters_words(str(told.parameters.get("type", "")), str(value))
    found = _PLACES.get(name)
    return found(str(value)) if found else str(value)


def view_title(view: str) -> str:
    """The title of a view; one of another release, or a page that shows no record, as it is written."""
    return _(VIEWS[view]) if view in VIEWS else view


def _account(name: str) -> str:
    return name or _("a user name that does not exist")


def _page(endpoint: str) -> str:
    """The address of a page of this console, in place of what it is called in the program."""
    if not has_app_context() or endpoint not in current_app.view_functions:
        return endpoint
    addresses = [rule.rule for rule in current_app.url_map.iter_rules(endpoint)]
    return re.sub("<[^>]*>", "…", min(addresses, key=len))


_DEEDS: Final[Mapping[str, str]] = {
    "custodians.change": N_("other custodians"),
    "centre.reopen": N_("a restored centre is opened without its posts"),
    "backup.prune": N_("archives are deleted"),
    "escrow.rotate": N_("new sheets of the escrow"),
}
_LEVELS: Final[Mapping[str, str]] = {
    "0": N_("with its office and day"),
    "1": N_("made coarser, to region, week and continent"),
    "2": N_("made coarser, to country and year"),
}
#: How a parameter is shown where it is not shown as it is written.
_PLACES: Final[Mapping[str, Callable[[str], str]]] = {
    "view": view_title,
    "page": _page,
    "type": type_words,
    "types": types_words,
    "form": str.upper,
    "personal": lambda personal: _(WITH if personal == "True" else WITHOUT),
    "words": lambda words: words or _("any name"),
    "account": _account,
    "address": lambda address: address or _("this machine"),
    "role": role_name,
    "before": role_name,
    "after": role_name,
    "what": lambda what: _(DEED_WORDS[what]) if what in DEED_WORDS else what,
    "age": age_words,
    "alike": alike_words,
    "deed": lambda deed: _(_DEEDS[deed]) if deed in _DEEDS else deed,
    "anew": lambda anew: _("in place of those before") if anew == "True" else _("the first ones"),
    "first": lambda first: _("the first ones") if first == "True" else _("those before agreed"),
    "proven": lambda proven: _("signed with their keys") if proven == "True" else _("typed names, which prove nothing"),
    "level": lambda level: _(_LEVELS.get(level, level)),
    "held": lambda held: _("held back") if held == "True" else _("told"),
    "passed": lambda passed: _("nothing failed") if passed == "True" else _("something failed"),
}
