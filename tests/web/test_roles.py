"""Roles stand in one table: a new one is one entry, and what the table says holds on every way in."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.reference import roles as page_of_roles
from diwan_core.register import Edit, Refused
from diwan_core.roles import REACH, ROLES, STATUS, Action, action_that_saves, allowed

from .conftest import Browser, Site, text_of
from .forms import form_of

ROOT = Path(__file__).parents[2]


def test_the_page_of_roles_is_written_from_the_table() -> None:
    assert (ROOT / "docs/security/roles.md").read_text("utf-8") == page_of_roles.page()


def test_the_table_is_whole() -> None:
    assert set(REACH) == set(Action)
    assert set(STATUS) == set(DICTIONARY.codes("status"))
    assert {type for reach in REACH.values() for type in reach.types or ()} <= set(DICTIONARY.types)
    for name, role in ROLES.items():
        assert role.at and role.label.partition(":")[0] and set(role.only) <= role.grants, name


def test_a_role_added_in_one_place_is_everywhere(tmp_path: Path) -> None:
    """In a process of its own, where the table has one entry more before anything else is loaded."""
    command = [sys.executable, "-m", "tests.web.one_more_role", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, env={**os.environ})
    assert (done.returncode, done.stdout.strip()) == (0, "everywhere"), done.stderr


@pytest.mark.parametrize(
    ("role", "type", "creating", "status", "may"),
    [
        ("officer", "case", True, "submitted", True),
        ("officer", "case", False, "submitted", True),
        ("officer", "case", False, "validated", False),
        ("officer", "case", False, "withdrawn", False),
        ("officer", "attachment", False, "withdrawn", True),
        ("officer", "operation", True, None, False),
        ("supervisor", "case", False, "validated", True),
        ("supervisor", "case", False, "published", False),
        ("supervisor", "person", False, "validated", False),
        ("analyst", "case", False, "withdrawn", True),
        ("analyst", "case", False, None, False),
        ("technician", "case", True, "draft", False),
        ("nobody", "case", True, "draft", False),
    ],
)
def test_who_saves_what(role: str, type: str, creating: bool, status: str | None, may: bool) -> None:
    action = action_that_saves(DICTIONARY.type(type).made_by, creating=creating, status=status)
    assert (action is not None and allowed(role, action, type)) is may


def test_the_register_refuses_what_the_persons_role_does_not_allow(post: Site, reported: str) -> None:
    record = reported.rpartition("/")[2]
    with post.console.writing() as register:
        for status in ("validated", "withdrawn", "published"):
            with pytest.raises(Refused, match=rf"(The role officer may not|No role) sets? this status.*{status}"):
                register.save([Edit("case", {"status": status}, record=record)], author="officer", role="officer")
        with pytest.raises(Refused, match=r"The role analyst may not write .*\(Case\)\. Ask: officer, supervisor\."):
            register.save([Edit("case", {"place": "Elsewhere"}, record=record)], author="analyst", role="analyst")
        with pytest.raises(Refused, match="No role sets this status in a console"):
            register.save([Edit("case", {"status": "published"}, record=record)], author="s", role="supervisor")
        register.save([Edit("case", {"status": "validated"}, record=record)], author="s", role="supervisor")
        found = register.get(record)
    assert found is not None and found.values["status"] == "validated"


def test_an_officer_cannot_validate_by_choosing_among_versions(post: Site, officer: Browser, reported: str) -> None:
    """Two versions of the status stand side by side, one of them validated: that one is a supervisor's to choose."""
    record = reported.rpartition("/")[2]
    with post.console.writing() as register:
        before = register.get(record)
        assert before is not None
        for status, who in (("validated", "supervisor"), ("withdrawn", "")):
            edit = Edit("case", {"status": status}, record=record, seen=before.heads)
            register.save([edit], author="x", role=who)
        held = register.get(record)
    assert held is not None and "status" in held.conflicts
    page = officer.get(f"/records/{record}/conflicts")
    form = form_of(page.text, 'name="seen"')
    answers = [
        officer.post(f"/records/{record}/conflicts", {"seen": form["seen"], "all": str(number)}) for number in (0, 1)
    ]
    assert {answer.status_code for answer in answers} <= {400, 422}
    assert "The role officer may not set this status" in " ".join(text_of(answer) for answer in answers)


def test_every_page_that_saves_says_whose_role_it_is() -> None:
    """But for what takes back a whole run, which sets records to what they were before."""
    silent = []
    for path in sorted((ROOT / "core/diwan_core/web").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                given = {word.arg for word in node.keywords}
                if node.func.attr in ("save", "save_many", "attach") and "author" in given and "role" not in given:
                    silent.append(f"{path.name}:{node.lineno}")
    assert silent == []
