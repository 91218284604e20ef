"""Languages: every string a person reads goes through `_()`, and a page knows its language and direction.

The catalogues (`locale/<language>/LC_MESSAGES/diwan.mo`) are read by the standard library's gettext; a language
without one falls back to English, string by string. Only languages that have a catalogue are offered; any declared
one can be set.
"""

import gettext
from functools import cache
from pathlib import Path
from typing import Final

from flask import g, has_request_context, request

LANGUAGES: Final[dict[str, str]] = {
    "en": "English",
    "fr": "Français",
    "ar": "العربية",
    "es": "Español",
    "pt": "Português",
    "ru": "Русский",
}
_RIGHT_TO_LEFT: Final = frozenset({"ar"})
_LOCALE: Final = Path(__file__).with_name("locale")
COOKIE: Final = "diwan_language"


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The catalogue of a language, or the empty one that answers with the English text itself."""
    return gettext.translation("diwan", localedir=_LOCALE, languages=[language], fallback=True)


@cache
def offered() -> dict[str, str]:
    """Languages a person can choose: English and whatever has a catalogue here."""
    return {code: name for code, name in LANGUAGES.items() if code == "en" or gettext.find("diwan", _LOCALE, [code])}


def language() -> str:
    """The language of this request: the person's choice, else the browser's wish among those offered, else English."""
    if not has_request_context():
        return "en"
    if "language" not in g:
        chosen = request.cookies.get(COOKIE, "")
        g.language = chosen if chosen in LANGUAGES else request.accept_languages.best_match(list(offered())) or "en"
    return str(g.language)


def direction() -> str:
    """`rtl` or `ltr`, for the `dir` of the page."""
    return "rtl" if language() in _RIGHT_TO_LEFT else "ltr"


def _(text: str, /, **values: object) -> str:
    """The text in the request's language, with `{name}` places filled. An empty text stays empty (gettext's header)."""
    found = catalogue(language()).gettext(text) if text else text
    return found.format_map({key: str(value) for key, value in values.items()}) if values else found


def _n(one: str, many: str, count: int, /, **values: object) -> str:
    """The right plural for a count, `{count}` filled in."""
    found = catalogue(language()).ngettext(one, many, count)
    return found.format_map({"count": str(count), **{key: str(value) for key, value in values.items()}})


def N_(text: str) -> str:
    """Marks a text for the catalogues; it is translated where it is shown."""
    return text
