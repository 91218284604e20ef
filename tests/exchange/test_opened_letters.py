"""Letters that were for one post and are for all, and what is enclosed with them, at a post that hears of it late."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from sqlite3 import Connection

import pytest
from diwan_core.register import Edit
from diwan_core.register.admission.scope_log import NATIONAL, feed_head
from diwan_core.register.admission.scope_numbers import number_rows
from diwan_core.register.records.belonging import ADDRESSED

from tests.exchange.letters_kit import NAME, change, enclose, far, follow, name_of_file_at, node, subject_at, write
from tests.exchange.network import Network, Post, case, network, record_in, sound
from tests.exchange.reach_kit import CANARY, say, settle

pytestmark = pytest.mark.slow


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=3) as made:
        settle(made)
        yield made


def numbers(net: Network) -> int:
    """How many numbers the centre has given in the national scope."""
    return feed_head(net.register.store.connection, NATIONAL)[0]


def on_the_line_again(net: Network, post: Post) -> None:
    post.carrier.up = True
    post.exchange.came_up()
    settle(net)
    follow(net)
    sound(net)


def test_letters_of_one_change_set_that_are_given_to_all_are_sent_once(net: Network) -> None:
    author, addressee, _ = net.posts
    follow(net)
    values = {"kind": "mail", "state": "open", "subject": CANARY, "for_post": node(addressee)}
    made = author.register.save([Edit("message", values) for _ in range(20)], author="officer").records
    author.exchange.woken()
    follow(net)

    before = numbers(net)
    author.register.save([Edit("message", {"for_post": None}, record=letter) for letter in made], author="officer")
    author.exchange.woken()
    follow(net)
    assert numbers(net) - before == 2 * len(made), "the changes, and what they open"
    assert {subject_at(post, letter) for post in net.posts for letter in made} == {CANARY}
    sound(net)


@pytest.mark.parametrize("enclosed", [False, True])
def test_a_letter_that_was_opened_before_it_reached_the_centre_is_whole_at_posts_that_take_its_rows_apart(
    net: Network, monkeypatch: pytest.MonkeyPatch, enclosed: bool
) -> None:
    """They drop what names people of its first row, since they do not know yet that the letter is for them."""

    def as_if_the_row_before_the_last_had_waited(
        connection: Connection, no: int, epoch: str, runs: Iterable[tuple[int, int]], size: int | None
    ) -> object:
        ((first, last),) = runs
        return number_rows(connection, no, epoch, [(first, last - 2), (last, last), (last - 1, last - 1)], size)

    author, addressee, _ = net.posts
    follow(net)
    author.carrier.up = False
    letter = write(author, for_post=node(addressee))
    held = [letter]
    if enclosed:
        held.append(enclose(author, letter))
    author.save(case())
    change(author, "message", letter, for_post=None)
    author.carrier.up = True
    author.exchange.came_up()
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("diwan_core.exchange.centre.rows_in.number_rows", as_if_the_row_before_the_last_had_waited)
        follow(net)
    for record in held:
        values = [record_in(post.register, record).values for post in net.posts]
        assert values[0] == values[1] == values[2]
    sound(net)


def test_a_letter_that_was_opened_while_all_were_open_reaches_who_hears_first_that_letters_are_kept_again(
    net: Network,
) -> None:
    """Seeds 99164, 105030, 105033: the post dropped it before the change came that opens it."""
    author, addressee, other = net.posts
    follow(net)
    letter = write(author, for_post=node(addressee))
    follow(net)
    say(net, ["message"], "all")
    assert subject_at(other, letter) == f"From {CANARY}"
    other.carrier.up = False
    change(author, "message", letter, for_post=None)
    settle(net)
    say(net, ["message"], ADDRESSED)
    on_the_line_again(net, other)
    assert subject_at(other, letter) == f"From {CANARY}"


def test_a_letter_that_was_opened_before_letters_were_ever_kept_reaches_who_hears_of_it_late(net: Network) -> None:
    """Seed 117509: the post hears first that letters are kept."""
    author, addressee, other = net.posts
    letter = write(author, for_post=node(addressee))
    enclosed = enclose(author, letter)
    settle(net)
    assert subject_at(other, letter) == f"From {CANARY}"
    other.carrier.up = False
    change(author, "message", letter, for_post=None)
    settle(net)
    follow(net)
    assert far(net) == dict.fromkeys(("attachment", "message", "request"), ADDRESSED)
    on_the_line_again(net, other)
    assert subject_at(other, letter) == f"From {CANARY}"
    assert name_of_file_at(other, enclosed) == NAME


def test_messages_for_all_of_which_the_unit_is_said_later_are_sent_once(net: Network) -> None:
    author, _, _ = net.posts
    follow(net)
    author.carrier.up = False
    values = {"kind": "mail", "state": "open", "subject": CANARY}
    made = [records[0] for records in author.register.save_many([[Edit("message", values)]] * 20, author="x").records]
    author.register.save_many([[Edit("message", {"unit": "north"}, record=one)] for one in made], author="x")
    on_the_line_again(net, author)
    assert numbers(net) == author.register.store.one("SELECT seq FROM epoch WHERE own=1") > 2 * len(made)


@pytest.mark.parametrize("kept", [["centre"], ["unit"], ["centre", ADDRESSED], ["unit", ADDRESSED], [ADDRESSED]])
def test_what_is_enclosed_with_an_opened_letter_is_whole_whichever_way_letters_come_to_be_kept_again(
    net: Network, kept: list[str]
) -> None:
    author, addressee, other = net.posts
    follow(net)
    say(net, ["message"], "all")
    letter = write(author, for_post=node(addressee))
    enclosed = enclose(author, letter)
    settle(net)
    assert name_of_file_at(other, enclosed) == NAME
    other.carrier.up = False
    change(author, "message", letter, for_post=None)
    settle(net)
    for nominal in kept:
        say(net, ["message"], nominal)
    on_the_line_again(net, other)
    if kept[-1] != ADDRESSED:
        say(net, ["message"], ADDRESSED)
        follow(net)
    assert [name_of_file_at(post, enclosed) for post in net.posts] == [NAME] * 3


@pytest.mark.parametrize("deep", [1, 2, 3])
def test_pictures_of_pictures_are_whole_where_their_letter_was_opened_before_letters_were_kept(
    net: Network, deep: int
) -> None:
    author, addressee, other = net.posts
    letter = write(author, for_post=node(addressee))
    enclosed = enclosed_behind_each_other(author, letter, deep)
    settle(net)
    other.carrier.up = False
    change(author, "message", letter, for_post=None)
    settle(net)
    follow(net)
    on_the_line_again(net, other)
    assert [name_of_file_at(post, one) for post in net.posts for one in enclosed] == [NAME] * 3 * deep


@pytest.mark.parametrize("deep", [1, 2, 3])
def test_pictures_of_pictures_are_for_all_once_all_read_letters(net: Network, deep: int) -> None:
    author, addressee, other = net.posts
    follow(net)
    enclosed = enclosed_behind_each_other(author, write(author, for_post=node(addressee)), deep)
    follow(net)
    assert name_of_file_at(other, enclosed[0]) is None
    say(net, ["message"], "all")
    follow(net)
    assert [name_of_file_at(post, one) for post in net.posts for one in enclosed] == [NAME] * 3 * deep
    sound(net)


def enclosed_behind_each_other(author: Post, record: str, deep: int) -> list[str]:
    """A picture of a record, one of that picture, and so on."""
    made: list[str] = []
    for _ in range(deep):
        made.append(enclose(author, made[-1] if made else record))
    return made


@pytest.mark.parametrize("to", ["case", "message", None])
def test_a_picture_that_was_moved_off_its_letter_before_letters_were_kept_is_whole(
    net: Network, to: str | None
) -> None:
    author, addressee, other = net.posts
    enclosed = enclose(author, write(author, for_post=node(addressee)))
    subject = author.save(case())[0] if to == "case" else write(author) if to == "message" else None
    settle(net)
    other.carrier.up = False
    change(author, "attachment", enclosed, subject=subject)
    settle(net)
    follow(net)
    on_the_line_again(net, other)
    assert [name_of_file_at(post, enclosed) for post in net.posts] == [NAME] * 3


def test_a_message_that_enters_and_leaves_an_operation_is_numbered_each_time_and_called_sound(net: Network) -> None:
    author, _, other = net.posts
    follow(net)
    (operation,) = net.register.save([Edit("operation", {"name": "X", "purpose": "y"})], author="centre").records
    letter = write(author)
    settle(net)
    for _ in range(8):
        for within in (operation, None):
            change(author, "message", letter, operation=within)
            settle(net, 5)
    follow(net)
    assert subject_at(other, letter) == f"From {CANARY}"
    sound(net)


def test_what_says_for_whom_a_letter_is_is_looked_for_once_however_much_is_enclosed(net: Network) -> None:
    author, addressee, other = net.posts
    follow(net)
    letter = write(author, for_post=node(addressee))
    enclosed = [enclose(author, letter) for _ in range(10)]
    settle(net)
    follow(net)
    looked: list[str] = []
    net.register.store.connection.set_trace_callback(looked.append)
    change(author, "message", letter, for_post=None)
    settle(net)
    net.register.store.connection.set_trace_callback(None)
    assert [name_of_file_at(other, one) for one in enclosed] == [NAME] * 10
    of_letter = [sql for sql in looked if f"r.id='{letter}'" in sql and "$.for_post" in sql]
    assert 0 < len(of_letter) < 5
