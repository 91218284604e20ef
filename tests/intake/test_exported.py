"""What was exported can be imported again, and gives back the same records: CSV, workbooks and JSON."""

from __future__ import annotations

import csv
import io
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from diwan_core import node
from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.strategies import documents
from diwan_core.intake import guard_cell
from diwan_core.intake.mapping.own_export import ExportedRows
from diwan_core.intake.run.export import export_workbook
from diwan_core.intake.run.flat_cells import Places, flat, name_of
from diwan_core.intake.sources.tables import unguard_cell
from diwan_core.register import Edit, Register
from diwan_core.trust import NodeKeys
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .conftest import Post

pytestmark = pytest.mark.slow

CASES = Path(__file__).parent / "cases"
TYPES = ("case", "person", "company", "conveyance")
ADDED = ("source_system", "source_key", "case_number")
SIGNS = "=+-@'\t\r\n＝ _x000D_0123456789,;\"Aب"


def plain(document: dict[str, Any]) -> dict[str, Any]:
    """A document without what the import adds and each node's own number, its parts and values in the order of their
    ids."""
    made: dict[str, Any] = {}
    for name, value in document.items():
        if name in ADDED or name in ("review", "review_state", "text_release"):
            continue
        if isinstance(value, dict):
            held = [plain(part) if isinstance(part, dict) else part for part in value.values()]
            made[name] = sorted(
                (part for part in held if part not in (None, {})), key=lambda part: json.dumps(part, sort_keys=True)
            )
        else:
            made[name] = value
    return {name: value for name, value in made.items() if value not in (None, [], {})}


def canonical(documents: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(plain(document), sort_keys=True) for document in documents)


@given(st.text(max_size=30) | st.text(alphabet=SIGNS, max_size=12))
def test_the_guard_of_a_cell_comes_off_again(text: str) -> None:
    assert unguard_cell(guard_cell(text)) == text


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_every_document_comes_back_from_the_cells_of_a_table(data: st.DataObject) -> None:
    kind = DICTIONARY.type(data.draw(st.sampled_from(TYPES)))
    document = data.draw(documents(kind.name))
    document["status"] = "submitted"
    cells = flat(document, Places())
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", *map(name_of, cells)])
    writer.writerow(["x", *map(guard_cell, cells.values())])
    head, row = list(csv.reader(io.StringIO(out.getvalue(), newline="")))
    found = ExportedRows(kind, head, guarded=True).document(dict(zip(head, row, strict=True)), "x")
    assert plain(found) == plain(document)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["csv", "xlsx", "json", "jsonl"])
@settings(max_examples=8, phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_an_export_imported_at_another_post_gives_the_same_records(
    post: Post, tmp_path: Path, form: str, data: st.DataObject
) -> None:
    number, kind = next(NUMBERS), data.draw(st.sampled_from(TYPES))
    declared = DICTIONARY.type(kind)
    made = [{**data.draw(documents(kind)), "status": "submitted"} for _ in range(2)]
    made = [document for document in made if not declared.check(document, creating=True)]
    there, other = (a_post(tmp_path / f"{number}-{name}") for name in ("there", "other"))
    with Register.open(there.folder, role="writer") as register:
        made = [document for document in made if not saved(register, kind, document)]
        path = tmp_path / f"{number}.{form}"
        if form == "xlsx":
            export_workbook(register, kind, path, numbers=register.numbers(kind, order="created"), nominal=True)
    if form != "xlsx":
        there.run("export", kind, "--format", form, "--nominal", "--output", path)
    if not made:
        return
    answer = other.run("import", path, "--mapping", f"exported:{kind}", "--json")
    assert answer.code == 0, answer.out + Path(f"{number}-errors.csv").read_text("utf-8-sig")
    assert answer.json["imported"] == len(made)
    assert canonical(other.documents(kind)) == canonical(made)
    again = other.run("import", path, "--mapping", f"exported:{kind}", "--json").json
    assert (again["imported"], again["already_there"]) == (0, len(made))
    home = there.run("import", path, "--mapping", f"exported:{kind}", "--json").json
    assert (home["imported"], home["already_there"]) == (0, len(made))


NUMBERS = itertools.count()


def a_post(folder: Path) -> Post:
    node.create(folder, node.NodeConfig(role="post", id=node.mint_id(), label="Test post"))
    NodeKeys.create(folder)
    return Post(folder)


def saved(register: Register, kind: str, document: dict[str, Any]) -> bool:
    """Whether a document is refused."""
    return bool(register.save_many([[Edit(kind, document)]], author="amal").refused)


def test_45_parts_keep_their_place_by_their_id(post: Post) -> None:
    file, mapping = CASES / "45-part-in-the-middle-is-blank.csv", CASES / "mapping-45.toml"
    assert post.run("import", file, "--mapping", mapping).code == 0
    rows = list(csv.DictReader(io.StringIO(post.run("export", "case", "--nominal").out)))
    assert [row["party.2.name"] for row in rows] == ["Courier A", "Courier B"]
    assert [row["party.1.name"] for row in rows] == ["Seller A", ""]


def test_45_parts_that_a_form_numbered_keep_their_place_by_their_role(post: Post) -> None:
    parties = [
        {"aaaaaaaaaaaaa": {"role": "consignor", "name": "A"}, "bbbbbbbbbbbbb": {"role": "carrier", "name": "B"}},
        {"ccccccccccccc": {"role": "carrier", "name": "C"}},
        {"ddddddddddddd": {"role": "driver", "name": "D"}, "eeeeeeeeeeeee": {"role": "carrier", "name": "E"}},
    ]
    with Register.open(post.folder, role="writer") as register:
        for number, party in enumerate(parties):
            values = {"source_system": "x", "source_key": str(number), "status": "submitted", "party": party}
            register.save([Edit("case", values)], author="amal")
    rows = list(csv.DictReader(io.StringIO(post.run("export", "case", "--nominal").out)))
    assert [row["party.2.name"] for row in rows] == ["B", "C", "E"]
    assert [row["party.1.name"] for row in rows] == ["A", "", ""] and rows[2]["party.3.name"] == "D"


def test_an_export_is_known_by_its_heads_and_needs_no_mapping(post: Post, tmp_path: Path) -> None:
    with Register.open(post.folder, role="writer") as register:
        register.save(
            [Edit("person", {"name_as_written": "=Karim", "status": "submitted", "phones": {"1": "+9627"}})], author="a"
        )
    post.run("export", "person", "--nominal", "--output", tmp_path / "persons.csv")
    assert "'=Karim" in (tmp_path / "persons.csv").read_text("utf-8-sig")
    other = a_post(tmp_path / "other")
    assert other.run("import", tmp_path / "persons.csv").code == 0
    assert [person["name_as_written"] for person in other.documents("person")] == ["=Karim"]
    (tmp_path / "foreign.csv").write_text("a,b\n1,2\n")
    assert other.run("import", tmp_path / "foreign.csv").code == 2
    assert "not an export" in other.run("import", tmp_path / "foreign.csv", "--mapping", "exported").err


def test_a_cell_guarded_by_an_export_loses_its_apostrophe_under_any_mapping(post: Post, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("No,Name\n1,'=Karim\n2,'Abu Test\n3,O'Neill\n")
    assert post.run("import", file, "--mapping", CASES / "mapping-person.toml").code == 0
    names = [person["name_as_written"] for person in post.documents("person")]
    assert names == ["=Karim", "'Abu Test", "O'Neill"]
