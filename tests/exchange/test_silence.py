"""What waits at a post for a week without a word of the centre is a finding, until the centre has it."""

from __future__ import annotations

import time
from pathlib import Path

from diwan_appliance.silence import EVERY_S, LONG_S, WAITS, Silence
from diwan_core.health.findings import Findings, findings_of

from tests.exchange.network import case, network


def test_rows_that_wait_for_a_week_are_found_and_forgotten_when_they_are_through(tmp_path: Path) -> None:
    with network(tmp_path, posts=1) as net:
        post, passed = net.posts[0], [0.0]
        notes = Findings(post.register.folder, "agent")
        silence = Silence(post.register, notes, lambda: passed[0], lambda: time.time() + passed[0])
        post.save(case())
        net.settle()
        passed[0] += LONG_S + EVERY_S
        silence.turn()
        assert notes.codes() == [], "nothing waits"
        began = time.strftime("%Y-%m-%d", time.gmtime())
        post.save(case(), case())
        passed[0] += EVERY_S
        silence.turn()
        assert notes.codes() == [WAITS]
        (found,) = findings_of(post.register.folder)
        assert int(found.facts["count"]) >= 2
        assert began <= found.facts["since"] <= time.strftime("%Y-%m-%d", time.gmtime())
        net.settle()
        passed[0] += EVERY_S
        silence.turn()
        assert notes.codes() == []


def test_the_centre_counts_what_became_of_each_posts_rows(tmp_path: Path) -> None:
    with network(tmp_path, posts=2) as net:
        for number, post in enumerate(net.posts, 1):
            post.save(*[case()] * number)
        net.settle()
        counted = net.register.rows_of_nodes()
        for number, post in enumerate(net.posts, 1):
            assert counted[post.register.config.id]["applied"] >= number
            assert counted[post.register.config.id]["quarantined"] == 0
