"""The page of the centre on which it is said who reads what identifies people: types, units, operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from diwan_core.dictionary.scopes import OPERATIONS, UNITS
from diwan_core.register import Refused
from diwan_core.register.admission import reach
from diwan_core.register.operations import operations
from diwan_core.register.records.belonging import ADDRESSED
from diwan_core.trust.network.ledger_facts import REACHES
from diwan_core.web.forms.values import day_typed
from diwan_core.web.kinds.registry import one_of
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.request_events import happened
from diwan_core.web.language.i18n import N_, _, said
from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from diwan_central.days import today
from diwan_central.network import running, scopes

FAR: Final = {
    "all": N_("all posts"),
    "addressed": N_(
        "all posts, but letters to one post only by that post, and messages of an operation only by its posts"
    ),
    "unit": N_("the posts of its scope: of its unit, or of its operation"),
    "centre": N_("the centre only"),
}
_OPERATION: Final = ("code", "name", "starts", "ends", "coordinator")


class MemberLine(NamedTuple):
    """A post of a unit or an operation, by its id and its label."""

    post: str
    label: str


def scope_pages() -> Blueprint:
    """A blueprint with one page, and what its forms do."""
    blueprint = Blueprint("scopes", __name__, url_prefix="/scopes", template_folder="../templates")

    @blueprint.get("")
    @may(Action.SEE_SCOPES)
    def index() -> str:
        """How far each type travels, and the members of units and operations."""
        return _page()

    @blueprint.post("/reach")
    @may(Action.SET_SCOPES)
    def do_reach() -> AnyResponse | tuple[str, int]:
        """Say how far what identifies people in records of a type travels."""
        kind, far = _typed("type"), _typed("far")
        if kind not in scopes.naming_kinds() or far not in _choices(kind):
            return _page({"far": _("Choose records, and who is to read them.")}), 422
        return _done(lambda: scopes.set_reach(console().folder, [kind], far), "reach.said", types=kind, reach=far)

    @blueprint.post("/units/join")
    @may(Action.SET_SCOPES)
    def do_join() -> AnyResponse | tuple[str, int]:
        """Let a post be one of a unit, which is made with the first one."""
        unit, post = _typed("unit"), _typed("post")
        try:
            scope = scopes.scope_of_unit(unit)
        except scopes.BadScope:
            return _page({"unit": _("Use letters a to z, digits, and single hyphens between them, at most 16.")}), 422
        if post not in _posts():
            return _page({"post": _("Choose a post.")}), 422
        return _done(lambda: scopes.add(console().folder, unit, [post]), "scope.joined", scope=scope, posts=post)

    @blueprint.post("/units/leave")
    @may(Action.SET_SCOPES)
    def do_leave() -> AnyResponse | tuple[str, int]:
        """Let a post leave a unit."""
        scope, post = _typed("unit"), _typed("post")
        return _done(lambda: scopes.remove(console().folder, scope, [post]), "scope.left", scope=scope, posts=post)

    @blueprint.post("/operations/plan")
    @may(Action.RUN_OPERATIONS)
    def do_plan() -> AnyResponse | tuple[str, int]:
        """Plan an operation."""
        typed = {name: _typed(name) for name in _OPERATION}
        typed |= {name: day_typed(typed[name]) for name in ("starts", "ends")}
        if missing := [name for name in _OPERATION if not typed[name]]:
            return _page({name: _("Fill this in.") for name in missing}), 422
        try:
            running.plan(
                console().folder, typed["code"], typed["name"], typed["starts"], typed["ends"], typed["coordinator"],
                author=signed_in_person().name,
            )  # fmt: skip
        except (scopes.BadScope, Refused) as error:
            return _page({"code": _why(error)}), 422
        return redirect(url_for("scopes.index"), 303)

    @blueprint.post("/operations/join")
    @may(Action.RUN_OPERATIONS)
    def do_take_part() -> AnyResponse | tuple[str, int]:
        """Let a post take part in an operation."""
        code, post = _typed("operation"), _typed("member")
        if post not in _posts():
            return _page({"member": _("Choose a post.")}), 422
        return _done(
            lambda: running.add(console().folder, code, [post], author=signed_in_person().name),
            "scope.joined", scope=OPERATIONS + code, posts=post,
        )  # fmt: skip

    @blueprint.post("/operations/leave")
    @may(Action.RUN_OPERATIONS)
    def do_part() -> AnyResponse | tuple[str, int]:
        """Let a post take part no longer."""
        code, post = _typed("operation"), _typed("member")
        return _done(
            lambda: running.remove(console().folder, code, [post], author=signed_in_person().name),
            "scope.left", scope=OPERATIONS + code, posts=post,
        )  # fmt: skip

    @blueprint.post("/operations/end")
    @may(Action.RUN_OPERATIONS)
    def do_end() -> AnyResponse | tuple[str, int]:
        """End an operation before its last day."""
        code = _typed("operation")
        return _done(
            lambda: running.end(console().folder, code, author=signed_in_person().name),
            "scope.left", scope=OPERATIONS + code, posts="*",
        )  # fmt: skip

    return blueprint


def _choices(kind: str) -> list[str]:
    """How far records of a type can travel."""
    return [far for far in REACHES if far != ADDRESSED or kind in scopes.letter_kinds()]


def _typed(name: str) -> str:
    return request.form.get(name, "").strip()[:200]


def _done(what: Callable[[], object], code: str, /, **parameters: str) -> AnyResponse | tuple[str, int]:
    """Do it and note it in the log of reads; or the page, with the reason why it cannot be done."""
    try:
        what()
    except (scopes.BadScope, Refused) as error:
        return _page({"done": _why(error)}), 422
    happened(code, **parameters)
    return redirect(url_for("scopes.index"), 303)


def _why(error: scopes.BadScope | Refused) -> str:
    if isinstance(error, Refused):
        return " ".join(said(problem) for problem in error.problems)
    if isinstance(error, scopes.OlderPosts):
        return _(
            "These posts have not been heard to have a release that can do this: {posts}. Update them and let them "
            "call in, or revoke those that are gone."
        ).format(posts=", ".join(error.posts))
    return _("This is not so any more, or not possible. Look at the page again.")


def _posts() -> dict[str, str]:
    """The posts that may be members, with their labels."""
    return {
        str(one["id"]): str(one["label"])
        for one in register().nodes()
        if one["role"] == "post" and one["confirmed"] and not one["revoked"]
    }


def _page(problems: dict[str, str] | None = None) -> str:
    labels = {str(one["id"]): str(one["label"]) for one in register().nodes()}

    def line(post: str) -> MemberLine:
        return MemberLine(post, labels.get(post, post))

    store, day = register().store, today().isoformat()
    with store.read() as transaction:
        held = reach.held(transaction)
    units: dict[str, list[MemberLine]] = {scope: [] for _, scope in sorted(held.homes) if scope.startswith(UNITS)}
    for post, scope in sorted(held.members, key=lambda member: labels.get(member[0], "")):
        if scope in units:
            units[scope].append(line(post))
    planned = [(one, one.is_open(day), [line(member.post) for member in one.members]) for one in operations(store)]
    far = {kind: held.reach[kind][0] if kind in held.reach else "all" for kind in scopes.naming_kinds()}
    return render_template(
        "console/scopes.html", reach=far, far_words=FAR, units=units, operations=planned,
        posts=_posts(), problems=problems or {}, typed=request.form, one_of=one_of, prefix=UNITS,
    )  # fmt: skip
