"""Whom the relay answers next."""

from __future__ import annotations

from diwan_central.questions import Questions
from diwan_core.exchange import topics


def test_members_are_answered_one_by_one_in_their_order_each_by_its_latest_word() -> None:
    questions = Questions()
    questions.add([(topics.up("a", topics.HELLO), b"1"), (topics.up("b", topics.HELLO), b"2")])
    questions.add([(topics.up("a", topics.HELLO), b"3"), (topics.up("a", topics.ASK), b"4")])
    answered = []
    while questions:
        answered += questions.next()
    assert answered == [
        (topics.up("a", topics.HELLO), b"3"),
        (topics.up("b", topics.HELLO), b"2"),
        (topics.up("a", topics.ASK), b"4"),
    ]
    assert questions.next() == []
