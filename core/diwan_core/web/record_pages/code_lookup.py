"""The page that looks up a code by its number, its words or a synonym, for lists that are too long for a form."""

from flask import Blueprint, Response, abort, jsonify, render_template, request

from diwan_core.dictionary import DICTIONARY, UnknownCodeList
from diwan_core.web.forms.code_use import first_codes
from diwan_core.web.kit.access import may
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import language

blueprint = Blueprint("codes", __name__)
MOST = 60
OFFERED = 15


@blueprint.get("/codes/<name>")
@may(Action.LOOK_UP_CODES)
def look_up(name: str) -> str:
    """The codes of a list that fit `?q=`; the list is read from its file only now."""
    try:
        codes = DICTIONARY.codes(name)
    except UnknownCodeList:
        abort(404)
    text = request.args.get("q", "")[:200]
    found = [(code, codes.label(code, language())) for code in codes.offer(text, MOST, first_codes(name))]
    return render_template("record_pages/codes.html", codelist=codes, text=text, found=found, most=MOST)


@blueprint.get("/codes/<name>/find")
@may(Action.LOOK_UP_CODES)
def find(name: str) -> Response:
    """Suggestions for the script that helps while one types: the best few as JSON, those used here first; `beside` is
    the product group of the goods they are for."""
    try:
        codes = DICTIONARY.codes(name)
    except UnknownCodeList:
        abort(404)
    first = first_codes(name, request.args.get("beside", "")[:40])
    found = codes.offer(request.args.get("q", "")[:200], OFFERED, first)
    return jsonify([{"code": code, "label": codes.label(code, language())} for code in found])
