"""One look at a page of a console, as the test of every page takes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Visit:
    """A page to look at: by whom, and with `press` also the page that follows when that is pressed with the controls
    filled (by id)."""

    path: str
    role: str
    press: str = ""
    fill: Mapping[str, str] = field(default_factory=dict)
