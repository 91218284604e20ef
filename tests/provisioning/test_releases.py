"""Releases of an installed machine: side by side, one in use, and back again when the new one fails."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from diwan_core.release import Layout, NoSuchRelease, ReleaseError, use


def installed(layout: Layout, version: str, role: str = "post", unit: str = "diwan-agent.service") -> None:
    """A release as the installer leaves it, its programs apart."""
    folder = layout.releases / version
    units = folder / "lib/systemd/system" / role
    units.mkdir(parents=True)
    (units / unit).write_text(f"[Service]\n# of {version}\n")
    (units / "diwan.target").write_text("[Unit]\n")
    (folder / "release.json").write_text(json.dumps({"version": version, "dictionary": 2, "built": "2026-11-29"}))


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path)
    made.settings.mkdir(parents=True)
    (made.settings / "roles").write_text("post\n")
    made.data("post").mkdir(parents=True)
    (made.data("post") / "node.toml").write_text("")
    installed(made, "0.1.0")
    installed(made, "0.2.0")
    return made


class Machine:
    """Stands for the service manager: which release is in use decides which services are up."""

    def __init__(self, layout: Layout, broken: Sequence[str] = ()) -> None:
        self.layout, self.broken, self.now = layout, broken, 0.0
        self.asked: list[str] = []

    def run(self, argv: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        self.asked.append(" ".join(argv[:2]) if argv[0] == "systemctl" else " ".join(argv))
        current = self.layout.current()
        down = argv[1] == "is-active" and current is not None and current.version in self.broken
        return subprocess.CompletedProcess(argv, 3 if down else 0, "", "")

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_the_versions_are_listed_in_their_order(layout: Layout) -> None:
    for version in ("0.10.0", "0.2.0rc1"):
        installed(layout, version)
    assert [release.version for release in layout.installed()] == ["0.1.0", "0.2.0rc1", "0.2.0", "0.10.0"]


def test_an_installation_that_was_interrupted_does_not_count(layout: Layout) -> None:
    (layout.releases / "0.3.0/bin").mkdir(parents=True)
    assert "0.3.0" not in [release.version for release in layout.installed()]
    with pytest.raises(NoSuchRelease, match="not installed"):
        layout.release("0.3.0")


@pytest.mark.parametrize("version", ["../../etc", "0.1.0/../0.2.0", "", "latest"])
def test_a_version_is_a_version_and_no_path(version: str, layout: Layout) -> None:
    with pytest.raises(NoSuchRelease):
        layout.release(version)


def test_the_new_release_is_migrated_to_before_it_is_switched_to(layout: Layout) -> None:
    machine = Machine(layout)
    done = use(layout, "0.1.0", machine.run, machine.sleep, lambda: machine.now)
    assert (done.now, done.reason) == ("0.1.0", "")
    done = use(layout, "0.2.0", machine.run, machine.sleep, lambda: machine.now)
    assert (done.before, done.now, done.reason) == ("0.1.0", "0.2.0", "")
    current = layout.current()
    assert current is not None and current.version == "0.2.0"
    assert "# of 0.2.0" in (layout.units / "diwan-agent.service").read_text()
    migration = next(i for i, what in enumerate(machine.asked) if "0.2.0/bin/diwan post migrate" in what)
    restarts = [i for i, what in enumerate(machine.asked) if what == "systemctl restart"]
    assert restarts[0] < migration < restarts[1]


def test_a_release_that_does_not_become_healthy_is_left_again(layout: Layout) -> None:
    machine = Machine(layout, broken=["0.2.0"])
    use(layout, "0.1.0", machine.run, machine.sleep, lambda: machine.now)
    done = use(layout, "0.2.0", machine.run, machine.sleep, lambda: machine.now)
    assert done.now == "0.1.0"
    assert "diwan-agent" in done.reason
    current = layout.current()
    assert current is not None and current.version == "0.1.0"
    assert "# of 0.1.0" in (layout.units / "diwan-agent.service").read_text()


def test_when_the_data_cannot_be_migrated_nothing_changes(layout: Layout) -> None:
    machine = Machine(layout)
    use(layout, "0.1.0", machine.run, machine.sleep, lambda: machine.now)

    def refuses(argv: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        return subprocess.CompletedProcess(argv, 1, "", "the disk is full")

    with pytest.raises(ReleaseError, match="disk is full"):
        use(layout, "0.2.0", refuses, machine.sleep, lambda: machine.now)
    current = layout.current()
    assert current is not None and current.version == "0.1.0"


def test_units_of_the_newer_release_go_when_it_goes(layout: Layout) -> None:
    units = layout.releases / "0.2.0/lib/systemd/system/post"
    (units / "diwan-new.service").write_text("[Service]\n")
    machine = Machine(layout)
    use(layout, "0.2.0", machine.run, machine.sleep, lambda: machine.now)
    assert (layout.units / "diwan-new.service").exists()
    (layout.units / "other.service").write_text("[Service]\n")
    (layout.units / "diwan-session-log.path").write_text("[Path]\n")
    use(layout, "0.1.0", machine.run, machine.sleep, lambda: machine.now)
    assert not (layout.units / "diwan-new.service").exists()
    assert (layout.units / "other.service").exists(), "what is not ours is left alone"
    assert (layout.units / "diwan-session-log.path").exists(), "what the playbooks brought stays"


def test_a_role_that_is_none_is_named(layout: Layout) -> None:
    (layout.settings / "roles").write_text("kitchen\n")
    with pytest.raises(ReleaseError, match="kitchen"):
        layout.roles()
