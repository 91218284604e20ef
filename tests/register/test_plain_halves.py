"""The plain halves of many records are read page by page by an index: what small cells count."""

from __future__ import annotations

from pathlib import Path

import pytest
from diwan_core import node
from diwan_core.register import Edit, Register, RegisterError
from diwan_core.register.search import plain_halves
from diwan_core.trust import NodeKeys

DAYS = ("2026-11-15", "2026-11-16", "2026-11-16", "2026-11-18", "2026-11-22", "2026-11-22", "2026-11-23")


@pytest.fixture
def register(tmp_path: Path) -> Register:
    node.create(tmp_path / "post", node.NodeConfig(role="post", id=node.mint_id(), label="Post"))
    NodeKeys.create(tmp_path / "post")
    found = Register.open(tmp_path / "post", role="writer")
    for day in DAYS:
        found.save([Edit("case", {"status": "draft", "date": day, "narrative": "Karim"})], author="amal")
    return found


@pytest.mark.parametrize("at_once", [1, 2, 3, 1000])
def test_all_between_two_days_are_read_once_in_their_order(
    register: Register, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(plain_halves, "_AT_ONCE", at_once)
    with register:
        found = list(register.plain_halves_between("case", "date", "2026-11-16", "2026-11-22~"))
    assert [half["date"] for _, half in found] == list(DAYS[1:6])
    assert len({record for record, _ in found}) == 5
    assert not any("narrative" in half for _, half in found), "what is nominal is not read"


def test_records_are_read_by_their_numbers_and_only_listed_columns_are_searched(register: Register) -> None:
    with register:
        numbers = register.numbers("case", {"date": ("2026-11-22", "2026-11-23")}, order="date")
        assert [half["date"] for _, half in register.plain_halves("case", numbers)] == list(DAYS[4:])
        with pytest.raises(RegisterError, match="no list column narrative"):
            list(register.plain_halves_between("case", "narrative", "", "~"))


def test_the_days_are_found_by_their_index(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    with register:
        asked: list[str] = []
        rows = register.store.rows

        def watched(sql: str, values: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
            asked.append(sql)
            return rows(sql, values)

        monkeypatch.setattr(register.store, "rows", watched)
        list(register.plain_halves_between("case", "date", "2026-11-16", "2026-11-22~"))
        plan = [row[3] for row in rows(f"EXPLAIN QUERY PLAN {asked[0]}", ("2026-11-16", -1, "2026-11-22~", 5))]
    assert any("USING INDEX record_case_date" in step for step in plan), plan
    assert not any("TEMP B-TREE" in step for step in plan), plan
