"""Departments are declared at the centre; pages call them by name and forms offer them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from diwan_core.cli import main
from diwan_core.register import Edit
from diwan_core.register.departments import NoDepartment, declare_department, departments, withdraw_department

from .conftest import Site, text_of


@pytest.fixture(autouse=True)
def none_left(centre: Site) -> Iterator[None]:
    """The centre is the same for all tests."""
    yield
    with centre.console.writing() as register:
        for one in departments(register.store):
            withdraw_department(register, one.record, author="x")


def test_a_department_is_added_changed_and_removed_on_the_page(centre: Site) -> None:
    administrator = centre.browser("administrator")
    assert "no departments yet" in text_of(administrator.get("/departments"))
    north = {"code": "NORTH", "name": "North", "kind": "region"}
    assert administrator.post("/departments", north).status_code == 303
    assert administrator.post("/departments", {**north, "name": "The north"}).status_code == 303
    port = {"code": "N-PORT", "name": "Northern port", "parent": "NORTH", "office": "JOAQJ"}
    assert administrator.post("/departments", port).status_code == 303
    assert "The north Northern port JOAQJ" in text_of(administrator.get("/departments"))
    circle = administrator.post("/departments", {**north, "parent": "N-PORT"})
    assert circle.status_code == 422 and "cannot belong to itself" in text_of(circle)
    wrong = administrator.post("/departments", {"code": "two words", "name": "x"})
    assert wrong.status_code == 422 and 'id="code-message"' in wrong.text
    with centre.console.writing() as register:
        known = [(one.code, one.name, one.parent, one.depth) for one in departments(register.store)]
        (record,) = [one.record for one in departments(register.store) if one.code == "N-PORT"]
        values = {"source_key": "1", "source_system": "departments", "date": "2026-11-02", "unit": "N-PORT"}
        case = register.save([Edit("case", values)], author="x").records[0]
    assert known == [("NORTH", "The north", "", 0), ("N-PORT", "Northern port", "NORTH", 1)]
    assert "Unit: Northern port N-PORT" in text_of(centre.browser("analyst").get(f"/cases/{case}"))
    assert administrator.post(f"/departments/{record}/remove").status_code == 303
    assert "Unit: N-PORT" in text_of(centre.browser("analyst").get(f"/cases/{case}")), "what names it keeps its code"
    assert administrator.post(f"/departments/{record}/remove").status_code == 404
    for role in ("technician", "auditor", "supervisor"):
        assert centre.browser(role).get("/departments").status_code == 403, role


def test_the_command_adds_and_lists(centre: Site) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["codes", *arguments, "--dir", str(centre.folder)])
        return done.exit_code, done.output

    assert run("department", "SOUTH", "South") == (0, "SOUTH  South\n")
    assert run("department", "SOUTH", "South") == (0, "SOUTH  South, as it was before\n")
    assert run("department", "PORT", "Port", "--parent", "SOUTH", "--office", "JOAQJ")[0] == 0
    assert run("departments") == (0, "SOUTH  South\n  PORT  Port  JOAQJ\n")
    assert run("department", "X", "X", "--parent", "NOWHERE")[0] == 2


def test_a_department_belongs_to_none_below_it(centre: Site) -> None:
    with centre.console.writing() as register:
        declare_department(register, "A", "A", author="x")
        declare_department(register, "B", "B", parent="A", author="x")
        for parent in ("A", "B", "C"):
            with pytest.raises(NoDepartment):
                declare_department(register, "A", "A", parent=parent, author="x")
