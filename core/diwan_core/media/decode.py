"""Decodes a picture into a small upright sRGB image without metadata; the only module that imports Pillow.

Only the worker imports it. Everything large is done in bands of rows, so that a picture of 24 megapixels fits into the
memory the worker has.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, Final

from PIL import Image, ImageCms, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

VIEW: Final = 1600
"""The longer side of the copy a page shows, in pixels."""
THUMB: Final = 320
MAX_PIXELS: Final = 250_000_000
"""More than any camera in the field makes."""
HEIF: Final = frozenset({"image/heic", "image/heif"})
_BAND: Final = 2_000_000
"""Pixels worked on at once."""
_MANY: Final = 30_000_000
_WEBP_MANY: Final = 12_600_000
"""Pixels above which a worker's memory may be too small: in general, and of WebP, which takes twelve bytes for each."""
_ORIENTATION: Final = 0x0112  # EXIF 2.32 §4.6.4
_PHOTOMETRIC, _WHITE_IS_ZERO = 262, 0  # TIFF 6.0 §8
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_DEEP: Final = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
#: What a mode is brought to before it is made smaller; the others can be as they are.
_PLAIN: Final = {"1": "L", "LA": "RGBA", "La": "RGBA", "PA": "RGBA", "RGBa": "RGBA", "RGBX": "RGB"}
_FACTORIES: Final[dict[str, Callable[[IO[bytes]], Any]]] = {
    "image/jpeg": JpegImagePlugin.JpegImageFile,
    "image/png": PngImagePlugin.PngImageFile,
    "image/tiff": TiffImagePlugin.TiffImageFile,
}
Crop = Callable[[tuple[int, int, int, int]], Image.Image]


class TooManyPixels(Exception):
    """The picture claims more pixels than anybody will decode."""


@dataclass(frozen=True)
class Opened:
    """A picture made smaller; `width` and `height` are those of the whole picture, upright, in pixels."""

    image: Image.Image
    width: int
    height: int


def decode_picture(file: IO[bytes], media_type: str) -> Opened:
    """Decode a picture. Raises whatever the codecs raise, MemoryError or TooManyPixels; all of them mean that it
    cannot be decoded."""
    if media_type in HEIF:
        return _heif(file)
    if media_type == "image/webp":
        return _webp(file)
    image = _FACTORIES[media_type](file)
    size = image.size
    _check(size)
    if media_type == "image/jpeg":
        image.draft(None, (VIEW, VIEW))  # a JPEG decoder can leave out what is not needed
    try:
        image.load()
    except Exception as error:
        if size[0] * size[1] > _MANY:  # a codec that gets no memory says that the picture is broken
            raise TooManyPixels from error
        raise
    small = _small(image.size, _target(image), lambda box: image.crop(box))  # noqa: PLW0108  looked up when it is called
    turn = 1 if media_type == "image/tiff" else _orientation(image)  # Pillow has turned a TIFF already
    if media_type == "image/tiff":
        size = image.size
    if small.mode == "F":
        tags = getattr(image, "tag_v2", {})
        small = _windowed(small, negative=tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO)
    profile = image.info.get("icc_profile")
    small = _upright(_flat(_srgb(small, profile)), turn)
    return Opened(small, *(size[::-1] if turn in (5, 6, 7, 8) else size))


def prepare(media_type: str) -> None:
    """Load what this type needs, while files can still be opened: Pillow loads some of itself at the first saving."""
    Image.new("RGB", (1, 1)).save(io.BytesIO(), "WEBP")
    if media_type in HEIF:
        import pi_heif  # noqa: F401


def _heif(file: IO[bytes]) -> Opened:
    """HEIC and HEIF, by libheif, which turns the picture upright by itself (ISO/IEC 23008-12 §6.5.10)."""
    import pi_heif

    held = pi_heif.open_heif(file, convert_hdr_to_8bit=True, remove_stride=False)
    image = held[held.primary_index]
    _check(image.size)
    data, stride = image.data, image.stride  # the size may change when the data are asked for
    small = _small(image.size, _PLAIN.get(image.mode, image.mode), _rows(data, image.size, image.mode, stride))
    return Opened(_flat(_srgb(small, image.info.get("icc_profile"))), *image.size)


def _webp(file: IO[bytes]) -> Opened:
    """WebP, whose decoder gives the whole first frame as bytes: Pillow would copy it into an image of the same size."""
    head = file.read(30)
    file.seek(0)
    if _webp_pixels(head) > _WEBP_MANY:
        raise TooManyPixels
    image: Any = WebPImagePlugin.WebPImageFile(file)
    data, _, _ = image._get_next()
    turn = _orientation(image)
    image._decoder = None  # and with it two canvases of the picture's size
    small = _small(image.size, image.mode, _rows(data, image.size, image.rawmode, 4 * image.width))
    small = _upright(_flat(_srgb(small, image.info.get("icc_profile"))), turn)
    return Opened(small, *(image.size[::-1] if turn in (5, 6, 7, 8) else image.size))


