"""The commands a technician types: sticks both ways, an erasure, an audit."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from diwan_appliance.cli import post as post_command
from diwan_central.cli import central as central_command
from diwan_core import node
from diwan_core.audit.commands import audit

from tests.exchange.network import case, network, record_in


def run(command: click.Command, *words: str) -> str:
    """What a command says; it must succeed."""
    done = CliRunner().invoke(command, words)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.slow
def test_a_case_goes_out_and_its_receipt_comes_back_and_it_is_erased_everywhere(tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    with network(tmp_path, posts=2) as net:
        one, other = (str(post.register.folder) for post in net.posts)
        centre = str(net.register.folder)
        (record,) = net.posts[0].save(case(narrative="Quagmire"))

        def round_trip() -> None:
            for folder in (one, other):
                run(post_command, "export-parcels", str(stick), "--dir", folder)
            run(central_command, "import-parcels", str(stick), "--dir", centre)
            run(central_command, "export-parcels", str(stick), "--dir", centre)
            for folder in (one, other):
                assert "left alone" not in run(post_command, "import-parcels", str(stick), "--dir", folder)

        round_trip()
        assert net.posts[1].register.get(record) is not None
        said = json.loads(run(post_command, "status", "--dir", one, "--json"))
        assert said["journal"]["unsent"] == 0
        assert "sticks           exported" in run(post_command, "status", "--dir", one)
        erased = json.loads(run(central_command, "erase", record, "--basis", "Act 7", "--dir", centre, "--json"))
        assert erased == {"records": [record], "files_clean": True, "basis": "Act 7", "pictures_that_stay": {}}
        round_trip()
        for folder in (one, other, centre):
            assert "whole" in run(audit, "verify", "--dir", folder)
            assert record_in(net.posts[1].register, record).values == {}
            files = [path for path in Path(folder).rglob("*") if path.is_file()]
            assert not any(b"Quagmire" in path.read_bytes() for path in files)


def test_a_mirror_is_set_and_taken_away(tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    with network(tmp_path, posts=1) as net:
        folder = net.posts[0].register.folder
        run(post_command, "mirror", str(stick), "--dir", str(folder))
        assert node.load(folder).mirror == str(stick)
        assert (stick / "diwan").is_dir()
        run(post_command, "mirror", "--dir", str(folder))
        assert node.load(folder).mirror == ""
        missing = CliRunner().invoke(post_command, ["mirror", str(tmp_path / "nowhere"), "--dir", str(folder)])
        assert missing.exit_code == 1
        assert "not there" in missing.output
