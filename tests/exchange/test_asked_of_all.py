"""A post that hears that the centre was put back asks it about every epoch of its own, until each is answered: whatever
ends meanwhile, is lost, or is repeated by a broker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.post import outbox, post_exchange
from diwan_core.exchange.post.feed_state import HEARTBEAT_S
from diwan_core.exchange.post.post_exchange import LATEST_EPOCHS
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.messages import BoundReceipt, SignedHello, decode
from diwan_core.exchange.wire.parcel import text_id
from diwan_core.register.exchange_state.epochs import has_gone_back
from diwan_core.register.journal import resign
from diwan_core.register.storage.database import now_ms

from tests.exchange.copies import alike, follow_ledger, put_back, save_copy, write_on
from tests.exchange.letters_kit import node
from tests.exchange.network import Network, Post, arriving, lost, network
from tests.exchange.sticks import unreceipted
from tests.exchange.test_new_keys import with_new_keys

pytestmark = pytest.mark.slow

A_DAY_MS = 86_400_000


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    """A centre of which there is a copy that knows nothing of its post yet."""
    with network(tmp_path, posts=1) as made:
        made.settle()
        save(made)
        yield made


def save(net: Network) -> None:
    net.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    save_copy(net.register.folder, net.folder / "backup")


def restore(net: Network) -> None:
    net.register.close()
    put_back(net.register.folder, net.folder / "backup", in_place=False)
    net.restart_centre()


def restore_unheard(net: Network) -> None:
    """The line of the posts stands, and they hear nothing of it."""
    posts, net.posts = net.posts, []
    restore(net)
    net.posts = posts


def boots(net: Network, monkeypatch: pytest.MonkeyPatch, many: int) -> tuple[Post, list[str]]:
    """The post starts so many times, in an epoch of its own each time, and reports a case."""
    (post,), records = net.posts, list[str]()
    for boot in range(many):
        monkeypatch.setenv("DIWAN_BOOT_ID", f"boot {boot}")
        post = started_again(net, post)
        records += write_on(post, range(boot % 24, boot % 24 + 1))
        net.settle()
    return post, records


def started_again(net: Network, post: Post) -> Post:
    net.stop(post)
    return net.start(post.register.folder)


def is_marked(post: Post) -> bool:
    return has_gone_back(post.register.store.connection)


def hear_of_it(net: Network, post: Post) -> None:
    """Until the post knows that the centre holds less, and has said nothing since."""
    for _ in range(30):
        net.turn()
        post.exchange.handle(post.carrier.poll(0))
        if is_marked(post):
            return
    raise AssertionError("it never heard of it")


def wait(net: Network) -> None:
    """Two heartbeats and more."""
    for _ in range(3 * int(HEARTBEAT_S)):
        net.turn()


def named(passed: list[Message]) -> list[int]:
    """How many epochs each hello names."""
    return [len(decode(payload, SignedHello).epochs) for topic, payload in passed if topics.leaf(topic) == topics.HELLO]


def test_a_post_that_ends_when_it_hears_of_it_still_sends_all(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seed 113080: it had asked about its latest epochs only, and knew in no other process that more were lost."""
    post, records = boots(net, monkeypatch, 2 * LATEST_EPOCHS)
    restore(net)
    hear_of_it(net, post)
    post = started_again(net, post)
    net.settle(600)
    alike(net, records)
    assert not is_marked(post)


@pytest.mark.parametrize("cut", [False, True])
def test_a_power_cut_before_rows_are_signed_again_leaves_none_unsigned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: bool
) -> None:
    """New keys sign again what is not archived; of the rest, what a centre put back asks for."""
    with network(tmp_path, posts=2) as net:
        post, _ = net.posts
        records = write_on(post, range(2))
        net.settle()
        save(net)
        records += write_on(post, range(3, 6))
        net.settle()
        post.register.store.connection.execute("UPDATE epoch SET safe=signed WHERE own=1")  # as receipts say it
        monkeypatch.setenv("DIWAN_BOOT_ID", "after a visit of the technician")
        post = with_new_keys(net, post)
        records += write_on(post, range(7, 9))
        net.settle()
        restore(net)
        sign, called = resign.sign_again, list[str]()

        def sign_again(*given: object) -> int:
            called.append("signed")
            if cut:
                raise PowerCut
            return sign(*given)  # type: ignore[arg-type]

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(post_exchange, "sign_again", sign_again)
            try:
                for _ in range(10):
                    net.turn()
                follow_ledger(net)
                for _ in range(100):
                    net.turn()
            except PowerCut:
                pass
        assert called
        post = started_again(net, post)
        net.settle(600)
        alike(net, records)


