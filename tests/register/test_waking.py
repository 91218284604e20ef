"""A save knocks at the agent's socket, however deep the node's folder lies."""

from __future__ import annotations

import select
from collections.abc import Callable
from pathlib import Path
from typing import Any

from diwan_core import node
from diwan_core.exchange.loop import WakeSocket
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
