"""Who looked at what stays written down: in order, unchanged, and seen when it is not."""

import sqlite3
import threading
from pathlib import Path

import pytest
from diwan_core.trust.reads import FILE, AuditUnusable, Look, ReadLog


def log_in(folder: Path) -> ReadLog:
    return ReadLog.open(folder, clock=lambda: 1_800_000_000.0)


def filled(folder: Path) -> ReadLog:
    log = log_in(folder)
    for number in range(5):
        log.note("amal", "officer", [Look("page", f"record-{number}", "case.page")])
    log.note("basim", "analyst", [Look("search", "", "kilo \x00\x1b[31m"), Look("export", "", "case csv")])
    return log


def test_rows_come_back_newest_first_by_person_and_by_record(tmp_path: Path) -> None:
    log = filled(tmp_path)
    assert [row.no for row in log.page(limit=3)] == [7, 6, 5]
    assert [row.no for row in log.page(before=3)] == [2, 1]
    assert [row.record for row in log.page(person="amal", record="record-2")] == ["record-2"]
    assert "\x00" not in log.page(person="basim")[-1].detail
    assert log.verify() is None and log.head()[0] == 7
    log.close()


def test_the_file_is_for_its_owner_only_and_refuses_changes(tmp_path: Path) -> None:
    filled(tmp_path).close()
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0
    connection = sqlite3.connect(tmp_path / FILE)
    for sql in ("update read set person='nobody'", "delete from read where no=3"):
        with pytest.raises(sqlite3.IntegrityError, match="append only"):
            connection.execute(sql)
    connection.close()


@pytest.mark.parametrize(
    "sql",
    ["update read set person='nobody' where no=3", "delete from read where no=3", "update read set at=at+1 where no=3"],
)
def test_a_row_changed_behind_our_back_is_named(tmp_path: Path, sql: str) -> None:
    filled(tmp_path).close()
    connection = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    connection.execute("drop trigger read_fixed")
    connection.execute("drop trigger read_kept")
    connection.execute(sql)
    connection.close()
    log = log_in(tmp_path)
    assert log.verify() == 3
    log.close()


def test_two_processes_and_many_threads_write_one_chain(tmp_path: Path) -> None:
    logs = [log_in(tmp_path), log_in(tmp_path)]
    threads = [
        threading.Thread(target=lambda log=log: [log.note("a", "officer", [Look("page", "x")]) for _ in range(20)])
        for log in logs * 2
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert logs[0].verify() is None and logs[0].head()[0] == 80
    for log in logs:
        log.close()


def test_a_log_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"this is no database, but long enough to be taken for one" * 40)
    with pytest.raises(AuditUnusable, match="cannot be used"):
        log_in(tmp_path)
