"""The name of a node on pages: its label, which people know, and the beginning of its id, which no other node can
have."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from diwan_core.node import NodeConfig
from diwan_core.register import Register
from diwan_core.trust.names import short_id

LOOK_EVERY: Final = 10.0
"""Seconds between two looks at the table of nodes."""


@dataclass(frozen=True)
class NodeName:
    """A node as it is called. `is_confirmed`: a person at the centre has confirmed that it is what it says it is."""

    label: str
    short: str
    is_confirmed: bool

    def __str__(self) -> str:
        return f"{self.label} ({self.short})" if self.short else self.label


class NodeNames:
    """The names of the nodes that a console knows. Safe to use from several threads."""

    def __init__(self, own: NodeConfig, register: Callable[[], Register]) -> None:
        self._own = own
        self._register = register
        self._names: Mapping[str, NodeName] = {}
        self._due = 0.0
        self._lock = threading.Lock()

    def of(self, node_id: str) -> NodeName:
        """The name of a node; its id where this node knows no name for it."""
        now = time.monotonic()
        with self._lock:
            if now >= self._due:
                self._names = {
                    id: NodeName(label, short_id(id), sure) for id, label, sure in self._register().named_nodes()
                }
                self._due = now + LOOK_EVERY
            found = self._names.get(node_id)
        if node_id == self._own.id:
            return NodeName(self._own.label, short_id(node_id), found is None or found.is_confirmed)
        return found or NodeName(node_id, "", True)
