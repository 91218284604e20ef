"""The TLS settings of consoles towards browsers: versions 1.2 and 1.3, current ciphers, resumption of sessions."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path
from typing import Final

from diwan_core.trust.consoles.console_state import FILE, FOLDER
from diwan_core.trust.errors import KeysUnreadable

CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2: forward secrecy and authenticated encryption only. Those of TLS 1.3 are all good."""
_PRIORITIZE_CHACHA: Final = 0x200000
"""SSL_OP_PRIORITIZE_CHACHA (openssl/ssl.h): who asks for ChaCha20 first, as a phone does, gets it. Python has no name
for it."""

log = logging.getLogger("diwan.web")


class ConsoleTls:
    """The TLS context of a console; a renewed certificate is used from the next connection on."""

    def __init__(self, folder: Path) -> None:
        """Raises KeysUnreadable, OSError."""
        self._path = folder / FOLDER / FILE
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._context.set_ciphers(CIPHERS)
        self._context.set_alpn_protocols(["http/1.1"])
        self._context.options |= (
            ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE | _PRIORITIZE_CHACHA
        )
        self._seen = self._version()
        self._load()

    def __call__(self) -> ssl.SSLContext:
        """The context for a connection that is accepted now."""
        try:
            version = self._version()
            if version != self._seen:
                self._seen = version
                self._load()
        except (OSError, KeysUnreadable) as error:
            log.error("the console's certificate cannot be read anew: %s", error)
        return self._context

    def _version(self) -> tuple[int, int]:
        found = self._path.stat()
        return found.st_ino, found.st_mtime_ns

    def _load(self) -> None:
        try:
            self._context.load_cert_chain(self._path, password=_no_password)
        except ssl.SSLError as error:
            raise KeysUnreadable(
                f"{self._path} cannot be used ({error}). Remove it, then start the console."
            ) from error


def _no_password() -> str:
    # Without it OpenSSL would ask at the terminal and a service would wait for ever.
    return ""
