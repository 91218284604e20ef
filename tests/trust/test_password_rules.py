"""A new password is none that guesses begin with, and plain reasons say why."""

import random

import pytest
from diwan_core.trust.people.common_passwords import CommonPasswords
from diwan_core.trust.people.password_rules import (
    MIN_LENGTH,
    RULES,
    About,
    PasswordRefused,
    Rule,
    check_new_password,
)
from hypothesis import given
from hypothesis import strategies as st

AMAL = About("amal.haddad", "Amal Haddad", ("Aqaba port", "JOAQJ"))


def missed(password: str, about: About = AMAL) -> set[Rule]:
    try:
        check_new_password(password, about)
    except PasswordRefused as refused:
        assert all(RULES[rule] in str(refused) for rule in refused.rules)  # noqa: PT017  either way is right, and this one says why
        return set(refused.rules)
    return set()


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("short", "short"),
        ("x" * 201, "long"),
        ("aaaaaaaaaaaa", "few"),
        ("grubmgrubmgrubm", "repeated"),
        ("password123", "common"),
        ("P@ssw0rd2026!", "common"),
        ("iloveyou!!!!", "common"),
        ("I love you", "common"),
        ("!!monkey1234", "common"),
        ("1q2w3e4r5t", "common"),
        ("my amal.haddad login", "user_name"),
        ("Haddad-Amal1", "own_name"),
        ("diwan4ever!", "service"),
        ("AqabaPort99!", "service"),
        ("joaqj.joaqj.55", "service"),
        ("herons 2026", "year"),
        ("1987.kites", "year"),
        ("qwertyuiop[]", "keyboard"),
        ("poiuytrewq77", "keyboard"),
        ("asdf-8642-zxcv", "keyboard"),
        ("1234567890ab", "keyboard"),
        ("ضصثقفغعهخح", "keyboard"),
        ("йцукенгшщз", "keyboard"),
        ("abcdefghijk", "keyboard"),
    ],
)
def test_what_guesses_begin_with_is_refused(password: str, rule: Rule) -> None:
    assert rule in missed(password)


@pytest.mark.parametrize(
    "password",
    [
        "seven grey herons at dawn",
        "winter olives 2026 in the rain",
        "Correct horse battery staple",
        "the diwan of old books",
        "xK9#mQ2$vL7pRt",
        "خمسة طيور رمادية عند الفجر",
        "purple monkey dishwasher",
        "Amal drinks cardamom coffee",
        "a long walk " * 3 + "through every village between the river and the sea, and back again by night",
    ],
)
def test_a_few_words_or_real_chance_are_taken(password: str) -> None:
    assert missed(password) == set()


def test_the_list_holds_the_ten_thousand_commonest_of_those_long_enough() -> None:
    listed = CommonPasswords()
    assert len(listed) > 60_000
    assert sum(len(line) >= MIN_LENGTH for line in listed._lines.decode().split("\n")) > 10_000
    for one in ("password", "123456", "qwerty", "iloveyou", "trustno1", "letmein"):
        assert one in listed
    assert "" not in listed and "password\n123456" not in listed and "seven grey herons at dawn" not in listed


def test_every_common_password_is_refused_also_with_digits_around_it() -> None:
    lines = CommonPasswords()._lines.decode().split()
    chosen = random.Random(20).sample([line for line in lines if line[:1].isalpha() and line[-1:].isalpha()], 60)
    for line in chosen:
        assert missed(line), line
        assert missed(f"{line}{2026 if len(line) > 7 else 202611}"), line


@given(st.text(max_size=300))
def test_any_text_gets_an_answer(text: str) -> None:
    assert missed(text) <= set(RULES)


def test_a_display_name_in_another_script_counts() -> None:
    assert "own_name" in missed("هدى1234!هدى56", About("huda", "هدى"))


def test_every_rule_has_its_sentence_on_the_page() -> None:
    from diwan_core.web.accounts.password_words import RULE_WORDS

    assert set(RULE_WORDS) == set(RULES)
