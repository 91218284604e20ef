"""Drives a real Firefox for tests by its own protocol (Marionette), without a library."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from diwan_lab.ports import free_port
from diwan_lab.tab import BrowserError, Tab

PROGRAM: Final = shutil.which("firefox-esr") or shutil.which("firefox")
POLICIES: Final = Path("/etc/firefox/policies")
_ASIDE: Final = """
mount --bind "$1/hosts" /etc/hosts
mount --bind "$1/policies" /etc/firefox/policies
mount --bind "$1/certificates" /usr/local/share/ca-certificates
shift
exec "$@"
"""
_STARTS_S: Final = 120


class FirefoxTab(Tab):
    """The one tab of a browser on the other end of a socket."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + _STARTS_S
        while True:
            try:
                self._socket = socket.create_connection(("127.0.0.1", port), _STARTS_S)
                break
            except ConnectionRefusedError as error:
                if process.poll() is not None or time.monotonic() > end:
                    raise BrowserError("Firefox does not start") from error
                time.sleep(0.2)
        self._number = 0
        self._read()
        self.call("WebDriver:NewSession")

    def call(self, command: str, **parameters: Any) -> Any:
        """One command; its result. Raises BrowserError."""
        self._number += 1
        text = json.dumps([0, self._number, command, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(text), text))
        _kind, _number, error, result = self._read()
        if error:
            raise BrowserError(f"{error['error']}: {error['message'][:200]}")
        return result

    def value(self, expression: str) -> Any:
        return self.call("WebDriver:ExecuteScript", script=f"return ({expression})", args=[], newSandbox=False)["value"]

    def open(self, url: str) -> None:
        self.call("WebDriver:Navigate", url=url)

    def cookie(self, url: str, name: str, value: str) -> None:
        self.open(url)  # Firefox takes cookies of the site that is shown
        self.call("WebDriver:AddCookie", cookie={"name": name, "value": value})

    def forget_cookies(self) -> None:
        if self.value("location.protocol") != "about:":
            self.call("WebDriver:DeleteAllCookies")

    def upload(self, selector: str, *files: Path) -> None:
        found = self.call("WebDriver:FindElement", using="css selector", value=selector)["value"]
        [element] = found.values()
        self.call("WebDriver:ElementSendKeys", id=element, text="\n".join(str(file) for file in files))

    def _read(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            length += self._received(1)
        left, text = int(length[:-1]), b""
        while len(text) < left:
            text += self._received(left - len(text))
        return json.loads(text)

    def _received(self, most: int) -> bytes:
        piece = self._socket.recv(most)
        if not piece:
            raise BrowserError("Firefox ended")
        return piece

    def close(self) -> None:
        """Let go of the browser."""
        self._socket.close()


@contextmanager
def firefox(folder: Path, aside: Path | None = None) -> Iterator[FirefoxTab]:
    """A browser with a profile of its own in `folder`; ended at the end, whatever happens. What lies in `aside` (hosts,
    policies, certificates) takes the place of this machine's own for this browser alone (needs root)."""
    if PROGRAM is None:
        raise BrowserError("Firefox is not installed; apt install firefox-esr")
    port = free_port()
    profile = folder / "profile"
    profile.mkdir(parents=True)
    (profile / "user.js").write_text(f'user_pref("marionette.port", {port});\n')
    made = _policies_folder() if aside else []
    begin = ["unshare", "--mount", "sh", "-c", _ASIDE, "sh", str(aside)] if aside else []
    process = subprocess.Popen(
        [*begin, PROGRAM, "--headless", "--marionette", "--profile", str(profile), "--no-remote"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={"HOME": str(folder), "PATH": os.defpath + ":/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    try:
        tab = FirefoxTab(port, process)
        try:
            yield tab
        finally:
            tab.close()
    finally:
        process.terminate()
        process.wait(60)
        for path in reversed(made):
            path.rmdir()


def _policies_folder() -> list[Path]:
    """The folders that were made to lay policies over."""
    made = [path for path in (POLICIES.parent, POLICIES) if not path.exists()]
    POLICIES.mkdir(parents=True, exist_ok=True)
    return made
