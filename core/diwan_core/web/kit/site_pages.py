"""The pages that every console has: start, stylesheet, language, state of this node, and a sign of life."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from diwan_core.dictionary import DICTIONARY
from diwan_core.health.present import present
from diwan_core.health.words import WORDS
from diwan_core.register.standing import (
    CONFIRMED,
    NOT_ENROLLED,
    NOT_REACHED,
    REVOKED,
    UNCONFIRMED,
    standing_of_post,
)
from diwan_core.register.status import counters_to_show
from diwan_core.web.kit import assets, packing
from diwan_core.web.kit.access import may, public, signed_in
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.finding_words import say_finding
from diwan_core.web.kit.machine_checks import checks, said_of
from diwan_core.web.kit.panels import panels_shown
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.transport import set_cookie
from diwan_core.web.language.i18n import LANGUAGES, N_, _, language_cookie

blueprint = Blueprint("pages", __name__)
#: Counters that say what the head of the page says already, and one that says nothing to people.
NOT_SHOWN: Final = frozenset({"node", "label", "role", "ledger"})
#: What the counters are called; a counter of a newer register shows by its own name.
COUNTERS: Final[Mapping[str, str]] = {
    "records": N_("Records"),
    "journal": N_("Written at this machine"),
    "written": N_("Changes written"),
    "stored": N_("Stored at the centre"),
    "safe": N_("Safe in backups of the centre"),
    "unsent": N_("Not yet sent"),
    "received": N_("Received from others"),
    "applied": N_("Changes taken over"),
    "duplicates": N_("Received again"),
    "waiting": N_("Waiting for others"),
    "quarantined": N_("Refused"),
    "quarantine": N_("Rejected"),
    "conflicts": N_("Records with a conflict"),
    "refused": N_("Messages refused"),
    "blobs": N_("Files of pictures"),
    "complete": N_("Complete"),
    "arriving": N_("Arriving"),
    "feed": N_("Read from the network up to number"),
    "national": N_("National register"),
    "last_receipt_ms": N_("Last receipt"),
    "stick_ms": N_("USB sticks"),
    "exported_ms": N_("Written to a stick"),
    "imported_ms": N_("Read from a stick"),
    "mirrored_ms": N_("Copied to the mirror stick"),
}
#: Where a post stands in its network, as `register.standing` says it.
STANDINGS: Final[Mapping[str, str]] = {
    NOT_ENROLLED: N_("not enrolled yet"),
    NOT_REACHED: N_("enrolled; the centre has not been reached yet"),
    UNCONFIRMED: N_("not confirmed by the centre yet: it can send, but cannot read what others report"),
    CONFIRMED: N_("confirmed by the centre"),
    REVOKED: N_("its keys are revoked"),
}
NEXT_IN_NETWORK: Final[Mapping[str, str]] = {
    NOT_ENROLLED: N_(
        "What is reported here stays on this machine until it is enrolled. Have a code made at the centre (Posts, "
        "Enrol a post), and type it in at this machine with `diwan enrol`."
    ),
    REVOKED: N_(
        "The centre accepts nothing from this machine any more. If it is still yours, make new keys with `diwan post "
        "rekey`, and enrol it again with a code made for it."
    ),
}
"""What somebody has to do who looks after a post that stands there."""
_YEAR = 365 * 24 * 3600


@blueprint.get("/")
@signed_in
def home() -> str:
    """The first page: what is to be done, and what is new, by what this person may do."""
    return render_template("kit/home.html", panels=panels_shown())


@blueprint.get("/healthz")
@public("the supervisor of the process asks; it says nothing but that it serves")
def healthz() -> Response:
    """Say that the console serves."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/static/<version>/<name>.css")
@public("the sign-in page needs its style")
def stylesheet(version: str, name: str) -> Response:
    """The console's style, or that of its drawings."""
    found = assets.style(f"{name}.css") if f"{name}.css" in assets.STYLES else None
    return _kept(found, "text/css") if found is not None and version == found.version else abort(404)


