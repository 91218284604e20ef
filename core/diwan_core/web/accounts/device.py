"""The browser that a person uses: its long-lived name (`trust.people.familiar_devices`), and its turn to have a
password checked."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from flask import request

from diwan_core.web.kit.client_address import client_address
from diwan_core.web.kit.console import console
from diwan_core.web.kit.transport import cookie_name
from diwan_core.web.language.i18n import _n


def device_cookie() -> str:
    """The cookie that holds the browser's name; after the node, as the session's."""
    return cookie_name(f"diwan_device_{console().node.id}")


def browser_token() -> str:
    """The name that this browser got at its last sign-in, "" for one that never signed in."""
    return request.cookies.get(device_cookie(), "")[:100]


@contextmanager
def turn(name: str) -> Iterator[None]:
    """The turn to have a password of this account looked at. Raises SignInBusy where too many wait already."""
    device = browser_token()
    known = hashlib.sha256(device.encode()).hexdigest() if console().accounts.knows_device(name, device) else ""
    with console().sign_ins.turn(client_address(), known):
        yield


def wait_words(seconds: int) -> str:
    """The message that a person has to wait after wrong passwords."""
    return _n(
        "There were too many wrong tries. Wait one second, then try again.",
        "There were too many wrong tries. Wait {count} seconds, then try again.",
        seconds,
    )
