"""Drives a real Chromium for tests and screenshots over its debugging pipe (Chrome DevTools Protocol), without a
network port and without a library."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from diwan_lab.tab import BrowserError, Tab

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-extensions",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


_ASIDE = 'mount --bind "$1" /etc/chromium && shift && exec "$@"'


class Page(Tab):
    """One tab."""

    def __init__(self, send: Any, session: str) -> None:
        self._send = send
        self._session = session
        self.call("Page.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol; its result."""
        found: dict[str, Any] = self._send(method, parameters, self._session)
        return found

    def size(self, width: int, height: int, *, phone: bool = False) -> None:
        """The window, in CSS pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def colours(self, scheme: str) -> None:
        """`light` or `dark`, as the person's system would ask for."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def cookie(self, url: str, name: str, value: str) -> None:
        self.call("Network.setCookie", url=url, name=name, value=value)

    def forget_cookies(self) -> None:
        self.call("Network.clearBrowserCookies")

    def open(self, url: str) -> None:
        answer = self.call("Page.navigate", url=url)
        if answer.get("errorText"):
            raise BrowserError(f"{url}: {answer['errorText']}")
        self.wait_for("document.readyState == 'complete' && location.href != 'about:blank'")

    def upload(self, selector: str, *files: Path) -> None:
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=[str(file) for file in files])

    def type(self, text: str) -> None:
        """Type into whatever has the focus."""
        self.call("Input.insertText", text=text)

    def key(self, name: str, code: int, *, shift: bool = False) -> None:
        """Press and release a key: `key("Tab", 9)`, `key("Enter", 13)`."""
        known = {"key": name, "code": name, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
        text = {"text": "\r"} if name == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", **known, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **known)

    def scripts(self, allowed: bool) -> None:
        """Whether pages may run scripts; the debugger's own still do."""
        self.call("Emulation.setScriptExecutionDisabled", value=not allowed)

    def value(self, expression: str) -> Any:
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def picture(self, *, whole: bool = True) -> bytes:
        """The page as PNG, whole or as much of it as the window shows."""
        beyond = whole and self._is_beyond_its_window()
        return base64.b64decode(self.call("Page.captureScreenshot", format="png", captureBeyondViewport=beyond)["data"])

    def _is_beyond_its_window(self) -> bool:
        """Whether there is more of the page than its window shows. Drawn beyond a window that it fits into, a page that
        runs from right to left comes out shifted (Chromium 156)."""
        root = "document.documentElement"
        beyond = self.value(f"{root}.scrollHeight > {root}.clientHeight || {root}.scrollWidth > {root}.clientWidth")
        return bool(beyond)

    def small_picture(self, *, tallest: int, quality: int = 55) -> bytes:
        """The page as WebP, cut below `tallest` CSS pixels."""
        root = "document.documentElement"
        wide, high = self.value(f"[{root}.clientWidth, {root}.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": wide, "height": min(high, tallest), "scale": 1}
        beyond = clip["height"] > self.value(f"{root}.clientHeight")  # else an Arabic page is shifted, as above
        wanted = {"format": "webp", "quality": quality, "clip": clip, "captureBeyondViewport": beyond}
        before, drawn = "", " "
        for _ in range(10):  # a tall page is painted in tiles, and some may be missing the first time
            if drawn == before:
                break
            before, drawn = drawn, self.call("Page.captureScreenshot", **wanted)["data"]
        return base64.b64decode(drawn)


@contextmanager
def chromium(profile: Path, *flags: str, home: Path | None = None, settings: Path | None = None) -> Iterator[Page]:
    """A browser with a profile of its own; ended at the end, whatever happens. `home` is the home folder of its user,
    where certificates are that the person has installed; `settings` takes the place of /etc/chromium for this browser
    alone (needs root)."""
    if PROGRAM is None:
        raise BrowserError("chromium is not installed; apt install chromium")
    command_read, command_write = os.pipe()
    answer_read, answer_write = os.pipe()

    def pipes() -> None:
        # Chromium reads commands from descriptor 3 and answers on 4; ours may be 3 or 4 themselves, so first aside
        read, write = os.dup(command_read), os.dup(answer_write)
        os.dup2(read, 3)
        os.dup2(write, 4)

    begin = [] if settings is None else ["unshare", "--mount", "sh", "-c", _ASIDE, "sh", str(settings)]
    process = subprocess.Popen(
        [*begin, PROGRAM, *FLAGS, *flags, f"--user-data-dir={profile}", "about:blank"],
        env=os.environ | ({"HOME": str(home)} if home else {}),
        preexec_fn=pipes,
        close_fds=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(command_read)
    os.close(answer_write)
    with os.fdopen(command_write, "wb") as commands, os.fdopen(answer_read, "rb") as answers:
        try:
            yield Page(*_attached(commands, answers))
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _attached(commands: Any, answers: Any) -> tuple[Any, str]:
    number = 0
    rest = b""

    def receive() -> dict[str, Any]:
        nonlocal rest
        while b"\0" not in rest:
            piece = os.read(answers.fileno(), 1 << 16)
            if not piece:
                raise BrowserError("chromium ended")
            rest += piece
        message, rest = rest.split(b"\0", 1)
        found: dict[str, Any] = json.loads(message)
        return found

    def send(method: str, parameters: dict[str, Any], session: str = "") -> dict[str, Any]:
        nonlocal number
        number += 1
        message = {"id": number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        commands.write(json.dumps(message).encode() + b"\0")
        commands.flush()
        while (answer := receive()).get("id") != number:
            pass
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    targets = send("Target.getTargets", {})["targetInfos"]
    target = next(target["targetId"] for target in targets if target["type"] == "page")
    return send, send("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
