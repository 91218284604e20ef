"""What a draft has beside its form: pictures, which another room keeps until its record exists."""

from collections.abc import Callable
from typing import Final, NamedTuple, cast

from flask import Flask, current_app

_KEY: Final = "diwan_beside_drafts"


class Beside(NamedTuple):
    """`sent` is told the id of a draft whose record has been saved, `dropped` that of one that was deleted."""

    sent: Callable[[str], None]
    dropped: Callable[[str], None]


def keep_beside(app: Flask, kept: Beside) -> None:
    """Let an app keep something beside its drafts."""
    app.extensions[_KEY] = kept


def beside() -> Beside:
    """What this app keeps beside its drafts."""
    nothing = Beside(lambda _draft: None, lambda _draft: None)
    return cast(Beside, current_app.extensions.get(_KEY, nothing))
