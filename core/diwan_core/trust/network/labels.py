"""Compares the labels of nodes: two labels that look alike count as the same (`labels_folding`)."""

from collections.abc import Mapping

from diwan_core.trust.labels_folding import folded_label
from diwan_core.trust.network.ledger_facts import CentralFact, NodeFact

__all__ = ["folded_label", "holder_of"]


def holder_of(label: str, nodes: Mapping[str, NodeFact], central: CentralFact | None, but: str = "") -> str | None:
    """The id of the node, other than `but`, that has this label or one that looks like it; None where it is free. The
    node `but` keeps the label it has, whatever an earlier release allowed."""
    if but in nodes and nodes[but].label == label:
        return None
    wanted = folded_label(label)
    if central is not None and central.node != but and folded_label(central.label) == wanted:
        return central.node
    return next((id for id, node in nodes.items() if id != but and folded_label(node.label) == wanted), None)
