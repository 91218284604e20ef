"""A confined process that sets text gets fonts, and no other file."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from diwan_core.confined.host import TooSlow, run

FONT = next(Path("/usr/share/fonts").rglob("*.ttf"), None)

pytestmark = pytest.mark.skipif(FONT is None, reason="no font is installed here: apt install fonts-noto-core")


def in_the_room(code: str, seconds: float = 30.0) -> int:
    """Exit code of code that runs confined, with somebody who opens fonts; 77 where the kernel offers no filter."""
    start = "import os, socket\nfrom diwan_core.confined import Limits, enter\n"
    start += "from diwan_core.confined.fonts import line\n"
    start += "if not enter(Limits(5, 1 << 28, 1 << 20), fonts=line()):\n    os._exit(77)\n"
    with Path("/dev/null").open("rb") as nothing:
        done = run(
            "timeit", ["-n1", "-r1", start + code + "\nos._exit(0)"],
            stdin=nothing, seconds=seconds, answer_most=10_000, fonts=True,
        )  # fmt: skip
    if done.code == 77:
        pytest.skip("this kernel offers no system-call filter")
    return done.code


def test_a_font_can_be_read() -> None:
    assert FONT is not None
    size = FONT.stat().st_size
    assert in_the_room(f"assert len(open({str(FONT)!r}, 'rb').read()) == {size}") == 0


@pytest.mark.parametrize(
    "deed",
    [
        "open('/etc/hostname')",
        "open('/usr/share/fonts/../../../etc/hostname')",
        "open('/usr/share/fonts')",
        "open('/usr/share/fonts/no such font', 'w')",
        "open('hostname', opener=lambda name, flags: os.open(name, flags, dir_fd=os.open('/etc', 0)))",
        "open('/usr/share/fonts/' + 'x' * 5000)",
        "socket.socket()",
        "os.fork()",
        "os.listdir('/usr/share/fonts')",
        "os.kill(os.getppid(), 9)",
    ],
)
def test_nothing_else_can(deed: str) -> None:
    assert in_the_room(f"try:\n    {deed}\nexcept PermissionError:\n    os._exit(0)\nos._exit(3)") == 0


def test_a_font_is_opened_for_reading_whatever_was_asked_for() -> None:
    code = f"handle = os.open({str(FONT)!r}, os.O_RDWR | os.O_APPEND)\ntry:\n    os.write(handle, b'x')\n"
    assert in_the_room(code + "except OSError:\n    os._exit(0)\nos._exit(3)") == 0


def test_one_that_never_ends_is_ended_with_whoever_opens_its_fonts() -> None:
    before = set(of_ours())
    with pytest.raises(TooSlow):
        in_the_room("import time\nwhile True:\n    time.sleep(0.01)", seconds=3)
    end = time.monotonic() + 60
    while set(of_ours()) - before and time.monotonic() < end:
        time.sleep(0.05)
    assert set(of_ours()) <= before


def of_ours() -> list[int]:
    """Workers that run now."""
    found = []
    for place in Path("/proc").iterdir():
        try:
            if (
                b"diwan_core.confined" in (place / "cmdline").read_bytes()
                and "\nState:\tZ" not in (place / "status").read_text()
            ):
                found.append(int(place.name))
        except (OSError, ValueError):
            continue
    return found
