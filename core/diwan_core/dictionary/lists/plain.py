"""Reads code lists that are declared as text, one code a line.

A line is `code | label | words people also use | where it is usual`; the last two may be left out. The first column may
say more: `code < parent`, `code @4` for one that dictionary 4 brought, `code !4` for one that it retired, and
`code !4 > other` where another code certainly says the same."""

import re
from typing import Any, Final

from ..code_table import CodeTable
from ..codelist import CodeList
from ..field import WrongDeclaration

_FIRST: Final = re.compile(
    r"(?P<code>[A-Za-z0-9][A-Za-z0-9_+]{0,39})(?: < (?P<parent>\w{1,40}))?(?: @(?P<since>[0-9]{1,3}))?"
    r"(?: !(?P<retired>[0-9]{1,3})(?: > (?P<new>\w{1,40}))?)?",
    re.ASCII,
)
OWN: Final = "Diwan"


def codes(name: str, label: str, rows: str, source: str = OWN) -> CodeList:
    """A list from its text. Raises WrongDeclaration for a line it cannot read or a code given twice."""
    labels: dict[str, str] = {}
    columns: dict[str, dict[str, Any]] = {name: {} for name in ("parents", "synonyms", "since", "retired", "replaced")}
    applies: dict[str, frozenset[str]] = {}
    for line in filter(None, (row.strip() for row in rows.splitlines())):
        first, title, words, places = ([piece.strip() for piece in line.split("|")] + ["", "", ""])[:4]
        found = _FIRST.fullmatch(first)
        if found is None or not title:
            raise WrongDeclaration(f"code list {name!r}: cannot read the line {line!r}")
        code = found["code"]
        if code in labels:
            raise WrongDeclaration(f"code list {name!r}: code {code!r} is given twice")
        labels[code] = title
        since, retired = int(found["since"] or 1), int(found["retired"] or 0)
        said = {"parents": found["parent"], "synonyms": words, "replaced": found["new"]}
        for column, value in (*said.items(), ("since", since if since > 1 else 0), ("retired", retired)):
            if value:
                columns[column][code] = value
        if places:
            applies[code] = frozenset(places.split())
    if not labels:
        raise WrongDeclaration(f"code list {name!r}: it is empty")
    for code, new in columns["replaced"].items():
        if new not in labels or new in columns["retired"]:
            raise WrongDeclaration(f"code list {name!r}: {code!r} is replaced by {new!r}, which is no code in use")
    table = CodeTable({"en": labels}, **columns, applies=applies, withdrawn=frozenset(columns["retired"]))
    return CodeList.of(name, label, source, table)
