"""What is made from the profiles and committed is what the profiles say, and provisioning goes by it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from diwan_hardware import generate

ROOT = Path(__file__).parents[2]
BASE = ROOT / "provisioning/roles/base"


def test_generated_files_are_what_the_profiles_say() -> None:
    assert generate.stale() == [], "run: python -m diwan_hardware.generate"


def play(folder: Path, **variables: Any) -> subprocess.CompletedProcess[str]:
    """The base role's own assertion about hardware, run by the real Ansible on this machine."""
    tasks = yaml.safe_load((BASE / "tasks/main.yml").read_text())
    (task,) = [each for each in tasks if each["name"] == "Refuse a machine that is too small"]
    (folder / "play.yml").write_text(
        yaml.safe_dump(
            [
                {
                    "hosts": "all",
                    "vars_files": [str(BASE / "defaults/main.yml")],
                    "tasks": [task],
                }
            ]
        )
    )
    inventory = {"all": {"children": {"posts": {"hosts": {"post-1": {"ansible_connection": "local"}}}}}}
    (folder / "country.yml").write_text(json.dumps(inventory))
    program = Path(sys.executable).with_name("ansible-playbook")
    given = json.dumps({"diwan_hardware_file": str(ROOT / "provisioning/hardware.json")} | variables)
    return subprocess.run(
        [program, "-i", folder / "country.yml", folder / "play.yml", "-e", given],
        capture_output=True, text=True, check=False, cwd=folder,
        env={"ANSIBLE_HOME": str(folder), "ANSIBLE_NOCOLOR": "1", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin",
             "ANSIBLE_PYTHON_INTERPRETER": sys.executable},
    )  # fmt: skip


@pytest.mark.slow
def test_the_base_role_refuses_a_machine_below_its_profile_and_says_which_would_do(tmp_path: Path) -> None:
    good = play(tmp_path)
    assert good.returncode == 0, good.stdout + good.stderr
    plain = json.loads((ROOT / "provisioning/hardware.json").read_text())
    for key, value in (("memory_mb", 9_000_000), ("cores", 5_000), ("disk_gb", 9_000_000)):
        changed = json.loads(json.dumps(plain))
        changed["profiles"]["post-small"]["least"][key] = value
        file = tmp_path / "hardware.json"
        file.write_text(json.dumps(changed))
        refused = play(tmp_path, diwan_hardware_file=str(file))
        assert refused.returncode != 0, f"a machine with too little {key} was accepted"
        assert "as post-small it needs" in refused.stdout
        assert str(value) in refused.stdout


def test_nothing_that_runs_all_the_time_loads_this_unit() -> None:
    loaded = (
        "import sys, diwan_core.cli, diwan_appliance.web, diwan_appliance.agent, diwan_central.console.web, "
        "diwan_central.exchange.ingest, diwan_central.exchange.relay_service; "
        "print(*sorted(name for name in sys.modules if name.startswith('diwan_hardware')))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", loaded], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
