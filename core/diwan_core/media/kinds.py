"""Detects the type of a picture by its first bytes; the name and type that a browser claims are not used."""

from __future__ import annotations

from typing import BinaryIO, Final

HEAD: Final = 32

#: ISO base media brands that are still pictures coded with HEVC (ISO/IEC 23008-12 §10).
_BRANDS: Final = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"heim": "image/heic",
    b"heis": "image/heic",
    b"mif1": "image/heif",
}
_SIGNATURES: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
#: Pictures and documents that people send and that we do not keep, by their first bytes.
_OTHERS: Final = (
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"8BPS", "PSD"),
    (b"%PDF-", "PDF"),
    (b"<svg", "SVG"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"II+\0", "BigTIFF"),
    (b"MM\0+", "BigTIFF"),
    (b"\0\0\1\0", "ICO"),
)
SUFFIX: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/tiff": "tif",
    "image/heic": "heic",
    "image/heif": "heif",
}


def sniff(head: bytes) -> str | None:
    """The media type of a picture from its first 32 bytes; None when it is not a picture we keep."""
    for signature, media_type in _SIGNATURES:
        if head.startswith(signature):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12])
    return None


def other_kind(stream: BinaryIO) -> str | None:
    """The name of a kind of file that people send as a picture and we do not keep; None when it is none we know."""
    stream.seek(0)
    head = stream.read(HEAD)
    stream.seek(0)
    if head[4:8] == b"ftyp":
        return "AVIF" if head[8:12] in (b"avif", b"avis") else None
    return next((name for signature, name in _OTHERS if head.startswith(signature)), None)


def sniff_stream(stream: BinaryIO) -> str | None:
    """The same for a stream, which is left at its beginning."""
    stream.seek(0)
    head = stream.read(HEAD)
    stream.seek(0)
    return sniff(head)
