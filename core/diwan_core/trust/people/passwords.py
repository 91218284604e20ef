"""Passwords: Argon2id verifiers (RFC 9106), and one-time passwords that can be read aloud. The rules for new
passwords are in `password_rules`.

A verifier says its own cost, so that cost can grow: an old one still verifies and is replaced at the next sign-in.
"""

import base64
import re
import threading
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from diwan_core import world
from diwan_core.trust.errors import TrustError
from diwan_core.trust.people.password_rules import MAX_LENGTH, PasswordRefused

ONE_TIME_MS = 3 * 24 * 3600 * 1000
"""A one-time password that nobody used ends after three days."""
CLOCK_BACK_MS = 24 * 3600 * 1000
"""… and when the clock is set back by more than a day: nobody knows then how old it is."""

WAIT_SECONDS = 20.0
"""How long a sign-in waits for those before it."""

# Argon2id takes 64 MiB: eight at once would not fit beside the rest on a small post, so there is one at a time.
_one_at_a_time = threading.Lock()


class CurrentPasswordWrong(PasswordRefused):
    """The current password, asked for with the new one, is wrong."""

    code = "current_password_wrong"

    def __init__(self) -> None:
        super().__init__(message="The current password is wrong. Type it again.")


class SignInBusy(TrustError):
    """Too many people are signing in at this moment."""

    code = "sign_in_busy"


@dataclass(frozen=True)
class Cost:
    """The cost of one verification. The default takes about 0.2 s on a desktop and 1 s on a Raspberry Pi 4."""

    memory_kib: int = 64 * 1024
    iterations: int = 3
    lanes: int = 1


COST = Cost()


@contextmanager
def one_at_a_time(wait: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the process-wide turn for Argon2id. Raises SignInBusy after `wait` seconds."""
    if not _one_at_a_time.acquire(timeout=wait):
        raise SignInBusy("Many people are signing in at once. Wait a minute, then try again.")
    try:
        yield
    finally:
        _one_at_a_time.release()


def make_verifier(password: str, cost: Cost = COST) -> str:
    """The verifier that is stored for a password: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. Call it inside
    `one_at_a_time`."""
    return _argon2(cost, world.random_bytes(16)).derive_phc_encoded(_bytes(password))


def matches(password: str, verifier: str) -> bool:
    """Whether `password` is the one of `verifier`. Call it inside `one_at_a_time`."""
    try:
        Argon2id.verify_phc_encoded(_bytes(password), verifier)
    except (InvalidKey, ValueError):
        return False
    return True


def cost_of(verifier: str) -> Cost | None:
    """The cost a verifier was made with; None when it is none of ours."""
    found = re.match(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$", verifier)
    return None if found is None else Cost(*map(int, found.groups()))


def one_time_password(random: Callable[[int], bytes] = world.random_bytes) -> str:
    """Twelve letters and digits in groups of four (60 bits), without 0, 1, 8 and 9, which are misread."""
    text = base64.b32encode(random(10)).decode("ascii").lower()[:12]
    return "-".join((text[:4], text[4:8], text[8:]))


def one_time_ended(until: int, now: int) -> bool:
    """Whether a one-time password that holds `until` has ended; both are UTC milliseconds."""
    return not until - ONE_TIME_MS - CLOCK_BACK_MS <= now < until


def plain_one_time(typed: str) -> str:
    """A one-time password as typed, whatever its case, hyphens and spaces."""
    return re.sub(r"[\s-]", "", typed).lower()


def _argon2(cost: Cost, salt: bytes) -> Argon2id:
    return Argon2id(
        salt=salt, length=32, iterations=cost.iterations, lanes=cost.lanes, memory_cost=cost.memory_kib, ad=None
    )


def _bytes(password: str) -> bytes:
    # One spelling for what different keyboards send for the same letters; cut so that a huge form costs nothing.
    return unicodedata.normalize("NFKC", password[: 2 * MAX_LENGTH]).encode("utf-8", "surrogatepass")
