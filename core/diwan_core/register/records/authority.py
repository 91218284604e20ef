"""The rules about who may write a record and set its status: nodes by their role, and people by theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from diwan_core import roles
from diwan_core.dictionary import DICTIONARY, N_, CodeTerm, Problem, RecordType, Term, problem

RELEASES: Final = "text_release"
"""The part that says which texts were released; who may only release writes nothing else."""


_NOT_THIS_TYPE: Final = N_("Records of this type ({type}) may not be written here. Ask the centre.")
_NOT_THIS_STATUS: Final = N_("This status may not be set here: {status}. Ask the centre.")


def authority_problems(declared: RecordType, rest: Mapping[str, Any], role: str) -> list[Problem]:
    """Whether a node of this role may author such a record, and set the status this change sets."""
    if role not in declared.authority:
        return [problem("", "rule", _NOT_THIS_TYPE, type=Term(declared.label))]
    status = rest.get("status")
    if status is not None and not declared.may_set(str(status), role):
        return [problem("status", "rule", _NOT_THIS_STATUS, status=CodeTerm(DICTIONARY.codes("status"), str(status)))]
    return []


def role_problems(declared: RecordType, rest: Mapping[str, Any], role: str, *, creating: bool) -> list[Problem]:
    """Whether a person of this role may make such a record, or change one and set the status this change sets
    (`diwan_core.roles`); anything where `role` is "": a program's own work, or a command at the machine."""
    if not role:
        return []
    if RELEASES in rest:
        if not roles.allowed(role, roles.Action.RELEASE, declared.name):
            template = N_("The role {role} may not release texts. Ask: {holders}.")
            holders = ", ".join(roles.holders(roles.Action.RELEASE, declared.name))
            return [problem(RELEASES, "rule", template, role=role, holders=holders or "-")]
        if len(rest) == 1:
            return []
    status = rest.get("status")
    action = roles.action_that_saves(
        declared.made_by, creating=creating, status=None if status is None else str(status)
    )
    if action is not None and roles.allowed(role, action, declared.name):
        return []
    holders = ", ".join(roles.holders(action, declared.name)) if action else ""
    if status is None:
        template = N_("The role {role} may not write records of this type ({type}). Ask: {holders}.")
        return [problem("", "rule", template, role=role, type=Term(declared.label), holders=holders or "-")]
    named = CodeTerm(DICTIONARY.codes("status"), str(status))
    if not holders:
        return [problem("status", "rule", N_("No role sets this status in a console: {status}."), status=named)]
    template = N_("The role {role} may not set this status: {status}. Ask: {holders}.")
    return [problem("status", "rule", template, role=role, status=named, holders=holders)]
