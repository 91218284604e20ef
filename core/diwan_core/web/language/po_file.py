"""Reads and writes catalogues in gettext's PO format, as translators keep them; there is no compiled file that could
be stale.

A catalogue of two thousand texts is read in some hundredths of a second, once in the life of a process.
"""

import gettext
import io
import json
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_CONTEXT: Final = "\x04"  # between a text's context and the text (gettext's own convention)
_PLURAL: Final = "\0"
_GIVEN: Final = re.compile(r'^msgstr(?:\[[0-9]\])? (?:"[^"]|""\n")', re.M)
_LINE: Final = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[[0-9]\])?)? *("(?:[^"\\]|\\.)*")')

Key = tuple[str, str, str]
"""(context, text, plural); "" where there is none."""


@dataclass(frozen=True)
class Entry:
    """One text of a catalogue, with what it becomes: one translation, or one for each plural form."""

    key: Key
    translations: tuple[str, ...]
    comment: str = ""


def read(lines: Iterable[str]) -> Iterator[Entry]:
    """The entries of a catalogue, its header first, from its lines."""
    parts: dict[str, str] = {}
    field = comment = ""
    for line in lines:
        if line.startswith("#"):
            if "msgstr" in parts or "msgstr[0]" in parts:
                yield _entry(parts, comment)
                parts, comment = {}, ""
            comment = line[2:].strip() if line.startswith("#.") else comment
            continue
        match = _LINE.match(line)
        if match is None:
            continue
        name, quoted = match[1], match[2]
        if name in ("msgctxt", "msgid") and any(key.startswith("msgstr") for key in parts):
            yield _entry(parts, comment)
            parts, comment = {}, ""
        field = name or field
        parts[field] = parts.get(field, "") + json.loads(quoted)
    if "msgid" in parts:
        yield _entry(parts, comment)


def may_be_translated(text: str) -> bool:
    """Whether a translation stands in the text of a catalogue, besides the header. It is not read for that: to read one
    takes a hundred times as long."""
    return _GIVEN.search(text, max(text.find("\n\n"), 0)) is not None


def _entry(parts: Mapping[str, str], comment: str) -> Entry:
    translations = tuple(value for name, value in parts.items() if name.startswith("msgstr"))
    return Entry((parts.get("msgctxt", ""), parts["msgid"], parts.get("msgid_plural", "")), translations, comment)


def write(entries: Iterable[Entry]) -> str:
    """The text of a catalogue."""
    pieces = []
    for entry in entries:
        context, one, many = entry.key
        lines = [f"#. {entry.comment}"] if entry.comment else []
        lines += [f"msgctxt {_quoted(context)}"] if context else []
        lines.append(f"msgid {_quoted(one)}")
        if many:
            lines.append(f"msgid_plural {_quoted(many)}")
            lines += [f"msgstr[{number}] {_quoted(text)}" for number, text in enumerate(entry.translations)]
        elif not one:  # the header, a line each
            lines.append('msgstr ""')
            lines += [_quoted(line + "\n") for line in entry.translations[0].splitlines()]
        else:
            lines.append(f"msgstr {_quoted(entry.translations[0])}")
        pieces.append("\n".join(lines) + "\n")
    return "\n".join(pieces)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def translations(entries: Iterable[Entry]) -> gettext.NullTranslations | None:
    """The catalogue as the standard library uses it; what has no translation is left to the fallback. None for no
    entries at all."""
    messages: dict[str, str] = {}
    entry = None
    for entry in entries:
        context, one, many = entry.key
        if all(entry.translations):
            name = f"{context}{_CONTEXT}{one}" if context else one
            messages[f"{name}{_PLURAL}{many}" if many else name] = _PLURAL.join(entry.translations)
    if entry is None:
        return None
    return gettext.GNUTranslations(io.BytesIO(compiled(messages)))


def compiled(messages: Mapping[str, str]) -> bytes:
    """The entries in the form that gettext reads (the MO format, version 0: tables of lengths and offsets, then the
    texts)."""
    pairs = sorted((name.encode(), text.encode()) for name, text in messages.items())
    start = 28 + 16 * len(pairs)
    tables: list[list[int]] = [[], []]
    content: list[bytes] = []
    at = start
    for column in (0, 1):
        for pair in pairs:
            tables[column] += [len(pair[column]), at]
            content.append(pair[column])
            at += len(pair[column]) + 1
    head = [0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, start]
    return struct.pack(f"<{7 + 4 * len(pairs)}I", *head, *tables[0], *tables[1]) + b"\0".join([*content, b""])
