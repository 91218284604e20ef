"""Operations have members from their first day to their last; a post alone reads what is written to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from diwan_central.days import today
from diwan_central.network import members, running
from diwan_central.network.operation_commands import operation as operation_commands
from diwan_central.network.revocation import enter_revocation
from diwan_central.network.scopes import BadScope
from diwan_core.exchange import ledger
from diwan_core.register import Edit
from diwan_core.register.admission import reach, scope_numbers
from diwan_core.register.operations import posts_written_to
from diwan_core.trust import NodeKeys
from diwan_core.trust.access_log.log import ReadLog
from diwan_core.trust.errors import LedgerRefused
from msgspec.structs import replace

from tests.exchange.network import Network, Post, case, network, record_in, sound
from tests.exchange.reach_kit import CANARY, PARTY, join, leave, name_in, say, settle, traces

pytestmark = pytest.mark.slow

NAME = "Zephyrine Oldfield"


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=3) as made:
        settle(made)
        say(made, ["case", "message"], "unit")
        yield made


def day(after: int) -> str:
    """A day by the clock of the centre, so many days from now."""
    return (today() + timedelta(days=after)).isoformat()


def plan(net: Network, first: int = -3, last: int = 3) -> str:
    """An operation, by the id of its record."""
    return running.plan(
        net.register.folder, "HOUND", "Testhound", day(first), day(last), "officer.a", author="coordinator"
    )


def take_part(net: Network, *posts: Post) -> None:
    running.add(net.register.folder, "HOUND", [post.register.config.id for post in posts], author="coordinator")
    settle(net)
    settle(net)


def follow(net: Network) -> None:
    """The centre looks at the day."""
    assert net.register.keys is not None
    members.follow_records(net.register.folder, net.register, net.register.keys)
    settle(net)
    settle(net)


def test_members_read_what_is_reported_in_an_operation_and_drop_it_at_its_end(net: Network) -> None:
    author, member, other = net.posts
    operation = plan(net)
    take_part(net, author, member)
    (record,) = author.save(case(party=PARTY, operation=operation))
    settle(net)
    assert (name_in(member.register, record), name_in(other.register, record)) == (NAME, None)
    assert traces(other.register) == []
    running.remove(net.register.folder, "HOUND", [member.register.config.id], author="coordinator")
    settle(net)
    assert traces(member.register) == []
    take_part(net, member)
    assert name_in(member.register, record) == NAME
    running.end(net.register.folder, "HOUND", author="coordinator")
    settle(net)
    assert traces(member.register) == []
    assert name_in(author.register, record) == NAME
    sound(net)


@pytest.mark.parametrize(("first", "last"), [(1, 3), (-3, -1)])
def test_outside_its_days_an_operation_has_no_members(net: Network, first: int, last: int) -> None:
    author, member, _ = net.posts
    operation = plan(net, first, last)
    take_part(net, author, member)
    (record,) = author.save(case(party=PARTY, operation=operation))
    settle(net)
    assert name_in(member.register, record) is None


def test_its_last_day_ends_it(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    author, member, _ = net.posts
    operation = plan(net)
    take_part(net, author, member)
    (record,) = author.save(case(party=PARTY, operation=operation))
    settle(net)
    assert name_in(member.register, record) == NAME
    monkeypatch.setattr(members, "today", lambda: today() + timedelta(days=4))
    follow(net)
    assert traces(member.register) == []


def test_the_unit_of_the_post_that_reports_in_an_operation_goes_on_reading(net: Network) -> None:
    author, member, mate = net.posts
    join(net, "north", author, mate)
    operation = plan(net)
    take_part(net, member)
    (record,) = author.save(case(party=PARTY, operation=operation))
    settle(net)
    assert name_in(member.register, record) == name_in(mate.register, record) == NAME
    sound(net)


def test_a_message_in_an_operation_is_for_its_members_alone(net: Network) -> None:
    author, member, mate = net.posts
    join(net, "north", author, mate)
    operation = plan(net)
    take_part(net, author, member)
    message = {"kind": "mail", "subject": f"From {CANARY}", "operation": operation, "state": "open"}
    record = author.register.save([Edit("message", message)], author="officer").records[0]
    author.exchange.woken()
    settle(net)
    assert record_in(member.register, record).values["subject"] == f"From {CANARY}"
    assert traces(mate.register) == []
    sound(net)


def test_what_is_written_to_one_post_is_in_no_file_of_another(net: Network) -> None:
    author, addressee, other = net.posts
    message = {"kind": "mail", "subject": f"From {CANARY}", "for_post": addressee.register.config.id, "state": "open"}
    record = author.register.save([Edit("message", message)], author="officer").records[0]
    author.exchange.woken()
    settle(net)
    follow(net)
    assert record_in(addressee.register, record).values["subject"] == f"From {CANARY}"
    assert traces(other.register) == []
    sound(net)


def test_records_for_posts_that_there_are_not_make_no_work_each_minute(net: Network) -> None:
    author, addressee, _ = net.posts
    for post in ("a" * 13, "b" * 13, addressee.register.config.id):
        message = {"kind": "mail", "subject": "Late", "for_post": post, "state": "open"}
        author.register.save([Edit("message", message)], author="officer")
    author.exchange.woken()
    settle(net)
    assert net.register.store.one("SELECT 1 FROM scope_run WHERE scope=?", (f"post-{'a' * 13}",)) == 1
    known = ledger.load(net.register)
    two = {author.register.config.id, addressee.register.config.id}
    assert posts_written_to(net.register.store, known.nodes) == two


def test_an_operation_that_cannot_be_followed_keeps_no_rows_from_the_centre(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def refused(*_: object) -> None:
        asked.append(1)
        raise LedgerRefused("This entry is larger than an entry may be.")

    assert net.register.keys is not None
    following = members.Following(net.register.folder, net.register, net.register.keys)
    monkeypatch.setattr(members, "follow_records", refused)
    following.turn()
    assert asked == [1]


def test_an_operation_that_begins_or_ends_needs_no_look_at_every_record(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    author, member, mate = net.posts
    follow(net)
    looked: list[object] = []
    complete = scope_numbers.complete
    monkeypatch.setattr(reach, "complete", lambda connection: looked.append(complete(connection)))
    operation = plan(net)
    (record,) = author.save(case(party=PARTY, operation=operation))
    settle(net)
    take_part(net, member)
    assert name_in(member.register, record) == NAME
    running.end(net.register.folder, "HOUND", author="coordinator")
    settle(net)
    assert traces(member.register) == [] and looked == []
    join(net, "north", author, mate)
    assert looked and name_in(mate.register, record) == NAME
    sound(net)


def test_nobody_is_a_member_of_the_scope_of_another_post(net: Network) -> None:
    author, _, other = net.posts
    known = ledger.load(net.register)
    fact = replace(known.nodes[other.register.config.id], scopes=("national", f"post-{author.register.config.id}"))
    with pytest.raises(LedgerRefused, match="scope of another post"):
        ledger.record(net.register, NodeKeys.load(net.register.folder), [fact])


def test_what_is_no_operation_or_member_is_said(net: Network) -> None:
    plan(net)
    folder, post = net.register.folder, net.posts[0].register.config.id
    with pytest.raises(BadScope, match="no operation"):
        running.add(folder, "FOX", [post], author="coordinator")
    with pytest.raises(BadScope, match="no member"):
        running.remove(folder, "HOUND", [post], author="coordinator")
    with pytest.raises(BadScope, match="already"):
        plan(net)


def test_a_unit_keeps_the_records_of_a_post_whose_keys_are_revoked(net: Network) -> None:
    author, mate, _ = net.posts
    join(net, "north", author, mate)
    (record,) = author.save(case(party=PARTY))
    settle(net)
    enter_revocation(net.register.folder, author.register.config.id, "stolen")
    settle(net)
    settle(net)
    assert name_in(mate.register, record) == NAME
    leave(net, "north", mate)
    assert traces(mate.register) == []
    join(net, "north", mate)
    assert name_in(mate.register, record) == NAME


def test_the_command_that_ends_an_operation_stands_in_the_log_as_its_page_does(net: Network) -> None:
    scope = f"op-{plan(net)}"
    done = CliRunner().invoke(operation_commands, ["end", "HOUND", "--dir", str(net.register.folder)])
    assert done.exit_code == 0, done.output
    (row,) = ReadLog.reading(net.register.folder).page(limit=1)
    assert "scope.left" in str(row.detail) and scope in str(row.detail)
