"""Numbers of cases after a database was put back, and after a post was enrolled again."""

from __future__ import annotations

from pathlib import Path

import pytest
from diwan_central.exchange.number_watch import ANEW_S, NumberWatch
from diwan_core.dictionary.case_numbers import letters_of, read
from diwan_core.health.findings import Findings, findings_of
from diwan_core.register import Edit, Register
from diwan_core.register.records.case_numbers import numbers_met_twice
from diwan_core.register.storage.state import forget_state

from tests.exchange.copies import alike, put_back, save_copy, write_on
from tests.exchange.network import Clock, network, record_in
from tests.exchange.test_new_keys import with_new_keys

pytestmark = pytest.mark.slow


def numbers(register: Register, records: list[str]) -> list[str]:
    return [str(record_in(register, record).values["case_number"]) for record in records]


def test_a_number_given_again_after_a_post_was_put_back_is_found_and_both_cases_stay(tmp_path: Path) -> None:
    with network(tmp_path, posts=1) as net:
        (post,) = net.posts
        records = write_on(post, range(1))
        net.settle()
        folder = post.register.folder
        post.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        save_copy(folder, tmp_path / "backup")
        records += write_on(post, range(1, 2))
        net.settle()
        net.stop(post)
        put_back(folder, tmp_path / "backup", in_place=False)
        back = net.start(folder)
        records += write_on(back, range(2, 3))
        net.settle(400)
        alike(net, records)
        given = [read(number) for number in numbers(net.register, records)]
        assert [number.serial for number in given if number] == [1, 2, 2]
        findings, clock = Findings(net.register.folder, "ingest"), Clock()
        watch = NumberWatch(net.register, findings, clock)
        watch.turn()
        (told,) = findings_of(net.register.folder)
        assert (told.code, told.facts["count"]) == ("case_numbers_twice", "1")
        with net.register.store.read() as transaction:
            (twice,) = numbers_met_twice(transaction)
        assert told.facts["number"] == twice.number
        assert set(twice.records) == set(records[1:])
        assert len(net.register.cases_numbered(twice.number)) == 2
        net.register.save([Edit("case", {"status": "withdrawn"}, record=twice.records[1])], author="analyst")
        clock.now += 2 * ANEW_S
        watch.turn()
        assert findings_of(net.register.folder) == [], "one of the two was withdrawn"


@pytest.mark.parametrize("in_place", [False, True], ids=["another file", "the same file, which looks as before"])
def test_a_post_that_got_its_lost_rows_again_goes_on_after_their_numbers(tmp_path: Path, in_place: bool) -> None:
    with network(tmp_path, posts=1) as net:
        (post,) = net.posts
        records = write_on(post, range(1))
        net.settle()
        folder = post.register.folder
        post.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        save_copy(folder, tmp_path / "backup")
        records += write_on(post, range(1, 3))
        net.settle()
        net.stop(post)
        put_back(folder, tmp_path / "backup", in_place=in_place)
        back = net.start(folder)
        net.settle(400)
        records += write_on(back, range(3, 4))
        net.settle(400)
        alike(net, records)
        given = [read(number) for number in numbers(net.register, records)]
        assert [number.serial for number in given if number] == [1, 2, 3, 4]


def test_a_post_with_new_keys_begins_a_series_with_a_letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with network(tmp_path, posts=1) as net:
        (post,) = net.posts
        records = write_on(post, range(1))
        net.settle()
        monkeypatch.setenv("DIWAN_BOOT_ID", "after a visit of the technician")
        post = with_new_keys(net, post)
        net.settle()
        records += write_on(post, range(1, 2))
        net.settle()
        alike(net, records)
        assert [number[:-3].split("-")[-1] for number in numbers(net.register, records)] == ["0001", "B0001"]


def test_what_another_post_says_in_the_same_form_moves_no_counter(tmp_path: Path) -> None:
    with network(tmp_path, posts=2) as net:
        post, hostile = net.posts
        (own,) = write_on(post, range(1))
        first = read(numbers(post.register, [own])[0])
        assert first is not None
        forged = "01936d2a-0000-7000-8000-00000000ffff"
        last = str(first._replace(serial=999_999_999, letters=letters_of(forged)))
        values = {**record_in(post.register, own).values, "case_number": last}
        hostile.register.save([Edit("case", values, record=forged, create=True)], author="officer")
        net.settle()
        assert numbers(post.register, [forged]) == [last], "it is a case of the other post, and stays one"
        with post.register.store.write() as transaction:
            forget_state(transaction, f"case_number:{first.run}")  # as in the first case of a year
        (second,) = write_on(post, range(1, 2))
        assert read(numbers(post.register, [second])[0]) == first._replace(serial=2, letters=letters_of(second))
