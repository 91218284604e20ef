"""Rows that waited at the centre, so that it numbered them after later ones, and what a post makes of those."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from diwan_core.exchange.wire import topics
from diwan_core.register import Edit

from tests.exchange.copies import centre_put_back
from tests.exchange.letters_kit import NAME, change, enclose, follow, name_of_file_at, node, subject_at, write
from tests.exchange.network import Network, Post, arriving, case, network, sound
from tests.exchange.reach_kit import CANARY, settle

pytestmark = pytest.mark.slow


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=3) as made:
        settle(made)
        yield made


def waiting(net: Network) -> int:
    """How many rows wait at the centre."""
    return int(net.register.store.one("SELECT count(*) FROM journal WHERE verdict=2"))


def without_parcels_of(net: Network, post: Post) -> AbstractContextManager[None]:
    return arriving(net, lambda topic: topic != topics.up(node(post), topics.PARCEL))


def put_back_to_before_a_case(net: Network, tmp_path: Path, helper: Post) -> str:
    """The centre is put back to a copy without a case of this post, which others know; its id."""
    made: list[str] = []

    def work() -> None:
        made.extend(helper.save(case()))
        settle(net)

    centre_put_back(net, tmp_path, work)
    return made[0]


def all_say_hello(net: Network) -> None:
    for post in net.posts:
        post.exchange.came_up()
    for _ in range(80):
        net.turn()


@pytest.mark.parametrize("kept", [True, False])
def test_what_is_enclosed_with_a_letter_whose_first_row_waited_is_whole(
    net: Network, tmp_path: Path, kept: bool
) -> None:
    author, helper, other = net.posts
    if kept:
        follow(net)
    else:
        other.carrier.up = False
    report = put_back_to_before_a_case(net, tmp_path, helper)
    with without_parcels_of(net, helper):
        values = {"kind": "mail", "state": "open", "subject": f"From {CANARY}"}
        edits = [Edit("case", {"narrative": "more"}, record=report), Edit("message", values)]
        _, letter = author.register.save(edits, author="officer").records
        author.exchange.woken()
        enclosed = enclose(author, letter)
        all_say_hello(net)
        assert waiting(net) == 2, "for the case that the centre lost"
    settle(net)
    settle(net)
    assert waiting(net) == 0
    if not kept:
        follow(net)
        other.carrier.up = True
        other.exchange.came_up()
        settle(net)
    follow(net)
    assert [subject_at(post, letter) for post in net.posts] == [f"From {CANARY}"] * 3
    assert [name_of_file_at(post, enclosed) for post in net.posts] == [NAME] * 3
    sound(net)


def test_what_is_enclosed_after_the_row_that_opens_its_letter_and_that_waited_is_whole(
    net: Network, tmp_path: Path
) -> None:
    author, helper, _ = net.posts
    follow(net)
    letter = write(author, for_post=node(helper))
    follow(net)
    report = put_back_to_before_a_case(net, tmp_path, helper)
    with without_parcels_of(net, helper):
        author.register.save(
            [Edit("case", {"narrative": "more"}, record=report), Edit("message", {"for_post": None}, record=letter)],
            author="officer",
        )
        change(author, "message", letter, subject="Second")
        enclosed = enclose(author, letter)
        all_say_hello(net)
        assert waiting(net) == 2, "for the case that the centre lost"
    settle(net)
    settle(net)
    assert waiting(net) == 0
    follow(net)
    assert [subject_at(post, letter) for post in net.posts] == ["Second"] * 3
    assert [name_of_file_at(post, enclosed) for post in net.posts] == [NAME] * 3
    sound(net)
