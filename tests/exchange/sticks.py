"""Carrying sticks between posts and a centre that have no line."""

from __future__ import annotations

from pathlib import Path

from diwan_central.setup import scope_key
from diwan_core.exchange import ledger
from diwan_core.exchange.carriers.folder import Stick
from diwan_core.exchange.centre import central_stick
from diwan_core.exchange.post import post_stick
from diwan_core.exchange.stick_files import Moved
from diwan_core.trust import NodeKeys

from tests.exchange.network import Network, Post

PICTURE = b"\x89PNG" + bytes(range(256)) * 4000


def keys(post: Post) -> NodeKeys:
    return NodeKeys.load(post.register.folder)


def leave(post: Post, mount: Path) -> Moved:
    """The post writes a stick."""
    mount.mkdir(exist_ok=True)
    return post_stick.export_to_stick(post.register, keys(post), Stick(mount))


def mirror(post: Post, mount: Path) -> bool:
    """The stick that stays in the post is brought up to date."""
    mount.mkdir(exist_ok=True)
    Stick(mount).make()
    return post_stick.Mirror(post.register, keys(post), str(mount), post.clock).turn()


def arrive(net: Network, mount: Path) -> Moved:
    """The centre takes a stick and writes its answer on it."""
    found = central_stick.import_from_stick(net.register, NodeKeys.load(net.register.folder), Stick(mount))
    answer(net, mount)
    return found


def answer(net: Network, mount: Path, behind: int = 5000) -> None:
    key = scope_key(net.register.folder, ledger.load(net.register))
    mount.mkdir(exist_ok=True)
    central_stick.export_to_stick(net.register, NodeKeys.load(net.register.folder), key, Stick(mount), behind)


def come_back(post: Post, mount: Path) -> Moved:
    return post_stick.import_from_stick(post.register, keys(post), Stick(mount))


def unreceipted(post: Post) -> int:
    return int(post.register.store.one("SELECT coalesce(sum(signed - stored), 0) FROM epoch WHERE own=1"))


def level(net: Network) -> bool:
    """Whether every node holds the same records."""
    held = []
    for register in net.registers():
        ids = [row[0] for row in register.store.rows("SELECT id FROM record ORDER BY id")]
        held.append([(name, found.values if (found := register.get(name)) else None) for name in ids])
    return all(records == held[0] for records in held)


def round_trip(net: Network, mount: Path) -> None:
    """One stick past every post, to the centre, and past every post again."""
    for post in net.posts:
        leave(post, mount)
    arrive(net, mount)
    for post in net.posts:
        come_back(post, mount)
