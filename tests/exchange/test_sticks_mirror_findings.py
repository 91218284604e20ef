"""A mirror stick that is missing or cannot be written is a finding until it is well again."""

from __future__ import annotations

from pathlib import Path

from diwan_appliance.mirroring import FAILED, MISSING, write_mirror
from diwan_core.exchange.carriers.folder import ROOT
from diwan_core.exchange.post.post_stick import Mirror
from diwan_core.health.findings import Findings
from diwan_core.trust import NodeKeys

from tests.exchange.network import case, network


def test_a_missing_stick_and_one_that_cannot_be_written_are_found_and_forgotten(tmp_path: Path) -> None:
    stick, passed = tmp_path / "stick", [0.0]
    with network(tmp_path / "net", posts=1) as net:
        register = net.posts[0].register
        findings = Findings(register.folder, "agent")
        mirror = Mirror(register, NodeKeys.load(register.folder), str(stick), lambda: passed[0])

        def turn() -> list[str]:
            passed[0] += Mirror.EVERY_S
            write_mirror(mirror, findings)
            return findings.codes()

        net.posts[0].save(case())
        assert turn() == [MISSING]
        stick.mkdir()
        (stick / ROOT).write_text("a file where the folder belongs")
        assert turn() == [MISSING]
        (stick / ROOT).unlink()
        (stick / ROOT).mkdir()
        (stick / ROOT / "up").write_text("again")
        assert turn() == [FAILED]
        assert turn() == [FAILED]
        (stick / ROOT / "up").unlink()
        assert turn() == []
