"""Nothing of what people write leaves without personal data: a canary in every text of every type, and a search of
the bytes that leave, in every form."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

import pytest
from diwan_core import node
from diwan_core.dictionary import DICTIONARY, RecordType
from diwan_core.intake.run.export import FORMS, export, export_workbook
from diwan_core.intake.run.export_map import make_map, write_map
from diwan_core.intake.run.map_forms import MAP_FORMS
from diwan_core.leaving import TEMPLATES, Known, NoTemplate
from diwan_core.leaving.maps import load, parse, shipped
from diwan_core.leaving.record_cells import leave
from diwan_core.leaving.small_cells import AS_IT_IS, COARSER, COARSEST, Level
from diwan_core.register import Edit, Register
from diwan_core.trust import NodeKeys

from .canaries import canary, document, documents, leaks

SLICE = 60
"""Records of each type in every run; the whole hundred thousand take some minutes."""


@pytest.fixture
def register(tmp_path: Path) -> Register:
    folder = tmp_path / "centre"
    node.create(folder, node.NodeConfig(role="central", id=node.mint_id(), label="Canary"))
    NodeKeys.create(folder)
    return Register.open(folder, role="writer")


@pytest.mark.parametrize("declared", DICTIONARY.types.values(), ids=lambda declared: declared.name)
def test_canaries_are_in_every_text_and_such_records_are_accepted(declared: RecordType) -> None:
    made = document(declared, Random(1))
    assert declared.check(made, creating=True) == []
    for part, field in declared.every_field():
        if field.kind in ("text", "longtext", "position", "reference", "sha256", "time") and not field.pattern:
            chance = Random(field.name)
            assert all(leaks(json.dumps(canary(field, chance)).encode()) for _ in range(9)), (part, field.name)
    assert leaks(json.dumps(made).encode())


def filled(register: Register, count: int) -> int:
    """Save so many records of every type; how many there are."""
    for declared in DICTIONARY.types.values():
        made = [[Edit(declared.name, one)] for one in documents(declared, count, seed=count)]
        for start in range(0, len(made), 500):
            saved = register.save_many(made[start : start + 500], author="canary")
            assert not saved.refused, (declared.name, saved.refused)
    return sum(register.count(name) for name in DICTIONARY.types)


def given_out(register: Register, folder: Path) -> list[tuple[str, bytes]]:
    """What every export without personal data gives, by type and form."""
    found = []
    for name in DICTIONARY.types:
        for form in FORMS:
            out = io.StringIO()
            try:
                export(register, name, out, form)
            except NoTemplate:
                assert name not in TEMPLATES
            found.append((f"{name}.{form}", out.getvalue().encode()))
        if name in TEMPLATES:
            path = folder / f"{name}.xlsx"
            export_workbook(register, name, path, numbers=register.numbers(name, order="created"))
            with zipfile.ZipFile(path) as archive:
                found += [(f"{name}.xlsx {part}", archive.read(part)) for part in archive.namelist()]
    return found


def test_no_canary_is_in_any_export(register: Register, tmp_path: Path) -> None:
    with register:
        assert filled(register, SLICE) == SLICE * len(DICTIONARY.types)
        given = given_out(register, tmp_path)
    assert [(name, leaks(content)) for name, content in given if leaks(content)] == []
    cases = dict(given)["case.jsonl"].decode().splitlines()
    assert len(cases) == SLICE
    assert json.loads(cases[0])["values"]["goods"]["1"]["hs_code"] == "07"
    assert "CNRU" in "".join(cases) and '"512"' in "".join(cases), "what is reduced does leave"


@pytest.mark.parametrize("level", [AS_IT_IS, COARSER, COARSEST])
def test_no_canary_is_in_what_leaves_however_far_it_is_made_coarser(level: Level) -> None:
    given = b""
    for kind in TEMPLATES:
        declared = DICTIONARY.type(kind)
        for made in documents(declared, SLICE, seed=level):
            found = leave(declared, made, Known(), level, lambda _office: "")
            given += json.dumps([found.values, found.coarser]).encode()
    assert leaks(given) == []


@pytest.mark.slow
def test_no_canary_is_in_any_export_of_a_hundred_thousand_records(register: Register, tmp_path: Path) -> None:
    """The count is stated in docs/privacy.md."""
    each = -(-100_000 // len(DICTIONARY.types))
    with register:
        assert filled(register, each) >= 100_000
        given = given_out(register, tmp_path)
    assert sum(content.count(b"\n") for name, content in given if name.endswith(".jsonl")) == each * len(TEMPLATES)
    assert [(name, leaks(content)) for name, content in given if leaks(content)] == []


def written(register: Register, folder: Path) -> list[tuple[str, int, bytes]]:
    """What every shipped template gives of all records, and one for each type with all columns it may have: name, rows,
    bytes."""
    found = []
    templates = [replace(load(name), records={}, only=(), needs=()) for name in shipped()]
    for kind, paths in TEMPLATES.items():
        columns = "".join(f'[[column]]\nhead = "{path}"\nfrom = "{path}"\n' for path in paths)
        top = f'title = "All of {kind}"\ntype = "{kind}"\nsingle_cases = "a law"\n'
        templates.append(parse(top + columns, f"all-{kind}"))
    for template in templates:
        made = make_map(register, template, date(2026, 1, 1), demonstration=True)
        for form in MAP_FORMS:
            path = folder / f"{template.name}.{form}"
            write_map(template, made, path, form)
            parts = [path.read_bytes()]
            if form == "xlsx":
                with zipfile.ZipFile(path) as archive:
                    parts = [archive.read(part) for part in archive.namelist()]
            found.append((path.name, len(made.rows), b"\0".join(parts)))
    return found


def test_no_canary_is_in_any_export_map(register: Register, tmp_path: Path) -> None:
    with register:
        filled(register, SLICE)
        given = written(register, tmp_path)
    assert [(name, leaks(content)) for name, _, content in given if leaks(content)] == []
    rows = {name: count for name, count, _ in given}
    assert all(rows[f"all-{kind}.csv"] == SLICE for kind in TEMPLATES)
    assert rows["etis.csv"] == SLICE <= rows["cites-illegal-trade.csv"]
    assert any(b"CNRU" in content for name, _, content in given if name == "all-case.csv"), "what is reduced does leave"
