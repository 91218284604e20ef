"""Customs offices by name: what a person reads in place of a code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, cast

from flask import g, has_request_context

from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.declared.places import OFFICE_PATTERN
from diwan_core.reading import Value, read_code
from diwan_core.register.departments import departments
from diwan_core.web.kit.console import register_here
from diwan_core.web.language.i18n import language

OFFICES: Final = frozenset({"office", "expected_office"})
"""The fields that name a customs office by its code."""
_PLACES: Final = "locode"
_KINDS: Final = frozenset({"", "office", "post"})
"""Of departments that are an office; the name of a region or a team that sits in one would be taken for its own."""
_CODE: Final = re.compile(OFFICE_PATTERN)


def office_name(code: str) -> str:
    """The name of an office: that of its place where the reader's language has one, else the department's, else that of
    the place or of the post; "" where nobody has named it. A page asks for the same few again and again."""
    if not has_request_context():
        return _looked_up(code)
    named: dict[str, str] = g.setdefault("office_names", {})
    if code not in named:
        named[code] = _looked_up(code)
    return named[code]


def _looked_up(code: str) -> str:
    places = DICTIONARY.codes(_PLACES)
    name, usual = places.label(code, language()), places.label(code)
    if name not in (code, usual):
        return name
    return _of_departments().get(code) or (usual if usual != code else _of_posts().get(code, ""))


def office_words(code: str) -> str:
    """An office on one line: its name and its code."""
    name = office_name(code)
    return f"{name} ({code})" if name else code


def offices_here() -> tuple[tuple[str, str], ...]:
    """(code, name) of the offices of the departments and posts that are known here, by name."""
    found = [(code, office_name(code) or code) for code in {**_of_posts(), **_of_departments()}]
    return tuple(sorted(found, key=lambda one: (one[1].casefold(), one[0])))


def office_meant(text: str) -> str:
    """The code of the office that a person means by "Aqaba port (JOAQJ)", "aqaba port" or "joaqj"; the text itself, as
    codes are written, where none is known."""
    inside = text.rpartition("(")[2].removesuffix(")").strip() if text.endswith(")") else ""
    text = inside or text
    named = [code for code, name in offices_here() if text.casefold() in (name.casefold(), code.casefold())]
    if len(named) == 1:
        return named[0]
    if _CODE.fullmatch(text):
        return text
    found = read_code(_PLACES, text, language=language())
    return str(found.value) if isinstance(found, Value) else text.upper()


def _of_departments() -> Mapping[str, str]:
    held = register_here()
    if held is None:
        return {}
    if "office_departments" not in g:
        named = departments(held.store)
        g.office_departments = {
            one.office: one.name for one in reversed(named) if one.office and one.name and one.kind in _KINDS
        }
    return cast("Mapping[str, str]", g.office_departments)


def _of_posts() -> Mapping[str, str]:
    held = register_here()
    if held is None:
        return {}
    if "office_posts" not in g:
        node = held.config
        own = {node.office: node.label} if node.office and node.label else {}
        g.office_posts = {**own, **dict(held.named_offices())}
    return cast("Mapping[str, str]", g.office_posts)
