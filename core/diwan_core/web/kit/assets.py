"""The style and the scripts of the console as browsers get them: without comments and indentation, the scripts of a
page in one file, packed once.

They are written by hand and lie in `static`; nothing is built, and what is served says the same, line by line."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from diwan_core.web.kit.packing import CODINGS, Coding, pack

STATIC: Final = Path(__file__).parents[1] / "static"
STYLE: Final = "diwan.css"
DRAWINGS: Final = "drawings.css"
STYLES: Final = (STYLE, DRAWINGS)
"""The style of every page, and what is added to it where charts, maps or what few pages show need it: forms need not
carry that."""
#: Hand-written, each for pages that also work without it; in the one order in which a file holds several. In any order
#: there would be a hundred thousand files, and whoever asks for them, signed in or not, would fill the memory.
SCRIPTS: Final = (
    "choices.js", "days.js", "relevant.js", "report.js", "codes.js", "lookup.js", "job.js", "pictures.js",
)  # fmt: skip
_SCRIPT: Final = ".js"
_TOGETHER: Final = "+"
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_SPACES: Final = re.compile(r"\s+")
_AROUND: Final = re.compile(r" ?([{};>]) ?|([:,]) ")
_BEHIND: Final = re.compile(r"(?<=[;{},)]) // .*$")


@dataclass(frozen=True)
class Asset:
    """A file for browsers, as it is and packed; `version` is part of its address, so that it can be kept for ever."""

    content: bytes
    packed: Mapping[Coding, bytes]
    version: str


def together(names: tuple[str, ...]) -> str:
    """The name of the file that holds several scripts."""
    return _TOGETHER.join(name.removesuffix(_SCRIPT) for name in names) + _SCRIPT


def scripts_in(name: str) -> tuple[str, ...]:
    """The scripts that a file holds; none for a name that no page gives."""
    if not name.endswith(_SCRIPT) or len(name) > 200:
        return ()
    found = tuple(f"{stem}{_SCRIPT}" for stem in name.removesuffix(_SCRIPT).split(_TOGETHER))
    return found if found == tuple(script for script in SCRIPTS if script in found) else ()


@cache
def style(name: str = STYLE) -> Asset:
    """One of STYLES."""
    return _asset(squeezed_style((STATIC / name).read_text("utf-8")))


@cache
def script(names: tuple[str, ...]) -> Asset:
    """Scripts, one after the other."""
    return _asset("\n".join(squeezed_script((STATIC / name).read_text("utf-8")) for name in names))


def squeezed_style(text: str) -> str:
    """A style sheet without comments, line breaks and needless spaces."""
    return _AROUND.sub(r"\1\2", _SPACES.sub(" ", _COMMENT.sub("", text))).strip()


def squeezed_script(text: str) -> str:
    """A script without comments on lines of their own or behind a line, and without indentation."""
    lines = (_BEHIND.sub("", line.strip()) for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def _asset(text: str) -> Asset:
    content = text.encode()
    packed = {coding: pack(content, coding, kept=True) for coding in CODINGS}
    return Asset(content, packed, hashlib.sha256(content).hexdigest()[:12])
