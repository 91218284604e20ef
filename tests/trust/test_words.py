"""The words by which two people find out that they speak of the same machine."""

import re

from diwan_core.trust.network.fingerprint_words import COUNT, are_words, fingerprint_words
from hypothesis import given
from hypothesis import strategies as st

_KEY = st.binary(min_size=32, max_size=32)
NODE = "aaaabbbbcccce"


@given(identity=_KEY, sealing=_KEY)
def test_words_can_be_spoken_and_none_has_letters_that_are_taken_for_others(identity: bytes, sealing: bytes) -> None:
    words = fingerprint_words(NODE, identity, sealing).split()
    assert len(words) == COUNT
    assert all(re.fullmatch("([bdfghjklmnrstwyz][aiou]){2}[bdfghjklmnrstwyz]", word) for word in words)


@given(identity=_KEY, sealing=_KEY, at=st.integers(0, 63))
def test_another_id_or_another_key_has_other_words(identity: bytes, sealing: bytes, at: int) -> None:
    words = fingerprint_words(NODE, identity, sealing)
    both = bytearray(identity + sealing)
    both[at] ^= 1
    assert fingerprint_words(NODE, bytes(both[:32]), bytes(both[32:])) != words
    assert fingerprint_words("baaabbbbcccce", identity, sealing) != words


def test_words_may_be_typed_as_people_type_and_must_all_be_there_in_their_order() -> None:
    words = fingerprint_words(NODE, bytes(32), bytes(32))
    one, *rest = words.split()
    for typed in (words, words.upper(), words.replace(" ", "-"), f"1. {one}, " + " / ".join(rest), f"\n{words}\t"):
        assert are_words(typed, words)
    for typed in ("", " ".join(rest), " ".join([*rest, one]), f"{words} {one}", words.replace(" ", "")):
        assert not are_words(typed, words)
