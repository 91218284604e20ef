"""An invented photograph of a wanted size: smooth shapes with grain, as a camera's JPEG has them."""

from __future__ import annotations

import io
import random
from functools import cache

from PIL import Image

SIZE = (3264, 2448)
"""Eight megapixels, as the cameras of plain telephones make."""


@cache
def _scene() -> Image.Image:
    chance = random.Random(7)
    light = Image.frombytes("RGB", (34, 26), chance.randbytes(34 * 26 * 3)).resize(SIZE, Image.Resampling.BICUBIC)
    texture = Image.frombytes("RGB", (326, 245), chance.randbytes(326 * 245 * 3)).resize(
        SIZE, Image.Resampling.BILINEAR
    )
    return Image.blend(light, texture, 0.25)


def photograph(number: int, size: int) -> bytes:
    """Photograph `number`, a JPEG of `size` bytes: each differs from every other, the same number always gives the
    same one. What a JPEG of this scene has too few is filled up behind its end, where decoders do not look."""
    chance = random.Random(number)
    scene = _scene().copy()
    left, top = chance.randrange(SIZE[0] - 600), chance.randrange(SIZE[1] - 400)
    scene.paste(tuple(chance.randbytes(3)), (left, top, left + 600, top + 400))
    for quality in range(94, 20, -2):
        file = io.BytesIO()
        scene.save(file, "JPEG", quality=quality)
        if len(file.getvalue()) <= size:
            return file.getvalue() + chance.randbytes(size - len(file.getvalue()))
    raise ValueError(f"a photograph of {SIZE[0]} x {SIZE[1]} points does not fit into {size} bytes")
