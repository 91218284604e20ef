"""Sample data for the demonstration and the tests: small open samples, and invented pictures drawn by code.

The pictures look like X-rays of a loaded container: grey gradients, boxes of different density, one thing that does not
belong. They show nothing real, and each says so in its own metadata.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

WIDTH: Final = 560
HEIGHT: Final = 360
PREFIX: Final = "sample:"

_FILES: Final = {"cbp": "cbp.csv.gz", "colombia": "colombia.json.gz", "kcs": "kcs.csv.gz"}


@dataclass(frozen=True)
class Picture:
    """An invented picture. `content` is a greyscale PNG of 560 × 360 points, some 120 kB."""

    file_name: str
    media_type: str
    kind: str
    caption: str
    content: bytes


class UnknownSample(Exception):
    """There is no bundled sample of that name."""


def names() -> tuple[str, ...]:
    """The bundled samples; each has a mapping of the same name."""
    return tuple(_FILES)


def path_of(name: str) -> AbstractContextManager[Path]:
    """The file of a bundled sample, while the context lasts. Raises UnknownSample."""
    if name not in _FILES:
        raise UnknownSample(f"there is no sample {name!r}; bundled are {', '.join(_FILES)}")
    return resources.as_file(resources.files("diwan_core.intake").joinpath("samples", _FILES[name]))


def pictures(count: int = 6) -> Iterator[Picture]:
    """The first `count` pictures of an endless series; the same number always gives the same picture."""
    for number in range(1, count + 1):
        yield picture(number)


def picture(number: int) -> Picture:
    """Picture `number`, from 1."""
    content = _png(
        _rows(random.Random(number)), f"Diwan demonstration picture {number}, drawn by code, shows nothing real"
    )
    return Picture(
        f"demonstration-{number:04d}.png",
        "image/png",
        "xray",
        f"Demonstration picture {number}: invented X-ray",
        content,
    )


def _rows(chance: random.Random) -> list[bytes]:
    """Lines of grey points, 0 black to 255 white."""
    light = [bytes(190 + 40 * y // HEIGHT for _ in range(WIDTH)) for y in range(HEIGHT)]
    canvas = [bytearray(row) for row in light]
    left, top, right, bottom = 24, 50, WIDTH - 24, HEIGHT - 60
    _shade(canvas, left, top, right, bottom, 40)
    for x in range(left, right, 36):  # the corrugated wall
        _shade(canvas, x, top, x + 4, bottom, 12)
    x = left + 10
    while x < right - 40:
        width, height = chance.randint(28, 64), chance.randint(60, 190)
        _shade(canvas, x, bottom - height, min(x + width, right - 4), bottom, chance.randint(25, 70))
        x += width + chance.randint(0, 10)
    centre, middle, radius = chance.randint(120, WIDTH - 120), chance.randint(150, bottom - 40), chance.randint(14, 30)
    for y in range(middle - radius, middle + radius):
        half = int((radius * radius - (y - middle) ** 2) ** 0.5)
        _shade(canvas, centre - half, y, centre + half, y + 1, 60)
    for wheel in (90, 130, WIDTH - 130, WIDTH - 90):
        _shade(canvas, wheel - 14, bottom + 8, wheel + 14, bottom + 34, 110)
    grain = bytes(value & 7 for value in range(256))
    return [_added(bytes(row), chance.randbytes(WIDTH).translate(grain)) for row in canvas]


def _shade(canvas: list[bytearray], left: int, top: int, right: int, bottom: int, amount: int) -> None:
    darker = bytes(max(value - amount, 0) for value in range(256))
    for y in range(max(top, 0), min(bottom, HEIGHT)):
        canvas[y][left:right] = canvas[y][left:right].translate(darker)


def _added(row: bytes, grain: bytes) -> bytes:
    """Point by point sum; no point is above 230 and no grain above 7, so nothing carries into its neighbour."""
    return (int.from_bytes(row) + int.from_bytes(grain)).to_bytes(len(row))


def _png(rows: list[bytes], comment: str) -> bytes:
    """A greyscale PNG of 8 bits (ISO/IEC 15948), each line unfiltered."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 0, 0, 0, 0)),
        (b"tEXt", b"Comment\0" + comment.encode("latin-1")),
        (b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows), 6)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
