"""What the processes of a node found stands on the page of this machine, with its remedy, until it is so no more."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from diwan_core.health.findings import Findings, findings_of
from diwan_core.health.words import WORDS
from diwan_lab.command import diwan

from .conftest import Site, text_of


@pytest.fixture
def agent(post: Site) -> Iterator[Findings]:
    found = Findings(post.folder, "agent")
    yield found
    found.clear()


def test_a_finding_is_said_in_the_readers_language_and_by_status(post: Site, agent: Findings) -> None:
    officer = post.browser("officer")
    assert "ends its connection" not in text_of(officer.get("/status"))
    agent.note("session_taken_over")
    page = text_of(officer.get("/status"))
    assert "under this node's name" in page and "Switch the copy off" in page
    arabic = officer.client.get("/status", headers={"Accept-Language": "ar"})
    assert "يأخذ الخط منها" in text_of(arabic)
    said = json.loads(diwan("post", "status", "--dir", post.folder, "--json"))["findings"]
    assert "Switch the copy off" in next(one["remedy"] for one in said if one["code"] == "session_taken_over")
    agent.clear("session_taken_over")
    assert findings_of(post.folder) == [] and "ends its connection" not in text_of(officer.get("/status"))


def test_a_finding_of_another_release_shows_its_code(post: Site, agent: Findings) -> None:
    agent.note("of_the_next_release", some="fact")
    assert "of_the_next_release (agent)" in text_of(post.browser("officer").get("/status"))


def test_a_finding_that_goes_on_keeps_its_time_and_one_that_cannot_be_read_is_none(post: Site, agent: Findings) -> None:
    agent.note("part_fails", reason="first")
    since = findings_of(post.folder)[0].since
    agent.note("part_fails", reason="second")
    (held,) = findings_of(post.folder)
    assert held.since == since and held.facts == {"reason": "second"}
    path = post.folder / "run" / "agent.findings.json"
    path.write_text('{"part_fails": {"since": "yesterday"}}')
    assert findings_of(post.folder) == []
    assert post.browser("officer").get("/status").status_code == 200


def test_every_finding_says_what_to_do() -> None:
    assert all(words.what and words.remedy for words in WORDS.values())
