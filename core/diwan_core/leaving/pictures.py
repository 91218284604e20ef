"""Whether a picture may be given to others. Its record never leaves, and neither does what somebody wrote under it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .held_back import why_held_back

_RELEASED: Final = ("regional", "global", "public")
JUDGEMENTS: Final = ("person_shown", "text_shown")


def why_picture_stays(values: Mapping[str, Any], *, contested: bool, judged_by: str, added_by: str) -> str:
    """Why a picture is not given to others; "" where it may be. X-rays and documents never are: site, operator and
    names stand in their margins.

    It takes a second pair of eyes: who judged it last (`judged_by`) is somebody else than who added it."""
    if reason := why_held_back(values):
        return reason
    if contested or values.get("status") in ("draft", "withdrawn") or values.get("kind") != "photo":
        return "it is no photo that stands"
    if values.get("shows_person") is True or any(values.get(name) != "no" for name in JUDGEMENTS):
        return "nobody has judged that it shows neither a person nor anything that names one"
    if values.get("release") not in _RELEASED:
        return "it is not released to partners"
    if not judged_by or judged_by == added_by:
        return "no second person has judged it"
    return ""
