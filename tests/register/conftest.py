"""A real register in a temporary folder, and cases to put into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from diwan_core import node
from diwan_core.register import Register
from diwan_core.trust import NodeKeys

from tests.exchange.network import case as short_case

Case = Callable[..., dict[str, Any]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A post's data folder."""
    place = tmp_path / "post"
    node.create(place, node.NodeConfig("post", node.mint_id(), "Aqaba port", "JOAQJ"))
    NodeKeys.create(place)
    return place


@pytest.fixture
def register(folder: Path) -> Iterator[Register]:
    """Its register, open for writing."""
    with Register.open(folder, role="writer") as opened:
        yield opened


@pytest.fixture
def case() -> Case:
    """A short-form case with some values changed."""
    return short_case
