"""A save knocks at the agent's socket, however deep the node's folder lies."""

from __future__ import annotations

import select
from collections.abc import Callable
from pathlib import Path
from typing import Any

from diwan_core import node
from diwan_core.exchange.loop import LOOK_S, WakeSocket, Wakings
from diwan_core.register import Edit, Register
from diwan_core.trust import NodeKeys


def test_a_save_wakes_the_agent_of_a_deep_folder(tmp_path: Path, case: Callable[..., dict[str, Any]]) -> None:
    folder = tmp_path / ("deep" * 20) / ("deeper" * 15)
    node.create(folder, node.NodeConfig("post", node.mint_id(), "Far away", "JOAQJ"))
    NodeKeys.create(folder)
    wake = WakeSocket(folder, "agent")
    try:
        with Register.open(folder, role="writer") as register:
            assert not wake.drain()
            register.save([Edit("case", case())], author="officer")
            assert select.select([wake], [], [], 5)[0]
            assert wake.drain()
    finally:
        wake.close()


def test_a_save_without_an_agent_is_saved_all_the_same(folder: Path, case: Callable[..., dict[str, Any]]) -> None:
    WakeSocket(folder, "agent")._socket.close()
    with Register.open(folder, role="writer") as register:
        register.save([Edit("case", case())], author="officer")
        assert register.count("case") == 1


def test_an_older_agent_that_ends_leaves_the_newer_ones_socket(
    folder: Path, case: Callable[..., dict[str, Any]]
) -> None:
    older, newer = WakeSocket(folder, "agent"), WakeSocket(folder, "agent")
    older.close()
    try:
        with Register.open(folder, role="writer") as register:
            register.save([Edit("case", case())], author="officer")
            assert select.select([newer], [], [], 5)[0]
    finally:
        newer.close()
    assert not newer.path.exists()


def test_a_socket_whose_file_was_taken_away_is_made_again(folder: Path, case: Callable[..., dict[str, Any]]) -> None:
    wake = WakeSocket(folder, "agent")
    try:
        assert not wake.keep()
        wake.path.unlink()
        assert wake.keep()
        with Register.open(folder, role="writer") as register:
            register.save([Edit("case", case())], author="officer")
            assert select.select([wake], [], [], 5)[0]
    finally:
        wake.close()


def test_a_save_whose_knock_is_lost_is_found_within_seconds(folder: Path, case: Callable[..., dict[str, Any]]) -> None:
    now = [1000.0]
    with Register.open(folder, role="writer") as agent, Register.open(folder, role="writer") as console:
        wake = WakeSocket(folder, "agent")
        try:
            wakings = Wakings(wake, agent.store, lambda: now[0])
            assert not wakings.come()
            console.save([Edit("case", case())], author="officer")
            assert wakings.come(), "the knock"
            wake.path.unlink()
            console.save([Edit("case", case())], author="officer")
            assert not wakings.come(), "nobody knocked"
            now[0] += LOOK_S
            assert wakings.come()
            now[0] += LOOK_S
            assert not wakings.come(), "it is said once"
            console.save([Edit("case", case())], author="officer")
            assert wakings.come(), "the socket is there again"
        finally:
            wake.close()
