"""Translation of texts with `_()`, and the language and direction of a page.

The catalogues (`locale/<language>.po`) are read at first use; a text a language lacks falls back to English, string
by string. Only languages with translations are offered; any declared one can be set. `python -m
diwan_core.web.language.translate` brings the catalogues up to date with the texts.
"""

import gettext
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, cast

from flask import g, has_request_context, request

from diwan_core.dictionary import DICTIONARY, CodeList, CodeTerm, Either, Parameter, Problem, Sentence, Term
from diwan_core.dictionary.lists import OWN_LISTS
from diwan_core.web.language import po_file

LANGUAGES: Final[dict[str, str]] = {
    "en": "English",
    "fr": "Français",
    "ar": "العربية",
    "es": "Español",
    "pt": "Português",
    "ru": "Русский",
}
_RIGHT_TO_LEFT: Final = frozenset({"ar"})
LOCALE: Final = Path(__file__).with_name("locale")
COOKIE: Final = "diwan_language"
_ISOLATE, _LEFT_TO_RIGHT, _END_ISOLATE = "\u2068", "\u2066", "\u2069"
_learning = threading.Lock()

_UNITS: Final = (
    "KGM GRM MGM TNE H87 C62 STK U2 PA CT BO LTR MLT MTQ MTR NPR NAR EA TPR BG BX AV AM VI HEA PR CA TN DR BL BE CS "
    "SET RO CY HLT CTM DZN PK SA D97"
)
#: Codes of international lists that come without our languages, but stand on every page; none named: all of the list.
OFTEN: Final[dict[str, tuple[str, ...]]] = {"mode": (), "unit": tuple(_UNITS.split(" "))}


def entries(language: str) -> Iterator[po_file.Entry]:
    """The entries of a language's catalogue, one by one and not kept; nothing where there is none."""
    path = LOCALE / f"{language}.po"
    if path.is_file():
        with path.open(encoding="utf-8") as lines:
            yield from po_file.read(lines)


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The catalogue of a language, or the empty one that answers with the English text itself.

    With it the code lists learn their labels in that language, so that they are shown and found by them."""
    teach(language)
    return po_file.translations(entries(language)) or gettext.NullTranslations()


@cache
def teach(language: str) -> None:
    """Teach the code lists their labels in a language. Of its catalogue nothing else is kept."""
    with _learning:
        wanted = {label for _codes, labels in _labels_to_learn(language) for label in labels.values()}
        said = {
            entry.key[:2]: entry.translations[0]
            for entry in (entries(language) if wanted else ())
            if entry.key[1] in wanted and not entry.key[2] and entry.translations[0]
        }
        for codes, labels in _labels_to_learn(language) if said else ():
            known = {code: said.get((codes.name, label)) or said.get(("", label)) for code, label in labels.items()}
            if told := {code: label for code, label in known.items() if label and label != labels[code]}:
                codes.learn(language, told)


def _labels_to_learn(language: str) -> Iterator[tuple[CodeList, dict[str, str]]]:
    """The code lists, each with the English labels of its codes that have none in a language."""
    lists = [(codes, codes.codes) for codes in OWN_LISTS]
    often = [(codes := DICTIONARY.codes(name), wanted or codes.codes) for name, wanted in OFTEN.items()]
    for codes, wanted in [*lists, *often]:
        known = codes.table.labels.get(language, ())
        yield codes, {code: codes.codes[code] for code in wanted if code not in known}


@cache
def learn_every_language() -> None:
    """Teach the code lists their labels in every language offered here: a search understands all of them."""
    for code in offered():
        if code != "en":
            teach(code)


@cache
def offered() -> dict[str, str]:
    """Languages a person can choose: English and whatever is translated here."""
    return {code: name for code, name in LANGUAGES.items() if code == "en" or _is_translated(code)}


def _is_translated(language: str) -> bool:
    path = LOCALE / f"{language}.po"
    if not (path.is_file() and po_file.may_be_translated(path.read_text(encoding="utf-8"))):
        return False
    return any(all(entry.translations) for entry in entries(language) if entry.key[1])


def language_cookie() -> str:
    """The cookie that holds a person's choice; over TLS bound to this host, as every cookie of ours (`transport`)."""
    return f"__Host-{COOKIE}" if request.is_secure else COOKIE


def language() -> str:
    """The language of this request: the person's choice, else the browser's wish among those offered, else English."""
    if not has_request_context():
        return "en"
    if (known := g.get("language")) is not None:  # asked for hundreds of times a page
        return cast(str, known)
    chosen = request.cookies.get(language_cookie(), "")
    g.language = chosen if chosen in LANGUAGES else request.accept_languages.best_match(list(offered())) or "en"
    catalogue(g.language)
    return cast(str, g.language)


def direction() -> str:
    """`rtl` or `ltr`, for the `dir` of the page."""
    return "rtl" if language() in _RIGHT_TO_LEFT else "ltr"


def _(text: str, /, **values: object) -> str:
    """The text in the request's language, with `{name}` places filled. An empty text stays empty (gettext's header)."""
    found = catalogue(language()).gettext(text) if text else text
    return found.format_map({key: _isolated(str(value)) for key, value in values.items()}) if values else found


def _n(one: str, many: str, count: int, /, **values: object) -> str:
    """The right plural for a count, `{count}` filled in."""
    found = catalogue(language()).ngettext(one, many, count)
    return found.format_map({"count": str(count), **{key: _isolated(str(value)) for key, value in values.items()}})


def N_(text: str) -> str:
    """Marks a text for the catalogues; it is translated where it is shown."""
    return text


def N_n(one: str, many: str) -> tuple[str, str]:
    """Marks a text and its plural for the catalogues; the right one is chosen where it is shown."""
    return one, many


def said(told: Problem | Sentence) -> str:
    """A problem in the request's language; the message as it is where it came without a template."""
    sentence = told.sentence if isinstance(told, Problem) else told
    if not sentence.template:
        return _(str(sentence))
    return _(sentence.template).format_map({name: _place(value) for name, value in sentence.parameters})


def _place(value: Parameter) -> str | int:
    match value:
        case Sentence():
            return said(value)
        case Term():
            return Term(_(value))
        case CodeTerm():
            return _isolated(value.say(language()))
        case Either():
            return _(" or ").join(str(_place(choice)) for choice in value.choices)
        case str():
            return _isolated(value)
        case _:
            return value


def _isolated(text: str) -> str:
    """A text between isolates: what people typed must not be reordered by a sentence that runs the other way (UAX
    #9)."""
    return f"{_ISOLATE}{text}{_END_ISOLATE}" if direction() == "rtl" else text


def left_to_right(text: str) -> str:
    """A text of digits and signs that is read from left to right in every language, such as "09:05:09 +02:00"; a page
    that runs the other way would put its sign on the wrong side."""
    return f"{_LEFT_TO_RIGHT}{text}{_END_ISOLATE}" if direction() == "rtl" else text