class PowerCut(Exception):
    """The process ends here."""


@pytest.mark.parametrize("leaf", [topics.HELLO, topics.RECEIPT])
def test_what_is_lost_once_on_a_line_that_stands_is_asked_again(
    net: Network, monkeypatch: pytest.MonkeyPatch, leaf: str
) -> None:
    post, records = boots(net, monkeypatch, 2 * LATEST_EPOCHS)
    restore(net)
    hear_of_it(net, post)
    with lost(net, leaf):
        net.turn()
    wait(net)
    alike(net, records)
    assert not is_marked(post)


@pytest.mark.parametrize("ends_meanwhile", [False, True])
def test_a_hello_that_the_centre_answers_with_a_question_is_said_again_with_all_it_asked(
    net: Network, monkeypatch: pytest.MonkeyPatch, ends_meanwhile: bool
) -> None:
    """The clock of the post is a day behind: its hellos are not later than those before."""
    post, records = boots(net, monkeypatch, 2 * LATEST_EPOCHS if ends_meanwhile else 4)
    if not ends_meanwhile:
        net.stop(post)
    restore(net)
    if ends_meanwhile:
        hear_of_it(net, post)
        net.stop(post)
    true = now_ms
    monkeypatch.setattr(post_exchange, "now_ms", lambda: true() - A_DAY_MS)
    net.start(post.register.folder)
    wait(net)
    alike(net, records)


def test_a_post_whose_clock_was_ahead_once_notices_a_centre_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = now_ms
    with network(tmp_path, posts=1) as net:
        (post,) = net.posts
        with monkeypatch.context() as wrong:
            wrong.setattr(post_exchange, "now_ms", lambda: true() + A_DAY_MS)
            write_on(post, range(1))
            net.settle()
            post.exchange.came_up()
            net.turn()
            net.turn()
        save(net)
        post, records = boots(net, monkeypatch, 4)
        net.stop(post)
        restore(net)
        net.start(post.register.folder)
        wait(net)
        alike(net, records)


class Broker(NamedTuple):
    """A hostile broker between a post and a centre that was put back: nothing but what it delivers arrives. It repeated
    a hello of the post to the centre."""

    before: list[Message]
    """What the centre answered to this hello before it was put back."""
    after: list[Message]
    """What it answers to it now."""
    deliver: Callable[[str, bytes], None]


@contextmanager
def hostile_broker(net: Network) -> Iterator[Broker]:
    passed = net.overhear()
    net.restart_ingest()  # a call: the post asks about all that is not archived, which is all
    for _ in range(5):
        net.turn()
    hello = [message for message in passed if topics.leaf(message[0]) == topics.HELLO][-1]
    nonce = decode(hello[1], SignedHello).nonce
    before = [
        message
        for message in passed
        if topics.leaf(message[0]) == topics.RECEIPT and decode(message[1], BoundReceipt).nonce == nonce
    ]
    restore_unheard(net)
    deliver, after = net.bus.deliver, list[Message]()

    def hold(topic: str, payload: bytes) -> None:
        if topics.leaf(topic) == topics.RECEIPT:
            after.append((topic, payload))
        elif topics.leaf(topic) not in (topics.HELLO, topics.WAKE):
            deliver(topic, payload)

    net.bus.deliver = hold  # type: ignore[method-assign]  # the real bus, with a hostile broker
    deliver(*hello)
    net.turn()
    yield Broker(before, after, deliver)
    net.bus.deliver = deliver  # type: ignore[method-assign]


def hears(net: Network, post: Post, broker: Broker, messages: Iterable[Message]) -> None:
    for message in messages:
        broker.deliver(*message)
    post.exchange.handle(post.carrier.poll(0))


def of_epoch(message: Message) -> str:
    return text_id(decode(message[1], BoundReceipt).epoch)