@blueprint.get("/static/<version>/<name>")
@public("a script holds no data; pages that use one need it")
def script(version: str, name: str) -> Response:
    """Scripts of the console, those of a page in one file."""
    names = assets.scripts_in(name)
    found = assets.script(names) if names else None
    return _kept(found, "text/javascript") if found is not None and version == found.version else abort(404)


@blueprint.get("/icon.svg")
@public("the browser asks for it before anyone signs in")
def icon() -> Response:
    """The console's icon."""
    answer = send_file(assets.STATIC / "icon.svg", mimetype="image/svg+xml", max_age=_YEAR)
    answer.cache_control.public = True
    return answer


def _kept(asset: assets.Asset, mimetype: str) -> Response:
    """A file that browsers keep for ever; another content has another address."""
    coding = packing.coding_wanted()
    answer = Response(asset.packed[coding] if coding else asset.content, mimetype=mimetype)
    answer.cache_control.public = True
    answer.cache_control.max_age = _YEAR
    answer.vary.add("Accept-Encoding")
    if coding:
        answer.headers["Content-Encoding"] = coding
    return answer


@blueprint.get("/language/<code>")
@public("the sign-in page can be read in any language")
def set_language(code: str) -> AnyResponse:
    """Choose the language of this browser."""
    if code not in LANGUAGES:
        abort(404)
    answer = redirect(own_path(request.args.get("back", "")), 303)
    set_cookie(answer, language_cookie(), code, max_age=_YEAR)
    return answer


@blueprint.get("/status")
@may(Action.SEE_STATUS)
def status() -> str:
    """Whether this machine is well, or what to do; counters stand behind its details. No case data."""
    found = counters_to_show(register().status())
    seen = present(console().folder)
    findings = said_of(seen)
    standing = standing_of_post(register()) if found["role"] == "post" else None
    return render_template(
        "kit/status.html",
        groups=counters(found),
        called=called,
        findings=findings,
        is_well=all(severity == "notice" for severity, *_rest in findings),
        checks=checks(seen),
        known=WORDS,
        standing=standing,
        standings=STANDINGS,
        next_in_network=NEXT_IN_NETWORK.get(standing.state, "") if standing else "",
    )


@blueprint.get("/health/<code>")
@may(Action.SEE_STATUS)
def finding(code: str) -> str:
    """The page of a finding: its meaning and its remedy, whether it is present now or not."""
    words = WORDS.get(code)
    if words is None:
        abort(404)
    now = [say_finding(one)[0] for one in present(console().folder) if one.code.partition(":")[0] == code]
    return render_template("kit/finding.html", code=code, words=words, now=now)


def called(counter: str) -> str:
    """The words for a counter."""
    if counter in DICTIONARY.types:
        return _(DICTIONARY.type(counter).label)
    return _(COUNTERS[counter]) if counter in COUNTERS else counter.removesuffix("_ms").replace("_", " ").capitalize()


def counters(status: Mapping[str, Any]) -> dict[str, dict[str, str | int]]:
    """The counters of `Register.status()` under headings; what is neither number nor text is left out."""
    plain = (str, int)
    groups: dict[str, dict[str, str | int]] = {"": {}}
    for name, value in status.items():
        if isinstance(value, Mapping):
            groups[name] = {key: held for key, held in value.items() if isinstance(held, plain)}
        elif isinstance(value, plain) and name not in NOT_SHOWN:
            groups[""][name] = value
    return {name: held for name, held in groups.items() if held}


def own_path(path: str) -> str:
    """`path` when it is a page of this console, else the start: never an address elsewhere."""
    try:
        parts = urlsplit(path)
    except ValueError:  # "//[" and the like
        return url_for("pages.home")
    # "//host" and "/\host" are other hosts to a browser
    if (
        parts.scheme
        or parts.netloc
        or not path.startswith("/")
        or path[1:2] in ("/", "\\")
        or any(ord(c) < 33 for c in path)
    ):
        return url_for("pages.home")
    return path
