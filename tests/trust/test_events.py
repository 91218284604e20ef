"""Events stay in the log of reads as code and parameters, and a flood of refusals stays small."""

import sqlite3
import threading
from pathlib import Path

import pytest
from diwan_core.trust.access_log.event_tally import GROWTH, INTERVAL_MS, KEYS, LEFT_OUT, MOST_KEYS, EventTally
from diwan_core.trust.access_log.events import (
    EVENTS,
    LONGEST,
    NOTHING_TYPED,
    UnknownEvent,
    event,
    event_of,
    filters,
    typed_in,
)
from diwan_core.trust.access_log.log import FILE, Look, ReadLog, note_event
from diwan_core.trust.access_log.log_row import EVENT_MARK, HOWS


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


def counts(log: ReadLog, code: str) -> list[int]:
    """How many each row of a code stands for, the oldest first."""
    found = [event_of(row.detail) for row in log.rows()]
    return [int(one.parameters["count"]) for one in found if one is not None and one.code == code]


def test_an_event_is_kept_as_code_and_parameters_in_the_same_chain(tmp_path: Path) -> None:
    log = ReadLog.open(tmp_path)
    log.note("amal", "officer", [Look("page", "record-1", "case.page")])
    note_event(log, "admin", "administrator", "account.role_changed", account="amal", before="officer", after="analyst")
    row = log.page(limit=1)[0]
    assert (row.person, row.role, row.how, row.record) == ("admin", "administrator", "people", "amal")
    held = event_of(row.detail)
    assert held is not None and held.code == "account.role_changed"
    assert held.parameters == {"account": "amal", "before": "officer", "after": "analyst"}
    assert log.verify() is None
    log.close()


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("account.vanished", {"account": "amal"}),
        ("account.disabled", {}),
        ("account.disabled", {"account": "amal", "why": "left"}),
    ],
)
def test_an_event_that_is_not_declared_so_is_refused(code: str, given: dict[str, str]) -> None:
    with pytest.raises(UnknownEvent):
        event(code, **given)


def test_every_declaration_is_consistent() -> None:
    for code, declared in EVENTS.items():
        assert declared.kind in HOWS, code
        assert not (declared.of_record and ("record" in declared.parameters or declared.about)), code
        assert {*declared.typed, *filter(None, [declared.about])} <= set(declared.parameters), code


def test_no_text_that_a_person_types_can_pass_for_an_event(tmp_path: Path) -> None:
    log = ReadLog.open(tmp_path)
    forged = event("account.disabled", account="basim").kept()
    log.note("amal", "officer", [Look("import", "", forged), Look("people", "basim", forged.removeprefix(EVENT_MARK))])
    assert [event_of(row.detail) for row in log.page()] == [None, None]
    log.close()


def test_texts_of_an_event_are_plain_and_short_and_its_row_can_always_be_read(tmp_path: Path) -> None:
    log = ReadLog.open(tmp_path)
    hostile = '"},\\ \x1e\x00\x1b[31m\ud800' + "ق" * 10_000
    note_event(log, "t", "technician", "node.revoked", post="x", label=hostile, reason=hostile)
    row = log.page()[0]
    held = event_of(row.detail)
    assert held is not None and held.code == "node.revoked"
    assert str(held.parameters["label"]).startswith('"},\\ ') and len(str(held.parameters["label"])) == LONGEST
    assert "\x1e" not in (row.detail or "")[1:] and "\x1b" not in (row.detail or "")
    log.close()


def test_a_row_of_a_later_release_and_an_altered_row_can_be_shown() -> None:
    later = event_of(EVENT_MARK + '{"v":2,"code":"x.y","with":{"a":1,"b":[2]},"more":3}')
    assert later is not None and (later.version, later.code, later.parameters) == (2, "x.y", {"a": 1})
    for broken in ("{", "[]", '{"v":1}', '{"v":1,"code":"x","with":[]}', "[" * 100_000):
        held = event_of(EVENT_MARK + broken)
        assert held is not None and held.version == 0 and held.parameters == {}


def test_an_erasure_finds_names_in_what_was_typed_into_an_event(tmp_path: Path) -> None:
    log = ReadLog.open(tmp_path)
    note_event(log, "t", "technician", "code.made", label="Gate of Zephyrine", office="JOAQJ", post="")
    note_event(log, "t", "technician", "code.made", label="Gate 9", office="JOAQJ", post="")
    note_event(log, "admin", "administrator", "account.added", account="zephyrine", role="officer")
    assert log.forget("record-9", lambda words: "zephyrine" in words.casefold()) == 1
    rows = list(log.rows())
    assert [row.detail is None for row in rows[:3]] == [True, False, False]
    assert (rows[0].how, rows[0].person) == ("posts", "t"), "that something happened stays"
    assert log.verify() is None
    log.purge()
    assert b"Zephyrine" not in (tmp_path / FILE).read_bytes()
    log.close()


