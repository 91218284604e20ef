"""The national settings in the centre's console: how the country writes dates, numbers, telephone numbers and
addresses. Every node obeys them."""

from __future__ import annotations

import io
import shutil

from diwan_core.dictionary.national import LETTERHEAD_PICTURE, PICTURE_MOST, SETTINGS, NoSetting, read_setting
from diwan_core.media.examine import Unreadable
from diwan_core.media.small import small_copy
from diwan_core.processes.spool import passing_folder
from diwan_core.register import Refused
from diwan_core.register.national_settings import letterhead_picture, national_settings, set_nationally, set_picture
from diwan_core.web.kit.access import accepts_up_to, may
from diwan_core.web.kit.console import console, done_reading, register
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import N_, _, said
from diwan_core.web.pictures.picture_intake import FORM_OVERHEAD, NotTaken, not_taken
from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

_MOST = 500
_LARGEST = 2_000_000
TOO_DETAILED = N_(
    "The picture has too many details for a letterhead. Send a smaller one, 200 pixels wide, or a simpler drawing."
)


def setting_pages() -> Blueprint:
    """A blueprint with one page: a form of all national settings."""
    blueprint = Blueprint("settings", __name__, template_folder="../templates")

    def page(values: dict[str, str], problems: dict[str, str]) -> str:
        lines = {name: setting for name, setting in SETTINGS.items() if not setting.picture}
        return render_template(
            "console/settings.html", settings=lines, values=values, problems=problems, picture=LETTERHEAD_PICTURE,
            most=_LARGEST // 1_000_000,
        )  # fmt: skip

    @blueprint.get("/settings")
    @may(Action.DECLARE)
    def index() -> str:
        """What the country has chosen for all its nodes: formats of dates, numbers, telephone numbers, addresses."""
        return page(national_settings(register().store), {})

    @blueprint.post("/settings")
    @may(Action.DECLARE)
    def do_set() -> AnyResponse | tuple[str, int]:
        """Save all of them together; nothing is saved where one of them cannot be understood."""
        held = national_settings(register().store)
        typed = {name: request.form.get(name, held[name])[:_MOST] for name, one in SETTINGS.items() if not one.picture}
        problems = {}
        for name, value in typed.items():
            try:
                read_setting(name, value)
            except NoSetting as error:
                problems[name] = _(str(error))
        if problems:
            return page({**held, **typed}, problems), 422
        try:
            with console().writing() as writer:
                changed = [set_nationally(writer, *one, author=signed_in_person().name) for one in typed.items()]
        except Refused as error:
            wrong = {"date_format": " ".join(said(problem) for problem in error.problems)}
            return page({**held, **typed}, wrong), 422
        return redirect(url_for("settings.index", done="saved" if any(changed) else "unchanged"), 303)

    @blueprint.get("/settings/letterhead.webp")
    @may(Action.DECLARE)
    def picture() -> Response:
        """The picture of the letterhead."""
        held = letterhead_picture(register())
        return Response(held, mimetype="image/webp") if held else abort(404)

    @blueprint.post("/settings/letterhead")
    @may(Action.DECLARE)
    @accepts_up_to(2 * 1024 * 1024 + FORM_OVERHEAD)
    def do_set_picture() -> AnyResponse | tuple[str, int]:
        """Choose the picture of the letterhead, or none."""
        done_reading()  # the picture is opened first
        try:
            small = b"" if request.form.get("do") == "remove" else _small()
        except NotTaken as error:
            return page(national_settings(register().store), {LETTERHEAD_PICTURE: error.message}), error.status
        with console().writing() as writer:
            changed = set_picture(writer, small, author=signed_in_person().name)
        return redirect(url_for("settings.index", done="saved" if changed else "unchanged"), 303)

    return blueprint


def _small() -> bytes:
    """The picture that was sent, made small. Raises NotTaken."""
    sent = request.files.get("picture")
    with passing_folder(console().folder) as folder, (folder / "picture").open("w+b") as file:
        shutil.copyfileobj(sent.stream if sent is not None else io.BytesIO(), file)
        size = file.tell()
        file.flush()
        if not size:
            raise NotTaken(422, _("Choose a picture."))
        if size > _LARGEST:
            raise NotTaken(
                413, _("The picture is larger than {count} MB. Send a smaller one.", count=_LARGEST // 1_000_000)
            )
        try:
            return small_copy(file, folder, PICTURE_MOST)
        except Unreadable as unreadable:
            if unreadable.reason == "too_large":
                raise NotTaken(422, _(TOO_DETAILED)) from unreadable
            raise not_taken(unreadable, file) from unreadable
