"""Collects what is wrong with a template, each with its line and a remedy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY, Field
from diwan_core.leaving.agreed import agreed_field
from diwan_core.leaving.templates import TEMPLATES

from .field_path import field_at, kept_back
from .template import Conditions
from .toml_lines import place_of

PROBLEMS_MOST: Final = 50
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
"""Heads may have several lines."""


class Check:
    """What is wrong with one template, collected."""

    def __init__(self, text: str, type: str, agreement: bool = False) -> None:
        self.problems: list[str] = []
        self.type, self.agreement = type, agreement
        self._text = text

    def wrong(self, said: str, key: str = "", *, column: int | None = None, head: str = "", table: str = "") -> None:
        if len(self.problems) > PROBLEMS_MOST:
            return
        if len(self.problems) == PROBLEMS_MOST:
            self.problems.append("and more; mend these first")
            return
        place = place_of(self._text, key, column, table)
        about = f"column {_CONTROL.sub('?', head)!r}" if head else f"{key}" if key else ""
        told = ": ".join(filter(None, (", ".join(filter(None, (place, about))), said)))
        self.problems.append(_CONTROL.sub("?", told))

    def plain(self, given: object) -> None:
        """Whether the texts hold nothing that a terminal or a table would obey instead of showing it."""
        waiting = [given]
        while waiting:
            held = waiting.pop()
            if isinstance(held, str) and _CONTROL.search(held):
                self.wrong(f"{held[:60]} holds control characters; take them out")
            elif isinstance(held, Mapping):
                waiting += [*held.keys(), *held.values()]
            elif isinstance(held, list):
                waiting += held

    def known(self, given: Mapping[str, Any], names: Iterable[str], **at: Any) -> None:
        names = list(names)
        for key in given:
            if key not in names:
                near = get_close_matches(key, names, n=1)
                guess = f"; is it {near[0]}?" if near else f"; there are {', '.join(names)}"
                self.wrong(f"there is no setting {key}{guess}", key, **at)

    def field(self, path: object, key: str, *, agreed: bool = False, **at: Any) -> Field | None:
        """The field at a path, if it may be named in a template: with `agreed` also one that leaves under an agreement,
        where the template is filled under one."""
        if not isinstance(path, str):
            self.wrong(f"{key} names a field in quotes", key, **at)
            return None
        declared = DICTIONARY.type(self.type)
        found = field_at(declared, path)
        if found is None:
            names = [".".join(filter(None, (part, field.name))) for part, field in declared.every_field()]
            near = get_close_matches(path, names, n=1)
            remedy = f"is it {near[0]}?" if near else "docs/reference/dictionary.md names them"
            self.wrong(f"{self.type} has no field {path}; {remedy}", key, **at)
        elif agreed and self.agreement and agreed_field(declared, path) is not None:
            return found
        elif path not in TEMPLATES[self.type]:
            remedy = 'take it out, or write blank = "why" in its place'
            self.wrong(f"{path} may not leave ({kept_back(self.type, path, found)}); {remedy}", key, **at)
        return found

    def conditions(self, value: object, key: str, part: str, **at: Any) -> Conditions:
        """A table of fields and the values that meet them; `part` is the part whose fields are meant, "" the record."""
        if not isinstance(value, dict):
            self.wrong(f'{key} is a table such as {{ role = ["origin"] }}', key, **at)
            return {}
        found = {}
        for name, values in value.items():
            listed = [values] if isinstance(values, str) else values
            field = self.field(f"{part}.{name}" if part else name, key, **at)
            if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
                self.wrong(f"the values of {name} are a list of texts", key, **at)
                continue
            for one in listed:
                if field is not None and field.codelist and one and not one.endswith("*"):
                    codes = DICTIONARY.codes(field.codelist)
                    if not codes.has(one):
                        near = get_close_matches(one, codes.codes, n=1)
                        remedy = f"is it {near[0]}?" if near else f"see the code list {field.codelist}"
                        self.wrong(f"{name} has no value {one}; {remedy}", key, **at)
            found[name] = tuple(listed)
        return found

    def texts(self, value: object, key: str, **at: Any) -> tuple[str, ...]:
        listed = [value] if isinstance(value, str) else value
        if isinstance(listed, list) and listed and all(isinstance(one, str) and one for one in listed):
            return tuple(listed)
        self.wrong(f"{key} is a text in quotes, or a list of such", key, **at)
        return ()
