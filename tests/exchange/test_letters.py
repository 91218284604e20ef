"""A letter to one post is read by that post, the post that wrote it and the centre, once every post's release can do
it: nobody has to say so. All else of these types travels to all posts."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from diwan_central.days import today
from diwan_central.network import running, scopes
from diwan_core.exchange import ledger
from diwan_core.register import Edit, Refused
from diwan_core.register.admission import moves
from diwan_core.register.admission.halves import drop_records
from diwan_core.register.admission.reach import drop_unreadable
from diwan_core.register.exchange_state.nodes import note_dictionary
from diwan_core.register.index.fold_range import folding_of
from diwan_core.register.records.apply import load_state, reindex, store_state
from diwan_core.register.records.belonging import ADDRESSED, letters
from diwan_core.register.records.type_plan import PLANS

from tests.exchange import sticks
from tests.exchange.letters_kit import change, far, follow, node, subject_at, write
from tests.exchange.network import Network, case, network, record_in, sound
from tests.exchange.reach_kit import CANARY, join, say, settle, traces
from tests.exchange.sticks import PICTURE
from tests.exchange.test_reach import look_at

pytestmark = pytest.mark.slow


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=3) as made:
        settle(made)
        yield made


@pytest.mark.parametrize("kind", ["message", "request"])
def test_all_read_a_letter_until_every_post_has_a_release_that_can_keep_it(net: Network, kind: str) -> None:
    author, addressee, other = net.posts
    with net.register.store.write() as transaction:
        note_dictionary(transaction, node(other), 3)
    letter = write(author, kind, for_post=node(addressee))
    follow(net)
    assert far(net) == {} and subject_at(other, letter) == f"From {CANARY}"
    with net.register.store.write() as transaction:
        note_dictionary(transaction, node(other), 4)
    follow(net)
    assert far(net) == dict.fromkeys(("attachment", "message", "request"), ADDRESSED)
    assert subject_at(addressee, letter) == subject_at(author, letter) == f"From {CANARY}"
    assert traces(other.register) == []
    assert record_in(other.register, letter).values["for_post"] == node(addressee), "who writes to whom is known"
    later = write(author, kind, for_post=node(addressee))
    follow(net)
    assert subject_at(addressee, later) == f"From {CANARY}" and traces(other.register) == []
    sound(net)


def test_what_is_addressed_to_nobody_travels_to_all_with_every_change(net: Network) -> None:
    author, mate, other = net.posts
    follow(net)
    message = write(author)
    settle(net)
    assert subject_at(mate, message) == subject_at(other, message) == f"From {CANARY}"
    change(other, "message", message, subject="Seen by all")
    settle(net)
    assert subject_at(author, message) == subject_at(mate, message) == "Seen by all"
    sound(net)


def test_the_answer_in_a_request_reaches_who_asked_and_nobody_else(net: Network) -> None:
    asker, asked, other = net.posts
    follow(net)
    request = write(asker, "request", for_post=node(asked), addressed_to="Gate", answer_by="2027-01-31",
                    legal_basis="Law 12", state="sent", subject="A lorry")  # fmt: skip
    follow(net)
    change(asked, "request", request, state="answered", answer=f"It is {CANARY}'s")
    follow(net)
    assert record_in(asker.register, request).values["answer"] == f"It is {CANARY}'s"
    assert traces(other.register) == []
    sound(net)


def test_a_letter_is_given_to_another_post_and_to_all(net: Network) -> None:
    author, first, second = net.posts
    follow(net)
    letter = write(author)
    settle(net)
    change(author, "message", letter, for_post=node(first))
    follow(net)
    assert subject_at(first, letter) == f"From {CANARY}" and traces(second.register) == []
    change(author, "message", letter, for_post=node(second))
    follow(net)
    assert subject_at(second, letter) == f"From {CANARY}" and traces(first.register) == []
    change(author, "message", letter, for_post=None)
    follow(net)
    assert subject_at(first, letter) == subject_at(second, letter) == f"From {CANARY}"
    sound(net)


def test_what_is_written_in_an_operation_is_for_its_posts_alone_once_letters_are(net: Network) -> None:
    author, member, other = net.posts
    joined = net.add_post("Joins later")
    settle(net)
    follow(net)
    folder, day = net.register.folder, today()
    last = (day + timedelta(days=3)).isoformat()
    operation = running.plan(folder, "HOUND", "Testhound", day.isoformat(), last, "officer.a", author="coordinator")
    running.add(folder, "HOUND", [node(member)], author="coordinator")
    follow(net)
    warning, mail = write(author, operation=operation, unit="north"), write(author, subject="For all")
    author.register.attach(io.BytesIO(PICTURE), subject=warning, media_type="image/png", author="officer")
    author.exchange.woken()
    follow(net)
    assert subject_at(member, warning) == f"From {CANARY}" and traces(other.register) == traces(joined.register) == []
    assert [subject_at(post, mail) for post in net.posts] == ["For all"] * 4
    name = hashlib.sha256(PICTURE).hexdigest()
    for post, gets in ((member, True), (other, False)):
        look_at(net, post, name)
        assert (post.register.blob_path(name) is not None) is gets
    running.add(folder, "HOUND", [node(joined)], author="coordinator")
    follow(net)
    assert subject_at(joined, warning) == f"From {CANARY}"
    running.remove(folder, "HOUND", [node(member)], author="coordinator")
    follow(net)
    assert traces(member.register) == [] and subject_at(joined, warning) == f"From {CANARY}"
    change(author, "message", warning, operation=None)
    follow(net)
    assert subject_at(member, warning) == subject_at(other, warning) == f"From {CANARY}"
    sound(net)


def test_another_post_takes_no_message_out_of_its_operation_by_what_it_clears_at_the_same_time(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before letters are kept from anybody, a row of an earlier dictionary may say where others' records belong."""
    author, member, other = net.posts
    folder, day = net.register.folder, today().isoformat()
    first, second = (
        running.plan(folder, code, code.title(), day, day, "officer.a", author="coordinator") for code in ("ONE", "TWO")
    )
    with net.register.store.write() as transaction:
        note_dictionary(transaction, node(other), 3)
    running.add(folder, "TWO", [node(member)], author="coordinator")
    settle(net)
    message = write(author, operation=first)
    settle(net)
    monkeypatch.setattr("diwan_core.register.records.edits._without_moves", lambda *given: given[3])
    with monkeypatch.context() as earlier:
        earlier.setattr("diwan_core.register.register._SAID_VERSION", 3)
        author.register.save([Edit("message", {"operation": second}, record=message)], author="officer")
        other.register.save([Edit("message", {"operation": None}, record=message)], author="a thief")
    for post in (author, other):
        post.exchange.woken()
    settle(net)
    assert net.register.store.one("SELECT count(*) FROM quarantine") == 0
    assert record_in(net.register, message).values.get("operation") is None, "what was written last is shown"
    with net.register.store.write() as transaction:
        note_dictionary(transaction, node(other), 4)
    follow(net)
    assert subject_at(member, message) == f"From {CANARY}" and traces(other.register) == []
    sound(net)


