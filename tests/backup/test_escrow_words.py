"""The words of sheets: any two of three give the secret, and each mistake in typing is told."""

from __future__ import annotations

import itertools
import secrets

import pytest
from diwan_backup.escrow import shares
from diwan_backup.escrow.shares import WrongWords
from shamir_mnemonic.wordlist import WORDLIST

SECRET = secrets.token_bytes(32)


def test_any_two_of_three_give_the_secret_and_each_sheet_has_33_words() -> None:
    made = shares.split(SECRET)
    assert [one.number for one in made] == [1, 2, 3]
    assert {len(one.words.split()) for one in made} == {33}
    for one, other in itertools.permutations(made, 2):
        assert shares.join(one, other) == SECRET


def test_one_sheet_twice_opens_nothing() -> None:
    made = shares.split(SECRET)
    with pytest.raises(WrongWords, match="one sheet alone opens nothing"):
        shares.join(made[0], made[0])


def test_sheets_of_two_sets_are_told_apart_by_their_first_words() -> None:
    one, other = shares.split(SECRET)[0], shares.split(SECRET)[1]
    assert one.begins != other.begins
    with pytest.raises(WrongWords, match=f"{one.begins}.*{other.begins}"):
        shares.join(one, other)


def test_words_may_be_typed_with_numbers_in_any_case_and_by_their_first_four_letters() -> None:
    (made, *_) = shares.split(SECRET)
    words = made.words.split()
    assert shares.read(" ".join(f"{at}. {word.upper()}," for at, word in enumerate(words, 1))) == made
    assert shares.read("\n".join(word[:4] for word in words)) == made


def test_a_word_that_is_not_in_the_list_is_told_with_its_number_and_the_nearest_one() -> None:
    (made, *_) = shares.split(SECRET)
    words = made.words.split()
    right = next(at for at in range(33) if len(words[at]) > 5)
    wrong = words[right][:-2] + words[right][-1]
    with pytest.raises(WrongWords, match=f"word {right + 1}, “{wrong}”.*“{words[right]}”"):
        shares.read(" ".join([*words[:right], wrong, *words[right + 1 :]]))


def test_another_word_of_the_list_two_exchanged_and_one_missing_are_noticed() -> None:
    (made, *_) = shares.split(SECRET)
    words = made.words.split()
    other = next(word for word in WORDLIST if word != words[10])
    with pytest.raises(WrongWords, match="one word was mistaken for another"):
        shares.read(" ".join([*words[:10], other, *words[11:]]))
    swap = next(at for at in range(32) if words[at] != words[at + 1])
    words[swap], words[swap + 1] = words[swap + 1], words[swap]
    with pytest.raises(WrongWords, match="two words changed places"):
        shares.read(" ".join(words))
    with pytest.raises(WrongWords, match="32 were typed"):
        shares.read(made.words.rpartition(" ")[0])
