"""The fault table of backups, with real borg: after each fault nothing that was read back is lost, the state is told
truly, and the way out is one line."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_backup import borg as borg_module
from diwan_backup.cycle import cycle
from diwan_backup.errors import ClockDoubtful, NoRoom, ReadOnly, RepositoryAway, RepositoryLocked, WrongRepository
from diwan_backup.init import init
from diwan_backup.locks import holders
from diwan_backup.prune import prune
from diwan_backup.repair import repair, unlock
from diwan_core.archives.settings import BadSettings
from diwan_core.archives.standing import DAY_MS, standing, wrong
from diwan_core.exchange import erasure
from diwan_core.register import Register
from diwan_core.register.erasure.erase import BOTH
from diwan_core.trust import NodeKeys
from diwan_lab.command import program

from tests.backup.kit import Centre, copy_of
from tests.backup.test_restore import restore

pytestmark = pytest.mark.slow
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk: needs root")


def command(centre: Centre, *arguments: str, crash: str = "", given: str = "") -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, which dies like in a power cut where it passes `crash`."""
    environment = os.environ | ({"DIWAN_CRASH": crash} if crash else {})
    argv = [program(), "backup", *arguments]
    return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, input=given)


def run_again(centre: Centre) -> None:
    """The way out: the same command, and all is well."""
    done = command(centre, "run", "--dir", str(centre.folder), "--json", "--quiet")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["repositories"][0]["verified"] is True


def last_proven(centre: Centre) -> str:
    """The newest archive that was read back."""
    with centre.backups() as backups:
        found = backups.known().last_verified("a")
        return found.name if found else ""


# -- a process that is killed --------------------------------------------------------------------------------------


