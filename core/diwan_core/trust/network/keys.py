"""The two key pairs of a node: identity (Ed25519, signs and is the TLS key) and sealing (X25519).

They are made on the node, live in `DIR/keys/` (folder 0700, files 0600) and never leave it: no function of this room
returns private bytes, and `NodeKeys` refuses to be pickled, copied or printed.
"""

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Never

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from diwan_core import world
from diwan_core.trust.errors import BadKey, KeysExist, KeysMissing, KeysUnreadable
from diwan_core.trust.files import make_private_folder, write_private
from diwan_core.trust.network import seal as sealing

NODE_CERTIFICATE = "node.crt"
"""The node's own certificate: its presence means that the node is enrolled."""
IDENTITY_FILE = "identity.pem"
SEALING_FILE = "sealing.pem"

# A domain starts with a letter. The same key also signs TLS 1.3 handshakes (64 spaces first, RFC 8446 §4.4.3) and its
# certificate request (DER, 0x30 first): no message of ours can be taken for one of those, nor the other way round.
_DOMAIN = re.compile(rb"[A-Za-z][\x21-\x7e]{2,63}")


class NodeKeys:
    """The private keys of this node. Make them once with `create`, then `load`."""

    def __init__(self, identity: Ed25519PrivateKey, sealing_key: X25519PrivateKey) -> None:
        self._identity = identity
        self._sealing = sealing_key
        self.identity_public: bytes = raw_public(identity)
        """32 bytes: verifies what this node signs."""
        self.sealing_public: bytes = raw_public(sealing_key)
        """32 bytes: others seal to it."""

    @classmethod
    def create(cls, folder: Path) -> "NodeKeys":
        """Make new keys in the node's data folder `folder`. Raises KeysExist rather than replace any."""
        place = keys_folder(folder)
        make_private_folder(place)
        if (place / IDENTITY_FILE).exists() or (place / SEALING_FILE).exists():
            raise KeysExist(
                f"There are keys in {place} already: this node has an identity. "
                "To make a new node choose another folder; to replace this one, move the folder away first."
            )
        keys = cls(
            Ed25519PrivateKey.from_private_bytes(world.random_bytes(32)),
            X25519PrivateKey.from_private_bytes(world.random_bytes(32)),
        )
        write_key(place / SEALING_FILE, keys._sealing)
        write_key(place / IDENTITY_FILE, keys._identity)  # last: its presence says that the pair is complete
        return keys

    @classmethod
    def load(cls, folder: Path) -> "NodeKeys":
        """The keys of the node whose data folder is `folder`. Raises KeysMissing, KeysUnreadable."""
        place = keys_folder(folder)
        identity = read_key(place / IDENTITY_FILE)
        sealing_key = read_key(place / SEALING_FILE)
        if not isinstance(identity, Ed25519PrivateKey) or not isinstance(sealing_key, X25519PrivateKey):
            raise KeysUnreadable(f"The files in {place} are keys of another kind. Restore the folder or enrol again.")
        return cls(identity, sealing_key)

    def sign(self, domain: bytes, message: bytes) -> bytes:
        """64 bytes: Ed25519 over `domain + b"\\0" + message` (RFC 8032). `domain` says what is being signed."""
        return self._identity.sign(signed_bytes(domain, message))

    def open(self, sealed: bytes, info: bytes, *, suite: int = sealing.X25519) -> bytes:
        """Open what `seal(our sealing_public, …, info)` sealed. Raises NotForUs, SuiteNotBuilt."""
        return sealing.open_with(self._sealing, sealed, info, suite=suite)

    @property
    def identity_key(self) -> Ed25519PrivateKey:
        """The key object, for signing certificate requests inside this room. Not for export."""
        return self._identity

    def __repr__(self) -> str:
        return f"NodeKeys({fingerprint(self.identity_public)})"

    def __reduce__(self) -> Never:
        raise TypeError("Private keys never leave the node: NodeKeys cannot be pickled or copied.")


def verify(public: bytes, domain: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is the one of identity key `public` (32 bytes). False also for bytes that are not a key."""
    try:
        identity_public(public).verify(signature, signed_bytes(domain, message))
    except (InvalidSignature, BadKey):
        return False
    return True


def signed_bytes(domain: bytes, message: bytes) -> bytes:
    """The bytes that are signed. Raises ValueError on a wrong domain, which is a mistake in our own code."""
    if _DOMAIN.fullmatch(domain) is None:
        raise ValueError(f"not a signing domain: {domain!r} (a letter, then 2 to 63 visible ASCII characters)")
    return domain + b"\0" + message


@lru_cache(maxsize=1024)
def identity_public(public: bytes) -> Ed25519PublicKey:
    """The Ed25519 key of 32 raw bytes. Raises BadKey."""
    try:
        return Ed25519PublicKey.from_public_bytes(public)
    except ValueError as error:
        raise BadKey("An identity key must be 32 bytes. The sender's enrolment is damaged: enrol it again.") from error


def fingerprint(public: bytes) -> str:
    """Five groups of four letters (100 bits of SHA-256) that two people can compare by voice."""
    text = base64.b32encode(hashlib.sha256(b"diwan/1/fingerprint\0" + public).digest()).decode("ascii").lower()
    return "-".join(text[at : at + 4] for at in range(0, 20, 4))


def keys_folder(folder: Path) -> Path:
    return folder / "keys"


def raw_public(private: Ed25519PrivateKey | X25519PrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def write_key(path: Path, private: Ed25519PrivateKey | X25519PrivateKey) -> None:
    """PKCS #8 in PEM: the form that Python's ssl and Mosquitto read. Raises KeysExist, OSError."""
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        write_private(path, pem, replace=False)
    except FileExistsError as error:
        raise KeysExist(f"{path} exists: a key is never replaced. Move it away if it is really not needed.") from error


def read_key(path: Path) -> object:
    """The private key in a PEM file. Raises KeysMissing, KeysUnreadable."""
    pem = read_file(path)
    try:
        return serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise KeysUnreadable(
            f"{path} is damaged. Restore the folder from its disk, or enrol this node again."
        ) from error


def read_file(path: Path) -> bytes:
    """The bytes of a key or certificate file. Raises KeysMissing, KeysUnreadable."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise KeysMissing(f"{path} is missing. Set the node up with `init`, then `diwan enrol`.") from error
    except OSError as error:
        raise KeysUnreadable(
            f"{path} cannot be read ({error.strerror}). Run as the user who owns the folder."
        ) from error
