"""Reading lists of goods: headings of the Harmonized System, and national tariff codes below them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .code_lines import BadLine, Cells, NotACodeFile, cells_of, unreadable

_CODE_NAMES: Final = frozenset(
    {"hscode", "hs", "code", "heading", "cncode", "goodscode", "commoditycode", "tariffcode", "tariff", "nomenclature"}
)
_TEXT_NAMES: Final = frozenset({"description", "label", "name", "text", "designation", "descripcion"})
_DIGITS: Final = re.compile(r"(?!00)[0-9]{1,20}", re.ASCII)
LONGEST_TEXT: Final = 2_000
_SHORTENED: Final = 500


@dataclass(frozen=True, slots=True)
class Heading:
    """A code of goods, what it covers, and the code it belongs under ("" = none)."""

    code: str
    text: str
    parent: str


def read_headings(path: Path) -> Iterator[Heading | BadLine]:
    """The HS headings of a file: two, four or six digits. Raises NotACodeFile, and OSError as opening does."""

    def wrong(code: str) -> str:
        if len(code) in (1, 3, 5):
            return f"{code} has {len(code)} digits: a spreadsheet program has dropped the zero in front"
        return "" if len(code) in (2, 4, 6) else f"{code} has {len(code)} digits; a heading of the HS has 2, 4 or 6"

    return _read(path, wrong, lambda code: code[:-2])


def read_tariff(path: Path, has_heading: Callable[[str], bool]) -> Iterator[Heading | BadLine]:
    """The national codes of a file: 8 to 12 digits below a heading that the HS has. Raises NotACodeFile, and OSError as
    opening does."""

    def wrong(code: str) -> str:
        if len(code) in (2, 4, 6):
            return f"{code} is a heading of the HS, which comes with its own list"
        if not 8 <= len(code) <= 12:
            return f"{code} has {len(code)} digits; a national code has 8 to 12"
        if has_heading(code[:6]):
            return ""
        return f"{code}: its heading {code[:6]} is not in the HS list here; import the edition that has it first"

    return _read(path, wrong, lambda code: code[:6])


def _read(path: Path, wrong: Callable[[str], str], parent: Callable[[str], str]) -> Iterator[Heading | BadLine]:
    columns: tuple[int, int] | None = None
    for cells in cells_of(path, several_lines=True):
        if isinstance(cells, BadLine):
            yield cells
            continue
        header = _header(cells.values)
        if header is not None:
            columns = header
            continue
        if columns is None:
            if len(cells.values) < 2 or _code(cells.values[0]) is None:
                raise NotACodeFile(
                    f"{path.name}: expected a column of codes and one of descriptions, or a header that names them "
                    f"(code, description); found {', '.join(cells.values)[:80]!r}"
                )
            columns = 0, 1
        yield _heading(path.name, cells, columns, wrong, parent)


def _header(values: list[str]) -> tuple[int, int] | None:
    names = [re.sub(r"[^a-z]", "", value.lower()) for value in values]
    code = next((at for at, name in enumerate(names) if name in _CODE_NAMES), None)
    text = next((at for at, name in enumerate(names) if name in _TEXT_NAMES and at != code), None)
    return None if code is None or text is None else (code, text)


def _code(written: str) -> str | None:
    """A code without spaces and points: "2402.20 10" becomes 24022010."""
    code = re.sub(r"[. ]", "", written)
    return code if _DIGITS.fullmatch(code) else None


def _heading(
    file: str, cells: Cells, columns: tuple[int, int], wrong: Callable[[str], str], parent: Callable[[str], str]
) -> Heading | BadLine:
    if len(cells.values) <= max(columns):
        return BadLine(file, cells.line, f"it is too short: {len(cells.values)} cells")
    written, text = (cells.values[at] for at in columns)
    code = _code(written)
    if code is None:
        return BadLine(file, cells.line, f"{written[:20]!r} is not a code of goods: digits, beginning with a chapter")
    reason = wrong(code) or unreadable(text) or ("" if text else "it has no description")
    if not reason and len(text) > LONGEST_TEXT:
        reason = f"its description is longer than {LONGEST_TEXT:,} characters"
    if reason:
        return BadLine(file, cells.line, reason)
    return Heading(code, text if len(text) <= _SHORTENED else f"{text[: _SHORTENED - 1]}…", parent(code))
