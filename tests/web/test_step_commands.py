"""Steps at the machine: `diwan step list` and `diwan step take`, under the same rules as on the pages."""

import json

import pytest
from click.testing import CliRunner
from diwan_core.step_commands import step_group

from tests.states.kit import NEW, STEPS

from .conftest import PASSWORD, Site
from .test_steps import made, values_of

pytestmark = pytest.mark.slow


def test_a_step_is_listed_and_taken_at_the_machine_by_whoever_may(centre: Site) -> None:
    record, where = made(centre, "suspect", NEW), ["--dir", str(centre.folder)]

    def run(*arguments: str, password: str = PASSWORD) -> tuple[int, str]:
        done = CliRunner().invoke(step_group, [*arguments], input=f"{password}\n")
        return done.exit_code, done.output

    code, told = run("list", *where, record, "--json")
    facts = json.loads(told)
    assert code == 0 and facts["states"] == {"state": "new"} and facts["conflicts"] == []
    assert [(one["to"], one["roles"]) for one in facts["steps"]] == [
        ("assigned", ["analyst", "coordinator"]),
        ("refused", ["analyst", "coordinator"]),
    ]
    assert "needs assigned_officer" in run("list", *where, record)[1]
    given = [part for name, value in STEPS["assigned"].items() for part in ("--set", f"{name}={value}")]
    take = ["take", *where, record, "assigned"]
    for account, more, words in (
        ("supervisor", given, "the role supervisor may not set it to assigned"),
        ("analyst", [], "is needed for the step “Assign”"),
    ):
        code, told = run(*take, *more, "--as", account)
        assert code == 1 and words in told and values_of(centre, record)["state"] == "new"
    assert run(*take, *given, "--as", "analyst", password=PASSWORD[::-1])[0] == 1
    assert run(*take, *given, "--as", "analyst")[0] == 0
    assert values_of(centre, record)["state"] == "assigned"
    told = centre.browser("auditor").get("/log").text
    assert "a step was taken at the command line" in told and told.count("shown whole, at the command line") == 2
    assert run("list", *where, "0198f0a0-0000-7000-8000-000000000000")[0] == 1
