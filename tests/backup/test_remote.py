"""A repository on another machine that takes archives and gives none of them up. SSH itself is left out: what stands
in its place runs the very `borg serve` that the line in authorized_keys would."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from diwan_backup.errors import BackupError, RepositoryAway
from diwan_backup.init import init
from diwan_backup.prune import prune
from diwan_core.archives.settings import Repository

from tests.backup.kit import Centre

pytestmark = pytest.mark.slow


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The other machine: where it keeps repositories."""
    place, programs = tmp_path / "srv", tmp_path / "programs"
    place.mkdir()
    programs.mkdir()
    serve = f"exec borg serve --append-only --restrict-to-repository {place}/diwan"
    (programs / "ssh").write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/asked\n{serve}\n')
    (programs / "ssh").chmod(0o700)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return place


def remote(centre: Centre, machine: Path) -> Repository:
    """A repository there."""
    with centre.backups() as backups:
        return init(backups, f"ssh://diwan@backup.example.org{machine}/diwan", "remote").repository


def test_archives_go_to_another_machine_and_are_read_back(centre: Centre, machine: Path, tmp_path: Path) -> None:
    assert not remote(centre, machine).detached
    centre.make("remote")
    assert centre.verify("remote").problems == []
    asked = (tmp_path / "asked").read_text()
    assert "BatchMode=yes" in asked
    assert f"-i {centre.folder}/keys/backup/ssh" in asked
    assert (centre.folder / "keys/backup/ssh").stat().st_mode & 0o077 == 0


def test_the_centre_cannot_delete_what_is_there(centre: Centre, machine: Path) -> None:
    repository = remote(centre, machine)
    made = centre.make("remote")
    with centre.backups() as backups, pytest.raises(BackupError, match="custodian's console"):
        prune(backups, repository)
    with centre.backups() as backups:  # an intruder with all of the centre's keys
        backups.borg(repository).run("delete", backups.borg(repository).names(made.name))
    found = centre.verify("remote")
    assert found.missing == [made.name], "it is noticed"
    before = sum(path.stat().st_size for path in (machine / "diwan" / "data").rglob("*") if path.is_file())
    with centre.backups() as backups:
        backups.borg(repository).run("compact", repository.location)
    after = sum(path.stat().st_size for path in (machine / "diwan" / "data").rglob("*") if path.is_file())
    assert after >= before, "its pieces are still there: an older state of the repository brings it back"


def test_a_machine_that_does_not_answer_is_told_what_it_needs(
    centre: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ssh").write_text("#!/bin/sh\necho 'Permission denied (publickey).' >&2\nexit 255\n")
    (tmp_path / "ssh").chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with centre.backups() as backups, pytest.raises(RepositoryAway) as refused:
        init(backups, "ssh://diwan@backup.example.org/srv/diwan", "remote")
    public = (centre.folder / "keys/backup/ssh.pub").read_text().split()[1]
    assert 'command="borg serve --append-only --restrict-to-repository /srv/diwan",restrict' in str(refused.value)
    assert public in str(refused.value)
