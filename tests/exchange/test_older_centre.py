"""A centre that runs for a while with an older dictionary, which does not say what belongs to what."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.wire import topics
from diwan_core.register.admission.scope_log import NATIONAL, feed_head

from tests.exchange.copies import alike
from tests.exchange.letters_kit import (
    NAME,
    change,
    enclose,
    follow,
    name_of_file_at,
    node,
    put_back_to_before_a_case_and_its_picture,
    subject_at,
    write,
)
from tests.exchange.network import Network, arriving, network, record_in, sound
from tests.exchange.reach_kit import CANARY, settle

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
AT_AN_OLDER_CENTRE = """
import pickle, sys
from pathlib import Path
from diwan_core.dictionary import DICTIONARY
from diwan_core.exchange.centre.inbox import Inbox
from diwan_core.register import Register
from diwan_core.trust import NodeKeys

folder, record = Path(sys.argv[1]), sys.argv[2]
assert DICTIONARY.version == 3
with Register.open(folder, role="writer") as register:
    inbox = Inbox(register, NodeKeys.load(folder))
    inbox.handle(pickle.loads(sys.stdin.buffer.read()))
    assert register.get(record) is not None
"""


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=3) as made:
        settle(made)
        yield made


def run_older(net: Network, messages: list[Message], record: str) -> None:
    """The centre takes these messages, with which it knows this record, with an older dictionary, and is updated."""
    net.register.close()
    subprocess.run(
        [sys.executable, "-c", AT_AN_OLDER_CENTRE, net.register.folder, record], check=True, cwd=ROOT,
        input=pickle.dumps(messages), env=os.environ | {"DIWAN_DICTIONARY_VERSION": "3"},
    )  # fmt: skip
    net.restart_centre()


def test_a_picture_is_for_all_though_its_case_came_while_the_centre_ran_with_an_older_dictionary(
    net: Network, tmp_path: Path
) -> None:
    author, _, other = net.posts
    case, picture = put_back_to_before_a_case_and_its_picture(net, tmp_path)
    parcels = topics.up(node(author), topics.PARCEL)
    with arriving(net, lambda topic: topic != parcels):
        heard = net.overhear()
        for post in net.posts:
            post.exchange.came_up()
        for _ in range(60):
            net.turn()
    assert record_in(other.register, picture).values.get("file_name") is None, "of what, nobody knows yet"
    run_older(net, [message for message in heard if message[0] == parcels], case)
    settle(net)
    settle(net)
    alike(net, [case, picture])
    assert record_in(other.register, picture).values["file_name"] == "x.png"
    sound(net)


def opened(net: Network) -> str:
    """A letter that was for one post, and was opened to all while letters were kept; its id."""
    author, addressee, _ = net.posts
    follow(net)
    letter = write(author, for_post=node(addressee))
    settle(net)
    follow(net)
    change(author, "message", letter, for_post=None)
    settle(net)
    return letter


def for_all_from_the_beginning(net: Network) -> str:
    follow(net)
    letter = write(net.posts[0])
    follow(net)
    return letter


def opened_before_letters_were_kept(net: Network) -> str:
    author, addressee, _ = net.posts
    letter = write(author, for_post=node(addressee))
    settle(net)
    change(author, "message", letter, for_post=None)
    settle(net)
    follow(net)
    return letter


def opened_before_it_was_sent(net: Network) -> str:
    author, addressee, _ = net.posts
    follow(net)
    author.carrier.up = False
    letter = write(author, for_post=node(addressee))
    change(author, "message", letter, for_post=None)
    author.carrier.up = True
    author.exchange.came_up()
    follow(net)
    return letter


@pytest.mark.parametrize(
    "written", [opened, for_all_from_the_beginning, opened_before_letters_were_kept, opened_before_it_was_sent]
)
def test_a_letter_that_was_for_all_before_is_so_again_though_the_centre_ran_with_an_older_dictionary(
    net: Network, written: Callable[[Network], str]
) -> None:
    author, addressee, other = net.posts
    letter = written(net)
    change(author, "message", letter, for_post=node(addressee))
    settle(net)
    follow(net)
    assert subject_at(addressee, letter) is not None and subject_at(other, letter) is None
    parcels = topics.up(node(author), topics.PARCEL)
    with arriving(net, lambda topic: topic != parcels):
        heard = net.overhear()
        change(author, "message", letter, for_post=None)
        for _ in range(20):
            net.turn()
    run_older(net, [message for message in heard if message[0] == parcels], letter)
    settle(net)
    settle(net)
    assert subject_at(other, letter) == subject_at(author, letter) is not None
    head = feed_head(net.register.store.connection, NATIONAL)
    run_older(net, [], letter)
    settle(net)
    assert feed_head(net.register.store.connection, NATIONAL) == head, "it has its numbers once"
    sound(net)


@pytest.mark.parametrize("kind", ["message", "request"])
def test_what_is_enclosed_with_a_letter_that_an_older_centre_does_not_know_is_whole(net: Network, kind: str) -> None:
    """There the request waits for the update, and its picture does not."""
    author, _, _ = net.posts
    follow(net)
    parcels = topics.up(node(author), topics.PARCEL)
    with arriving(net, lambda topic: topic != parcels):
        heard = net.overhear()
        letter = write(author, kind)
        enclosed = enclose(author, letter)
        for _ in range(20):
            net.turn()
    run_older(net, [message for message in heard if message[0] == parcels], enclosed)
    settle(net)
    settle(net)
    follow(net)
    assert [subject_at(post, letter) for post in net.posts] == [f"From {CANARY}"] * 3
    assert [name_of_file_at(post, enclosed) for post in net.posts] == [NAME] * 3
    sound(net)
