"""Turns a chapter of the handbook into HTML: the few forms of Markdown that the handbook uses, everything escaped.

Pictures are left out, since the console does not carry them; links lead to other chapters, and are plain words
otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Final

_HEADING: Final = re.compile(r"(#{1,4}) +(.*)")
_ITEM: Final = re.compile(r"(?:-|(\d+)\.) +(.*)")
_CODE: Final = re.compile(r"(`[^`]+`)")
_LINK: Final = re.compile(r"\[([^\]]*)\]\(([^)\s]*)\)")
_BOLD: Final = re.compile(r"\*\*(.+?)\*\*")
_SLANTED: Final = re.compile(r"(?<![\w*])\*([^*\s][^*]*)\*(?!\w)")
_PICTURE: Final = re.compile(r"!\[[^\]]*\]\([^)]*\)|<img[^>]*>|<br[^>]*>")
_CHAPTER: Final = re.compile(r"([a-z-]+)\.md(?:#.*)?")
_INDENT: Final = "    "


def html_of(text: str) -> str:
    """The HTML of a chapter; its headings begin at h2, since the page around it has the h1."""
    return "\n".join(_shown(kind, lines) for kind, lines in _blocks(_PICTURE.sub("", text)))


def title_of(text: str) -> str:
    """The first heading of a chapter."""
    return next((line.strip("# ") for line in text.splitlines() if line.startswith("#")), "")


def _kind(line: str) -> str:
    if _HEADING.fullmatch(line):
        return "heading"
    if line.startswith("|"):
        return "table"
    if _ITEM.fullmatch(line):
        return "list"
    return "code" if line.startswith(_INDENT) else "text"


def _blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    """The kind and the lines of each block. A list goes on over blank lines and over lines that are set in."""
    kind, held, after_blank = "", list[str](), True
    for line in text.splitlines():
        if not line.strip():
            after_blank = True
            continue
        new = _kind(line)
        if kind == "list":
            goes_on = new == "list" or line.startswith(" ") or (new == "text" and not after_blank)
        else:
            goes_on = new == kind and not after_blank and kind != "heading"
        if held and not goes_on:
            yield kind, held
            held = []
        kind = kind if held else new
        held.append(line)
        after_blank = False
    if held:
        yield kind, held


def _shown(kind: str, lines: list[str]) -> str:
    match kind:
        case "heading":
            marks, words = lines[0].split(" ", 1)
            return f"<h{len(marks) + 1}>{_inline(words)}</h{len(marks) + 1}>"
        case "table":
            return _table(lines)
        case "list":
            return _list(lines)
        case "code":
            code = "\n".join(escape(line.removeprefix(_INDENT)) for line in lines)
            return f'<pre tabindex="0"><code>{code}</code></pre>'
        case _:
            return f"<p>{_inline(' '.join(map(str.strip, lines)))}</p>"


def _table(lines: list[str]) -> str:
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    head, body = rows[0], [row for row in rows[1:] if set("".join(row)) - set("-: ")]
    heading = "".join(f'<th scope="col">{_inline(cell)}</th>' for cell in head)
    if not any(head):
        heading = ""
    told = "".join("<tr>" + "".join(f"<td>{_inline(cell)}</td>" for cell in row) + "</tr>" for row in body)
    front = f"<thead><tr>{heading}</tr></thead>" if heading else ""
    return f'<div class="scroll" tabindex="0" role="group"><table>{front}<tbody>{told}</tbody></table></div>'


def _list(lines: list[str]) -> str:
    items: list[str] = []
    for line in lines:
        if found := _ITEM.fullmatch(line):
            items.append(found[2])
        else:
            told = line.strip()
            items[-1] += f"\n– {told[2:]}" if told.startswith("- ") else f" {told}"
    name = "ol" if lines[0][:1].isdigit() else "ul"
    return f"<{name}>" + "".join(f"<li>{_inline(item).replace(chr(10), '<br>')}</li>" for item in items) + f"</{name}>"


def _inline(text: str) -> str:
    """Emphasis, code and links within a line."""
    pieces = []
    for piece in _CODE.split(text):
        if _CODE.fullmatch(piece):
            pieces.append(f"<code>{escape(piece[1:-1])}</code>")
            continue
        told = _LINK.sub(_link, escape(piece, quote=False))
        pieces.append(_SLANTED.sub(r"<em>\1</em>", _BOLD.sub(r"<strong>\1</strong>", told)))
    return "".join(pieces)


def _link(found: re.Match[str]) -> str:
    chapter = _CHAPTER.fullmatch(found[2])
    return f'<a href="{chapter[1]}">{found[1]}</a>' if chapter else found[1]
