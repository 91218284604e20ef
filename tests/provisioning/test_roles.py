"""Roles and plays: what every one of them must hold to, read from the files."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from diwan_core.trust.names import mint_id
from diwan_provisioning import role_readme

PROVISIONING = Path(__file__).parents[2] / "provisioning"
ROLES = sorted(path for path in (PROVISIONING / "roles").iterdir() if path.is_dir())
TASK_FILES = sorted([*PROVISIONING.glob("roles/*/tasks/*.yml"), *PROVISIONING.glob("roles/*/handlers/*.yml")])
PLAYBOOKS = sorted(PROVISIONING.glob("playbooks/*.yml"))
SECRET = re.compile(r"password|passphrase|secret|\bcode\b|vault|paper_key", re.I)


def tasks(path: Path) -> Iterator[dict[str, Any]]:
    """Every task of a file, those in blocks and plays too."""
    pending = list(yaml.safe_load(path.read_text()) or [])
    while pending:
        item = pending.pop(0)
        for part in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks", "handlers"):
            pending += item.get(part, [])
        if "hosts" not in item and "import_playbook" not in str(item):
            yield item


ALL_TASKS = [(path, task) for path in [*TASK_FILES, *PLAYBOOKS] for task in tasks(path)]


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_a_role_says_what_it_takes(role: Path) -> None:
    spec = yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"]["main"]
    assert spec["short_description"]
    for name, option in (spec.get("options") or {}).items():
        assert name.startswith("diwan_"), f"{name}: variables of an inventory begin with diwan_"
        assert option["description"] and option["type"]


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_every_default_is_a_variable_the_role_declares(role: Path) -> None:
    spec = yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"]["main"]
    defaults = role / "defaults/main.yml"
    given = yaml.safe_load(defaults.read_text()) or {} if defaults.exists() else {}
    assert set(given) <= set(spec.get("options") or {})


def test_the_readme_of_each_role_is_what_its_specs_say() -> None:
    assert role_readme.stale() == [], "run: python -m diwan_provisioning.role_readme"


def test_roles_use_nothing_but_what_ansible_core_brings() -> None:
    for path, task in ALL_TASKS:
        modules = [key for key in task if "." in key]
        assert all(module.startswith("ansible.builtin.") for module in modules), f"{path}: {modules}"


def test_every_task_has_a_name() -> None:
    assert [str(path) for path, task in ALL_TASKS if not task.get("name")] == []


def test_a_command_says_when_it_changed_something() -> None:
    for path, task in ALL_TASKS:
        command = next((task[key] for key in ("ansible.builtin.command", "ansible.builtin.shell") if key in task), None)
        if command is not None:
            looks = isinstance(command, dict) and ("creates" in command or "removes" in command)
            assert looks or "changed_when" in task, f"{path}: {task['name']}"


def test_a_task_that_handles_a_secret_shows_none() -> None:
    for path, task in ALL_TASKS:
        values = {key: value for key, value in task.items() if key.startswith("ansible.builtin.") or key == "register"}
        handles = re.search(r"stdin|register", str(values)) and SECRET.search(str(values))
        if handles and "ansible.builtin.assert" not in task:
            assert task.get("no_log") is True, f"{path}: {task['name']}"


def test_no_secret_is_an_argument_of_a_command() -> None:
    for path, task in ALL_TASKS:
        command = str(task.get("ansible.builtin.command", {})) + str(task.get("ansible.builtin.shell", ""))
        arguments = command.split("'stdin'")[0]
        assert not re.search(r"--(password|passphrase|code|secret)\b", arguments), f"{path}: {task['name']}"


def test_files_that_are_written_have_an_owner_and_a_mode() -> None:
    for path, task in ALL_TASKS:
        for module in ("ansible.builtin.copy", "ansible.builtin.template"):
            if module in task:
                assert {"owner", "group", "mode"} <= set(task[module]), f"{path}: {task['name']}"


def test_firewall_and_network_come_last() -> None:
    for path in PLAYBOOKS:
        for play in yaml.safe_load(path.read_text()):
            roles = play.get("roles", [])
            if "firewall" in roles:
                after = roles[roles.index("firewall") + 1 :]
                assert set(after) <= {"wifi_access_point"}, path


@pytest.mark.slow
def test_ansible_lint_and_yamllint_are_content() -> None:
    programs = Path(sys.executable).parent
    for argv in (["yamllint", "-s", "."], ["ansible-lint", "--offline", "-q", "--nocolor"]):
        done = subprocess.run(
            [programs / argv[0], *argv[1:]], cwd=PROVISIONING, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


def test_the_play_that_revokes_takes_the_ids_that_nodes_have() -> None:
    _reach, play = yaml.safe_load((PROVISIONING / "playbooks/revoke.yml").read_text())
    wanted = re.search(r"match\('([^']+)'\)", str(play["tasks"][0]["ansible.builtin.assert"]["that"]))
    assert wanted is not None
    assert re.match(wanted[1], mint_id()) and not re.match(wanted[1], "post-1")
