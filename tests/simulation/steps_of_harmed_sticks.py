"""Sticks in hostile or clumsy hands: files altered, cut short, exchanged, repeated, of another country, of another
day."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from diwan_core.exchange.carriers.envelope import enclose
from diwan_core.exchange.carriers.folder import DOWN, ROOT, UP

from tests.simulation.run import Run
from tests.simulation.steps_of_sticks import new_stick

MOST_STICKS: Final = 8


def harm(run: Run, chance: Random) -> bool:
    """Somebody does something to a stick that is on its way."""
    if not run.sticks:
        return False
    stick = chance.choice(run.sticks)
    files = [path for path in sorted(stick.rglob("*")) if path.is_file()]
    return bool(files) and chance.choice(WAYS)(run, stick, files, chance)


def _alter(run: Run, stick: Path, files: list[Path], chance: Random) -> bool:
    """Some bytes are others."""
    for path in chance.sample(files, min(len(files), chance.choice((1, 3, 20)))):
        content = bytearray(path.read_bytes())
        for _ in range(chance.choice((1, 1, 8)) if content else 0):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
    return True


def _cut_short(run: Run, stick: Path, files: list[Path], chance: Random) -> bool:
    """Some files end early, as on a stick that was pulled out."""
    for path in chance.sample(files, min(len(files), chance.choice((1, 3, 20)))):
        content = path.read_bytes()
        path.write_bytes(content[: chance.randrange(len(content) + 1)])
    return True


def _take_away(run: Run, stick: Path, files: list[Path], chance: Random) -> bool:
    """Some files are gone."""
    for path in chance.sample(files, min(len(files), chance.choice((1, 3, 20)))):
        path.unlink()
    return True


def _exchange(run: Run, stick: Path, files: list[Path], chance: Random) -> bool:
    """Two files have each other's names."""
    if len(files) < 2:
        return False
    one, other = chance.sample(files, 2)
    contents = one.read_bytes(), other.read_bytes()
    other.write_bytes(contents[0]), one.write_bytes(contents[1])
    return True


def _repeat(run: Run, stick: Path, files: list[Path], chance: Random) -> bool:
    """Files are there twice: under another name of the same kind, or in the folder of another node."""
    folders = sorted({path.parent for path in files if path.parent.parent.parent.name == ROOT})
    letters = [path for path in files if path.suffix == ".dwn"]
    for path in chance.sample(letters, min(len(letters), chance.choice((1, 3, 20)))):
        name = path.name if chance.random() < 0.5 else f"{path.name[0]}-{chance.getrandbits(48):012d}.dwn"
        (chance.choice(folders) / name).write_bytes(path.read_bytes())
    return bool(letters)


def _of_another_country(run: Run, stick: Path, files: list[Path], chance: Random) -> bool:
    """Letters of a stranger: true contents in the names of nodes of this country, signed with keys that it does not
    know."""
    key = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
    letters = [path for path in files if path.suffix == ".dwn"]
    post, centre = chance.choice(run.country.posts).id, run.country.centre.id
    for path in chance.sample(letters, min(len(letters), 5)):
        way = chance.choice(((UP, post, centre), (DOWN, centre, post)))
        payload = path.read_bytes()[21:-64]
        content = enclose(path.name[0], way[1], way[2], payload, lambda domain, said: key.sign(domain + said))
        folder = stick / ROOT / way[0] / post
        folder.mkdir(parents=True, exist_ok=True)
        (folder / path.name).write_bytes(content)
    return bool(letters)


def _of_another_day(run: Run, stick: Path, files: list[Path], chance: Random) -> bool:
    """Somebody keeps a copy of the stick, and gives it to a courier as well."""
    copy = new_stick(run)
    shutil.copytree(stick, copy, dirs_exist_ok=True)
    run.sticks.append(copy)
    if len(run.sticks) > MOST_STICKS:
        del run.sticks[chance.randrange(len(run.sticks))]
    return True


WAYS: Final[tuple[Callable[[Run, Path, list[Path], Random], bool], ...]] = (
    _alter, _cut_short, _take_away, _exchange, _repeat, _of_another_country, _of_another_day,
)  # fmt: skip
