"""The rules for new passwords. Each rule has a name, so that a page can explain it in any language.

Length is more useful than special characters (NIST SP 800-63B §3.1.1.2): no kind of character is required, and a few
words in a row are always accepted. The rules refuse what guesses begin with: the passwords that people choose most,
also with digits and signs around them or letters exchanged for digits; and what is made of little else than names of
the service, the person's own names, a year, or neighbouring keys.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from diwan_core.trust.errors import TrustError
from diwan_core.trust.people.common_passwords import CommonPasswords

MIN_LENGTH: Final = 10
MAX_LENGTH: Final = 200
DISTINCT: Final = 5
OWN: Final = 8
"""Letters and digits that must be left beside words that a guesser knows."""
AROUND: Final = 6
"""Characters around a common password that do not make it another."""

Rule = Literal[
    "short", "long", "few", "repeated", "common", "user_name", "own_name", "service", "year", "keyboard", "one_time",
    "same",
]  # fmt: skip
RULES: Final[dict[Rule, str]] = {
    "short": f"have at least {MIN_LENGTH} characters (three or four words are good)",
    "long": f"have at most {MAX_LENGTH} characters",
    "few": f"use at least {DISTINCT} different characters",
    "repeated": "not repeat one short piece",
    "common": "not be one that very many people use, with or without digits around it",
    "user_name": "not contain your user name",
    "own_name": "not be made of your own name and little else",
    "service": "not be made of the name of this service or this office and little else",
    "year": "not be made of a year and little else",
    "keyboard": "not be made of neighbouring keys, letters or digits and little else",
    "one_time": "not be the one-time password",
    "same": "differ from the current one",
}

_SERVICE: Final = ("diwan", "customs", "douane", "aduana", "ديوان", "جمارك")
_ROWS: Final = (
    "qwertyuiop", "asdfghjkl", "zxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn", "qwertz", "1234567890",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "1q2w3e4r5t6y7u8i9o0p", "abcdefghijklmnopqrstuvwxyz",
    "ضصثقفغعهخحجد", "شسيبلاتنمكط", "ئءؤرلاىةوزظ", "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю", "абвгдежзийклмнопрст",
)  # fmt: skip
_RUN: Final = 4
_YEAR: Final = re.compile(r"(?<!\d)(?:19[3-9]|20[0-9])\d(?!\d)")
_LEET: Final = str.maketrans("0134578@$!", "oieastbasi")
_EDGES: Final = re.compile(r"^[^a-z]+|[^a-z]+$")


class PasswordRefused(TrustError):
    """A new password does not meet the rules; `rules` names each that it misses."""

    code = "password_refused"

    def __init__(self, *rules: Rule, message: str = "") -> None:
        super().__init__(message or f"The new password must {'; '.join(RULES[rule] for rule in rules)}.")
        self.rules = rules


@dataclass(frozen=True)
class About:
    """What a guesser knows about a person: the person's names, and the words of this node's name."""

    user_name: str
    display_name: str = ""
    node_words: tuple[str, ...] = field(default=())


def check_new_password(password: str, about: About) -> None:
    """Raises PasswordRefused with every rule that is missed."""
    text = unicodedata.normalize("NFKC", password).casefold()
    missed = list(_missed(text, about))
    if missed:
        raise PasswordRefused(*missed)


def _missed(text: str, about: About) -> Iterator[Rule]:
    if len(text) < MIN_LENGTH:
        yield "short"
    if len(text) > MAX_LENGTH:
        yield "long"
        return
    if len(set(text)) < DISTINCT:
        yield "few"
    elif _repeated(text):
        yield "repeated"
    if about.user_name and about.user_name.casefold() in text:
        yield "user_name"
    if _common(text):
        yield "common"
    known = _known(text, about)
    covered = {place for _, places in known for place in places}
    if sum(c.isalnum() for place, c in enumerate(text) if place not in covered) < OWN:
        yield from dict.fromkeys(rule for rule, _ in known)


def _repeated(text: str) -> bool:
    """Whether it is one piece of fewer than OWN characters over and over."""
    return any(text == (text[:size] * len(text))[: len(text)] for size in range(1, min(OWN, len(text) // 2 + 1)))


def _common(text: str) -> bool:
    """Whether it is, but for a few characters around it and letters written as digits, one that many people use."""
    listed = CommonPasswords()
    for variant in (text, text.translate(_LEET)):
        core = _EDGES.sub("", variant)
        joined = re.sub(r"[\W_]", "", variant)
        if variant in listed or joined in listed or (core in listed and len(variant) - len(core) <= AROUND):
            return True
    return False


def _known(text: str, about: About) -> list[tuple[Rule, range]]:
    """Where it holds what a guesser knows, and the rule for it."""
    found: list[tuple[Rule, range]] = []
    own = (word for word in _words(about.display_name) if len(word) > 2)
    node = (word for name in about.node_words for word in _words(name) if len(word) > 2)
    for rule, words in (("own_name", own), ("service", (*_SERVICE, *node))):
        found += [(rule, places) for word in words for places in _places(text, word)]  # type: ignore[misc]
    found += [("year", range(*match.span())) for match in _YEAR.finditer(text)]
    found += [("keyboard", places) for places in _runs(text)]
    return found


def _words(name: str) -> Iterable[str]:
    return re.findall(r"\w+", unicodedata.normalize("NFKC", name).casefold())


def _places(text: str, word: str) -> Iterator[range]:
    at = text.find(word)
    while at >= 0:
        yield range(at, at + len(word))
        at = text.find(word, at + 1)


def _runs(text: str) -> Iterator[range]:
    """Runs of neighbours: along a row of keys, the alphabet or the digits, forwards or backwards."""
    for row in (*_ROWS, *(row[::-1] for row in _ROWS)):
        for start in range(len(text) - _RUN + 1):
            if text[start : start + _RUN] in row:
                yield range(start, start + _RUN)
