"""Scope keys: one X25519 key pair for each scope and generation, whose private half every member holds.

Central seals a parcel once to the scope's public key; each member opens it. A member gets the private half sealed to
its own key. The key's id is a hash of its public half, so a wrong or swapped key cannot pass for the one announced in
the ledger. When a member leaves, the scope gets a new key; old ones stay with the members, who read old parcels.
"""

import hashlib
from pathlib import Path
from typing import Never

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from diwan_core import world
from diwan_core.trust.errors import KeysUnreadable, NotForUs
from diwan_core.trust.files import make_private_folder, write_private
from diwan_core.trust.names import check_scope
from diwan_core.trust.network import seal as sealing
from diwan_core.trust.network.keys import NodeKeys, keys_folder, raw_public, read_file


class ScopeKey:
    """One generation of a scope's key. `scope` is its name, `id` 8 bytes, `public` 32 bytes."""

    def __init__(self, scope: str, private: X25519PrivateKey) -> None:
        self.scope = check_scope(scope)
        self.public: bytes = raw_public(private)
        self.id: bytes = scope_key_id(self.public)
        self._private = private

    @classmethod
    def create(cls, scope: str) -> "ScopeKey":
        return cls(scope, X25519PrivateKey.from_private_bytes(world.random_bytes(32)))

    @classmethod
    def receive(cls, keys: NodeKeys, scope: str, key_id: bytes, sealed: bytes) -> "ScopeKey":
        """The key that central sealed to this node. Raises NotForUs when it is not the key `key_id`."""
        raw = keys.open(sealed, _info(scope, key_id))
        key = cls(scope, _private(raw))
        if key.id != key_id:
            raise NotForUs(
                f"The key received for scope {scope} is not the one announced. Ask central to send it again."
            )
        return key

    def sealed_to(self, member_public: bytes) -> bytes:
        """The private half, sealed to a member's sealing key (80 bytes). Only its node can `receive` it."""
        return sealing.seal(member_public, self._raw(), _info(self.scope, self.id))

    def seal(self, plaintext: bytes, info: bytes) -> bytes:
        return sealing.seal(self.public, plaintext, info)

    def open(self, sealed: bytes, info: bytes, *, suite: int = sealing.X25519) -> bytes:
        """Open what was sealed to this scope key. Raises NotForUs, SuiteNotBuilt."""
        return sealing.open_with(self._private, sealed, info, suite=suite)

    def store(self, place: Path) -> None:
        """Keep the key in folder `place` as a 0600 file. Storing the same key again changes nothing."""
        make_private_folder(place)
        write_private(place / f"{self.scope}.{self.id.hex()}.key", self._raw())

    def _raw(self) -> bytes:
        return self._private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())

    def __repr__(self) -> str:
        return f"ScopeKey({self.scope}, {self.id.hex()})"

    def __reduce__(self) -> Never:
        raise TypeError("Scope keys travel only sealed: use sealed_to(member).")


class ScopeKeyring:
    """The scope keys this node holds, in `DIR/keys/scopes/`. Keys are added, never changed."""

    def __init__(self, folder: Path) -> None:
        self._place = keys_folder(folder) / "scopes"
        self._known: dict[tuple[str, bytes], ScopeKey] = {}

    def add(self, key: ScopeKey) -> None:
        """Keep a key; on the disk when this returns. Raises OSError."""
        key.store(self._place)
        self._known[key.scope, key.id] = key

    def get(self, scope: str, key_id: bytes) -> ScopeKey | None:
        """The key of this id, or None when this node is not (or not yet) a member. Raises KeysUnreadable."""
        check_scope(scope)
        if (found := self._known.get((scope, key_id))) is not None:
            return found
        path = self._place / f"{scope}.{key_id.hex()}.key"
        if not path.exists():
            return None
        key = ScopeKey(scope, _private(read_file(path)))
        if key.id != key_id:
            raise KeysUnreadable(f"{path} is damaged. Ask central to send the keys of scope {scope} again.")
        self._known[scope, key_id] = key
        return key

    def scopes(self) -> set[str]:
        """The scopes of which any key is here."""
        return {path.name.partition(".")[0] for path in self._place.glob("*.*.key")}

    def remove(self, scope: str) -> int:
        """Forget every key of a scope this node has left; how many there were."""
        check_scope(scope)
        paths = sorted(self._place.glob(f"{scope}.*.key"))
        for path in paths:
            path.unlink(missing_ok=True)
        self._known = {name: key for name, key in self._known.items() if name[0] != scope}
        return len(paths)


def scope_key_id(public: bytes) -> bytes:
    """8 bytes of SHA-256 over the public half."""
    return hashlib.sha256(b"diwan/1/scope-key\0" + public).digest()[:8]


def _info(scope: str, key_id: bytes) -> bytes:
    return b"diwan/1/scope-key\0" + check_scope(scope).encode("ascii") + b"\0" + key_id


def _private(raw: bytes) -> X25519PrivateKey:
    try:
        return X25519PrivateKey.from_private_bytes(raw)
    except ValueError as error:
        raise KeysUnreadable("A scope key must be 32 bytes. Ask central to send the keys again.") from error
