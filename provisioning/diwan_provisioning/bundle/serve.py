"""Serves a bundle on the local network, for machines that fetch it themselves and do not get a copy by stick.

Files are read-only and public; whoever fetches checks signature and hashes, so the line needs no secret.
"""

from __future__ import annotations

import functools
import http.server
from pathlib import Path

from diwan_provisioning.bundle.manifest import FILE, SIGNATURE, Manifest


class _Handler(http.server.SimpleHTTPRequestHandler):
    timeout = 30

    def __init__(self, *arguments: object, names: frozenset[str], directory: str) -> None:
        self._names = names
        super().__init__(*arguments, directory=directory)  # type: ignore[arg-type]

    def send_head(self):  # type: ignore[no-untyped-def]  # the base class is untyped here
        """Only the bundle's own files are given out, and no list of the folder."""
        if self.path.lstrip("/") not in self._names:
            self.send_error(404)
            return None
        return super().send_head()


def server(folder: Path, host: str, port: int) -> http.server.ThreadingHTTPServer:
    """A server of the bundle's files; the caller runs and closes it. Raises BundleError, OSError."""
    names = frozenset({FILE, SIGNATURE, *Manifest.read(folder).files})
    handler = functools.partial(_Handler, names=names, directory=str(folder))
    return http.server.ThreadingHTTPServer((host, port), handler)
