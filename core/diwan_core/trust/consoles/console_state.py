"""Facts about a console's own certificate, read without a library for certificates."""

from __future__ import annotations

import hashlib
import ssl
from pathlib import Path
from typing import Final

import msgspec

FOLDER: Final = "console"
FILE: Final = "console.pem"
"""Key and certificate of the console, in this order; a web server before the console can use the file as it is."""
ROOT: Final = "root.crt"
"""The console authority's certificate, for people to install."""
PREFIX: Final = b"Diwan: "
_LONGEST: Final = 64 * 1024


class ConsoleState(msgspec.Struct, frozen=True):
    """The first line of the file."""

    certified: bool
    """Whether the console authority made it; else it vouches for itself."""
    names: tuple[str, ...]
    asked: tuple[str, ...]
    """The names that were asked for when it was made."""
    not_after_ms: int
    fingerprint: str


def console_state(folder: Path) -> ConsoleState | None:
    """What is known of the certificate of the console in this data folder; None where there is none, or no good one."""
    try:
        with (folder / FOLDER / FILE).open("rb") as file:
            line = file.readline(_LONGEST)
        return msgspec.json.decode(line.removeprefix(PREFIX), type=ConsoleState)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def root_of(folder: Path) -> bytes | None:
    """The console authority's certificate (PEM) as this node holds it; None where it has none yet."""
    try:
        return (folder / FOLDER / ROOT).read_bytes()
    except OSError:
        return None


def fingerprint(pem: bytes) -> str:
    """SHA-256 of a certificate in pairs of hexadecimal digits, as every browser shows it. Raises ValueError."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.decode("ascii"))).digest().hex(":").upper()
