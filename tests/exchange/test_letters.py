"""A letter to one post is read by that post, the post that wrote it and the centre, once every post's release can do
it: nobody has to say so. All else of these types travels to all posts."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from diwan_central.days import today
from diwan_central.network import members, running, scopes
from diwan_core.exchange import ledger
from diwan_core.exchange.wire import topics
from diwan_core.register import Edit, Refused
from diwan_core.register.admission import how_far, moves
from diwan_core.register.admission.may_fetch import MayFetch
from diwan_core.register.exchange_state.nodes import note_dictionary
from diwan_core.register.records.belonging import ADDRESSED, Belonging

from tests.exchange import sticks
from tests.exchange.copies import alike, centre_put_back
from tests.exchange.network import Network, Post, case, network, record_in, sound
from tests.exchange.reach_kit import CANARY, join, say, settle, traces
from tests.exchange.sticks import PICTURE
from tests.exchange.test_reach import look_at


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=3) as made:
        settle(made)
        yield made


def follow(net: Network) -> None:
    """What the centre does once a minute, twice: a scope is made after something came for it."""
    assert net.register.keys is not None
    for _ in range(2):
        members.follow_records(net.register.folder, net.register, net.register.keys)
        settle(net)
        settle(net)


def write(post: Post, kind: str = "message", **values: Any) -> str:
    """A letter with the word that is looked for; its id."""
    of_kind = {"request": {"kind": "information", "state": "draft"}, "message": {"kind": "mail", "state": "open"}}
    made = post.register.save([Edit(kind, {**of_kind[kind], "subject": f"From {CANARY}", **values})], author="officer")
    post.exchange.woken()
    return made.records[0]


def change(post: Post, kind: str, record: str, **values: Any) -> None:
    post.register.save([Edit(kind, values, record=record)], author="officer")
    post.exchange.woken()


def node(post: Post) -> str:
    return post.register.config.id


def subject_at(post: Post, record: str) -> object:
    return record_in(post.register, record).values.get("subject")


def far(net: Network) -> dict[str, str]:
    with net.register.store.read() as transaction:
        return how_far.restricted(transaction)


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


def test_letters_of_one_change_set_that_are_given_to_all_are_sent_once(net: Network) -> None:
    author, addressee, _ = net.posts
    follow(net)
    values = {"kind": "mail", "state": "open", "subject": CANARY, "for_post": node(addressee)}
    made = author.register.save([Edit("message", values) for _ in range(20)], author="officer").records
    author.exchange.woken()
    follow(net)

    def numbers() -> int:
        return int(net.register.store.one("SELECT max(last) FROM scope_run WHERE scope='national'"))

    before = numbers()
    author.register.save([Edit("message", {"for_post": None}, record=letter) for letter in made], author="officer")
    author.exchange.woken()
    follow(net)
    assert numbers() - before == 2 * len(made), "the changes, and what they open"
    assert {subject_at(post, letter) for post in net.posts for letter in made} == {CANARY}
    sound(net)


def test_pictures_that_come_with_their_case_or_letter_are_numbered_once(net: Network) -> None:
    author, _, _ = net.posts
    follow(net)
    author.carrier.up = False
    (report,), letter = author.save(case()), write(author)
    for number, subject in enumerate((report, letter)):
        author.register.attach(
            io.BytesIO(PICTURE + bytes([number])), subject=subject, media_type="image/png", author="officer"
        )
    author.carrier.up = True
    author.exchange.came_up()
    settle(net)
    rows = author.register.store.one("SELECT seq FROM epoch WHERE own=1")
    assert net.register.store.one("SELECT max(last) FROM scope_run WHERE scope='national'") == rows
    sound(net)


def test_what_is_enclosed_is_kept_with_the_letter_and_other_pictures_are_for_all(net: Network) -> None:
    author, addressee, other = net.posts
    follow(net)
    letter, (report,) = write(author, for_post=node(addressee), subject="Enclosed"), author.save(case())
    other_picture = PICTURE[::-1]
    for subject, content in ((letter, PICTURE), (report, other_picture)):
        author.register.attach(
            io.BytesIO(content), subject=subject, media_type="image/png", author="officer", file_name=f"{CANARY}.png"
        )
    author.exchange.woken()
    follow(net)
    enclosed, free = (hashlib.sha256(content).hexdigest() for content in (PICTURE, other_picture))
    for post, gets in ((addressee, [True, True]), (other, [False, True])):
        for name in (enclosed, free):
            look_at(net, post, name)
        assert [post.register.blob_path(name) is not None for name in (enclosed, free)] == gets
    assert traces(other.register, [PICTURE[100:200]]) == []
    values = {"subject": report, "sha256": enclosed, "size": len(PICTURE), "media_type": "image/png", "kind": "photo"}
    other.register.save([Edit("attachment", values)], author="somebody who saw its hash")
    other.exchange.woken()
    settle(net)
    look_at(net, other, enclosed)
    assert other.register.blob_path(enclosed) is None
    change(author, "message", letter, for_post=None)
    follow(net)
    look_at(net, other, enclosed)
    assert other.register.blob_path(enclosed) is not None
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


@pytest.mark.parametrize("nominal", ["unit", "centre"])
def test_what_is_enclosed_is_kept_where_letters_are_kept_more_than_others(net: Network, nominal: str) -> None:
    author, addressee, other = net.posts
    before = write(author, for_post=node(addressee), subject="Enclosed")
    author.register.attach(
        io.BytesIO(PICTURE[::-1]), subject=before, media_type="image/png", author="officer", file_name=f"{CANARY}.png"
    )
    author.exchange.woken()
    settle(net)
    say(net, ["message"], nominal)
    follow(net)
    assert far(net) == {"message": nominal, "attachment": ADDRESSED, "request": ADDRESSED}
    letter = write(author, subject="Enclosed")
    author.register.attach(
        io.BytesIO(PICTURE), subject=letter, media_type="image/png", author="officer", file_name="x.png"
    )
    author.exchange.woken()
    settle(net)
    change(author, "message", letter, for_post=node(addressee))
    follow(net)
    for content in (PICTURE, PICTURE[::-1]):
        name = hashlib.sha256(content).hexdigest()
        for post, gets in ((addressee, True), (other, False)):
            look_at(net, post, name)
            assert (post.register.blob_path(name) is not None) is gets
    assert traces(other.register) == [] == traces(other.register, [PICTURE[100:200], PICTURE[::-1][100:200]])
    held = [record_in(addressee.register, one) for one in addressee.register.newest_ids("attachment", 2)]
    assert {one.values["file_name"] for one in held} == {f"{CANARY}.png", "x.png"}
    say(net, ["message"], "all")
    assert {record_in(other.register, one.id).values["file_name"] for one in held} == {f"{CANARY}.png", "x.png"}
    sound(net)


def test_a_picture_that_comes_back_to_a_restored_centre_before_its_case_is_for_all_once_the_case_is_there(
    net: Network, tmp_path: Path
) -> None:
    author, photographer, other = net.posts
    follow(net)
    deliver, made = net.bus.deliver, dict[str, list[str]]()

    def deliver_all_but_rows_of_the_author(topic: str, payload: bytes) -> None:
        if topic != topics.up(node(author), topics.PARCEL):
            deliver(topic, payload)

    def work() -> None:
        made["case"] = author.save(case())
        settle(net)
        made["picture"] = photographer.register.attach(
            io.BytesIO(PICTURE), subject=made["case"][0], media_type="image/png", author="officer", file_name="x.png"
        ).records
        photographer.exchange.woken()

    other.carrier.up = False
    centre_put_back(net, tmp_path, work)
    net.bus.deliver = deliver_all_but_rows_of_the_author  # type: ignore[method-assign]
    other.carrier.up = True
    other.exchange.came_up()
    for _ in range(60):
        net.turn()
    assert record_in(other.register, made["picture"][0]).values.get("file_name") is None, "of what, nobody knows yet"
    net.bus.deliver = deliver  # type: ignore[method-assign]
    settle(net)
    settle(net)
    alike(net, [*made["case"], *made["picture"]])
    assert record_in(other.register, made["picture"][0]).values["file_name"] == "x.png"
    sound(net)


@pytest.mark.parametrize("nominal", ["unit", ADDRESSED])
def test_pictures_that_belong_to_each_other_change_nothing_of_the_last_one(net: Network, nominal: str) -> None:
    author, addressee, thief = net.posts
    helper = net.add_post("Helper")
    join(net, "north", author, thief)
    say(net, ["message", "attachment"], nominal)
    values = {"size": 7, "media_type": "image/png", "kind": "photo"}
    letter = write(author, for_post=node(addressee), subject="Enclosed")
    author.register.attach(io.BytesIO(PICTURE), subject=letter, media_type="image/png", author="officer")
    author.exchange.woken()
    follow(net)
    (enclosed,) = addressee.register.newest_ids("attachment", 1)
    subject = enclosed
    for number in range(3):
        picture = {**values, "subject": subject, "sha256": hashlib.sha256(bytes([number])).hexdigest()}
        (subject,) = helper.register.save([Edit("attachment", picture)], author="helper").records
    helper.exchange.woken()
    follow(net)
    with net.register.store.read() as transaction:
        may_fetch = MayFetch(transaction, node(thief))
        may_fetch(hashlib.sha256(b"\x02").hexdigest())  # the far end of the chain is looked at first
        assert not may_fetch(hashlib.sha256(PICTURE).hexdigest())
        belonging = Belonging(transaction)
        assert belonging("attachment", subject) and belonging("attachment", enclosed) == {
            f"post-{node(author)}", f"post-{node(addressee)}"
        }  # fmt: skip


@pytest.mark.parametrize("pieces", [1, 6, 12])
def test_a_letter_is_closed_while_its_picture_is_on_the_way(net: Network, pieces: int) -> None:
    author, addressee, other = net.posts
    follow(net)
    letter = write(author, subject="Enclosed")
    author.register.attach(io.BytesIO(PICTURE), subject=letter, media_type="image/png", author="officer")
    author.exchange.woken()
    settle(net)
    name, heard = hashlib.sha256(PICTURE).hexdigest(), net.overhear()
    other.register.want_blob(name)
    other.exchange.woken()
    other.exchange.came_up()
    part = other.register.folder / "blobs" / "part"
    for _ in range(60):
        net.turn()
        if sum(file.stat().st_size for file in part.glob("*")) >= pieces * 65_536:
            break
    assert traces(other.register, [PICTURE[100:200]]) != [], "some of it has come"
    change(author, "message", letter, for_post=node(addressee))
    follow(net)
    other.register.want_blob(name)
    other.exchange.came_up()
    follow(net)
    late = [(topic, payload) for topic, payload in heard if topic.endswith(f"node/{node(other)}/b")]
    assert late
    for topic, payload in late:  # a broker may repeat them
        net.bus.deliver(topic, payload)
    follow(net)
    assert traces(other.register, [PICTURE[100:200]]) == []


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
