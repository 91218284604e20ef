"""Pictures and documents of letters are kept with them; those of all else travel to all."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_core.exchange.wire import topics
from diwan_core.register import Edit
from diwan_core.register.admission.may_fetch import MayFetch
from diwan_core.register.records.belonging import ADDRESSED, Belonging

from tests.exchange.copies import alike
from tests.exchange.letters_kit import (
    NAME,
    change,
    enclose,
    far,
    follow,
    name_of_file_at,
    node,
    put_back_to_before_a_case_and_its_picture,
    subject_at,
    write,
)
from tests.exchange.network import Network, arriving, case, network, record_in, sound
from tests.exchange.reach_kit import CANARY, join, say, settle, traces
from tests.exchange.sticks import PICTURE
from tests.exchange.test_reach import look_at

pytestmark = pytest.mark.slow


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=3) as made:
        settle(made)
        yield made


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
    author, _, other = net.posts
    case, picture = put_back_to_before_a_case_and_its_picture(net, tmp_path)
    with arriving(net, lambda topic: topic != topics.up(node(author), topics.PARCEL)):
        other.exchange.came_up()
        for _ in range(60):
            net.turn()
    assert record_in(other.register, picture).values.get("file_name") is None, "of what, nobody knows yet"
    settle(net)
    settle(net)
    alike(net, [case, picture])
    assert record_in(other.register, picture).values["file_name"] == "x.png"
    sound(net)


def test_a_picture_that_is_here_before_its_record_goes_when_the_record_is_not_for_this_post(net: Network) -> None:
    """Seeds 125034 and 125037: of a database that was put back, only the line on the picture was left."""
    author, addressee, other = net.posts
    follow(net)
    say(net, ["attachment", "message"], "centre")
    with other.register.store.write() as transaction:
        transaction.execute(
            "INSERT INTO blob (sha256, size, media_type, have, stored, own, added) VALUES (?, ?, ?, ?, 0, 0, 0)",
            (hashlib.sha256(PICTURE).hexdigest(), len(PICTURE), "image/png", len(PICTURE)),
        )
    letter = write(author, for_post=node(addressee))
    author.register.attach(io.BytesIO(PICTURE), subject=letter, media_type="image/png", author="officer")
    author.exchange.woken()
    settle(net)
    assert [post.register.store.one("SELECT count(*) FROM blob") for post in (author, other)] == [1, 0]
    sound(net)


def test_a_picture_that_came_before_its_case_when_nothing_was_kept_is_whole_at_who_reads_both_later(
    net: Network, tmp_path: Path
) -> None:
    """Seed 11 of the scenarios: a post that was put back read the feed from its start once letters were kept."""
    author, _, other = net.posts
    case, picture = put_back_to_before_a_case_and_its_picture(net, tmp_path, kept=False)
    other.carrier.up = False
    with arriving(net, lambda topic: topic != topics.up(node(author), topics.PARCEL)):
        for _ in range(60):
            net.turn()
    settle(net)
    follow(net)
    assert "attachment" in far(net)
    other.carrier.up = True
    other.exchange.came_up()
    settle(net)
    settle(net)
    alike(net, [case, picture])
    assert record_in(other.register, picture).values["file_name"] == "x.png"
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


def test_a_picture_that_went_with_its_letter_comes_back_where_an_earlier_entry_lets_all_read_pictures(
    net: Network,
) -> None:
    """Seed 101020: the entry came to a post after the rows, and the centre had numbered nothing again for them."""
    author, addressee, other = net.posts
    follow(net)

    def file_name() -> object:
        return record_in(other.register, picture).values.get("file_name")

    with arriving(net, lambda topic: topic != topics.down(node(other), topics.LEDGER)):
        say(net, ["attachment"], "all")
        letter = write(author)
        (picture,) = author.register.attach(
            io.BytesIO(PICTURE), subject=letter, media_type="image/png", author="officer", file_name="x.png"
        ).records
        author.exchange.woken()
        settle(net)
        assert file_name() == "x.png"
        change(author, "message", letter, for_post=node(addressee))
        settle(net)
        assert file_name() is None, "pictures are kept with their letters, for all that this post has heard"
    other.exchange.came_up()
    settle(net)
    settle(net)
    assert file_name() == "x.png" and subject_at(other, letter) is None
    sound(net)


def test_a_picture_that_is_given_to_and_fro_is_numbered_each_time_and_called_sound(net: Network) -> None:
    author, addressee, other = net.posts
    follow(net)
    letter, (report,) = write(author, for_post=node(addressee)), author.save(case())
    picture = enclose(author, letter)
    for _ in range(8):
        for subject in (report, letter):
            change(author, "attachment", picture, subject=subject)
            settle(net, 5)
    follow(net)
    assert (name_of_file_at(addressee, picture), name_of_file_at(other, picture)) == (NAME, None)
    sound(net)
