"""What a picture really is, by its first bytes. The name and the type a browser claims are never believed."""

from typing import BinaryIO, Final

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
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
#: What every browser in the field draws; the others are kept and offered as a download.
SHOWN_INLINE: Final = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
SUFFIX: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
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
