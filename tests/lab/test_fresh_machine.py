"""The promise of the first page: on a fresh Debian two commands do everything."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_lab.machine import Booted, Machine

pytestmark = pytest.mark.lab


@pytest.fixture(params=["bookworm", "trixie"])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Machine]:
    if os.geteuid() != 0:
        pytest.skip("a chroot is entered as root: start with sudo")
    if shutil.which("mmdebstrap") is None:
        pytest.skip("the machine is built with mmdebstrap, which is not installed: ./diwan test --lab does it")
    machine = Machine(request.param, tmp_path)
    try:
        machine.clone("root/diwan")
        yield machine
    finally:
        machine.remove()


def test_the_demo_and_the_tests_run_on_a_machine_that_has_nothing(machine: Machine) -> None:
    first = machine.run("cd /root/diwan && ./diwan demo --once --json --port 0")
    assert first.code == 0, first.err
    result = json.loads(first.last_line)
    assert result["missing"] == 0
    assert result["records"] > 0
    assert result["changes_applied"] == result["changes_sent"]

    second = machine.run("cd /root/diwan && ./diwan demo --once --json --port 0", seconds=60)
    assert second.code == 0, second.err
    assert json.loads(second.last_line)["records"] == result["records"], "a second start keeps the data and adds none"

    assert not (machine.root / "usr/sbin/policy-rc.d").exists(), "what held services back must be gone"
    wanted = machine.root / "etc/systemd/system/multi-user.target.wants/mosquitto.service"
    assert not wanted.is_symlink(), "the system's own Mosquitto must not start with the machine"

    tests = machine.run("cd /root/diwan && ./diwan test --quick")
    assert tests.code == 0, tests.out[-4000:] + tests.err[-2000:]
    assert "passed" in tests.last_line


def test_an_ordinary_user_with_sudo_can_start_it(machine: Machine) -> None:
    prepared = machine.run(
        "apt-get -q update && apt-get -q -y install --no-install-recommends sudo && useradd -m officer"
        " && echo 'officer ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/officer"
        " && mv /root/diwan /home/officer/diwan && chown -R officer /home/officer"
    )
    assert prepared.code == 0, prepared.err
    started = machine.run(
        "setpriv --reuid=officer --regid=officer --init-groups env HOME=/home/officer"
        " /home/officer/diwan/diwan demo --once --json --port 0 --records 100"
    )
    assert started.code == 0, started.err
    assert json.loads(started.last_line)["missing"] == 0


def test_a_user_without_sudo_is_told_what_to_ask_for(machine: Machine) -> None:
    machine.run("useradd -m officer && mv /root/diwan /home/officer/diwan && chown -R officer /home/officer")
    started = machine.run("setpriv --reuid=officer --regid=officer --init-groups /home/officer/diwan/diwan demo")
    assert started.code == 77
    assert started.err.count("\n") == 1
    assert "apt-get install" in started.err and "mosquitto" in started.err


@pytest.fixture
def booted(machine: Machine) -> Iterator[Booted]:
    if shutil.which("systemd-nspawn") is None:
        pytest.skip("the machine is booted by systemd-nspawn, which is not installed: ./diwan test --lab does it")
    installed = machine.run(
        "apt-get -q update && apt-get -q -y install --no-install-recommends systemd-sysv", seconds=300
    )
    assert installed.code == 0, installed.err
    with machine.booted() as booted:
        yield booted


def test_the_mosquitto_that_comes_along_neither_runs_nor_will_run_as_a_service(booted: Booted) -> None:
    started = booted.run("/root/diwan/diwan demo --once --json --records 30 --port 0")
    assert started.code == 0, started.err
    assert booted.run("systemctl is-active mosquitto").out.strip() == "inactive"
    assert booted.run("systemctl is-enabled mosquitto").out.strip() == "disabled"


def test_a_mosquitto_that_was_there_goes_on_undisturbed(booted: Booted) -> None:
    booted.run("apt-get -q -y install --no-install-recommends mosquitto")
    which = "systemctl show -p ActiveState -p MainPID -p UnitFileState mosquitto"
    before = booted.run(which).out
    assert "ActiveState=active" in before
    started = booted.run("/root/diwan/diwan demo --once --json --records 30 --port 0")
    assert started.code == 0, started.err
    assert booted.run(which).out == before
