"""A record that changes its scope goes from those who may not read it any more, and comes to those who may."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_core.audit import verify_node
from diwan_core.exchange import ledger
from diwan_core.exchange.wire import topics
from diwan_core.register import Edit, Refused
from diwan_core.register.admission import moves
from diwan_core.register.admission.may_fetch import MayFetch
from diwan_core.trust import NodeKeys
from diwan_core.trust.network.ledger_facts import ErasureFact

from tests.exchange.network import Network, Post, arriving, network, sound
from tests.exchange.reach_kit import join, leave, name_in, named_case, say, settle, traces
from tests.exchange.sticks import PICTURE

pytestmark = pytest.mark.slow

NAME = "Zephyrine Oldfield"


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    """A post of the north that writes, its colleague, and a post of the south."""
    with network(tmp_path, posts=3) as made:
        settle(made)
        author, mate, other = made.posts
        join(made, "north", author, mate)
        join(made, "south", other)
        say(made, ["case"], "unit")
        yield made


def set_unit(net: Network, record: str, unit: str | None, by: Post | None = None) -> None:
    """The centre, or a post, says which unit answers for a record."""
    register = net.register if by is None else by.register
    register.save([Edit("case", {"unit": unit}, record=record)], author="somebody")
    if by is not None:
        by.exchange.woken()
    settle(net)


@pytest.mark.parametrize("by", ["its post", "the centre"])
def test_a_record_that_moves_goes_and_comes(net: Network, by: str) -> None:
    author, mate, other = net.posts
    (record,) = author.save(named_case())
    settle(net)
    assert (name_in(mate.register, record), name_in(other.register, record)) == (NAME, None)
    set_unit(net, record, "South", author if by == "its post" else None)
    assert (name_in(mate.register, record), name_in(other.register, record)) == (None, NAME)
    assert traces(mate.register) == []
    assert name_in(author.register, record) == NAME, "its author keeps what it wrote"
    other.edit(record, party={"1": {"name": "Zephyrine Newfield"}})
    settle(net)
    assert name_in(net.register, record) == "Zephyrine Newfield"
    assert traces(mate.register) == []
    set_unit(net, record, None)
    assert (name_in(mate.register, record), name_in(other.register, record)) == (
        "Zephyrine Newfield",
        "Zephyrine Newfield",
    )
    assert traces(other.register, [b"Oldfield"]) == []
    sound(net)
    for register in net.registers():
        assert verify_node(register.folder).findings == []


def test_a_post_cannot_move_what_another_made(net: Network) -> None:
    author, mate, other = net.posts
    (record,) = author.save(named_case())
    settle(net)
    for post in (mate, other):
        with pytest.raises(Refused, match="Only the post that made this record"):
            post.register.save([Edit("case", {"unit": "south"}, record=record)], author="somebody")


@pytest.mark.parametrize("dictionary", [3, 4])
def test_a_hostile_post_moves_nothing(net: Network, monkeypatch: pytest.MonkeyPatch, dictionary: int) -> None:
    author, mate, other = net.posts
    (record,) = author.save(named_case())
    settle(net)
    set_unit(net, record, "north")
    monkeypatch.setattr("diwan_core.register.records.edits._without_moves", lambda *given: given[3])
    monkeypatch.setattr("diwan_core.register.register._SAID_VERSION", dictionary)
    for post, unit in ((other, "south"), (mate, "west")):
        post.register.save([Edit("case", {"unit": unit}, record=record)], author="a thief")
        post.exchange.woken()
    settle(net)
    assert (name_in(author.register, record), name_in(mate.register, record)) == (NAME, NAME)
    assert traces(other.register) == []
    reasons = [row[0] for row in net.register.store.rows("SELECT reason FROM quarantine")]
    assert len(reasons) == 2
    assert all(moves.NOT_YOURS in reason for reason in reasons)


def test_what_was_said_before_anything_was_narrowed_moves_nothing(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    author, mate, other = net.posts
    say(net, ["case"], "all")
    (record,) = author.save(named_case())
    settle(net)
    monkeypatch.setattr("diwan_core.register.records.edits._without_moves", lambda *given: given[3])
    monkeypatch.setattr("diwan_core.register.register._SAID_VERSION", 3)
    other.edit(record, unit="south")
    settle(net)
    assert net.register.store.one("SELECT count(*) FROM quarantine") == 0, "it is a row of an earlier release"
    say(net, ["case"], "unit")
    assert (name_in(mate.register, record), name_in(other.register, record)) == (NAME, None)
    assert traces(other.register) == []
    sound(net)


def test_who_moves_a_record_there_and_back_is_stopped(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moves, "MOST_MOVES", 2)
    author, mate, other = net.posts
    (record,) = author.save(named_case())
    for unit in ("south", "north", "south"):
        set_unit(net, record, unit, author)
    assert net.register.store.rows("SELECT reason FROM quarantine")[0][0].endswith(moves.TOO_OFTEN)
    assert (name_in(mate.register, record), name_in(other.register, record)) == (NAME, None)


def test_its_pictures_go_with_it(net: Network) -> None:
    author, mate, other = net.posts
    say(net, ["attachment"], "unit")
    (record,) = author.save(named_case())
    author.register.attach(io.BytesIO(PICTURE), subject=record, media_type="image/png", author="officer")
    author.exchange.woken()
    settle(net)
    name = hashlib.sha256(PICTURE).hexdigest()
    _look_at(net, mate, name)
    assert mate.register.blob_path(name) is not None
    set_unit(net, record, "south")
    assert mate.register.blob_path(name) is None
    for post, may in ((mate, False), (other, True)):
        with net.register.store.read() as transaction:
            assert MayFetch(transaction, post.register.config.id)(name) is may
        _look_at(net, post, name)
        assert (post.register.blob_path(name) is not None) is may
    assert traces(mate.register, [PICTURE[100:200]]) == []
    sound(net)


def _look_at(net: Network, post: Post, name: str) -> None:
    post.register.want_blob(name)
    post.exchange.woken()
    post.exchange.came_up()
    settle(net)


def test_who_joins_and_leaves_gets_and_drops_what_was_moved_there(net: Network) -> None:
    author, mate, other = net.posts
    (record,) = author.save(named_case())
    settle(net)
    set_unit(net, record, "south")
    join(net, "south", mate)
    assert name_in(mate.register, record) == name_in(other.register, record) == NAME
    leave(net, "south", other)
    settle(net)
    assert traces(other.register) == []
    assert name_in(mate.register, record) == NAME
    set_unit(net, record, "north")
    assert name_in(mate.register, record) == NAME, "it is of both units"
    sound(net)


def test_who_joins_by_a_snapshot_finds_what_was_moved_before(tmp_path: Path) -> None:
    with network(tmp_path, posts=2, snapshot_behind=2) as net:
        author, other = net.posts
        settle(net)
        join(net, "north", author)
        join(net, "south", other)
        say(net, ["case"], "unit")
        (record,) = author.save(named_case())
        settle(net)
        set_unit(net, record, "south")
        for _ in range(3):
            author.save(named_case())
            settle(net)
        late = net.add_post("Late")
        settle(net)
        assert late.register.store.one("SELECT count(*) FROM joint") > 0, "it was sent a snapshot"
        join(net, "south", late)
        assert name_in(late.register, record) == NAME
        set_unit(net, record, "north")
        assert traces(late.register) == traces(other.register) == []
        sound(net)


def test_a_record_of_which_the_law_took_what_said_where_it_belongs_belongs_to_nothing(net: Network) -> None:
    author, mate, other = net.posts
    (record,) = author.save(named_case())
    settle(net)
    set_unit(net, record, "south")
    keys = NodeKeys.load(net.register.folder)
    ledger.record(net.register, keys, [ErasureFact(record, 1, "court order")])
    settle(net)
    settle(net)
    assert traces(mate.register) == traces(other.register) == []
    assert name_in(author.register, record) == name_in(net.register, record) == NAME
    sound(net)


def test_a_running_post_follows_a_unit_of_which_another_process_took_word(net: Network) -> None:
    """Seed 109038: a stick brought the entry of the ledger, and the agent looked at its units only when it took entries
    itself."""
    author, _, other = net.posts
    with arriving(net, lambda topic: topic != topics.down(other.register.config.id, topics.LEDGER)):
        join(net, "north", other)
        assert "unit-north" not in other.exchange.units
        ledger.take_entries(other.register, ledger.entries(net.register))
        settle(net)
        (record,) = author.save(named_case())
        settle(net)
    assert name_in(other.register, record) == NAME
    sound(net)
