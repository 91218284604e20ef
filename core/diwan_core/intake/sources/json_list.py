"""Reads the elements of one JSON list as a stream, with only a part of the text in memory."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, Final

from diwan_core.dictionary import N_, Sentence, sentence
from diwan_core.intake.faults import FaultCode, Unreadable, show_cell
from diwan_core.intake.sources.lines import BLOCK, LONGEST_LINE, Opened, first_block

Broken = tuple[FaultCode, Sentence]
Element = tuple[dict[str, Any], str, None] | tuple[None, str, Broken]
"""(cells, "", None) or (None, the element's beginning, what is wrong with it)."""


class NamedTwice(ValueError):
    """An object gives two values to one name, of which a program would silently drop one."""

    def __init__(self, name: str) -> None:
        self.sentence = sentence(N_("{name} occurs twice in one object"), name=show_cell(name))
        super().__init__(self.sentence)


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _value in pairs]
        raise NamedTwice(next(name for name in made if names.count(name) > 1))
    return made


_decode: Final = json.JSONDecoder(
    object_pairs_hook=_named_once, parse_float=str, parse_int=str, parse_constant=str
).raw_decode
_space: Final = re.compile(r"[ \t\r\n]*")
_token: Final = re.compile(r'["\\{}\[\],]')
_half_pair: Final = re.compile(r"\\u[dD][89a-fA-F]")


class _Window:
    """The part of the text that is held: it grows at the end, and is cut at the front when an element is done."""

    def __init__(self, opened: Opened, encoding: str) -> None:
        self._opened = opened
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self._name = opened.path.name
        self.at = 0
        self.end = False
        self.text = ""
        self._add(first_block(opened))

    def _add(self, block: bytes) -> None:
        try:
            self.text += self._decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            template = N_(
                "{name} holds bytes that are not {encoding} ({byte}); save it as UTF-8, or set encoding in the mapping"
            )
            byte = f"0x{error.object[error.start]:02X}"
            raise Unreadable(template, name=self._name, encoding=error.encoding, byte=byte) from error

    def more(self) -> bool:
        """Reads on; False at the end of the file."""
        if self.end:
            return False
        block = self._opened.read(BLOCK)
        self.end = not block
        self._add(block)
        return not self.end

    def cut(self) -> None:
        """Forgets what has been used."""
        self.text = self.text[self.at :]
        self.at = 0

    def peek(self) -> str:
        """The next character that is not white space, "" at the end of the file."""
        while True:
            match = _space.match(self.text, self.at)
            self.at = match.end() if match else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            self.cut()
            if not self.more():
                return ""


def elements(opened: Opened, encoding: str) -> Iterator[Element]:
    """Each element of the list. Raises Unreadable when the text is not a list or breaks off; what came before
    stands."""
    window = _Window(opened, encoding)
    name = opened.path.name
    first = window.peek()
    if first != "[":
        template = N_("{name} is not a JSON list: it has to begin with [ and hold objects {{…}}")
        if first == "{":
            template = N_(
                '{name} is not a JSON list: it has to begin with [ and hold objects {{…}}, or format = "jsonl" in the '
                "mapping if each line is one object"
            )
        raise Unreadable(template, name=name)
    window.at += 1
    if window.peek() == "]":
        return
    count = 0
    while True:
        count += 1
        if window.peek() == "":
            raise Unreadable(
                N_("{name} breaks off after element {count}; copy or export it again"), name=name, count=count - 1
            )
        yield _element(window, name, count)
        after = window.peek()
        if after == "]":
            break
        if after != ",":
            template = N_("{name}: after element {count} a comma or ] is missing, {found} stands there")
            if not after:
                template = N_("{name} ends after element {count}, and ] is missing; copy or export it again")
            raise Unreadable(template, name=name, count=count, found=show_cell(after))
        window.at += 1
        if window.at > BLOCK:
            window.cut()
    window.at += 1
    if window.peek():
        raise Unreadable(N_("{name} continues after the end of its list; nothing after that was read"), name=name)


def _element(window: _Window, name: str, count: int) -> Element:
    scan: _Scan | None = None
    wrong: Broken
    while True:
        try:
            value, end = _decode(window.text, window.at)
        except json.JSONDecodeError as error:
            wrong = "not_json", sentence(N_("the element is not JSON: {error}"), error=error.msg)
        except NamedTwice as error:
            wrong = "named_twice", error.sentence
        except RecursionError:
            wrong = "nested", sentence(N_("the element is nested too deep"))
        else:
            if end == len(window.text) and not isinstance(value, dict) and window.more():
                continue  # a bare number may go on in the next block
            text = window.text[window.at : end]
            window.at = end
            if not isinstance(value, dict):
                return None, text[:100], ("not_an_object", sentence(N_("the element is not a JSON object {{…}}")))
            if _half_pair.search(text) and not _encodable(value):
                half = N_("the element holds half a surrogate pair (\\ud800 …), which is not a character")
                return None, text[:100], ("not_json", sentence(half))
            return value, "", None
        window.cut()
        if scan is not None:  # the element is all here and still wrong
            break
        # Most often the window ended inside the element: read on until its end is there, then try once more.
        scan = _Scan()
        grew = False
        while not scan.find_end(window.text) and len(window.text) <= LONGEST_LINE and window.more():
            grew = True
        if len(window.text) > LONGEST_LINE and not scan.found:
            most = LONGEST_LINE // 1024 // 1024
            wrong = "too_long_line", sentence(N_("the element is longer than {most} MiB"), most=most)
            break
        if not grew or not scan.found:
            break
    text = window.text[:100]
    while not scan.found:
        scan.at -= len(window.text)  # 1 when the last character was a backslash, else 0
        window.at = len(window.text)
        window.cut()
        if not window.more():
            template = N_("{name} breaks off in element {count}: {reason}; copy or export it again")
            raise Unreadable(template, name=name, count=count, reason=wrong[1])
        scan.find_end(window.text)
    window.at = scan.at
    return None, text, wrong


def check_names(text: str) -> None:
    """Raises NamedTwice where an object of this JSON gives two values to one name."""
    _decode(text.lstrip(), 0)


def _encodable(value: dict[str, Any]) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


class _Scan:
    """Finds the end of a broken element by counting brackets outside strings, so that the next one can be read."""

    def __init__(self) -> None:
        self.at = 0
        self._depth = 0
        self._in_string = False
        self.found = False

    def find_end(self, text: str) -> bool:
        """Goes on from `at`; True when the end was found there, False when the text ended first."""
        for match in _token.finditer(text, self.at):
            if match.start() < self.at:
                continue  # the character behind a backslash
            token = match.group()
            if self._in_string:
                if token == "\\":
                    self.at = match.end() + 1
                elif token == '"':
                    self._in_string = False
            elif token == '"':
                self._in_string = True
            elif token in "{[":
                self._depth += 1
            elif self._depth == 0:  # the comma or bracket of the list itself
                self.at = match.start()
                self.found = True
                return True
            elif token != ",":
                self._depth -= 1
                if self._depth == 0:
                    self.at = match.end()
                    self.found = True
                    return True
        self.at = max(self.at, len(text))
        return False
