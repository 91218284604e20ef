"""A revoked node's session is ended after the broker has read that it is revoked, or it would be let in again."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from diwan_central.setup import LISTS_WRITTEN, broker_folder, lists_are_read
from diwan_core import node


@pytest.fixture
def centre(tmp_path: Path) -> Path:
    folder = tmp_path / "central"
    node.create(folder, node.NodeConfig("central", node.mint_id(), "Headquarters"))
    broker_folder(folder).mkdir()
    (broker_folder(folder) / LISTS_WRITTEN).write_text("now")
    return folder


def test_a_broker_that_is_told_directly_needs_no_waiting(centre: Path, tmp_path: Path) -> None:
    assert lists_are_read(centre, tmp_path / "nowhere/read", 0)


def test_an_installed_broker_is_waited_for_until_it_has_read_the_lists_written_last(
    centre: Path, tmp_path: Path
) -> None:
    read = tmp_path / "run/read"
    read.parent.mkdir()
    assert not lists_are_read(centre, read, 0.1), "it has never read them"
    read.touch()
    os.utime(read, (1, 1))
    assert not lists_are_read(centre, read, 0.1), "it has read older ones"
    threading.Timer(0.2, read.touch).start()
    assert lists_are_read(centre, read, 60)
