"""`diwan post configure`: provisioning sets a node's settings on each run, and learns whether anything changed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from diwan_appliance.cli import post
from diwan_core import node


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    node.create(tmp_path / "p", node.NodeConfig("post", node.mint_id(), "Post 1", office="XA001"))
    return tmp_path / "p"


def configure(folder: Path, *settings: str) -> Result:
    return CliRunner().invoke(post, ["configure", "--dir", str(folder), "--json", *settings])


def test_a_second_run_changes_nothing(folder: Path) -> None:
    assert json.loads(configure(folder, "web_port=8443", "label=North").output) == {"changed": True}
    assert json.loads(configure(folder, "web_port=8443", "label=North").output) == {"changed": False}
    assert (node.load(folder).web_port, node.load(folder).label) == (8443, "North")


@pytest.mark.parametrize("setting", ["id=1", "role=central", "central_id=x", "web_port=many", "colour=red", "label"])
def test_identity_and_nonsense_are_refused(setting: str, folder: Path) -> None:
    before = node.load(folder)
    done = configure(folder, setting)
    assert done.exit_code == 2
    assert node.load(folder) == before


def test_a_port_that_is_none_is_refused_and_nothing_is_written(folder: Path) -> None:
    done = configure(folder, "web_port=70000")
    assert done.exit_code == 1 and "70000" in done.output
    assert node.load(folder).web_port == 0