def test_answers_of_the_centre_as_it_was_before_count_for_nothing(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    post, records = boots(net, monkeypatch, 2 * LATEST_EPOCHS)
    latest = own_epochs(post)[:LATEST_EPOCHS]
    with hostile_broker(net) as broker:
        assert len(broker.before) >= 2 * LATEST_EPOCHS
        told = [message for message in broker.after if of_epoch(message) in latest]
        hears(net, post, broker, told)
        assert is_marked(post)
        hears(net, post, broker, [message for message in broker.before if of_epoch(message) not in latest] + told)
        for _ in range(5):
            net.turn()
    assert is_marked(post)
    started_again(net, post)
    net.settle(600)
    alike(net, records)


def test_answers_from_before_count_for_nothing_after_the_line_came_up_again_either(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    post, records = boots(net, monkeypatch, 4)
    save(net)  # of the epochs so far the centre holds all when it is put back
    (post,) = net.posts
    for boot in range(LATEST_EPOCHS + 1):
        monkeypatch.setenv("DIWAN_BOOT_ID", f"later {boot}")
        post = started_again(net, post)
        records += write_on(post, range(boot, boot + 1))
        net.settle()
    first, latest = own_epochs(post)[LATEST_EPOCHS], own_epochs(post)[:LATEST_EPOCHS]
    with hostile_broker(net) as broker:
        hears(net, post, broker, [message for message in broker.after if of_epoch(message) == first][:1])
        assert is_marked(post)
        post.exchange.came_up()
        hears(net, post, broker, [message for message in broker.before if of_epoch(message) in latest])
    with arriving_unless(net, lambda message: of_epoch(message) in latest):
        for _ in range(60):
            net.turn()
        assert is_marked(post), "nobody has answered what was asked about the latest epochs"
    wait(net)
    alike(net, records)


def own_epochs(post: Post) -> list[str]:
    """The epochs of a post, the latest first."""
    return [row[0] for row in post.register.store.rows("SELECT id FROM epoch WHERE own=1 ORDER BY no DESC")]


@contextmanager
def arriving_unless(net: Network, is_lost: Callable[[Message], bool]) -> Iterator[None]:
    """Receipts of which this holds are lost meanwhile."""
    deliver = net.bus.deliver

    def some(topic: str, payload: bytes) -> None:
        if topics.leaf(topic) != topics.RECEIPT or not is_lost((topic, payload)):
            deliver(topic, payload)

    net.bus.deliver = some  # type: ignore[method-assign]  # the real bus, with a line that loses some
    yield
    net.bus.deliver = deliver  # type: ignore[method-assign]


def test_lines_that_never_stand_long_bring_all_the_answers_in_the_end(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    post, records = boots(net, monkeypatch, 2 * LATEST_EPOCHS)
    restore(net)
    hear_of_it(net, post)
    for _ in range(30):
        left = iter(range(10))
        post.exchange.came_up()
        with arriving(net, lambda topic: topics.leaf(topic) != topics.RECEIPT or next(left, None) is not None):  # noqa: B023
            for _ in range(10):
                net.turn()
    assert (is_marked(post), unreceipted(post)) == (False, 0)
    alike(net, records)


def test_a_line_after_all_is_answered_asks_about_the_latest_epochs_only(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    post, _ = boots(net, monkeypatch, 3 * LATEST_EPOCHS)
    restore(net)
    net.settle(600)
    wait(net)
    assert not is_marked(post)
    passed = net.overhear()
    post.exchange.came_up()
    net.turn()
    assert max(named(passed)) == LATEST_EPOCHS


def test_epochs_without_a_signed_row_take_nobody_s_place(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `diwan post salvage` makes them where rows wait."""
    post, records = boots(net, monkeypatch, 3)
    for at in range(LATEST_EPOCHS):
        post.register.store.connection.execute(
            "INSERT INTO epoch (id, origin, own, seq, hash) VALUES (?, ?, 1, 0, zeroblob(32))",
            (f"aaaaaaaaaaaa{'abcdefgh'[at]}", node(post)),
        )
    net.stop(post)
    restore(net)
    net.start(post.register.folder)
    net.settle(600)
    alike(net, records)


def test_epochs_that_one_hello_has_no_room_for_are_named_in_the_next(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MOST_NAMED", LATEST_EPOCHS + 4)
    post, records = boots(net, monkeypatch, 3 * LATEST_EPOCHS)
    restore(net)
    wait(net)
    alike(net, records)
    assert not is_marked(post)
