"""Sealing to one node, and to the members of a scope."""

import pickle
import stat
from pathlib import Path

import pytest
from diwan_core.trust import (
    MLKEM768_X25519,
    BadName,
    KeysUnreadable,
    NodeKeys,
    NotForUs,
    ScopeKey,
    ScopeKeyring,
    SuiteNotBuilt,
    seal,
)
from diwan_core.trust.network.seal import OVERHEAD
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> NodeKeys:
    return NodeKeys.create(tmp_path_factory.mktemp("node"))


@settings(max_examples=50)
@given(plaintext=st.binary(max_size=500), info=st.binary(max_size=100))
def test_what_is_sealed_to_a_node_opens_there(keys: NodeKeys, plaintext: bytes, info: bytes) -> None:
    sealed = seal(keys.sealing_public, plaintext, info)
    assert len(sealed) == len(plaintext) + OVERHEAD
    assert keys.open(sealed, info) == plaintext


def test_sealed_bytes_do_not_open_at_another_node(keys: NodeKeys, tmp_path: Path) -> None:
    sealed = seal(keys.sealing_public, b"secret", b"")
    with pytest.raises(NotForUs, match="send it again"):
        NodeKeys.create(tmp_path).open(sealed, b"")


def test_sealed_bytes_do_not_open_under_another_header(keys: NodeKeys) -> None:
    with pytest.raises(NotForUs):
        keys.open(seal(keys.sealing_public, b"secret", b"header 1"), b"header 2")


@given(sealed=st.binary(max_size=200))
def test_arbitrary_bytes_are_not_for_us(keys: NodeKeys, sealed: bytes) -> None:
    with pytest.raises(NotForUs):
        keys.open(sealed, b"")


def test_the_post_quantum_suite_is_declared_but_not_built(keys: NodeKeys) -> None:
    with pytest.raises(SuiteNotBuilt, match="Update Diwan"):
        seal(keys.sealing_public, b"", b"", suite=MLKEM768_X25519)
    with pytest.raises(SuiteNotBuilt):
        keys.open(b"", b"", suite=MLKEM768_X25519)


def test_a_member_receives_a_scope_key_and_reads_the_scope(keys: NodeKeys) -> None:
    scope = ScopeKey.create("national")
    received = ScopeKey.receive(keys, "national", scope.id, scope.sealed_to(keys.sealing_public))
    assert received.open(scope.seal(b"warning", b"header"), b"header") == b"warning"
    assert received.open(seal(scope.public, b"warning", b"header"), b"header") == b"warning"


def test_a_scope_key_cannot_be_passed_off_as_another(keys: NodeKeys) -> None:
    announced, other = ScopeKey.create("national"), ScopeKey.create("national")
    with pytest.raises(NotForUs):
        ScopeKey.receive(keys, "national", announced.id, other.sealed_to(keys.sealing_public))
    with pytest.raises(NotForUs):
        ScopeKey.receive(keys, "operation-7", announced.id, announced.sealed_to(keys.sealing_public))


def test_the_keyring_keeps_scope_keys_over_a_restart_and_for_its_owner_only(tmp_path: Path) -> None:
    old, new = ScopeKey.create("national"), ScopeKey.create("national")
    ring = ScopeKeyring(tmp_path)
    ring.add(old)
    ring.add(new)
    ring.add(new)
    again = ScopeKeyring(tmp_path)
    for key in (old, new):
        found = again.get("national", key.id)
        assert found is not None and found.public == key.public
    assert again.get("national", bytes(8)) is None
    place = tmp_path / "keys" / "scopes"
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in place.iterdir()} == {0o600}


def test_a_node_that_leaves_a_scope_forgets_its_keys(tmp_path: Path) -> None:
    ring = ScopeKeyring(tmp_path)
    left, kept = ScopeKey.create("operation-7"), ScopeKey.create("national")
    ring.add(left)
    ring.add(kept)
    assert ring.remove("operation-7") == 1
    assert ring.get("operation-7", left.id) is None
    assert ring.get("national", kept.id) is not None


@pytest.mark.parametrize("content", [b"", b"x" * 32, b"x" * 33])
def test_a_damaged_scope_key_is_named(tmp_path: Path, content: bytes) -> None:
    key = ScopeKey.create("national")
    ScopeKeyring(tmp_path).add(key)
    (tmp_path / "keys" / "scopes" / f"national.{key.id.hex()}.key").write_bytes(content)
    with pytest.raises(KeysUnreadable, match="send the keys"):
        ScopeKeyring(tmp_path).get("national", key.id)


@pytest.mark.parametrize("name", ["", "#", "a/b", "+", "../x", "National", "a" * 41])
def test_a_scope_name_is_one_level_of_a_topic(name: str) -> None:
    with pytest.raises(BadName, match="scope name"):
        ScopeKey.create(name)


def test_scope_keys_travel_only_sealed() -> None:
    key = ScopeKey.create("national")
    with pytest.raises(TypeError, match="only sealed"):
        pickle.dumps(key)
    assert repr(key) == f"ScopeKey(national, {key.id.hex()})"
