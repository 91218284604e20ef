"""A post becomes a node by a one-time code: over a line anyone can read, and only once."""

import base64
import dataclasses
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from diwan_core.trust import (
    KeysMissing,
    KeysUnreadable,
    NodeKeys,
    ScopeKey,
    ScopeKeyring,
    TrustError,
    codes,
    enrolment,
    mint_id,
)
from diwan_core.trust.certificates import read_certificate
from diwan_core.trust.codes import Codes, StoredCode, mint_code, read_code
from diwan_core.trust.enrolment import (
    MAX_ANSWER,
    MAX_REQUEST,
    Answer,
    Pending,
    Received,
    Request,
    SealedScopeKey,
    answer_request,
    make_request,
    open_answer,
    receive_request,
    refusal,
)
from diwan_core.trust.errors import (
    BadAnswer,
    BadCode,
    BadName,
    BadRequest,
    CodeBlocked,
    CodeExpired,
    CodeUsed,
    EnrolmentError,
    EnrolmentRefused,
    UnknownCode,
    WrongCode,
)
from diwan_core.trust.installed import install, is_enrolled, keep_request, kept_request, load_central
from diwan_core.trust.store import Store
from diwan_core.trust.tls import client_context
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import NOW, Country


@dataclasses.dataclass(frozen=True)
class Post:
    id: str
    folder: Path
    keys: NodeKeys

    def ask(self, code: str, label: str = "Aqaba port", office: str = "JOAQJ") -> Pending:
        return make_request(code, self.keys, node=self.id, label=label, office=office, dictionary=1)


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return Post(mint_id(), tmp_path / "post", NodeKeys.create(tmp_path / "post"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Codes]:
    (tmp_path / "store").mkdir()
    opened = Store.open(tmp_path / "store")
    yield Codes(opened)
    opened.close()


@pytest.fixture
def code(store: Codes) -> str:
    shown, stored = mint_code(NOW, label="for Aqaba", taken=store.ids())
    store.add(stored)
    return shown


NATIONAL = ScopeKey.create("national")


def answer_for(country: Country, received: Received, **changes: object) -> Answer:
    request = received.request
    answer = Answer(
        version=1,
        node=request.node,
        certificate=country.authority.issue(request.signing_request.encode(), request.node, NOW).decode(),
        authority=country.authority.certificate.decode(),
        central=country.id,
        central_certificate=country.certificate.decode(),
        central_sealing_key=country.keys.sealing_public,
        broker_host="10.0.0.1",
        broker_port=8883,
        scope_keys=(SealedScopeKey.of(NATIONAL, request.sealing_key),),
        time=int(NOW.timestamp() * 1000),
        ledger_length=3,
        ledger_head=b"h" * 32,
    )
    return msgspec.structs.replace(answer, **changes)


def enrol(country: Country, store: Codes, post: Post, code: str, **changes: object) -> bytes:
    received = receive_request(store, post.ask(code).request, NOW)
    return answer_request(store, received, answer_for(country, received, **changes))


def test_a_post_becomes_a_node(country: Country, store: Codes, post: Post, code: str) -> None:
    pending = post.ask(code)
    assert not is_enrolled(post.folder)
    received = receive_request(store, pending.request, NOW)
    assert (received.request.label, received.identity) == ("Aqaba port", post.keys.identity_public)
    raw = answer_request(store, received, answer_for(country, received))
    answer, scope_keys = open_answer(pending, post.keys, post.id, raw)
    central = install(post.folder, answer, scope_keys)

    assert is_enrolled(post.folder)
    assert central == load_central(post.folder)
    assert (central.id, central.identity) == (country.id, country.keys.identity_public)
    assert (central.sealing, central.ledger_length) == (country.keys.sealing_public, 3)
    assert client_context(post.folder)
    own = (post.folder / "keys" / "node.crt").read_bytes()
    assert read_certificate(own, central.authority).name == post.id
    key = ScopeKeyring(post.folder).get("national", NATIONAL.id)
    assert key is not None and key.open(NATIONAL.seal(b"warning", b""), b"") == b"warning"
    files = [file for file in (post.folder / "keys").rglob("*") if file.is_file()]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_the_centre_knows_itself_as_its_posts_know_it(country: Country) -> None:
    central = load_central(country.folder)
    assert (central.id, central.sealing) == (country.id, country.keys.sealing_public)


def test_nothing_secret_is_on_the_line(country: Country, store: Codes, post: Post, code: str) -> None:
    line = [post.ask(code).request, enrol(country, store, post, code)]
    line += [msgspec.json.decode(raw, type=_Body).body for raw in line]
    rest = code[5:].lower()
    secrets = [rest.encode(), rest.replace("-", "").encode(), read_code(code)[1], NATIONAL._raw()]
    secrets += [_private_bytes(path) for path in (post.folder / "keys").glob("*.pem")]
    assert len(secrets) == 6
    for secret in secrets:
        for form in (secret, secret.hex().encode(), base64.b64encode(secret).rstrip(b"=")[:-1]):
            assert not any(form in raw.lower() or form in raw for raw in line)


def _private_bytes(path: Path) -> bytes:
    """The last 32 bytes of a PKCS #8 file with an RFC 8410 key."""
    return base64.b64decode(b"".join(path.read_bytes().splitlines()[1:-1]))[-32:]


def test_a_lost_answer_is_given_again_to_the_same_request_only(
    country: Country, store: Codes, post: Post, code: str
) -> None:
    pending, again = post.ask(code), post.ask(code)
    received = receive_request(store, pending.request, NOW)
    assert received.answer is None
    raw = answer_request(store, received, answer_for(country, received))
    later = receive_request(store, pending.request, NOW + timedelta(days=30))
    assert later.answer == raw
    with pytest.raises(CodeUsed, match="enrolled a node already"):
        receive_request(store, again.request, NOW)


def test_an_enrolment_goes_on_after_a_power_cut(country: Country, store: Codes, post: Post, code: str) -> None:
    keep_request(post.folder, post.ask(code))
    pending = kept_request(post.folder, code)
    assert pending is not None
    received = receive_request(store, pending.request, NOW)
    answer_request(store, received, answer_for(country, received))

    # The power goes before the answer is there. Afterwards the technician types the same code again.
    other_code, _ = mint_code(NOW)
    assert kept_request(post.folder, other_code) is None
    again = kept_request(post.folder, code.lower())
    assert again == pending
    raw = receive_request(store, again.request, NOW).answer
    assert raw is not None
    install(post.folder, *open_answer(again, post.keys, post.id, raw))
    assert kept_request(post.folder) is None
    assert is_enrolled(post.folder)


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 5000, b"\xff"])
def test_a_damaged_request_is_made_anew(post: Post, code: str, content: bytes) -> None:
    keep_request(post.folder, post.ask(code))
    (post.folder / "keys" / "enrolment.pending").write_bytes(content)
    assert kept_request(post.folder, code) is None


