"""The fingerprint words of a node: six short words by which two people check on the telephone that they mean the same
machine.

They are made of the node's id and both its public keys, and belong to no language: consonants and vowels in turn, from
letters that are not taken for each other on the telephone (no p beside b, no v beside f). Six of them are 96 bits.
"""

import hashlib
import re
from typing import Final

_CONSONANTS: Final = "bdfghjklmnrstwyz"
_VOWELS: Final = "aiou"
COUNT: Final = 6


def fingerprint_words(node: str, identity: bytes, sealing_key: bytes) -> str:
    """The words, with spaces between. Keys are the public halves, 32 bytes each."""
    digest = hashlib.sha256(
        b"diwan/1/fingerprint-words\0" + node.encode("ascii") + b"\0" + identity + sealing_key
    ).digest()
    return _of(digest)


def custodian_words(name: str, identity: bytes) -> str:
    """The words of a custodian's name and key (`acts.Custodian`)."""
    return _of(hashlib.sha256(b"diwan/1/custodian-words\0" + name.encode() + b"\0" + identity).digest())


def _of(digest: bytes) -> str:
    return " ".join(_word(int.from_bytes(digest[2 * at : 2 * at + 2], "big")) for at in range(COUNT))


def are_words(typed: str, words: str) -> bool:
    """Whether a person typed these words: any case, and anything between them."""
    return re.findall(r"[a-z]+", typed.casefold()) == words.split()


def _word(number: int) -> str:
    """16 bits as consonant, vowel, consonant, vowel, consonant."""
    first, second = _CONSONANTS[number >> 12], _VOWELS[number >> 10 & 3]
    third, fourth = _CONSONANTS[number >> 6 & 15], _VOWELS[number >> 4 & 3]
    return first + second + third + fourth + _CONSONANTS[number & 15]
