"""Whoever shows what may name somebody is told, so that it is logged: of either half, and of the history alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from diwan_core import node
from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.naming_values import names_somebody
from diwan_core.register import Edit, Register
from diwan_core.trust import NodeKeys

CASE: dict[str, Any] = {"status": "draft", "direction": "import", "date": "2026-11-20"}


@pytest.fixture
def register(tmp_path: Path) -> Register:
    node.create(tmp_path / "post", node.NodeConfig(role="post", id=node.mint_id(), label="Post"))
    NodeKeys.create(tmp_path / "post")
    return Register.open(tmp_path / "post", role="writer")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, False), ({"narrative": "Karim"}, True), ({"place": "house of Karim"}, True),
        ({"position": "29.5,35"}, True), ({"goods": {"1": {"description": "gift for Karim"}}}, True),
        ({"leg": {"1": {"role": "departure", "place": "house of Karim"}}}, True),
        ({"goods": {"1": {"product_group": "drugs", "quantity": "1", "unit": "KGM"}}}, False),
        ({"means": {"1": {"container_number": "MSKU1234565"}}}, False),  # a business is no person
        ({"agency": "CID"}, False),  # officers are named to their colleagues
    ],
)  # fmt: skip
def test_reading_what_may_name_a_person_is_told(register: Register, more: dict[str, Any], told: bool) -> None:
    seen: set[str] = set()
    with register:
        record = register.save([Edit("case", CASE | more)], author="amal").records[0]
        register.on_read = seen.add
        register.get(record)
    assert seen == ({record} if told else set())


def test_a_name_that_stands_in_the_history_alone_is_told_with_it(register: Register) -> None:
    seen: set[str] = set()
    with register:
        record = register.save([Edit("case", CASE | {"narrative": "Karim"})], author="amal").records[0]
        held = register.get(record)
        assert held is not None
        register.save([Edit("case", {"narrative": None}, record=record, seen=held.heads)], author="amal")
        register.on_read = seen.add
        found = register.get(record)
        assert found is not None and "narrative" not in found.values
        seen.clear()
        assert any("Karim" in str(entry.changes) for entry in register.history(record))
    assert seen == {record}


@pytest.mark.parametrize("declared", DICTIONARY.types.values(), ids=lambda declared: declared.name)
def test_every_type_says_what_of_it_names_somebody(declared: Any) -> None:
    found = names_somebody(declared)
    assert not found({}) and not found({"status": "submitted", "goods": {"1": None}, "party": "nonsense"})
    assert found({"legal_basis": "x"})