def test_an_erasure_finds_names_in_searches_filters_and_files_and_leaves_what_was_shown(tmp_path: Path) -> None:
    log = ReadLog.open(tmp_path)
    given = filters([("q", "Zéphyrine & co"), ("office", "JOAQJ")])
    looks = [
        event("list.searched", types="case", words="zephyrine"),
        event("list.searched_by_birth", types="person", words="", born="zephyrine"),
        event("list.exported", type="case", form="csv", personal=True, filters=given),
        event("import.begun", file="zephyrine.csv"),
        event("list.searched", types="zephyrine", words="kilo"),
        event("record.shown", record="zephyrine", view="zephyrine"),
    ]
    log.note("amal", "analyst", looks)
    heard: list[str] = []

    def names(words: str) -> bool:
        heard.append(words)
        return "phyrine" in words

    assert log.forget("record-9", names) == 4
    assert "Zéphyrine & co JOAQJ" in heard, "what was typed, not how an address writes it"
    assert [row.detail is None for row in log.rows()] == [*[True] * 4, *[False] * 3]
    assert log.verify() is None
    log.close()


def test_most_rows_begin_so_that_an_erasure_need_not_read_them() -> None:
    assert event("record.shown", record="r", view="record.page").kept().startswith(NOTHING_TYPED)
    assert EVENTS["record.shown"].typed == ()


def test_an_event_of_a_record_names_it_once(tmp_path: Path) -> None:
    log = ReadLog.open(tmp_path)
    log.note("amal", "officer", [event("record.shown", record="record-1", view="record.page")])
    row = log.page(record="record-1")[0]
    assert row.how == "page" and "record-1" not in str(row.detail)
    with pytest.raises(UnknownEvent):
        event("record.shown", view="record.page")
    log.close()


def test_texts_of_a_code_that_this_release_does_not_know_count_as_typed() -> None:
    assert typed_in(EVENT_MARK + '{"v":2,"code":"x.y","with":{"a":"Zephyrine"}}') == "Zephyrine"


def test_the_log_is_filtered_by_kind_along_an_index(tmp_path: Path) -> None:
    log = ReadLog.open(tmp_path)
    for number in range(3):
        log.note("amal", "officer", [Look("page", f"record-{number}", "case.page")])
        note_event(log, "amal", "officer", "session.ended", account="amal")
    assert [row.no for row in log.page(how="sign-in")] == [6, 4, 2]
    assert [row.no for row in log.page(how="sign-in", person="amal", before=6)] == [4, 2]
    assert [row.no for row in log.page(how="page", since=0)] == [5, 3, 1]
    log.close()


def test_a_log_of_before_events_gets_its_index_and_keeps_its_rows(tmp_path: Path) -> None:
    log = ReadLog.open(tmp_path)
    log.note("admin", "administrator", [Look("people", "amal", "added as officer")])
    log.close()
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute("drop index read_how")
    connection.commit()
    connection.close()
    log = ReadLog.open(tmp_path)
    note_event(log, "admin", "administrator", "account.disabled", account="amal")
    assert [row.no for row in log.page(how="people")] == [2, 1] and log.verify() is None
    log.close()
    connection = sqlite3.connect(tmp_path / FILE)
    assert "read_how" in {row[1] for row in connection.execute("pragma index_list(read)")}
    connection.close()


def test_a_thousand_refusals_make_a_handful_of_rows_that_add_up(tmp_path: Path) -> None:
    log, clock = ReadLog.open(tmp_path), Clock()
    tally = EventTally(lambda: log, clock)
    for _ in range(1000):
        tally.count("", "", "sign_in.refused", account="amal", address="10.0.0.9")
        tally._write(everything=False)  # as if the thread came after each
    assert counts(log, "sign_in.refused") == [1, 3, 12, 48, 192]
    tally.close()
    assert sum(counts(log, "sign_in.refused")) == 1000 and len(counts(log, "sign_in.refused")) == 6
    log.close()


def test_a_flood_from_everywhere_keeps_the_account_and_stays_small(tmp_path: Path) -> None:
    log, clock = ReadLog.open(tmp_path), Clock()
    tally = EventTally(lambda: log, clock)
    for number in range(20_000):
        tally.count("", "", "sign_in.refused", account="amal", address=f"10.0.{number // 250}.{number % 250}")
    for number in range(1000):
        tally.count(f"p{number}", "officer", "page.denied", page=f"x{number}", address="10.0.0.9")
    tally.flush()
    rows = [event_of(row.detail) for row in log.rows()]
    assert len(rows) <= KEYS + MOST_KEYS + 2
    wide = [one for one in rows if one is not None and one.parameters["address"] == LEFT_OUT]
    assert any(one.parameters.get("account") == "amal" for one in wide)
    assert sum(counts(log, "sign_in.refused")) == 20_000 and sum(counts(log, "page.denied")) == 1000
    tally.close()
    log.close()


def test_the_hour_turns_also_when_the_clock_is_put_back(tmp_path: Path) -> None:
    log, clock = ReadLog.open(tmp_path), Clock()
    tally = EventTally(lambda: log, clock)
    for moved in (0, INTERVAL_MS / 1000, -7200.0):
        clock.seconds += moved
        for _ in range(2):
            tally.count("", "", "sign_in.refused", account="", address="a")
    tally.close()
    assert counts(log, "sign_in.refused") == [2, 2, 2]
    log.close()


def test_the_first_refusal_is_written_by_itself_within_seconds(tmp_path: Path) -> None:
    log, wrote = ReadLog.open(tmp_path), threading.Event()

    def log_of() -> ReadLog:
        wrote.set()
        return log

    tally = EventTally(log_of)
    tally.count("", "", "sign_in.refused", account="", address="a")
    assert wrote.wait(10)
    tally.close()
    assert counts(log, "sign_in.refused") == [1] and GROWTH > 1
    log.close()
