"""Who looked at what stays written down: in order, unchanged, and seen when it is not."""

import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from diwan_core.trust.access_log.log import FILE, AuditUnusable, Look, ReadLog
from diwan_core.trust.access_log.log_row import page_sql


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
    assert "\x00" not in (log.page(person="basim")[-1].detail or "")
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
    (tmp_path / FILE).write_bytes(b"this is not a database, but long enough to be taken for one" * 40)
    with pytest.raises(AuditUnusable, match="cannot be used"):
        log_in(tmp_path)


def test_pages_of_a_day_follow_the_clock_and_leave_nothing_out(tmp_path: Path) -> None:
    moments = iter([100.0, 200.0, 300.0, 250.0, 250.0, 400.0])  # the clock was put back once
    log = ReadLog.open(tmp_path, clock=lambda: next(moments))
    for number in range(6):
        log.note("amal", "officer", [Look("page", f"record-{number}")])
    whole = [row.no for row in log.page(since=200_000, until=400_000)]
    assert whole == [3, 5, 4, 2]
    first = log.page(since=200_000, until=400_000, limit=2)
    assert [row.no for row in (*first, *log.page(since=200_000, until=400_000, before=first[-1].no))] == whole
    assert [row.no for row in log.page(since=200_000, person="amal")] == [6, 5, 4, 3, 2]
    log.close()


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({}, "INTEGER PRIMARY KEY (rowid<?)"),
        ({"person": "a"}, "INDEX read_person (person=? AND rowid<?)"),
        ({"record": "b", "person": "a"}, "INDEX read_record (record=? AND rowid<?)"),
        ({"since": 1, "until": 2}, "INDEX read_at (at>? AND at<?)"),
        ({"since": 1, "until": 2, "before": 7}, "INDEX read_at (at>? AND at<?)"),
        ({"since": 1, "until": 2, "person": "a"}, "INDEX read_person (person=? AND rowid<?)"),
    ],
)
def test_a_page_of_a_long_log_follows_one_index_and_sorts_nothing(
    tmp_path: Path, asked: dict[str, Any], index: str
) -> None:
    log = filled(tmp_path)
    sql, values = page_sql(**{"before": None, "person": "", "record": "", "since": None, "until": None, **asked})
    connection = sqlite3.connect(tmp_path / FILE)
    plan = [row[3] for row in connection.execute(f"explain query plan {sql} limit 50", values)]
    connection.close()
    log.close()
    assert plan[0] == f"SEARCH read USING {index}"
    assert not any("TEMP B-TREE" in step for step in plan)


def test_words_can_be_erased_and_nothing_else(tmp_path: Path) -> None:
    log = filled(tmp_path)
    (before,) = log.page(person="basim", before=7)
    assert log.forget("record-9", lambda words: "kilo" in words) == 1
    row = log.page(person="basim")[-1]
    assert (row.detail, row.salt, row.seal) == (None, None, before.seal)
    (said,) = log.page(record="record-9")
    assert (said.how, said.detail) == ("erasure", "6")
    assert log.verify() is None and log.purge()
    assert b"kilo" not in (tmp_path / FILE).read_bytes()
    connection = sqlite3.connect(tmp_path / FILE)
    for sql in (
        "update read set detail=null, salt=null",
        "update read set detail=null, salt=null, commitment=x'00', at=1",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="append only"):
            connection.execute(f"{sql} where no=7")
    connection.close()
    log.close()


def test_a_log_of_the_layout_before_is_taken_over(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    connection.execute(
        "create table read (no integer primary key, at integer not null, person text not null, role text not null, "
        "how text not null, record text not null, detail text not null, seal blob not null) strict"
    )
    connection.execute("create index read_record on read (record)")
    connection.execute("create index read_person on read (person)")
    connection.execute("create trigger read_kept before delete on read begin select raise(abort, 'append only'); end")
    connection.execute("create trigger read_fixed before update on read begin select raise(abort, 'append only'); end")
    connection.execute("insert into read values (1, 5, 'amal', 'officer', 'search', '', 'case: kilo', x'00')")
    connection.close()
    log = log_in(tmp_path)
    (row,) = log.page()
    assert (row.no, row.at, row.person, row.detail) == (1, 5, "amal", "case: kilo")
    assert log.verify() is None
    log.close()
