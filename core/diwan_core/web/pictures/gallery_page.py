"""The gallery of concealments: how goods were hidden, by method and group of goods, without persons."""

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, render_template, request

from diwan_core.dictionary import DICTIONARY
from diwan_core.register.search.gallery import GalleryPicture, gallery, gallery_counts, not_judged_count
from diwan_core.web.kinds.case import KIND as CASE
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import register
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.template_context import NavigationItem
from diwan_core.web.language.i18n import _, language

blueprint = Blueprint("gallery", __name__)
navigation: Final = NavigationItem("gallery.index", lambda: _("Concealments"), 25)
PAGE_SIZE: Final = 24
_LISTS: Final = {"method": "concealment_method", "group": "product_group"}


@dataclass(frozen=True)
class Shown:
    """A picture with its words."""

    picture: GalleryPicture
    method: str
    group: str


@dataclass(frozen=True)
class Choice:
    code: str
    label: str
    count: int


@blueprint.get("/gallery")
@may(Action.READ_PICTURES, shows="record.list")
def index() -> str:
    """The pictures of cases."""
    chosen = {name: _chosen(name) for name in _LISTS}
    number = request.args.get("page", "1")
    page = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 1
    page = max(1, page)
    reg = register()
    found = gallery(reg.store, chosen, PAGE_SIZE + 1, (page - 1) * PAGE_SIZE)
    return render_template(
        "pictures/gallery.html",
        shown=[Shown(picture, _word("method", picture.method), _word("group", picture.group)) for picture in found][
            :PAGE_SIZE
        ],
        more=len(found) > PAGE_SIZE,
        page=page,
        chosen=chosen,
        address={name: code for name, code in chosen.items() if code},
        methods=_choices("method", gallery_counts(reg.store, "method", chosen)),
        not_judged=not_judged_count(reg.store) if signed_in_person().may(Action.ADD_PICTURES) else 0,
        groups=_choices("group", gallery_counts(reg.store, "group", chosen)),
    )


def _codelist(name: str) -> str:
    """The list behind a choice: the field's of a case, or of its goods."""
    case = CASE.record_type
    holders = (case.fields, *(part.fields for part in case.parts.values()))
    return next(fields[_LISTS[name]].codelist for fields in holders if _LISTS[name] in fields)


def _chosen(name: str) -> str:
    """A code of the list; anything else chooses nothing."""
    code = request.args.get(name, "")
    return code if DICTIONARY.codes(_codelist(name)).has(code) else ""


def _word(name: str, code: str | None) -> str:
    return DICTIONARY.codes(_codelist(name)).label(code, language()) if code else ""


def _choices(name: str, counts: dict[str, int]) -> list[Choice]:
    return [Choice(code, _word(name, code), count) for code, count in counts.items()]
