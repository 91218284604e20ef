"""The two key pairs of a node: made once, kept private, signing what they say they sign."""

import copy
import pickle
import stat
from pathlib import Path

import pytest
from diwan_core.trust import BadKey, KeysExist, KeysMissing, KeysUnreadable, NodeKeys, fingerprint, verify
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> NodeKeys:
    return NodeKeys.create(tmp_path_factory.mktemp("node"))


def test_keys_come_back_as_they_were_made(tmp_path: Path) -> None:
    made = NodeKeys.create(tmp_path / "new" / "node")
    loaded = NodeKeys.load(tmp_path / "new" / "node")
    assert (loaded.identity_public, loaded.sealing_public) == (made.identity_public, made.sealing_public)
    assert verify(made.identity_public, b"diwan/1/test", b"hello", loaded.sign(b"diwan/1/test", b"hello"))


def test_only_the_owner_can_read_keys(tmp_path: Path) -> None:
    NodeKeys.create(tmp_path)
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    files = list((tmp_path / "keys").iterdir())
    assert {file.name for file in files} == {"identity.pem", "sealing.pem"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_keys_are_never_replaced(tmp_path: Path) -> None:
    first = NodeKeys.create(tmp_path)
    with pytest.raises(KeysExist, match="has an identity"):
        NodeKeys.create(tmp_path)
    assert NodeKeys.load(tmp_path).identity_public == first.identity_public


def test_a_folder_without_keys_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(KeysMissing, match="diwan enrol"):
        NodeKeys.load(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_damaged_keys_are_named(tmp_path: Path, content: bytes) -> None:
    NodeKeys.create(tmp_path)
    (tmp_path / "keys" / "identity.pem").write_bytes(content)
    with pytest.raises(KeysUnreadable):
        NodeKeys.load(tmp_path)


def test_keys_in_each_other_s_place_are_refused(tmp_path: Path) -> None:
    NodeKeys.create(tmp_path)
    place = tmp_path / "keys"
    (place / "identity.pem").write_bytes((place / "sealing.pem").read_bytes())
    with pytest.raises(KeysUnreadable, match="another kind"):
        NodeKeys.load(tmp_path)


def test_private_keys_cannot_be_copied_pickled_or_printed(keys: NodeKeys) -> None:
    with pytest.raises(TypeError, match="never leave"):
        pickle.dumps(keys)
    with pytest.raises(TypeError, match="never leave"):
        copy.deepcopy(keys)
    assert repr(keys) == f"NodeKeys({fingerprint(keys.identity_public)})"


def test_a_signature_holds_for_one_domain_and_one_message(keys: NodeKeys) -> None:
    signature = keys.sign(b"diwan/1/checkpoint", b"message")
    assert len(signature) == 64
    assert verify(keys.identity_public, b"diwan/1/checkpoint", b"message", signature)
    assert not verify(keys.identity_public, b"diwan/1/receipt", b"message", signature)
    assert not verify(keys.identity_public, b"diwan/1/checkpoint", b"messagf", signature)


@pytest.mark.parametrize("domain", [b"", b"ab", b"0diwan", b" diwan", b"diwan\0x", b"d" * 65])
def test_a_domain_that_could_be_taken_for_tls_or_der_is_a_mistake_of_ours(keys: NodeKeys, domain: bytes) -> None:
    with pytest.raises(ValueError, match="signing domain"):
        keys.sign(domain, b"")


@given(public=st.binary(max_size=64), signature=st.binary(max_size=80), message=st.binary(max_size=50))
def test_arbitrary_bytes_never_verify_and_never_raise(public: bytes, signature: bytes, message: bytes) -> None:
    # Small-order public keys verify trivial signatures; they belong to nobody, since the ledger names every key.
    assert verify(public, b"diwan/1/test", message, signature) in (False, True)


@settings(max_examples=50)
@given(flip=st.integers(0, 511))
def test_a_flipped_bit_in_a_signature_is_found(keys: NodeKeys, flip: int) -> None:
    signature = bytearray(keys.sign(b"diwan/1/test", b"message"))
    signature[flip // 8] ^= 1 << flip % 8
    assert not verify(keys.identity_public, b"diwan/1/test", b"message", bytes(signature))


def test_fingerprints_are_short_enough_to_read_aloud(keys: NodeKeys) -> None:
    assert len(fingerprint(keys.identity_public)) == 24
    assert fingerprint(keys.identity_public) != fingerprint(keys.sealing_public)


def test_a_wrong_sealing_key_is_named() -> None:
    from diwan_core.trust import seal

    with pytest.raises(BadKey, match="32 bytes"):
        seal(b"short", b"", b"")
    with pytest.raises(BadKey, match="not usable"):
        seal(bytes(32), b"", b"")
