"""A repository on another machine that takes archives and gives none of them up. SSH itself is left out: what stands
in its place runs the very `borg serve` that the line in authorized_keys would."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from diwan_backup.errors import BackupError, RepositoryAway
from diwan_backup.init import init
from diwan_backup.prune import prune
from diwan_core.archives import settings as all_settings
from diwan_core.archives.settings import Repository

from tests.backup.escrow_kit import Three
from tests.backup.kit import Centre
from tests.custody.kit import name, refused, told

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


def test_two_custodians_prune_it_with_a_key_that_may_delete(
    centre: Centre, machine: Path, three: Three, tmp_path: Path
) -> None:
    repository = remote(centre, machine)
    name(centre.folder, three)
    with centre.backups() as backups:
        settings = msgspec.structs.replace(backups.settings, daily=1, weekly=1, monthly=1)
        all_settings.save(centre.folder, settings)
    for _ in range(5):
        centre.make("remote")
        centre.verify("remote")
    centre.verify("remote")
    key, act = tmp_path / "stick-key", tmp_path / "prune.act"
    key.touch()
    script = f'#!/bin/sh\ncase "$*" in *{key}*) exec borg serve ;; esac\nexec borg serve --append-only\n'
    (tmp_path / "programs/ssh").write_text(script)
    pruning = ("backup", "prune", "--dir", centre.folder, "--repository", "remote", "--ssh-key", key)
    assert "two custodians must agree" in refused(*pruning)
    going = told(*pruning, "--ask", act)["archives"]
    assert len(going) == 2
    three[0].sign(act)
    assert "signatures of 2" in refused(*pruning, "--act", act)
    three[1].sign(act)
    centre_has_one_more = centre.make("remote").name
    centre.verify("remote")
    assert "the present state" in refused(*pruning, "--act", act), "other archives would go than those they agreed to"
    act.unlink()
    going = told(*pruning, "--ask", act)["archives"]
    three[0].sign(act)
    three[2].sign(act)
    assert told(*pruning, "--act", act)["repositories"][0]["deleted"] == going
    assert centre.verify("remote").missing == []
    assert centre_has_one_more not in going
    assert repository.name == "remote"


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
