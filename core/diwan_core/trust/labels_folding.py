"""The folded form of a node's label, which is the same for labels that look alike.

A label is folded before it is compared: compatibility forms (NFKC), case, accents and vowel signs, spaces, punctuation,
invisible characters, digits of every script, and the letters of other scripts that look like Latin ones. So "Post 1",
"POST-1", "Post1" with something invisible in it, "Pоst 1" with a Cyrillic о, and "post ١" are one label.
"""

import unicodedata
from functools import lru_cache
from typing import Final

#: Pairs of a letter, after case folding, and the Latin letter it looks like: first Cyrillic, then Greek.
_LATIN: Final = (
    "аa вb еe кk мm нh оo рp сc тt уy хx іi јj ѕs ԁd ԛq ԝw һh ӏl αa βb εe ιi κk νn οo ρp τt υu χx ηn ωw ςc ϲc"
)
#: Forms of Arabic letters that are written for one another, and what is not a letter at all (tatweel).
_ARABIC: Final = "یي ىي ئي کك ۀه ةه ہه"
_DIGITS: Final = "i1 l1 |1 o0"
_TO_LATIN: Final = str.maketrans({pair[0]: pair[1] for pair in f"{_LATIN} {_ARABIC}".split()} | {"ـ": None})
_TO_DIGITS: Final = str.maketrans({pair[0]: pair[1] for pair in _DIGITS.split()})


@lru_cache(maxsize=4096)
def folded_label(label: str) -> str:
    """The form of a label that is compared. Never shown."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", label).casefold())
    letters = "".join(map(_kept, text)).translate(_TO_LATIN).translate(_TO_DIGITS)
    return letters or text.strip()


def _kept(character: str) -> str:
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    return character if character.isalnum() or character == "|" else ""