@pytest.mark.parametrize("nominal", [ADDRESSED, "unit"])
def test_a_letter_is_for_its_post_alone_whatever_unit_and_operation_it_names(net: Network, nominal: str) -> None:
    author, addressee, other = net.posts
    folder, day = net.register.folder, today().isoformat()
    operation = running.plan(folder, "HOUND", "Testhound", day, day, "officer.a", author="coordinator")
    running.add(folder, "HOUND", [node(other)], author="coordinator")
    join(net, "north", other)
    say(net, ["message"], nominal)
    follow(net)
    letter = write(author, for_post=node(addressee), operation=operation, unit="north")
    follow(net)
    assert subject_at(addressee, letter) == f"From {CANARY}" and traces(other.register) == []
    sound(net)


def test_who_joins_by_a_snapshot_has_all_but_letters_to_others(tmp_path: Path) -> None:
    with network(tmp_path, posts=2, snapshot_behind=2) as net:
        author, addressee = net.posts
        settle(net)
        follow(net)
        letter, message = write(author, for_post=node(addressee)), write(author, subject="For all")
        settle(net)
        change(addressee, "message", message, body="Read")
        follow(net)
        late = net.add_post("Late")
        settle(net)
        assert late.register.store.one("SELECT count(*) FROM joint") > 0, "it was sent a snapshot"
        assert subject_at(late, message) == "For all" and subject_at(late, letter) is None
        assert traces(late.register) == []
        assert late.register.kept_back(message) is None and late.register.kept_back(letter) is not None
        change(late, "message", message, body="Read here too")
        with pytest.raises(Refused):
            change(late, "message", letter, subject="Mine")
        settle(net)
        assert record_in(author.register, message).values["body"] == "Read here too"
        change(author, "message", letter, for_post=node(late))
        follow(net)
        assert subject_at(late, letter) == f"From {CANARY}" and traces(addressee.register) == []
        change(author, "message", letter, for_post=None)
        change(author, "message", message, for_post=node(author))
        follow(net)
        assert subject_at(addressee, letter) == subject_at(late, letter) == f"From {CANARY}"
        assert subject_at(late, message) is None
        sound(net)


@pytest.mark.parametrize("by", ["feed", "snapshot"])
def test_what_a_stick_holds_from_before_is_not_kept(net: Network, tmp_path: Path, by: str) -> None:
    author, addressee, other = net.posts
    other.carrier.up = False
    letter = write(author, for_post=node(addressee))
    write(author, subject="For all")
    settle(net)
    mount = tmp_path / "stick"
    sticks.leave(other, mount)
    sticks.arrive(net, mount)
    sticks.answer(net, mount, behind=1 if by == "snapshot" else 5000)
    follow(net)
    fresh = tmp_path / "fresh"
    sticks.leave(other, fresh)
    sticks.answer(net, fresh)
    for place in (fresh, mount):  # the news first, then what was sealed before them
        sticks.come_back(other, place)
    settle(net)
    assert traces(other.register) == []
    other.carrier.up = True
    other.exchange.came_up()
    follow(net)
    assert traces(other.register) == [] and record_in(other.register, letter).values["for_post"] == node(addressee)
    assert subject_at(addressee, letter) == f"From {CANARY}"
    sound(net)


