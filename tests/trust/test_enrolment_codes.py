"""One-time codes: how long they hold, what is typed wrong, who tries too often."""

from datetime import timedelta

import pytest
from diwan_core.trust.errors import (
    BadCode,
    BadName,
    CodeExpired,
    UnknownCode,
    WrongCode,
)
from diwan_core.trust.network import enrolment_codes
from diwan_core.trust.network.enrolment import receive_request
from diwan_core.trust.network.enrolment_codes import CodeFor, Codes, StoredCode, mint_code, read_code
from hypothesis import given, settings
from hypothesis import strategies as st

from .country import NOW
from .enrolment_kit import Post

ANY = CodeFor("Ramtha")


def test_a_code_is_good_for_seven_days(store: Codes, post: Post, code: str) -> None:
    request = post.ask(code).request
    assert receive_request(store, request, NOW + timedelta(days=7, seconds=-1))
    with pytest.raises(CodeExpired, match="out of date"):
        receive_request(store, request, NOW + timedelta(days=7))


def test_an_unknown_code_is_named_by_its_first_group(store: Codes, post: Post) -> None:
    shown, _ = mint_code(NOW, ANY)
    with pytest.raises(UnknownCode, match=shown[:4]):
        receive_request(store, post.ask(shown).request, NOW)


def test_wrong_tries_never_take_a_code_from_its_owner(store: Codes, post: Post, code: str) -> None:
    wrong = post.ask(_same_first_group(code)).request
    before = store.get(code[:4].lower())
    for _ in range(200):
        with pytest.raises(WrongCode, match="group by group"):
            receive_request(store, wrong, NOW)
    assert store.get(code[:4].lower()) == before, "nothing is written for a wrong try"
    assert receive_request(store, post.ask(code).request, NOW).answer is None


def _same_first_group(code: str) -> str:
    rest = code[5:-1].replace("-", "")
    text = (code[:4] + ("B" if rest[0] == "A" else "A") + rest[1:]).lower()
    return text + enrolment_codes._check_character(text)


@settings(max_examples=50)
@given(place=st.integers(0, 19), other=st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_a_single_typing_mistake_is_found_before_it_counts(place: int, other: str) -> None:
    shown, stored = mint_code(NOW, ANY)
    text = shown.replace("-", "")
    typed = text[:place] + other + text[place + 1 :]
    if typed == text:
        assert read_code(typed) == (stored.id, stored.key)
    else:
        with pytest.raises(BadCode, match="typing mistake"):
            read_code(typed)


def test_a_code_may_be_typed_in_any_case_with_any_hyphens_and_misread_zeros() -> None:
    while "O" not in (shown := mint_code(NOW, ANY)[0])[4:] or "B" not in shown:
        pass
    expected = read_code(shown)
    for typed in (shown.lower(), shown.replace("-", ""), shown.replace("-", " \u2013 "), shown.replace("O", "0")):
        assert read_code(typed) == expected
    assert read_code(shown.replace("B", "8")) == expected


@pytest.mark.parametrize(("typed", "reason"), [("", "20 letters"), ("A" * 21, "this has 21"), ("1" * 20, "'1'")])
def test_what_is_no_code_is_refused_with_the_reason(typed: str, reason: str) -> None:
    with pytest.raises(BadCode, match=reason):
        read_code(typed)


@given(typed=st.text(max_size=30))
def test_whatever_is_typed_as_a_code_only_our_own_error_comes_out(typed: str) -> None:
    with pytest.raises(BadCode):
        read_code(typed)


def test_codes_in_use_are_not_given_out_again() -> None:
    draws = iter([b"a" * 15, b"a" * 15, b"b" * 15])
    first = mint_code(NOW, ANY, random=lambda _: next(draws))[1]
    second = mint_code(NOW, ANY, taken={first.id}, random=lambda _: next(draws))[1]
    assert first.id != second.id


def test_the_centre_keeps_no_code(store: Codes, code: str) -> None:
    stored = store.get(code[:4].lower())
    assert isinstance(stored, StoredCode) and (stored.label, stored.office, stored.made_by) == (
        "Aqaba port",
        "JOAQJ",
        "technician",
    )
    assert code.replace("-", "").lower()[4:].encode() not in stored.key
    with pytest.raises(BadName):
        mint_code(NOW, CodeFor("line\nbreak"))
