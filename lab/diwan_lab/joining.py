"""Lets a post join a network with the commands that people use: a code is made, it enrols, and a person confirms its
words."""

import json
from pathlib import Path
from typing import Final

from diwan_lab.command import diwan, grouped_secret
from diwan_lab.revoked import node_id

CONFIRMER: Final = "analyst"
"""The account at the centre that answers for new posts, and its role."""


def add_confirmer(central: Path) -> str:
    """Give the centre somebody who confirms posts; the one-time password, empty where the account is there already."""
    users = json.loads(diwan("central", "user", "list", "--dir", central, "--json"))["users"]
    if any(user["name"] == CONFIRMER for user in users):
        return ""
    return grouped_secret(diwan("central", "user", "add", CONFIRMER, "--role", CONFIRMER, "--dir", central))


def make_code(central: Path, *meant: str) -> str:
    """A code for one post: `--label` and `--office` of a new one, `--node` of one that comes back."""
    return grouped_secret(diwan("central", "code", "--dir", central, *meant))


def enrol(post: Path, url: str, code: str) -> str:
    """Enrol a post; the words by which it is to be confirmed, empty where that is not needed."""
    return str(json.loads(diwan("enrol", "--dir", post, "--central", url, code, "--json"))["words"])


def confirm(central: Path, post: Path, words: str) -> None:
    """Say at the centre that a post has these words."""
    if words:
        diwan("central", "confirm", node_id(post), *words.split(), "--by", CONFIRMER, "--dir", central)
