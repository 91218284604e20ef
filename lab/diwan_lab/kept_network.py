"""The folder that a scenario left behind: its nodes, what they handed to the broker, its sticks and its diary."""

from dataclasses import dataclass
from pathlib import Path

from diwan_lab import diary
from diwan_lab.revoked import node_id
from diwan_lab.scenario_names import EVIDENCE, NETWORK


class NothingKept(Exception):
    """The folder holds no network; the message says what to name instead."""


@dataclass(frozen=True)
class KeptNetwork:
    """The folders and files of a network that has ended."""

    nodes: dict[str, Path]
    """Data folders by their names, the centre first; copies of cards are among them."""
    ids: dict[str, str]
    """Names of nodes by their ids; a copied card stands under the name of its original."""
    taps: list[Path]
    sticks: list[Path]
    diary: list[diary.Entry]

    @property
    def central(self) -> Path:
        return self.nodes["central"]

    @property
    def used(self) -> list[str]:
        """Names of the nodes that are in use, without copies of cards."""
        return [name for name in self.nodes if name == "central" or name.startswith("post")]


def open_kept(folder: Path) -> KeptNetwork:
    """Find what is in the folder of a scenario, or in that of a network itself. Raises NothingKept."""
    places = [place for place in (folder, folder / NETWORK, folder / EVIDENCE) if place.is_dir()]
    nodes = {path.parent.name: path.parent for place in places for path in sorted(place.glob("*/register.db"))}
    if "central" not in nodes:
        raise NothingKept(f"{folder} holds no network of a scenario: name the folder that the failed run named last")
    names = ["central", *sorted(name for name in nodes if name != "central")]
    ids: dict[str, str] = {}
    for name in sorted(names, key=lambda name: name.startswith("clone")):
        ids.setdefault(node_id(nodes[name]), name)
    return KeptNetwork(
        {name: nodes[name] for name in names},
        ids,
        [tap for place in places for tap in sorted((place / "tap").glob("*"))],
        [stick for place in places for stick in sorted([*place.glob("sticks/*"), *place.glob("stick")])],
        list(diary.read(folder / diary.NAME)),
    )
