"""Posts are heard each by subscriptions of their own; one that floods is not, for a while."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from diwan_central.exchange.listening import FIRST_S, FORGIVEN_S, LONGEST_S, MOST_MESSAGES, Listening, Nodes
from diwan_core.exchange.wire import topics

from tests.exchange.network import network


class Session:
    """What a broker knows of one client's subscriptions."""

    def __init__(self) -> None:
        self.heard: set[str] = set()

    def subscribe(self, more: Sequence[str]) -> None:
        self.heard |= set(more)

    def unsubscribe(self, less: Sequence[str]) -> None:
        self.heard -= set(less)


def heard(*nodes: str) -> set[str]:
    return {topics.up(node, leaf) for node in nodes for leaf in "hp"}


def listening(session: Session, now: list[float]) -> Listening:
    return Listening(session, ("p", "h"), lambda: now[0])


def test_the_posts_of_the_ledger_are_heard_and_no_others() -> None:
    session, now = Session(), [0.0]
    one = listening(session, now)
    one.follow({"a", "b"})
    assert session.heard == heard("a", "b")
    one.follow({"b", "c"})
    assert session.heard == heard("b", "c")


def test_who_floods_is_not_heard_for_a_while_and_longer_each_time() -> None:
    session, now = Session(), [0.0]
    one = listening(session, now)
    one.follow({"evil", "good"})
    pauses = []
    for _ in range(10):
        one.leave("evil")
        assert session.heard == heard("good")
        began = now[0]
        while session.heard == heard("good"):
            now[0] += 1.0
            one.turn()
        pauses.append(now[0] - began)
    assert pauses[:4] == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S, 8 * FIRST_S]
    assert pauses[-1] == LONGEST_S
    now[0] += FORGIVEN_S + 1
    one.leave("evil")
    now[0] += FIRST_S
    one.turn()
    assert session.heard == heard("evil", "good"), "what was long ago is forgiven"


def test_a_post_that_is_not_heard_stays_so_when_another_is_enrolled_and_is_heard_no_more_once_it_is_gone() -> None:
    session, now = Session(), [0.0]
    one = listening(session, now)
    one.follow({"evil", "good"})
    one.leave("evil")
    one.follow({"evil", "good", "new"})
    assert session.heard == heard("good", "new")
    one.follow({"good", "new"})
    now[0] += FIRST_S
    one.turn()
    assert session.heard == heard("good", "new")


def test_too_many_messages_within_a_second_are_a_flood_and_as_many_in_a_minute_are_not() -> None:
    session, now = Session(), [0.0]
    one = listening(session, now)
    one.follow({"evil", "good"})
    for _ in range(60):
        one.note([(topics.up("good", "h"), b"x")] * (MOST_MESSAGES // 50))
        now[0] += 1.1
    assert session.heard == heard("evil", "good")
    one.note([(topics.up("evil", "h"), b"x")] * (MOST_MESSAGES + 1))
    assert session.heard == heard("good")
    one.note([(topics.up("stranger", "h"), b"x")] * (MOST_MESSAGES + 1))
    assert session.heard == heard("good")


def test_posts_are_looked_up_when_the_ledger_has_grown(tmp_path: Path) -> None:
    with network(tmp_path, posts=1) as net:
        nodes = Nodes(net.register)
        assert nodes.new() == {net.posts[0].register.config.id}
        assert nodes.new() is None
        second = net.add_post("Second")
        assert nodes.new() == {net.posts[0].register.config.id, second.register.config.id}
