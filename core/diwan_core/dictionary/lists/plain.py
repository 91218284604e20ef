"""Reads code lists that are declared as text, one code a line: `code | label | words people also use`, or `code <
parent | …`."""

import re
from typing import Final

from ..codelist import CodeList, CodeTable
from ..field import WrongDeclaration

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+]{0,39}")
OWN: Final = "Diwan"


def codes(name: str, label: str, rows: str, source: str = OWN) -> CodeList:
    """A list from its text. Raises WrongDeclaration for a line it cannot read or a code given twice."""
    labels: dict[str, str] = {}
    parents: dict[str, str] = {}
    synonyms: dict[str, str] = {}
    for line in filter(None, (row.strip() for row in rows.splitlines())):
        code, _, rest = (piece.strip() for piece in line.partition("|"))
        title, _, words = (piece.strip() for piece in rest.partition("|"))
        code, _, parent = (piece.strip() for piece in code.partition("<"))
        if _CODE.fullmatch(code) is None or not title:
            raise WrongDeclaration(f"code list {name!r}: cannot read the line {line!r}")
        if code in labels:
            raise WrongDeclaration(f"code list {name!r}: code {code!r} is given twice")
        labels[code] = title
        if parent:
            parents[code] = parent
        if words:
            synonyms[code] = words
    if not labels:
        raise WrongDeclaration(f"code list {name!r}: it is empty")
    return CodeList.of(name, label, source, CodeTable({"en": labels}, parents, synonyms))