@pytest.mark.parametrize("point", ["backup-staged", "backup-written", "backup-read-back"])
def test_a_run_that_is_killed_loses_nothing_and_the_next_one_goes_on(centre: Centre, point: str) -> None:
    centre.repository("a")
    centre.make("a"), centre.verify("a")
    proven = last_proven(centre)
    killed = command(centre, "run", "--dir", str(centre.folder), "--quiet", crash=point)
    assert killed.returncode == -signal.SIGKILL
    assert last_proven(centre) == proven
    assert "backup_failed:a" not in dict(wrong(centre.folder, time.time_ns() // 1_000_000))
    run_again(centre)
    assert last_proven(centre) != proven
    assert not (centre.folder / "backup" / "staging").exists()
    with centre.backups() as backups:
        listed = backups.inventory(backups.borg(backups.settings.repository("a")))
        assert {one.id for one in listed} == {one.id for one in backups.known().archives}, "taken over by name and hash"


def test_borg_killed_in_mid_write_leaves_a_repository_that_goes_on(centre: Centre) -> None:
    centre.repository("a")
    centre.make("a"), centre.verify("a")
    big = os.urandom(40_000_000)
    (centre.folder / "mappings").mkdir()
    (centre.folder / "mappings" / "big").write_bytes(big)
    argv = [program(), "backup", "run", "--dir", str(centre.folder), "--quiet"]
    process = subprocess.Popen(argv, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    data = centre.place / "a.borg" / "data" / "0"
    before = sum(path.stat().st_size for path in data.iterdir())
    while sum(path.stat().st_size for path in data.iterdir()) < before + 2_000_000:
        assert process.poll() is None, "it ended before it had written anything"
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert holders(centre.place / "a.borg"), "its lock is left"
    run_again(centre)


@pytest.mark.parametrize("point", ["backup-pruning", "backup-deleted", "backup-compacting", "backup-compacted"])
def test_pruning_that_is_killed_is_finished_by_the_next_and_keeps_what_is_to_be_kept(
    centre: Centre, point: str
) -> None:
    centre.repository("a")
    centre.settle(daily=1, weekly=1, monthly=1)
    for _ in range(5):
        centre.make("a"), centre.verify("a")
    proven = last_proven(centre)
    killed = command(centre, "prune", "--dir", str(centre.folder), crash=point)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert last_proven(centre) == proven
    done = command(centre, "prune", "--dir", str(centre.folder), "--json")
    assert done.returncode == 0, done.stderr
    with centre.backups() as backups:
        assert len(backups.known().archives) == 3
        assert not backups.known().compact_due
    assert centre.verify("a").problems == centre.verify("a").missing == []


@pytest.mark.parametrize("point", ["backup-extracted", "backup-restored"])
def test_a_restore_that_is_killed_leaves_no_half_node_and_runs_again(centre: Centre, point: str) -> None:
    paper = centre.repository("a").paper_key
    centre.make("a")
    place = ["restore", "centre", str(centre.place / "a.borg"), "--to", str(centre.place / "new"), "--quiet"]
    killed = command(centre, *place, crash=point, given=paper + "\n")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not (centre.place / "new").exists()
    assert restore(centre, paper).exit_code == 0


# -- disks ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MB."""
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(place)], check=True)
    yield place
    subprocess.run(["umount", str(place)], check=True)


@as_root
def test_a_full_disk_keeps_the_archives_it_had(centre: Centre, small: Path) -> None:
    with centre.backups() as backups:
        init(backups, str(small / "a.borg"), "a")
    centre.make("a"), centre.verify("a")
    proven = last_proven(centre)
    (centre.folder / "mappings").mkdir()
    (centre.folder / "mappings" / "big").write_bytes(os.urandom(12_000_000))
    with pytest.raises(NoRoom, match="all archives that were there are still good"):
        centre.make("a")
    (centre.folder / "mappings" / "big").unlink()
    assert centre.verify("a").archive == proven
    assert last_proven(centre) == proven
    run_again(centre)


@as_root
def test_a_disk_that_cannot_be_written_is_named_so(centre: Centre, small: Path) -> None:
    with centre.backups() as backups:
        init(backups, str(small / "a.borg"), "a")
    centre.make("a"), centre.verify("a")
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    with pytest.raises(ReadOnly, match="mounted read-only"):
        centre.make("a")
    subprocess.run(["mount", "-o", "remount,rw", str(small)], check=True)
    run_again(centre)


@as_root
def test_a_disk_that_is_pulled_out_is_missed_and_welcome_again(centre: Centre, small: Path) -> None:
    with centre.backups() as backups:
        init(backups, str(small / "a.borg"), "a", detached=True)
    centre.make("a")
    (small / "a.borg").rename(small / "away")
    with pytest.raises(RepositoryAway, match="look whether its disk is mounted"):
        centre.make("a")
    with centre.backups() as backups:
        assert backups.chosen("") == [], "a disk that is taken home may be away"
    (small / "away").rename(small / "a.borg")
    run_again(centre)


def test_a_flipped_bit_is_found_and_repaired_by_the_next_archive(centre: Centre) -> None:
    centre.repository("a"), centre.repository("b")
    for name in ("a", "b"):
        centre.make(name), centre.verify(name)
    segment = max((centre.place / "a.borg" / "data" / "0").iterdir(), key=lambda path: path.stat().st_size)
    with segment.open("r+b") as file:
        file.seek(segment.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    assert centre.verify("a").problems, "it is not what was written"
    with centre.backups() as backups:
        assert backups.known().last_verified("a") is None
        assert backups.known().last_verified("b") is not None, "the other medium is as good as before"
        repair(backups, backups.settings.repository("a"))
    assert command(centre, "run", "--repository", "a", "--dir", str(centre.folder), "--quiet").returncode in (0, 1)
    assert last_proven(centre), "what was lost is archived again"


def test_a_cloned_disk_is_recognised_by_what_it_lacks(centre: Centre) -> None:
    centre.repository("a")
    centre.make("a")
    shutil.copytree(centre.place / "a.borg", centre.place / "clone.borg")
    centre.make("a")
    with centre.backups() as backups, pytest.raises((BadSettings, WrongRepository), match="copy of"):
        init(backups, str(centre.place / "clone.borg"), "clone")
    (centre.place / "a.borg").rename(centre.place / "true")
    (centre.place / "clone.borg").rename(centre.place / "a.borg")
    with pytest.raises(WrongRepository, match="cloned"):
        centre.make("a")


# -- locks and machines --------------------------------------------------------------------------------------------


@pytest.fixture
def held(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The lock of a repository, held by a borg that lives."""
    monkeypatch.setattr(borg_module, "LOCK_WAIT_S", 1)
    centre.repository("a")
    centre.make("a")
    place = centre.place / "a.borg"
    environment = {"PATH": "/usr/bin:/bin", "BORG_BASE_DIR": str(centre.place / "other"), "BORG_PASSPHRASE": "x"}
    process = subprocess.Popen(
        ["borg", "with-lock", str(place), "sleep", "300"], env=environment, start_new_session=True
    )
    while not holders(place):
        assert process.poll() is None
        time.sleep(0.02)
    yield place
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_the_lock_of_a_living_borg_is_not_broken(centre: Centre, held: Path) -> None:
    with pytest.raises(RepositoryLocked):
        centre.make("a")
    with centre.backups() as backups, pytest.raises(RepositoryLocked, match="wait until it has ended"):
        unlock(backups, backups.settings.repository("a"))
    assert holders(held)


def test_the_lock_of_a_dead_machine_on_a_disk_of_this_one_is_broken(centre: Centre) -> None:
    centre.repository("a")
    centre.make("a")
    place = centre.place / "a.borg"
    _leave_lock(place, "burnt.example@12345", 77)
    run_again(centre)
    assert holders(place) == []


def test_a_number_that_another_program_has_by_now_holds_no_lock(centre: Centre) -> None:
    centre.repository("a")
    centre.make("a")
    place = centre.place / "a.borg"
    _leave_lock(place, f"{socket.getfqdn()}@{uuid.getnode()}", os.getppid())
    run_again(centre)
    assert holders(place) == []


def _leave_lock(place: Path, host: str, pid: int) -> None:
    (place / "lock.exclusive").mkdir()
    (place / "lock.exclusive" / f"{host}.{pid}-0").touch()
    (place / "lock.roster").write_text(json.dumps({"exclusive": [[host, pid, 0]]}))


def test_two_machines_on_one_repository_are_noticed_by_both(centre: Centre) -> None:
    """A copy of the centre's folder, started on another machine, has the same keys and writes to the same place."""
    centre.repository("a")
    centre.make("a"), centre.verify("a")
    (centre.place / "elsewhere").mkdir()
    other = copy_of(centre.folder, centre.place / "elsewhere")
    foreign = other.make("a")
    found = centre.verify("a")
    assert found.problems == []
    assert found.unknown == [foreign.name]
    own = centre.make("a")
    assert own.name in other.verify("a").unknown
    with centre.backups() as backups:
        facts = cycle(backups, backups.settings.repository("a"), quiet=True)
    assert facts["unknown"] == [foreign.name]
    assert "deleted" not in facts, "nothing is deleted while somebody else is at work there"


# -- time ----------------------------------------------------------------------------------------------------------


def test_a_clock_a_year_back_deletes_nothing_and_backups_go_on(centre: Centre) -> None:
    centre.repository("a")
    centre.settle(daily=1, weekly=1, monthly=1)
    for _ in range(4):
        centre.make("a"), centre.verify("a")
    true_ms = centre.clock_ms
    centre.clock_ms -= 365 * DAY_MS
    assert "backup_clock" in dict(wrong(centre.folder, centre.clock_ms))
    with centre.backups() as backups:
        facts = cycle(backups, backups.settings.repository("a"), quiet=True)
        assert facts["verified"] is True
        assert "deleted" not in facts
        assert "nothing is deleted" in facts["warning"]
        with pytest.raises(ClockDoubtful):
            prune(backups, backups.settings.repository("a"))
        assert len(backups.known().archives) == 5
    centre.clock_ms = true_ms
    with centre.backups() as backups:
        assert prune(backups, backups.settings.repository("a")).deleted


def test_a_clock_a_year_ahead_deletes_no_more_than_a_day_does(centre: Centre) -> None:
    centre.repository("a")
    centre.make("a"), centre.verify("a")
    for _ in range(3):
        centre.clock_ms += 365 * DAY_MS
        centre.make("a"), centre.verify("a")
    with centre.backups() as backups:
        assert prune(backups, backups.settings.repository("a")).deleted == []


def test_a_timer_that_did_not_run_for_a_month_is_a_finding_though_nothing_ran(centre: Centre) -> None:
    centre.repository("a"), centre.repository("home", detached=True)
    centre.make("a"), centre.verify("a")
    assert "backup_second_never" in dict(wrong(centre.folder, centre.clock_ms))
    for name in ("a", "home"):
        centre.make(name), centre.verify(name)
    codes = dict(wrong(centre.folder, centre.clock_ms))
    assert codes.keys() == {"backup_key_unchecked"}
    assert "backup_old" in dict(wrong(centre.folder, centre.clock_ms + 2 * DAY_MS))
    later = dict(wrong(centre.folder, centre.clock_ms + 33 * DAY_MS))
    assert {"backup_very_old", "backup_second_old", "backup_drill_overdue"} <= later.keys()


# -- erasure -------------------------------------------------------------------------------------------------------


def test_an_archive_that_holds_what_was_erased_later_is_deleted_by_the_agreed_day(centre: Centre) -> None:
    centre.repository("a")
    centre.settle(erased_days=30, daily=400, weekly=0, monthly=0)
    centre.make("a"), centre.verify("a")
    with Register.open(centre.folder, role="writer") as register:
        record = register.store.one("SELECT r.id FROM record_case t JOIN record r ON r.no=t.no")
        erasure.order(register, NodeKeys.load(centre.folder), record, BOTH, "Article 17")
    for _ in range(4):
        centre.clock_ms += DAY_MS
        centre.make("a"), centre.verify("a")
    now = standing(centre.folder)
    assert now.holding_erased == 1
    with centre.backups() as backups:
        first = backups.known().archives[0].name
        assert prune(backups, backups.settings.repository("a")).deleted == [], "the day has not come"
    assert "backup_erased_overdue" in dict(wrong(centre.folder, now.erased_until_ms + 15 * DAY_MS))
    centre.clock_ms += 31 * DAY_MS
    centre.make("a"), centre.verify("a")
    with centre.backups() as backups:
        assert prune(backups, backups.settings.repository("a")).deleted == [first]
    assert standing(centre.folder).holding_erased == 0
