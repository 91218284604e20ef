"""What is due for erasure: the day, records that name each other, versions of a date, and long lists."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from diwan_central.privacy.runs import question
from diwan_core.register.erasure.erase import ATTACHMENTS
from diwan_core.register.retention.due import DuePlace, due_page

from tests.exchange.network import Network, case, record_in
from tests.privacy.kit import LONG_AGO, due_ids, old_case, opened, save

pytestmark = pytest.mark.slow


def test_cases_that_name_each_other_do_not_keep_each_other(net: Network) -> None:
    one = old_case(net)
    other = old_case(net, related_cases={"1": one})
    net.posts[0].edit(one, related_cases={"1": other})
    net.settle()
    assert due_ids(net) == {one: "", other: ""}


def test_two_versions_of_the_date_have_to_be_settled_first(net: Network) -> None:
    record = old_case(net)
    here, there = net.posts
    here.edit(record, date="2001-05-05")
    there.edit(record, date="2002-05-05", author="supervisor")
    net.settle()
    assert due_ids(net) == {record: "contested"}


def test_the_day_itself_is_not_over_and_the_day_before_is_only_when_it_is_everywhere(net: Network) -> None:
    with opened(net) as store:
        asked = question(net.register, store)
    over = asked.over
    today = record_in(net.register, old_case(net)).created
    day = datetime.fromtimestamp(today.utc_ms / 1000, UTC).date()
    assert date.fromisoformat(over) < day - timedelta(days=1)
    due = save(net, "person", {"latin_name": "A", "retention": over})
    save(net, "person", {"latin_name": "B", "retention": (date.fromisoformat(over) + timedelta(days=1)).isoformat()})
    found = [row.id for row in due_page(net.register.store, asked).rows]
    assert due in found
    assert len(found) == 2


def test_a_long_list_is_read_a_page_at_a_time_without_gap_or_repetition(net: Network) -> None:
    made = {old_case(net) for _ in range(3)}
    many = net.posts[0].save(*[case(date=LONG_AGO) for _ in range(20)])
    net.settle()
    with opened(net) as store:
        asked, seen = question(net.register, store), list[str]()
        place: DuePlace | None = DuePlace()
        while place is not None:
            page = due_page(net.register.store, asked, place, 4)
            assert len(page.rows) <= 4
            seen += [row.id for row in page.rows]
            place = page.after
    assert len(seen) == len(set(seen)) == 23
    assert set(seen) == {*made, *many}


def test_no_question_about_one_record_reads_all_of_them(net: Network) -> None:
    plan = net.register.store.rows(f"EXPLAIN QUERY PLAN {ATTACHMENTS}", ("a", "a"))
    assert not [row for row in plan if str(row[3]).startswith("SCAN")]
