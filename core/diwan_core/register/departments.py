"""The departments of the administration, which the centre writes and every node reads (records of the type `unit`)."""

from __future__ import annotations

from typing import Final, NamedTuple

from diwan_core.register.records.edits import Edit
from diwan_core.register.register import Register
from diwan_core.register.storage.database import Store

TYPE: Final = "unit"


class Department(NamedTuple):
    """A part of the administration; `parent` is the code of the one it belongs to, `depth` how far below the top."""

    record: str
    code: str
    name: str
    kind: str
    parent: str
    office: str
    depth: int = 0


def departments(store: Store) -> list[Department]:
    """Every department that was not withdrawn, each below the one it belongs to, otherwise by code."""
    rows = store.rows(
        "SELECT r.id, t.code, coalesce(t.name, ''), coalesce(t.kind, ''), coalesce(t.parent, ''), "
        "coalesce(t.office, '') FROM record_unit t JOIN record r ON r.no=t.no "
        "WHERE t.code IS NOT NULL AND coalesce(t.status, '') <> 'withdrawn' ORDER BY t.code, r.id"
    )
    listed = [Department(*row) for row in rows]
    codes = {one.record: one.code for one in listed}
    below: dict[str, list[Department]] = {}
    for one in listed:
        below.setdefault(codes.get(one.parent, ""), []).append(one._replace(parent=codes.get(one.parent, "")))
    found: list[Department] = []
    _put("", 0, below, found)
    for rest in list(below.values()):  # those that belong to each other in a circle
        found += rest
    return found


def _put(code: str, depth: int, below: dict[str, list[Department]], found: list[Department]) -> None:
    for one in below.pop(code, ()):
        found.append(one._replace(depth=depth))
        _put(one.code, depth + 1, below, found)


class NoDepartment(ValueError):
    """There is no department of this code."""


def declare_department(
    register: Register, code: str, name: str, *, kind: str = "", parent: str = "", office: str = "", author: str
) -> bool:
    """Add a department, at the centre, or change the one of this code; whether anything is new. `parent` is a code.
    Raises NoDepartment for a parent that is not there or would belong to itself, Refused."""
    held = {one.code: one for one in departments(register.store)}
    if parent and (parent not in held or code in _line(parent, held)):
        raise NoDepartment(parent)
    known = held.get(code)
    said = Department(known.record if known else "", code, name, kind, parent, office)
    if known is not None and known._replace(depth=0) == said:
        return False
    values = {
        "name": name, "kind": kind or None, "office": office or None,
        "parent": held[parent].record if parent else None,
    }  # fmt: skip
    if known is not None:
        edit = Edit(TYPE, values, known.record)
    else:
        given = {field: value for field, value in values.items() if value is not None}
        edit = Edit(TYPE, {"code": code, "status": "published", **given})
    register.save([edit], author=author)
    return True


def _line(code: str, held: dict[str, Department]) -> list[str]:
    """A code and those it belongs to, up to the top."""
    found: list[str] = []
    while code in held and code not in found:
        found.append(code)
        code = held[code].parent
    return found


def withdraw_department(register: Register, record: str, *, author: str) -> None:
    """Withdraw a department. What names it keeps its code. Raises KeyError where there is no such one, Refused."""
    if record not in {one.record for one in departments(register.store)}:
        raise KeyError(record)
    register.save([Edit(TYPE, {"status": "withdrawn"}, record)], author=author)
