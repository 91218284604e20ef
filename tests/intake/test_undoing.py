"""One step takes back a whole import, by new changes; what was edited or used since stays and is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from diwan_core.register import Edit, Register

from .conftest import Post

CSV = "No,Day,Where,Pounds\n1,22/11/2026,Gate 1,1\n2,23/11/2026,Gate 2,2\n3,24/11/2026,Gate 3,3\n"
PERSONS = 'type = "person"\nsystem = "list"\n[source]\nkey = ["No"]\n[fields]\nname_as_written = { column = "Name" }\n'


def imported(post: Post, file: Path, mapping: Path) -> dict[str, Any]:
    found: dict[str, Any] = post.run("import", file, "--mapping", mapping, "--json").json
    return found


def statuses(post: Post, kind: str = "case") -> list[str]:
    return [str(document.get("status")) for document in post.documents(kind)]


def test_an_import_is_taken_back_and_its_file_can_be_imported_again(post: Post, simple: Path, tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text(CSV)
    run = imported(post, file, simple)["run"]
    tried = post.run("imports", "undo", run, "--check", "--json").json
    assert tried["taken_back"] == 3 and statuses(post) == ["submitted"] * 3
    done = post.run("imports", "undo", run[:18], "--json").json
    assert (done["taken_back"], done["left"]) == (3, []) and statuses(post) == ["withdrawn"] * 3
    assert post.run("imports", "undo", run).code == 1
    again = imported(post, file, simple)
    assert (again["imported"], again["already_there"]) == (3, 0)
    assert imported(post, file, simple)["already_there"] == 3
    assert statuses(post) == ["withdrawn"] * 3 + ["submitted"] * 3


def test_an_undoing_can_be_undone(post: Post, simple: Path, tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text(CSV)
    run = imported(post, file, simple)["run"]
    post.run("imports", "undo", run)
    undoing = post.run("imports", "list", "--json").json["imports"][0]
    assert undoing["what"] == "undo" and undoing["undoes"] == run
    assert post.run("imports", "undo", undoing["id"], "--json").json["taken_back"] == 3
    assert statuses(post) == ["submitted"] * 3
    assert imported(post, file, simple)["already_there"] == 3


def test_what_was_edited_or_is_named_since_stays_and_is_said(post: Post, simple: Path, tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text(CSV)
    run = imported(post, file, simple)["run"]
    with Register.open(post.folder, role="writer") as register:
        edited, named, _third = list(register.ids("case"))
        register.save([Edit("case", {"narrative": "seen"}, edited)], author="karim")
        values = {"source_key": "x", "source_system": "hand", "status": "submitted", "related_cases": {"1": named}}
        register.save([Edit("case", values)], author="karim")
    done = post.run("imports", "undo", run, "--json").json
    assert done["taken_back"] == 1 and set(done["left"]) == {edited, named}
    assert statuses(post) == ["submitted", "submitted", "withdrawn", "submitted"]
    assert imported(post, file, simple)["already_there"] == 2


def test_persons_taken_back_come_again_as_new_records_once(post: Post, tmp_path: Path) -> None:
    mapping, file = tmp_path / "list.toml", tmp_path / "list.csv"
    mapping.write_text(PERSONS)
    file.write_text("No,Name\n1,Karim Testman\n2,Sami Probe\n")
    run = imported(post, file, mapping)["run"]
    post.run("imports", "undo", run)
    assert imported(post, file, mapping)["imported"] == 2
    assert imported(post, file, mapping)["already_there"] == 2
    assert statuses(post, "person") == ["withdrawn", "withdrawn", "None", "None"]


def test_a_row_is_found_by_its_key_in_the_source(post: Post, simple: Path, tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text(CSV.replace("\n2,", "\nLOG/2026/0002,"))
    imported(post, file, simple)
    found = json.loads(post.run("search", "LOG/2026/0002", "--json").out)["found"]
    assert [row["columns"]["source_key"] for row in found] == ["LOG/2026/0002"]
    with post.register() as register:
        assert len(register.found("LOG/2026/0002").numbers) == 1
        assert register.found("LOG/2026/0003").numbers == []
