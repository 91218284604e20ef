"""SQLite on a simulated disk: everything it can do, and nothing it was told is durable is ever lost."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.simulation import sqlite_abi
from tests.simulation.disk import SimulatedDisk
from tests.simulation.vfs import NAME, SimulatedSqlite, installed


@pytest.fixture
def disk(memory: Path, sqlite: SimulatedSqlite) -> SimulatedDisk:
    """A disk with nothing on it."""
    return sqlite.add(SimulatedDisk(memory / "node", random.Random(2)))


@contextmanager
def opened(disk: SimulatedDisk) -> Iterator[sqlite3.Connection]:
    """A connection with a log, whose commits are durable."""
    with closing(sqlite3.connect(disk.root / "a.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS t (a)")
        yield connection


def count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM t").fetchone()[0])


def test_connections_of_one_process_share_a_database_with_a_log(disk: SimulatedDisk) -> None:
    with opened(disk) as writer:
        uri = f"file:{disk.root / 'a.db'}?mode=ro&vfs={NAME}"
        with closing(sqlite3.connect(uri, uri=True)) as reader, opened(disk) as other:
            writer.execute("BEGIN IMMEDIATE")
            writer.execute("INSERT INTO t VALUES (1)")
            other.execute("PRAGMA busy_timeout=0")
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("INSERT INTO t VALUES (2)")
            assert count(reader) == 0
            writer.execute("COMMIT")
            assert count(reader) == 1
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                reader.execute("INSERT INTO t VALUES (3)")
            assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)
            assert count(reader) == 1
    assert [path.name for path in disk.root.iterdir()] == ["a.db"], "the last one closes the log"


@pytest.mark.parametrize("mode", ["DELETE", "TRUNCATE", "PERSIST"])
def test_databases_without_a_log_survive_power_cuts_too(disk: SimulatedDisk, mode: str) -> None:
    told, chance = 0, random.Random(3)
    for _ in range(60):
        disk.faults.die_at(disk.operations + chance.randint(1, 60))
        try:
            with closing(sqlite3.connect(disk.root / "a.db", isolation_level=None)) as connection:
                connection.execute(f"PRAGMA journal_mode={mode}")
                connection.execute("PRAGMA synchronous=EXTRA")
                connection.execute("CREATE TABLE IF NOT EXISTS t (a)")
                while True:
                    connection.execute("INSERT INTO t VALUES (zeroblob(3000))")
                    told += 1
        except sqlite3.Error:
            assert disk.dead
        disk.power_cut()
        with closing(sqlite3.connect(disk.root / "a.db")) as connection:
            found = count(connection) if told else 0
            assert found in (told, told + 1)
            told = found
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert told > 50


def test_connections_of_a_dead_node_reach_nothing_whenever_they_are_closed(disk: SimulatedDisk) -> None:
    dead = [sqlite3.connect(disk.root / "a.db", isolation_level=None) for _ in range(3)]
    dead[0].execute("PRAGMA journal_mode=WAL")
    dead[0].execute("CREATE TABLE t (a)")
    dead[1].execute("BEGIN IMMEDIATE")
    dead[1].execute("INSERT INTO t VALUES ('never committed')")
    dead[2].execute("BEGIN")
    dead[2].execute("SELECT * FROM t").fetchall()
    disk.killed()
    with opened(disk) as alive:
        alive.execute("BEGIN IMMEDIATE")
        alive.execute("INSERT INTO t VALUES (1)")
        dead[1].close()
        with pytest.raises(sqlite3.OperationalError, match="disk I/O error"):
            dead[0].execute("INSERT INTO t VALUES (2)")
        dead[0].close()
        alive.execute("COMMIT")
        assert alive.execute("SELECT a FROM t").fetchall() == [(1,)]
        dead[2].close()
        alive.execute("INSERT INTO t VALUES (3)")
        assert count(alive) == 2
        assert (disk.root / "a.db-shm").exists(), "the index of the living is still there"


def test_a_kill_keeps_what_was_written_and_leaves_the_log_as_it_is(disk: SimulatedDisk) -> None:
    connection = sqlite3.connect(disk.root / "a.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("CREATE TABLE t (a)")
    for number in range(100):
        connection.execute("INSERT INTO t VALUES (?)", (number,))
    log = (disk.root / "a.db-wal").read_bytes()
    disk.killed()
    connection.close()
    assert (disk.root / "a.db-wal").read_bytes() == log
    with opened(disk) as after:
        assert count(after) == 100


@pytest.mark.parametrize("closed", [True, False])
def test_who_starts_after_a_kill_has_a_file_of_its_own_where_a_dead_one_has_the_old_one_open(
    disk: SimulatedDisk, closed: bool
) -> None:
    dead = [sqlite3.connect(disk.root / "a.db", isolation_level=None) for _ in range(2)]
    dead[0].execute("PRAGMA journal_mode=WAL")
    dead[0].execute("CREATE TABLE t (a)")
    dead[1].execute("BEGIN IMMEDIATE")
    dead[1].execute("INSERT INTO t VALUES (1)")
    before = (disk.root / "a.db").stat().st_ino
    disk.dies()
    dead[0].close()
    if closed:
        dead[1].close()
    disk.killed()
    assert ((disk.root / "a.db").stat().st_ino == before) == closed
    with opened(disk) as alive:
        alive.execute("INSERT INTO t VALUES (2)")
        dead[1].close()
        assert count(alive) == 1
        assert sqlite_has(disk, "a.db")
    assert [path.name for path in disk.root.iterdir()] == ["a.db"]


def sqlite_has(disk: SimulatedDisk, name: str) -> bool:
    """Whether SQLite has this file open."""
    return disk.inode(disk.root / name) in disk.open_files


def test_a_database_put_back_whose_file_holds_the_same_bytes_has_an_index_of_its_own(disk: SimulatedDisk) -> None:
    """SQLite shares the index of a log among all in one process that have the same file of the database open."""
    with opened(disk) as before:
        before.execute("INSERT INTO t VALUES (1)")
        copy = disk.snapshot()
        before.execute("INSERT INTO t VALUES (2)")
        disk.restore(copy, new_inodes=True)
        with opened(disk) as after:
            assert count(after) == 1


def test_the_same_seed_writes_the_same_bytes(memory: Path, sqlite: SimulatedSqlite) -> None:
    def run(name: str, seed: int) -> list[dict[str, bytes]]:
        disk = sqlite.add(SimulatedDisk(memory / name, random.Random(seed)))
        sqlite.chance = random.Random(seed)
        sqlite.reseed()
        seen = []
        for boot in range(12):
            disk.faults.die_at(disk.operations + 25 + 7 * boot)
            with suppress(sqlite3.Error), opened(disk) as connection:
                while not disk.dead:
                    connection.execute("INSERT INTO t VALUES (randomblob(700))")
            disk.power_cut()
            seen.append({one: entry.content or b"" for one, entry in disk.snapshot().items()})
        return seen

    first, again, other = run("first", 5), run("again", 5), run("other", 6)
    assert first == again
    assert other != first
    assert any("a.db-wal" in one for one in first)


def test_a_full_disk_refuses_what_needs_more_room(disk: SimulatedDisk) -> None:
    with opened(disk) as connection:
        connection.execute("INSERT INTO t VALUES (1)")
        disk.faults.full(disk.used() + 10_000)
        with pytest.raises(sqlite3.OperationalError, match="full"):
            connection.execute("INSERT INTO t VALUES (zeroblob(100000))")
        connection.execute("INSERT INTO t VALUES (2)")
        disk.faults.full(None)
        connection.execute("INSERT INTO t VALUES (zeroblob(100000))")
        assert count(connection) == 3


def test_errors_meet_the_operation_they_were_armed_for(disk: SimulatedDisk) -> None:
    with opened(disk) as connection:
        connection.execute("INSERT INTO t VALUES (1)")
        disk.faults.fail_write(after=0)
        with pytest.raises(sqlite3.OperationalError) as failed:
            connection.execute("INSERT INTO t VALUES (2)")
        assert failed.value.sqlite_errorname == "SQLITE_IOERR_WRITE"
        disk.faults.fail_sync(after=0)
        with pytest.raises(sqlite3.OperationalError) as failed:
            connection.execute("INSERT INTO t VALUES (3)")
        assert failed.value.sqlite_errorname == "SQLITE_IOERR_FSYNC"
        assert connection.execute("SELECT a FROM t").fetchall() == [(1,)]


def test_reads_fail_or_find_too_little(disk: SimulatedDisk) -> None:
    with opened(disk) as connection:
        connection.execute("INSERT INTO t VALUES (1)")
    with closing(sqlite3.connect(disk.root / "a.db")) as connection:
        disk.faults.fail_read(after=0)
        with pytest.raises(sqlite3.OperationalError) as failed:
            count(connection)
        assert failed.value.sqlite_errorname == "SQLITE_IOERR_READ"
        assert count(connection) == 1
    disk.faults.short_read(after=0, times=1000)
    with closing(sqlite3.connect(disk.root / "a.db")) as connection:
        with pytest.raises(sqlite3.DatabaseError) as harmed:
            count(connection)
        assert harmed.value.sqlite_errorname == "SQLITE_CORRUPT"


def test_a_log_that_is_read_too_short_is_said_to_be_so(disk: SimulatedDisk) -> None:
    """Also while it is gone through for what was committed: nothing of it is taken for the whole."""
    with opened(disk) as connection:
        for number in range(20):
            connection.execute("INSERT INTO t VALUES (?)", (number,))
        disk.killed()
        disk.faults.short_read_of_log(after=0, times=1000)
        with closing(sqlite3.connect(disk.root / "a.db")) as again:
            with pytest.raises(sqlite3.OperationalError) as failed:
                count(again)
            assert failed.value.sqlite_errorname == "SQLITE_IOERR_SHORT_READ"
        disk.faults.clear()
        with closing(sqlite3.connect(disk.root / "a.db")) as again:
            assert count(again) == 20


class FiveOClock:
    """A clock that stands still but when somebody sleeps."""

    slept_us = 0

    def wall_ms(self) -> int:
        """Five in the morning of the first of May 2031."""
        return 1_935_378_000_000 + self.slept_us // 1000

    def sleep_us(self, microseconds: int) -> None:
        """Count it."""
        self.slept_us += microseconds


def test_moments_and_waiting_come_from_the_simulated_clock(disk: SimulatedDisk, sqlite: SimulatedSqlite) -> None:
    clock = sqlite.clock = FiveOClock()
    with opened(disk) as writer, opened(disk) as other:
        assert writer.execute("SELECT datetime('now')").fetchone() == ("2031-05-01 05:00:00",)
        writer.execute("BEGIN IMMEDIATE")
        other.execute("PRAGMA busy_timeout=3600000")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("INSERT INTO t VALUES (1)")
        assert clock.slept_us >= 3_599_000_000


def test_files_elsewhere_are_left_alone(memory: Path, disk: SimulatedDisk, sqlite: SimulatedSqlite) -> None:
    with closing(sqlite3.connect(memory / "elsewhere.db")) as connection:
        connection.execute("CREATE TABLE t (a)")
        assert sqlite.open_files(disk) == []
    assert disk.operations == 0


def test_a_mistake_inside_a_callback_comes_to_light(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken(_: str) -> None:
        raise ZeroDivisionError("a mistake of the simulation")

    def open_on_a_mistaken_disk() -> None:
        with installed(random.Random(1)) as sqlite:
            disk = sqlite.add(SimulatedDisk(memory / "a", random.Random(1)))
            monkeypatch.setattr(disk, "noticed", mistaken)
            with pytest.raises(sqlite3.OperationalError, match="unable to open"):
                sqlite3.connect(disk.root / "a.db")

    with pytest.raises(ZeroDivisionError, match="a mistake"):
        open_on_a_mistaken_disk()


def test_a_sqlite_that_cannot_be_reached_is_named_with_the_remedy() -> None:
    with pytest.raises(sqlite_abi.NoSqlite, match="distribution's Python"):
        sqlite_abi.library("libc.so.6")
