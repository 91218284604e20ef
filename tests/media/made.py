"""Pictures made on the spot: good ones of every kind we keep, and bad ones of every kind somebody might send."""

import base64
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any, Final

from PIL import Image, ImageCms, ImageDraw, TiffImagePlugin

WIDTH, HEIGHT = 64, 48
BLUE, RED = (20, 20, 220), (200, 40, 40)

#: WIDTH x HEIGHT, its upper left quarter blue, the rest red, coded as HEIC: no library of ours can write one.
HEIC: Final = base64.b64decode(
    """
AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAX1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAAAA
AERAAAEAAQAAAAABoQABAAAAAAAAADMAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADd
aXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAA
AwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xh
cAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAADttZGF0AAAA
LygBrxmA94RJf/EjiNnTcAzV4r7Cl5PvT8e5ayuMjO2Ic5+P7mYDw4y7IH2NQYG4
"""
)


def scene(mode: str = "RGB", width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """Red, with the upper left quarter blue: how it is turned can be seen."""
    image = Image.new("RGB", (width, height), RED)
    ImageDraw.Draw(image).rectangle((0, 0, width // 2 - 1, height // 2 - 1), fill=BLUE)
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def turned(turn: int) -> bytes:
    """A JPEG whose EXIF says that it is to be shown turned, and where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = turn
    exif.get_ifd(0x8825).update({1: "N", 2: (29.0, 31.0, 0.0), 3: "E", 4: (35.0, 0.0, 0.0)})
    exif[0x010F] = "PHONEMAKER"
    lying = scene()
    back = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}.get(turn)
    return saved(lying.transpose(back) if back is not None else lying, "JPEG", exif=exif, quality=95)


def xray(*, negative: bool = False) -> bytes:
    """A TIFF of 16 bits grey that uses a few of its 65,536 steps, with some dead pixels at both ends."""
    values = [20_000 + 10 * x for _ in range(48) for x in range(64)]
    values[0], values[1] = 0, 65_535
    image = Image.frombytes("I;16", (64, 48), struct.pack("<3072H", *values))
    info = TiffImagePlugin.ImageFileDirectory_v2()
    if negative:
        info[262] = 0
    return saved(image, "TIFF", tiffinfo=info)


def chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


def png(width: int, height: int, data: bytes, *, depth: int = 8, colour: int = 0, before: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + before + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def zeros(count: int) -> bytes:
    """`count` zero bytes, deflated, without ever holding them."""
    packer = zlib.compressobj(9)
    parts = [packer.compress(bytes(1 << 20)) for _ in range(count >> 20)]
    return b"".join([*parts, packer.compress(bytes(count & 0xFFFFF)), packer.flush()])


def gif_of_four_gigapixels() -> bytes:
    """44 bytes."""
    frame = b"\x2c\0\0\0\0\xff\xff\xff\xff\0"
    return b"GIF89a\xff\xff\xff\xff\0\0\0" + frame + b"\x02\x02\x44\x01\0\x3b" + bytes(15)


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("picture.jpg", saved(scene(), "JPEG"))
    return file.getvalue()


def looping_tiff() -> bytes:
    """Its directory names itself as the next one, and as its own EXIF directory."""
    entries = [
        struct.pack("<HHII", 256, 4, 1, 8),
        struct.pack("<HHII", 257, 4, 1, 8),
        struct.pack("<HHII", 34665, 4, 1, 8),
    ]
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + b"".join(entries) + struct.pack("<I", 8)


def tiff_that_claims(width: int, height: int) -> bytes:
    whole = bytearray(saved(scene("L"), "TIFF"))
    at = struct.unpack_from("<I", whole, 4)[0]
    for entry in range(struct.unpack_from("<H", whole, at)[0]):
        place = at + 2 + entry * 12
        tag = struct.unpack_from("<H", whole, place)[0]
        if tag in (256, 257):
            struct.pack_into("<HII", whole, place + 2, 4, 1, width if tag == 256 else height)
    return bytes(whole)


def heic_that_claims(width: int, height: int) -> bytes:
    """Its property "image spatial extents" (ISO/IEC 23008-12 §6.5.3) says something else than its pixels."""
    at = HEIC.index(b"ispe") + 8
    return HEIC[:at] + struct.pack(">II", width, height) + HEIC[at + 8 :]


def two_pages() -> bytes:
    return saved(scene(), "TIFF", save_all=True, append_images=[Image.new("RGB", (10, 10))])


def two_frames(kind: str) -> bytes:
    return saved(scene(), kind, save_all=True, append_images=[Image.new("RGB", (WIDTH, HEIGHT))], duration=100)


def in_srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


GOOD: Final[dict[str, Callable[[], bytes]]] = {
    "jpeg": lambda: saved(scene(), "JPEG"),
    "progressive jpeg": lambda: saved(scene(), "JPEG", progressive=True),
    "grey jpeg": lambda: saved(scene("L"), "JPEG"),
    "cmyk jpeg": lambda: saved(scene("CMYK"), "JPEG"),
    "jpeg with a profile": lambda: saved(scene(), "JPEG", icc_profile=in_srgb()),
    "jpeg with a broken profile": lambda: saved(scene(), "JPEG", icc_profile=b"no profile at all" * 20),
    "jpeg with broken exif": lambda: saved(scene(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f"),
    "jpeg with a zip behind it": lambda: saved(scene(), "JPEG") + zipped(),
    "jpeg with a page behind it": lambda: saved(scene(), "JPEG") + b"<html><script>alert(1)</script>",
    "png": lambda: saved(scene(), "PNG"),
    "png with a palette": lambda: saved(scene("P"), "PNG"),
    "transparent png": lambda: saved(scene("RGBA"), "PNG"),
    "png of grey and alpha": lambda: saved(scene("LA"), "PNG"),
    "black and white png": lambda: saved(scene("1"), "PNG"),
    "16 bit png": lambda: png(64, 48, zlib.compress(bytes(48 * (1 + 128))), depth=16),
    "moving png": lambda: two_frames("PNG"),
    "webp": lambda: saved(scene(), "WEBP"),
    "lossless webp": lambda: saved(scene("RGBA"), "WEBP", lossless=True),
    "moving webp": lambda: two_frames("WEBP"),
    "tiff": lambda: saved(scene(), "TIFF"),
    "tiff with lzw": lambda: saved(scene(), "TIFF", compression="tiff_lzw"),
    "tiff with deflate": lambda: saved(scene(), "TIFF", compression="tiff_adobe_deflate"),
    "tiff with jpeg": lambda: saved(scene(), "TIFF", compression="jpeg"),
    "fax tiff": lambda: saved(scene("1"), "TIFF", compression="group4"),
    "cmyk tiff": lambda: saved(scene("CMYK"), "TIFF"),
    "lab tiff": lambda: saved(lab(), "TIFF"),
    "tiff of two pages": two_pages,
    "tiff of floating numbers": lambda: saved(scene("F"), "TIFF"),
    "x-ray": xray,
    "negative x-ray": lambda: xray(negative=True),
    "heic": lambda: HEIC,
    "one pixel": lambda: saved(Image.new("RGB", (1, 1)), "PNG"),
    "a strip": lambda: saved(scene(width=20_000, height=2), "PNG"),
}

#: What is refused, and why.
BAD: Final[dict[str, tuple[Callable[[], bytes], str]]] = {
    "nothing": (lambda: b"", "no_picture"),
    "44 bytes that claim four gigapixels": (gif_of_four_gigapixels, "no_picture"),
    "a zip": (zipped, "no_picture"),
    "a page": (lambda: b"<html><script>alert(1)</script>", "no_picture"),
    "svg": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no_picture"),
    "a film": (lambda: b"\0\0\0\x18ftypmp42" + bytes(60), "no_picture"),
    "three bytes of a jpeg": (lambda: b"\xff\xd8\xff", "damaged"),
    "half a jpeg": (lambda: GOOD["jpeg"]()[:-200], "damaged"),
    "half a png": (lambda: GOOD["png"]()[:-30], "damaged"),
    "half a webp": (lambda: GOOD["webp"]()[:-30], "damaged"),
    "half a tiff": (lambda: GOOD["tiff"]()[:3000], "damaged"),
    "half a heic": (lambda: HEIC[:-60], "damaged"),
    "a heic of noise": (lambda: HEIC[:-100] + bytes(range(100)), "damaged"),
    "a jpeg called heic inside": (lambda: b"\0\0\0\x18ftypheic" + GOOD["jpeg"](), "damaged"),
    "a png with one bit turned": (lambda: GOOD["png"]()[:50] + b"\xff" + GOOD["png"]()[51:], "damaged"),
    "a png of gigapixels": (lambda: png(60_000, 60_000, zlib.compress(b"")), "too_large"),
    "a png that unpacks to a gigabyte": (lambda: png(15_000, 15_000, zeros(1000 << 20), colour=2), "too_large"),
    "a png with a text of 200 MB": (
        lambda: png(8, 8, zlib.compress(bytes(72)), before=chunk(b"zTXt", b"x\0\0" + zeros(200 << 20))),
        "damaged",
    ),
    "a png with a profile of 200 MB": (
        lambda: png(8, 8, zlib.compress(bytes(72)), before=chunk(b"iCCP", b"x\0\0" + zeros(200 << 20))),
        "damaged",
    ),
    "a tiff that goes round": (looping_tiff, "damaged"),
    "a heic that claims another size": (lambda: heic_that_claims(60_000, 60_000), "damaged"),
    "a tiff of gigapixels": (lambda: tiff_that_claims(60_000, 60_000), "too_large"),
}


def lab() -> Image.Image:
    srgb, target = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    made = ImageCms.profileToProfile(scene(), srgb, target, outputMode="LAB")
    assert made is not None
    return made