def _webp_pixels(head: bytes) -> int:
    """Width times height by the first 30 bytes (RFC 9649 §2.5 to §2.7); 0 where they do not say."""
    match head[12:16]:
        case b"VP8X":
            sides = [int.from_bytes(head[at : at + 3], "little") + 1 for at in (24, 27)]
        case b"VP8L":
            bits = int.from_bytes(head[21:25], "little")
            sides = [(bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1]
        case b"VP8 ":
            sides = [int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (26, 28)]
        case _:
            return 0
    return sides[0] * sides[1]


def _rows(data: Any, size: tuple[int, int], raw: str, stride: int) -> Crop:
    """A function that cuts bands out of a decoder's own bytes."""
    mode = "RGB" if raw == "RGBX" else raw

    def crop(box: tuple[int, int, int, int]) -> Image.Image:
        lines = memoryview(data)[box[1] * stride : box[3] * stride]
        return Image.frombytes(mode, (size[0], box[3] - box[1]), lines, "raw", raw, stride)

    return crop


def _check(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise TooManyPixels


def _target(image: Image.Image) -> str:
    if image.mode in _DEEP:
        return "F"
    if image.mode == "P":
        return "RGBA" if "transparency" in image.info else "RGB"
    return _PLAIN.get(image.mode, image.mode)


def _small(size: tuple[int, int], mode: str, crop: Crop) -> Image.Image:
    """The picture at no more than VIEW pixels, from bands of it: means over whole blocks, then one good filter."""
    width, height = size
    factor = max(1, max(size) // VIEW)
    rows = max(factor, _BAND // width // factor * factor)
    small = Image.new(mode, (-(-width // factor), -(-height // factor)))
    for top in range(0, height, rows):
        band = crop((0, top, width, min(height, top + rows)))
        band = band if band.mode == mode else band.convert(mode)
        small.paste(band.reduce(factor) if factor > 1 else band, (0, top // factor))
    if max(small.size) > VIEW:
        # thumbnail() alone would round a 10,000 x 1 strip to nothing
        scale = VIEW / max(small.size)
        to = (max(1, round(small.width * scale)), max(1, round(small.height * scale)))
        small = small.resize(to, Image.Resampling.LANCZOS)
    return small


def _windowed(image: Image.Image, *, negative: bool) -> Image.Image:
    """Deep greys (16 bits of an X-ray) in 8 bits: from the darkest to the brightest but for a few thousandths at each
    end, which are dead pixels and the lead letters of the film."""
    low, high = (float(value) for value in image.getextrema())  # type: ignore[arg-type]
    for _ in range(2):  # a bin of the first round may hold a whole picture that uses few of its 65,536 greys
        if not high > low:
            break
        counts = image.histogram(extrema=(low, high))
        least, step = sum(counts) / 400, (high - low) / 256
        first, last = _beyond(counts, least), 255 - _beyond(counts[::-1], least)
        low, high = low + min(first, last) * step, low + (max(first, last) + 1) * step
    if not high > low:  # one grey, or no numbers at all
        return Image.new("L", image.size, 128)
    scale = 255 / (high - low)
    if negative:
        low, scale = high, -scale
    return image.point(lambda value: value * scale - low * scale).convert("L")


def _beyond(counts: list[int], least: float) -> int:
    """The first bin at which more than `least` have been counted."""
    seen = 0
    for number, count in enumerate(counts):
        seen += count
        if seen > least:
            return number
    return 0


def _srgb(image: Image.Image, profile: object) -> Image.Image:
    """Colours as every screen takes them (IEC 61966-2-1); a profile that cannot be used is left out."""
    target = "RGBA" if image.mode == "RGBA" else "RGB"
    if isinstance(profile, bytes) and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        try:
            made = ImageCms.profileToProfile(
                image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode=target
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            made = None
        if made is not None:
            return made
    if image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        made = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
        if made is not None:
            return made
    return image if image.mode == target else image.convert(target)


def _flat(image: Image.Image) -> Image.Image:
    """The picture on a white background: transparent areas of a scan must not depend on the page they are shown on."""
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _orientation(image: Image.Image) -> int:
    try:
        turn = image.getexif().get(_ORIENTATION, 1)
    except (OSError, ValueError, SyntaxError, KeyError, TypeError, IndexError):
        return 1  # its EXIF is broken; the picture is not
    return turn if isinstance(turn, int) else 1


def _upright(image: Image.Image, turn: int) -> Image.Image:
    how = _TURNS.get(turn)
    return image if how is None else image.transpose(how)


def write_copies(image: Image.Image, view: IO[bytes], thumb: IO[bytes]) -> None:
    """Both copies as WebP, with nothing in them but pixels."""
    image.info = {}
    image.save(view, "WEBP", quality=75, method=2)
    image.thumbnail((THUMB, THUMB), Image.Resampling.LANCZOS)
    image.save(thumb, "WEBP", quality=72, method=2)
