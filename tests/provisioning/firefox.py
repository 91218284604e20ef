"""Firefox by its own protocol (Marionette): open a page, and say what is wrong with its certificate."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from diwan_lab.ports import free_port

PROGRAM: Final = shutil.which("firefox-esr") or shutil.which("firefox")
POLICIES: Final = Path("/etc/firefox/policies")
_ASIDE: Final = """
mount --bind "$1/hosts" /etc/hosts
mount --bind "$1/policies" /etc/firefox/policies
mount --bind "$1/certificates" /usr/local/share/ca-certificates
shift
exec "$@"
"""


class PageRefused(Exception):
    """Firefox did not show the page; the text is its own."""


class Firefox:
    """One browser on the other end of a socket."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + 120
        while True:
            try:
                self._socket = socket.create_connection(("127.0.0.1", port), 120)
                break
            except ConnectionRefusedError:
                assert process.poll() is None and time.monotonic() < end, "Firefox does not start"
                time.sleep(0.2)
        self._number = 0
        self._read()
        self.call("WebDriver:NewSession")

    def call(self, command: str, **parameters: Any) -> Any:
        """One command; its result. Raises PageRefused."""
        self._number += 1
        text = json.dumps([0, self._number, command, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(text), text))
        _kind, _number, error, result = self._read()
        if error:
            raise PageRefused(f"{error['error']}: {error['message'][:200]}")
        return result

    def open(self, url: str) -> str:
        """Go to a page; its title. Raises PageRefused."""
        self.call("WebDriver:Navigate", url=url)
        return str(self.call("WebDriver:GetTitle")["value"])

    def _read(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            length += self._socket.recv(1)
        left, text = int(length[:-1]), b""
        while len(text) < left:
            text += self._socket.recv(left - len(text))
        return json.loads(text)


@contextmanager
def firefox(folder: Path, aside: Path) -> Iterator[Firefox]:
    """A browser with a profile of its own. What lies in `aside` (hosts, policies, certificates) takes the place of this
    machine's own for this browser alone (needs root)."""
    assert PROGRAM is not None
    made = [path for path in (POLICIES.parent, POLICIES) if not path.exists()]
    POLICIES.mkdir(parents=True, exist_ok=True)
    port = free_port()
    profile = folder / "profile"
    profile.mkdir(parents=True)
    (profile / "user.js").write_text(f'user_pref("marionette.port", {port});\n')
    argv = ["unshare", "--mount", "sh", "-c", _ASIDE, "sh", str(aside), PROGRAM, "--headless", "--marionette"]
    process = subprocess.Popen(
        [*argv, "--profile", str(profile), "--no-remote"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    try:
        yield Firefox(port, process)
    finally:
        process.terminate()
        process.wait(60)
        for path in reversed(made):
            path.rmdir()