def test_of_two_requests_at_once_one_wins(country: Country, store: Codes, post: Post, code: str) -> None:
    one, two = (receive_request(store, post.ask(code).request, NOW) for _ in range(2))
    answer_request(store, one, answer_for(country, one))
    with pytest.raises(CodeUsed, match="a moment ago"):
        answer_request(store, two, answer_for(country, two))


def test_a_code_is_good_for_seven_days(store: Codes, post: Post, code: str) -> None:
    request = post.ask(code).request
    assert receive_request(store, request, NOW + timedelta(days=7, seconds=-1))
    with pytest.raises(CodeExpired, match="out of date"):
        receive_request(store, request, NOW + timedelta(days=7))


def test_an_unknown_code_is_named_by_its_first_group(store: Codes, post: Post) -> None:
    shown, _ = mint_code(NOW)
    with pytest.raises(UnknownCode, match=shown[:4]):
        receive_request(store, post.ask(shown).request, NOW)


def test_a_code_is_blocked_after_five_wrong_tries_for_the_right_one_too(store: Codes, post: Post, code: str) -> None:
    wrong = _same_first_group(code)
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(WrongCode, match=f"{left} tries are left"):
            receive_request(store, post.ask(wrong).request, NOW)
    for typed in (wrong, code):
        with pytest.raises(CodeBlocked, match="new code"):
            receive_request(store, post.ask(typed).request, NOW)


