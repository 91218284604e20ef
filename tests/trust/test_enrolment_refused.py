"""Requests and answers that were changed, damaged, made up or meant for another."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from diwan_core.trust import NodeKeys, TrustError, mint_id
from diwan_core.trust.errors import (
    BadAnswer,
    BadRequest,
    CodeExpired,
    EnrolmentError,
    EnrolmentRefused,
    WrongCode,
)
from diwan_core.trust.network import enrolment
from diwan_core.trust.network.enrolled_keys import is_enrolled
from diwan_core.trust.network.enrolment import (
    MAX_ANSWER,
    MAX_REQUEST,
    Pending,
    Request,
    SealedScopeKey,
    answer_request,
    open_answer,
    receive_request,
    refusal,
)
from diwan_core.trust.network.enrolment_codes import CodeFor, Codes, mint_code, read_code
from diwan_core.trust.people.accounts_db import Store
from hypothesis import given, settings
from hypothesis import strategies as st

from .country import NOW, Country
from .enrolment_kit import Body, Post, answer_for, enrol


def test_a_request_changed_on_the_way_is_a_wrong_code(store: Codes, post: Post, code: str) -> None:
    other = post.ask(code, label="Ramtha").request
    forged = msgspec.json.decode(post.ask(code).request)
    forged["body"] = msgspec.json.decode(other)["body"]
    with pytest.raises(WrongCode):
        receive_request(store, msgspec.json.encode(forged), NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"node": "aaaabbbbcccce"},
        {"label": "line\nbreak"},
        {"office": "\x1b[2J"},
        {"sealing_key": b"short"},
        {"sealing_key": bytes(32)},
        {"signing_request": "none"},
        {"dictionary": 0},
    ],
)
def test_a_request_that_cannot_be_accepted_does_not_use_the_code_up(
    store: Codes, post: Post, code: str, changes: dict[str, object]
) -> None:
    code_id, key = read_code(code)
    honest = msgspec.json.decode(post.ask(code).request)
    request = msgspec.json.decode(msgspec.json.decode(post.ask(code).request, type=Body).body, type=Request)
    body = msgspec.json.encode(msgspec.structs.replace(request, **changes))
    raw = msgspec.json.encode(enrolment._Envelope(code_id, body, enrolment._mac(key[:32], enrolment._REQUEST, body)))
    with pytest.raises(BadRequest):
        receive_request(store, raw, NOW)
    assert receive_request(store, msgspec.json.encode(honest), NOW).answer is None


@pytest.mark.parametrize(
    "changes",
    [
        {"node": "aaaabbbbcccce"},
        {"version": 2},
        {"central": "aaaabbbbcccce"},
        {"central_certificate": ""},
        {"certificate": "none"},
        {"authority": "none"},
        {"central_sealing_key": bytes(32)},
        {"broker_port": 0},
        {"broker_host": "a\nb"},
        {"time": 0},
        {"scope_keys": (SealedScopeKey("national", bytes(8), bytes(80)),)},
        {"scope_keys": (SealedScopeKey("../..", bytes(8), bytes(80)),)},
    ],
)
def test_an_answer_that_does_not_hold_together_is_refused(
    country: Country, store: Codes, post: Post, code: str, changes: dict[str, object]
) -> None:
    pending = post.ask(code)
    received = receive_request(store, pending.request, NOW)
    raw = answer_request(store, received, answer_for(country, received, **changes))
    with pytest.raises(BadAnswer):
        open_answer(pending, post.keys, post.id, raw)
    assert not is_enrolled(post.folder)


def test_a_certificate_for_another_post_s_key_is_refused(
    country: Country, store: Codes, post: Post, code: str, tmp_path: Path
) -> None:
    other = Post(post.id, tmp_path / "other", NodeKeys.create(tmp_path / "other"))
    foreign = receive_request(store, other.ask(code).request, NOW)
    pending = post.ask(code)
    received = receive_request(store, pending.request, NOW)
    raw = answer_request(
        store, received, answer_for(country, received, certificate=answer_for(country, foreign).certificate)
    )
    with pytest.raises(BadAnswer, match="another node"):
        open_answer(pending, post.keys, post.id, raw)


def test_an_answer_to_another_request_is_refused(country: Country, store: Codes, post: Post, code: str) -> None:
    raw = enrol(country, store, post, code)
    with pytest.raises(BadAnswer, match="not from the centre"):
        open_answer(post.ask(code), post.keys, post.id, raw)


def test_the_centre_s_refusal_reaches_the_technician_in_printable_words(store: Codes, post: Post, code: str) -> None:
    pending = post.ask(code)
    with pytest.raises(EnrolmentRefused, match="out of date"):
        open_answer(pending, post.keys, post.id, refusal(CodeExpired("The code ABCD-… is out of date.\x1b[2J")))
    with pytest.raises(EnrolmentRefused) as refused:
        open_answer(pending, post.keys, post.id, refusal(TrustError("\x1b\n\x07")))
    assert str(refused.value).isprintable()


@given(raw=st.binary(max_size=400))
def test_arbitrary_bytes_are_neither_request_nor_answer(session_post: Post, session_store: Codes, raw: bytes) -> None:
    with pytest.raises(EnrolmentError):
        receive_request(session_store, raw, NOW)
    with pytest.raises(EnrolmentError):
        open_answer(Pending(b"", bytes(32), bytes(32)), session_post.keys, session_post.id, raw)


@settings(max_examples=150)
@given(at=st.integers(0, 5000), to=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_request_never_raises_anything_else(
    session_post: Post, session_store: Codes, at: int, to: int, cut: bool
) -> None:
    shown, stored = mint_code(NOW, CodeFor("Ramtha"), taken=session_store.ids())
    session_store.add(stored)
    raw = bytearray(session_post.ask(shown).request)
    if cut:
        del raw[at % len(raw) :]
    else:
        raw[at % len(raw)] = to
    try:
        receive_request(session_store, bytes(raw), NOW)
    except EnrolmentError:
        pass
    else:
        assert bytes(raw) != b""


@pytest.fixture(scope="module")
def session_post(tmp_path_factory: pytest.TempPathFactory) -> Post:
    folder = tmp_path_factory.mktemp("post")
    return Post(mint_id(), folder, NodeKeys.create(folder))


@pytest.fixture(scope="module")
def session_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Codes]:
    opened = Store.open(tmp_path_factory.mktemp("central"))
    yield Codes(opened)
    opened.close()


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * (MAX_REQUEST - 1),
        b'{"code":' * 1500,
        b'{"code":"\\ud800","body":"","mac":""}',
        b'{"code":"aaaa","body":"","mac":"\xff"}',
        b'{"code":"aaaa","body":"?","mac":""}',
        b" " * (MAX_REQUEST + 1),
        b" " * (MAX_ANSWER + 1),
    ],
)
def test_hostile_bytes_are_refused(store: Codes, post: Post, code: str, raw: bytes) -> None:
    with pytest.raises(EnrolmentError):
        receive_request(store, raw, NOW)
    with pytest.raises(EnrolmentError):
        open_answer(post.ask(code), post.keys, post.id, raw)
