"""A simulated disk keeps what was synced, and of the rest whatever a real one might."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from diwan_core.trust.files import write_private

from tests.simulation.disk import SimulatedDisk
from tests.simulation.faults import Died
from tests.simulation.stored import SECTOR, torn
from tests.simulation.vfs import SimulatedSqlite

Doing = Callable[[SimulatedDisk], None]
OLD, NEW = b"o" * 3000, b"n" * 3000


def outcomes(memory: Path, prepare: Doing, then: Doing, cuts: int = 100) -> list[dict[str, bytes]]:
    """What lies on a disk after power cuts at the same moment of the same story, each with another seed."""
    found = []
    for seed in range(cuts):
        disk = SimulatedDisk(memory / str(seed), random.Random(seed))
        prepare(disk)
        disk.restore(disk.snapshot())
        then(disk)
        disk.power_cut()
        found.append({path.name: path.read_bytes() for path in sorted(disk.root.iterdir()) if path.is_file()})
    return found


def nothing(_: SimulatedDisk) -> None:
    pass


def old_file(disk: SimulatedDisk) -> None:
    (disk.root / "file").write_bytes(OLD)


def test_what_was_synced_is_there_after_every_power_cut(memory: Path) -> None:
    def write_and_sync(disk: SimulatedDisk) -> None:
        (disk.root / "file").write_bytes(NEW)
        disk.sync_file(disk.root / "file")

    assert outcomes(memory, nothing, write_and_sync) == [{"file": NEW}] * 100


def test_what_was_not_synced_is_there_or_gone_or_torn(memory: Path) -> None:
    def write(disk: SimulatedDisk) -> None:
        (disk.root / "file").write_bytes(NEW)

    found = outcomes(memory, nothing, write)
    assert {} in found
    contents = {one["file"] for one in found if one}
    assert {b"", NEW} < contents
    for content in contents:
        sectors = {content[at : at + SECTOR] for at in range(0, len(content), SECTOR)}
        assert all(set(sector) in ({0}, {ord("n")}) for sector in sectors), "a sector is whole or not there"


def test_a_change_in_place_may_be_torn_between_sectors_only(memory: Path) -> None:
    def overwrite(disk: SimulatedDisk) -> None:
        with (disk.root / "file").open("r+b") as file:
            file.write(NEW)

    contents = {one["file"] for one in outcomes(memory, old_file, overwrite)}
    assert {OLD, NEW} < contents
    assert all(set(one[at : at + SECTOR]) in ({111}, {110}) for one in contents for at in range(0, 3000, SECTOR))
    assert all(len(one) == 3000 for one in contents)


def test_a_file_renamed_without_a_sync_may_be_empty_afterwards(memory: Path) -> None:
    def replace(disk: SimulatedDisk) -> None:
        (disk.root / "new").write_bytes(NEW)
        disk.replace(disk.root / "new", disk.root / "file")

    found = outcomes(memory, old_file, replace)
    assert {one["file"] for one in found} > {OLD, NEW, b""}
    assert any(one.get("new") is not None and one["file"] == OLD for one in found), "the rename itself can be lost"


def test_a_private_file_of_the_product_is_the_old_or_the_new_one(memory: Path, sqlite: SimulatedSqlite) -> None:
    seen = set()
    for operation in range(1, 5):
        for seed in range(20):
            disk = sqlite.add(SimulatedDisk(memory / f"{operation}-{seed}", random.Random(seed)))
            old_file(disk)
            disk.restore(disk.snapshot())
            disk.faults.die_at(operation)
            told = True
            try:
                write_private(disk.root / "file", NEW)
            except Died:
                told = False
            disk.power_cut()
            content = (disk.root / "file").read_bytes()
            assert content in (OLD, NEW)
            assert content == NEW or not told
            seen.add((told, content))
            sqlite.disks.remove(disk)
    assert seen == {(False, OLD), (False, NEW), (True, NEW)}


def test_names_become_durable_in_the_order_in_which_they_were_given(memory: Path) -> None:
    def make_three(disk: SimulatedDisk) -> None:
        for name in ("first", "second", "third"):
            (disk.root / name).write_bytes(b"")
            disk.replace(disk.root / name, disk.root / f"{name}-whole")

    found = outcomes(memory, nothing, make_three)
    assert {tuple(one) for one in found} == {
        (),
        ("first",),
        ("first-whole",),
        ("first-whole", "second"),
        ("first-whole", "second-whole"),
        ("first-whole", "second-whole", "third"),
        ("first-whole", "second-whole", "third-whole"),
    }


def test_a_synced_folder_keeps_its_names_and_what_was_taken_away_stays_away(memory: Path) -> None:
    def do(disk: SimulatedDisk) -> None:
        (disk.root / "new").write_bytes(NEW)
        disk.sync_file(disk.root / "new")
        disk.link(disk.root / "new", disk.root / "second name")
        disk.unlink(disk.root / "new")
        (disk.root / "file").unlink()
        disk.sync_folder(disk.root)

    assert outcomes(memory, old_file, do, 50) == [{"second name": NEW}] * 50


def test_a_killed_process_leaves_all_it_wrote_but_a_power_cut_after_that_may_still_take_it(memory: Path) -> None:
    def write_and_kill(disk: SimulatedDisk) -> None:
        (disk.root / "file").write_bytes(NEW)
        disk.killed()
        assert (disk.root / "file").read_bytes() == NEW

    assert {} in outcomes(memory, nothing, write_and_kill, 50)


def test_what_a_dead_node_still_does_reaches_no_disk(memory: Path) -> None:
    disk = SimulatedDisk(memory / "a", random.Random(1))
    (disk.root / "file").write_bytes(OLD)
    disk.faults.die_at(disk.operations + 1)
    with pytest.raises(Died):
        disk.sync_file(disk.root / "file")
    (disk.root / "file").write_bytes(NEW)
    (disk.root / "other").write_bytes(NEW)
    with pytest.raises(Died):
        disk.unlink(disk.root / "file")
    disk.killed()
    assert [(path.name, path.read_bytes()) for path in disk.root.iterdir()] == [("file", OLD)]
    disk.sync_file(disk.root / "file")


def test_a_file_made_after_the_death_is_gone_though_somebody_tried_to_sync_it(memory: Path) -> None:
    disk = SimulatedDisk(memory / "a", random.Random(1))
    disk.dies()
    (disk.root / "folder").mkdir()
    (disk.root / "folder" / "file").write_bytes(NEW)
    for door in (disk.sync_file, disk.unlink, disk.inode):
        with pytest.raises(Died):
            door(disk.root / "folder" / "file")
    disk.killed()
    assert list(disk.root.iterdir()) == []


def test_a_full_disk_says_so_when_a_file_is_synced(memory: Path) -> None:
    disk = SimulatedDisk(memory / "a", random.Random(1))
    disk.faults.full(4000)
    for name in ("one", "two"):
        (disk.root / name).write_bytes(NEW)
    with pytest.raises(OSError, match="No space") as full:
        disk.sync_file(disk.root / "two")
    assert full.value.errno == errno.ENOSPC
    disk.unlink(disk.root / "one")
    disk.sync_file(disk.root / "two")


def test_after_a_sync_that_failed_the_next_one_writes_nothing(memory: Path) -> None:
    left = set()
    for seed in range(30):
        disk = SimulatedDisk(memory / str(seed), random.Random(seed))
        (disk.root / "file").write_bytes(NEW)
        disk.faults.fail_sync(after=0)
        with pytest.raises(OSError, match="Input/output error"):
            disk.sync_file(disk.root / "file")
        disk.sync_file(disk.root / "file")
        disk.power_cut()
        left.add((disk.root / "file").read_bytes())
    assert b"" in left, "lost, though the second sync said that all is well"


def test_faults_meet_the_operations_they_were_armed_for(memory: Path) -> None:
    disk = SimulatedDisk(memory / "a", random.Random(1))
    (disk.root / "file").write_bytes(OLD)
    disk.faults.fail_name(after=1, error=errno.EROFS, times=2)
    failed = []
    for number in range(5):
        try:
            disk.link(disk.root / "file", disk.root / str(number))
        except OSError as error:
            failed.append((number, error.errno))
    assert failed == [(1, errno.EROFS), (2, errno.EROFS)]


def test_a_disk_put_back_is_as_it_was_and_durable(memory: Path) -> None:
    disk = SimulatedDisk(memory / "a", random.Random(1))
    (disk.root / "folder").mkdir()
    (disk.root / "folder" / "file").write_bytes(OLD)
    os.link(disk.root / "folder" / "file", disk.root / "link")
    before, number = disk.snapshot(), disk.inode(disk.root / "link")
    (disk.root / "folder" / "file").write_bytes(NEW)
    (disk.root / "later").write_bytes(NEW)
    disk.restore(before)
    disk.power_cut()
    assert disk.snapshot() == before
    assert os.path.samefile(disk.root / "folder" / "file", disk.root / "link")
    assert disk.inode(disk.root / "link") == number
    disk.restore(before, new_inodes=True)
    assert disk.inode(disk.root / "link") != number


def test_a_clone_is_the_same_and_goes_its_own_way(memory: Path) -> None:
    disk, clone = (SimulatedDisk(memory / name, random.Random(1)) for name in ("a", "b"))
    old_file(disk)
    disk.copy_to(clone)
    (disk.root / "file").write_bytes(NEW)
    assert (clone.root / "file").read_bytes() == OLD
    assert clone.inode(clone.root / "file") == disk.inode(disk.root / "file")


def test_the_same_seed_leaves_the_same_bytes(memory: Path) -> None:
    def story(disk: SimulatedDisk) -> None:
        for number in range(20):
            (disk.root / str(number)).write_bytes(bytes([number]) * 5000)
            if number % 3 == 0:
                disk.sync_file(disk.root / str(number))
            if number % 5 == 0:
                disk.sync_folder(disk.root)
            (disk.root / str(number // 2)).write_bytes(bytes([number]) * 7000)

    first, second = (outcomes(memory / run, nothing, story, 20) for run in ("first", "second"))
    assert first == second
    assert len({str(one) for one in first}) > 15


def test_each_sector_is_one_of_the_versions_it_had(memory: Path) -> None:
    chance = random.Random(4)
    for _ in range(300):
        durable = chance.randbytes(chance.randint(0, 4 * SECTOR))
        states, changes = [bytearray(durable)], []
        for _ in range(chance.randint(1, 8)):
            state = bytearray(states[-1])
            data = chance.randbytes(chance.randint(1, 2 * SECTOR)) if chance.random() < 0.8 else None
            offset = chance.randint(0, len(state))
            state[offset : len(state) if data is None else offset + len(data)] = data or b""
            states.append(state)
            changes.append((offset, data))
        longest = max(map(len, states))
        left = torn(durable, changes, chance)
        assert len(left) <= longest
        if any(data is None for _, data in changes):
            continue  # what was cut off may come back as zeros
        for at in range(0, len(left), SECTOR):
            seen = left[at : at + SECTOR]
            assert any(bytes(one[at : at + SECTOR]).ljust(SECTOR, b"\0").startswith(seen) for one in states)