@pytest.mark.parametrize("dictionary", [3, 4])
def test_a_hostile_post_addresses_no_letter_of_others_to_itself_or_to_all(
    net: Network, monkeypatch: pytest.MonkeyPatch, dictionary: int
) -> None:
    author, addressee, thief = net.posts
    follow(net)
    letter = write(author, for_post=node(addressee), subject="Enclosed")
    author.register.attach(io.BytesIO(PICTURE), subject=letter, media_type="image/png", author="officer")
    author.exchange.woken()
    (own,) = thief.save(case())
    follow(net)
    (enclosed,) = thief.register.newest_ids("attachment", 5)
    monkeypatch.setattr("diwan_core.register.records.edits._without_moves", lambda *given: given[3])
    monkeypatch.setattr("diwan_core.register.register._SAID_VERSION", dictionary)
    for kind, record, values in (
        ("message", letter, {"for_post": node(thief)}),
        ("message", letter, {"for_post": None}),
        ("attachment", enclosed, {"subject": own}),
        ("attachment", enclosed, {"subject": None}),
    ):
        change(thief, kind, record, **values)
        follow(net)
    reasons = [row[0] for row in net.register.store.rows("SELECT reason FROM quarantine")]
    assert len(reasons) == 4
    assert sum(moves.NOT_YOURS in reason for reason in reasons) == (4 if dictionary == 4 else 2), (
        "of 3 one field is new"
    )
    change(author, "message", letter, body=f"More of {CANARY}")
    follow(net)
    look_at(net, thief, hashlib.sha256(PICTURE).hexdigest())
    assert traces(thief.register) == [] == traces(thief.register, [PICTURE[100:200]])
    assert record_in(addressee.register, letter).values["body"] == f"More of {CANARY}"


def test_a_country_can_say_that_all_read_letters_or_only_their_posts(net: Network) -> None:
    author, addressee, other = net.posts
    scopes.set_reach(net.register.folder, ["message"], "all")
    letter = write(author, for_post=node(addressee))
    follow(net)
    assert far(net) == dict.fromkeys(("attachment", "request"), ADDRESSED)
    assert subject_at(other, letter) == f"From {CANARY}"
    say(net, ["message"], ADDRESSED)
    follow(net)
    assert traces(other.register) == [] and subject_at(addressee, letter) == f"From {CANARY}"
    say(net, ["message"], "centre")
    assert traces(addressee.register) == []
    say(net, ["message"], ADDRESSED)
    follow(net)
    assert traces(other.register) == [] and subject_at(addressee, letter) == f"From {CANARY}"
    with pytest.raises(scopes.BadScope):
        scopes.set_reach(net.register.folder, ["case"], ADDRESSED)
    say(net, ["message"], "all")
    assert subject_at(other, letter) == f"From {CANARY}"
    assert ledger.load(net.register).reach["message"][0].nominal == "all"
    sound(net)


def test_letters_that_are_for_all_again_stay_where_that_is_heard_after_they_came(net: Network) -> None:
    author, addressee, other = net.posts
    follow(net)
    letter = write(author, for_post=node(addressee))
    follow(net)
    scopes.set_reach(net.register.folder, ["message"], "all")
    for _ in range(10):
        net.turn()
    assert far(net)["request"] == ADDRESSED and subject_at(other, letter) is None, "it has not heard of it yet"
    follow(net)
    assert subject_at(other, letter) == f"From {CANARY}"
    sound(net)


def test_what_only_a_snapshot_said_of_a_letter_goes_where_its_row_is_here_without_its_half(tmp_path: Path) -> None:
    """Seed 97043: a post was sent a snapshot that had been made before the letter was addressed."""
    with network(tmp_path, posts=3) as net:
        settle(net)
        author, addressee, other = net.posts
        follow(net)
        letter = write(author)
        follow(net)
        change(author, "message", letter, for_post=node(addressee))
        follow(net)
        assert subject_at(other, letter) is None
        with other.register.store.write() as transaction:
            (number,) = transaction.execute("SELECT no FROM record WHERE id=?", (letter,)).fetchone()
            plan, folding = PLANS["message"], folding_of(transaction, number)
            state = load_state(transaction, plan, number)
            before = plan.derived(state, folding)
            state.nominal["subject"] = f"From {CANARY}"
            store_state(transaction, plan, number, state, 0)
            reindex(transaction, number, before, plan.derived(state, folding))
            assert drop_unreadable(transaction, node(other), letters(transaction, ["message"]))
            assert not drop_unreadable(transaction, node(other), letters(transaction, ["message"])), "once"
        assert subject_at(other, letter) is None
        own = write(other)
        change(other, "message", own, for_post=node(addressee))
        with other.register.store.write() as transaction:
            assert not drop_records(transaction, [("message", own)]), "what it wrote itself stays"
        assert subject_at(other, own) == f"From {CANARY}"
        settle(net)
        sound(net)
