"""What a picture really is, by its first bytes. The name and the type a browser claims are never believed."""

from typing import BinaryIO, Final, Literal

MAX_PICTURE: Final = 20 * 1024 * 1024
HEAD: Final = 32

#: ISO base media brands that are still pictures (ISO/IEC 23008-12 §10; AVIF specification §6).
_BRANDS: Final = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"heim": "image/heic",
    b"heis": "image/heic",
    b"mif1": "image/heif",
    b"avif": "image/avif",
}
_SIGNATURES: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
#: Types whose size stands in a header that every whole file has.
MEASURED: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
#: What every browser in the field draws; the others are kept and offered as a download.
SHOWN_INLINE: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
SUFFIX: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/tiff": "tif",
    "image/heic": "heic",
    "image/heif": "heif",
    "image/avif": "avif",
}


def sniff(head: bytes) -> str | None:
    """The media type of a picture from its first 32 bytes; None when it is no picture we keep."""
    for signature, media_type in _SIGNATURES:
        if head.startswith(signature):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12])
    return None


def sniff_stream(stream: BinaryIO) -> str | None:
    """The same for a stream, which is left at its beginning."""
    stream.seek(0)
    head = stream.read(HEAD)
    stream.seek(0)
    return sniff(head)


MAX_PIXELS: Final = 250_000_000
"""More than any camera in the field makes; a browser asked to draw more may take the whole laptop down with it."""


def pixels(stream: BinaryIO, media_type: str) -> int | None:
    """Width times height as the file claims them, None where it does not say so at its beginning.

    Read from the headers alone, nothing is decoded: PNG (ISO/IEC 15948 §11.2.2), WebP (RFC 9649 §2), JPEG (ITU-T T.81
    §B.2.2). For these three, None means damaged.
    The stream is left at its beginning."""
    stream.seek(0)
    try:
        match media_type:
            case "image/png":
                head = stream.read(24)
                return _product(head[16:20], head[20:24], "big") if head[12:16] == b"IHDR" else None
            case "image/webp":
                return _webp(stream.read(32))
            case "image/jpeg":
                return _jpeg(stream)
        return None
    finally:
        stream.seek(0)


def _product(width: bytes, height: bytes, order: Literal["big", "little"]) -> int:
    return int.from_bytes(width, order) * int.from_bytes(height, order)


def _webp(head: bytes) -> int | None:
    kind = head[12:16]
    if kind == b"VP8X" and len(head) >= 30:
        return (int.from_bytes(head[24:27], "little") + 1) * (int.from_bytes(head[27:30], "little") + 1)
    if kind == b"VP8L" and len(head) >= 25:
        bits = int.from_bytes(head[21:25], "little")
        return ((bits & 0x3FFF) + 1) * ((bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8 " and len(head) >= 30:
        return (int.from_bytes(head[26:28], "little") & 0x3FFF) * (int.from_bytes(head[28:30], "little") & 0x3FFF)
    return None


def _jpeg(stream: BinaryIO) -> int | None:
    stream.seek(2)
    for _ in range(1000):  # segments before the frame: a few; thumbnails and profiles can make them dozens
        marker = stream.read(4)
        if len(marker) < 4 or marker[0] != 0xFF:
            return None
        length = int.from_bytes(marker[2:4], "big")
        if 0xC0 <= marker[1] <= 0xCF and marker[1] not in (0xC4, 0xC8, 0xCC):
            frame = stream.read(5)
            return _product(frame[1:3], frame[3:5], "big") if len(frame) == 5 else None
        if length < 2:
            return None
        stream.seek(length - 2, 1)
    return None
