"""A post of real processes that nobody has confirmed sends and hears nothing; once it is confirmed it reads along."""

import json
import time
from pathlib import Path

import pytest
from diwan_lab import joining
from diwan_lab.cluster import Cluster
from diwan_lab.command import diwan
from diwan_lab.ports import free_port

from tests.lab.test_revocation import cases, enter, wait_for

pytestmark = pytest.mark.slow


def test_an_agent_that_is_running_reads_along_from_its_confirmation_on(tmp_path: Path) -> None:
    with Cluster(tmp_path / "network", posts=1) as cluster:
        saved = enter(cluster.posts[0], "1:5")
        late = cluster.folder / "late"
        diwan("post", "init", "--dir", late, "--label", "Anything", "--office", "JOAQJ", "--port", free_port())
        words = joining.enrol(
            late, cluster.url("central"), joining.make_code(cluster.central, "--label", "Gate 9", "--office", "JOAMM")
        )
        cluster.declare_post("late", "agent", late)
        cluster.start_only("late.agent")
        own = enter(late, "6:8")
        wait_for("what it saved is at the centre and at the other post", lambda: cases(cluster.posts[0]) == saved + own)
        time.sleep(3)
        assert cases(late) == own, "it hears nothing of what others report"
        assert json.loads(diwan("post", "status", "--dir", late, "--json"))["state"] == "unconfirmed"
        assert not list((late / "keys").glob("scopes/*"))
        joining.confirm(cluster.central, late, words)
        wait_for("it reads what others reported", lambda: cases(late) == saved + own)
        new = enter(cluster.posts[0], "20:24")
        wait_for("and goes on reading", lambda: cases(late) == saved + own + new)
        assert json.loads(diwan("post", "status", "--dir", late, "--json"))["state"] == "confirmed"
        for node in (cluster.central, late):
            assert json.loads(diwan("audit", "verify", "--dir", node, "--json"))["whole"]