def _same_first_group(code: str) -> str:
    rest = code[5:-1].replace("-", "")
    text = (code[:4] + ("B" if rest[0] == "A" else "A") + rest[1:]).lower()
    return text + codes._check_character(text)


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
    request = msgspec.json.decode(msgspec.json.decode(post.ask(code).request, type=_Body).body, type=Request)
    body = msgspec.json.encode(msgspec.structs.replace(request, **changes))
    raw = msgspec.json.encode(enrolment._Envelope(code_id, body, enrolment._mac(key[:32], enrolment._REQUEST, body)))
    with pytest.raises(BadRequest):
        receive_request(store, raw, NOW)
    assert receive_request(store, msgspec.json.encode(honest), NOW).answer is None


class _Body(msgspec.Struct):
    body: bytes


def test_members_that_a_newer_release_adds_are_ignored(store: Codes, post: Post, code: str) -> None:
    request = msgspec.json.decode(post.ask(code).request)
    request["colour"] = "green"
    assert receive_request(store, msgspec.json.encode(request), NOW)


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
    shown, stored = mint_code(NOW, taken=session_store.ids())
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


@settings(max_examples=50)
@given(place=st.integers(0, 19), other=st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_a_single_typing_mistake_is_found_before_it_counts(place: int, other: str) -> None:
    shown, stored = mint_code(NOW)
    text = shown.replace("-", "")
    typed = text[:place] + other + text[place + 1 :]
    if typed == text:
        assert read_code(typed) == (stored.id, stored.key)
    else:
        with pytest.raises(BadCode, match="typing mistake"):
            read_code(typed)


def test_a_code_may_be_typed_in_any_case_with_any_hyphens_and_misread_zeros() -> None:
    while "O" not in (shown := mint_code(NOW)[0])[4:] or "B" not in shown:
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
    first = mint_code(NOW, random=lambda _: next(draws))[1]
    second = mint_code(NOW, taken={first.id}, random=lambda _: next(draws))[1]
    assert first.id != second.id


def test_the_centre_keeps_no_code(store: Codes, code: str) -> None:
    stored = store.get(code[:4].lower())
    assert isinstance(stored, StoredCode) and stored.label == "for Aqaba"
    assert code.replace("-", "").lower()[4:].encode() not in stored.key
    with pytest.raises(BadName):
        mint_code(NOW, label="line\nbreak")


def test_a_node_that_is_not_enrolled_has_no_centre(post: Post) -> None:
    with pytest.raises(KeysMissing, match="diwan enrol"):
        load_central(post.folder)


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 5000, b"\xff"])
def test_a_damaged_memory_of_the_centre_is_named(
    country: Country, store: Codes, post: Post, code: str, content: bytes
) -> None:
    pending = post.ask(code)
    received = receive_request(store, pending.request, NOW)
    raw = answer_request(store, received, answer_for(country, received))
    install(post.folder, *open_answer(pending, post.keys, post.id, raw))
    (post.folder / "keys" / "central.json").write_bytes(content)
    with pytest.raises(KeysUnreadable, match="Enrol this node again"):
        load_central(post.folder)


def test_secrets_are_not_printed(post: Post, code: str) -> None:
    pending = post.ask(code)
    assert repr(pending.answer_key) not in repr(pending)
