"""The Vagrantfile: read by the real vagrant, and of the same machines as the inventory it uses."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from diwan_provisioning.inventory import read

ROOT = Path(__file__).parents[2]


def test_vagrant_understands_the_file(tmp_path: Path) -> None:
    if shutil.which("vagrant") is None:
        pytest.skip("vagrant is not installed: apt install vagrant vagrant-libvirt")
    environment = os.environ | {"VAGRANT_HOME": str(tmp_path / "home"), "VAGRANT_CWD": str(ROOT)}
    environment |= {"VAGRANT_DOTFILE_PATH": str(tmp_path / "state"), "VAGRANT_CHECKPOINT_DISABLE": "1"}
    done = subprocess.run(
        ["vagrant", "validate", "--ignore-provider"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_machines_are_those_of_its_inventory() -> None:
    text = (ROOT / "Vagrantfile").read_text()
    network = re.findall(r'NETWORK = "([0-9.]+)"', text)[0]
    machines = dict(re.findall(r'"([a-z0-9-]+)" => \{ address: "#\{NETWORK\}\.(\d+)"', text))
    inventory = read(ROOT / "provisioning/inventories/vagrant/country.yml")
    known = {
        machine.name: machine.all["ansible_host"] for machine in inventory.machines if machine.group != "backup_disks"
    }
    assert known == {name: f"{network}.{last}" for name, last in machines.items()}
    (disk,) = inventory.of("backup_disks")
    assert disk.all["ansible_host"] == known["central"], "the backup disk is plugged into the centre"
