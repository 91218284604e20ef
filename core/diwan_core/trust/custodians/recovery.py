"""Seals the private keys of a node to a recovery key on paper, so that a lost centre can be restored.

A backup holds no private key. They are sealed (HPKE) to a recovery key whose public half alone is on the machine, and
the sealed file lies beside each repository. Its private half is 200 bits, written down once; whoever has the sealed
file without it, or it without the sealed file, has nothing. Splitting it among custodians is
`diwan_backup.escrow`."""

import hashlib
import secrets
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from diwan_core.trust.consoles.console_authority import FOLDER as CONSOLE_AUTHORITY
from diwan_core.trust.errors import BadKey, KeysExist, NotForUs, TrustError
from diwan_core.trust.files import make_private_folder, write_private
from diwan_core.trust.network.keys import NodeKeys, keys_folder, raw_public
from diwan_core.trust.network.seal import open_with, seal

INFO = b"diwan/1/recovery-keys"
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_GROUPS, _LETTERS = 8, 5
SECRET_BYTES = 32
_MAX_BYTES = 4 * 1024 * 1024
_files = msgspec.msgpack.Decoder(dict[str, bytes])


class WrongRecoveryKey(TrustError):
    """The typed text is not the recovery key that the file was sealed to."""


class RecoveryKey:
    """The key on paper: eight groups of five letters and digits, none of which is taken for another."""

    def __init__(self, typed: str) -> None:
        letters = "".join(letter for letter in typed.upper() if letter.isalnum())
        if len(letters) != _GROUPS * _LETTERS or set(letters) - set(_ALPHABET):
            raise WrongRecoveryKey("A recovery key has eight groups of five letters and digits. Type all of them.")
        seed = hashlib.sha256(b"diwan/1/recovery-key\0" + letters.encode()).digest()
        self._private = X25519PrivateKey.from_private_bytes(seed)
        self.public: bytes = raw_public(self._private)

    def __repr__(self) -> str:
        return "RecoveryKey()"

    def check(self, folder: Path, sealed: bytes) -> int:
        """How many files the sealed bytes hold, if they are those of this very node: its identity key is among them
        and is the one in use. Raises WrongRecoveryKey, BadKey."""
        files = self._opened(sealed)
        mine = keys_folder(folder) / "identity.pem"
        if files.get("keys/identity.pem") != mine.read_bytes():
            raise BadKey("The sealed keys are not those of this node. Run `diwan backup run`: it seals them anew.")
        return len(files)

    def restore(self, sealed: bytes, folder: Path) -> NodeKeys:
        """Write the private keys into a node's folder that has none. Raises WrongRecoveryKey, KeysExist, OSError."""
        files = self._opened(sealed)
        if (keys_folder(folder) / "identity.pem").exists():
            raise KeysExist(f"There are keys in {keys_folder(folder)} already. Restore into an empty folder.")
        for name, content in sorted(files.items(), key=lambda item: item[0] == "keys/identity.pem"):
            place = folder / name
            make_private_folder(place.parent)
            write_private(place, content, replace=False)
        return NodeKeys.load(folder)

    def restore_missing(self, sealed: bytes, folder: Path) -> list[str]:
        """Write those private keys that are missing in a node's folder, and the passphrase of its repositories whatever
        is there; which were written. Raises WrongRecoveryKey, BadKey where the node is another one, OSError."""
        files = self._opened(sealed)
        mine = keys_folder(folder) / "identity.pem"
        if mine.exists() and mine.read_bytes() != files.get("keys/identity.pem"):
            raise BadKey("These are the keys of another node. Take the sealed keys of this one.")
        written = []
        for name, content in sorted(files.items()):
            place = folder / name
            if place.exists() and (name != "keys/backup/passphrase" or place.read_bytes() == content):
                continue
            make_private_folder(place.parent)
            write_private(place, content)
            written.append(name)
        return written

    def identity(self, sealed: bytes) -> bytes:
        """The public identity key of the node whose keys these are. Raises WrongRecoveryKey."""
        try:
            private = load_pem_private_key(self._opened(sealed)["keys/identity.pem"], password=None)
        except (KeyError, ValueError, TypeError) as error:
            raise WrongRecoveryKey(
                "The sealed file lacks the identity key. Take that of another backup disk."
            ) from error
        if not isinstance(private, Ed25519PrivateKey):
            raise WrongRecoveryKey("The sealed file holds another kind of key. Take that of another backup disk.")
        return raw_public(private)

    def passphrase(self, sealed: bytes) -> bytes:
        """The passphrase of the node's repositories. Raises WrongRecoveryKey."""
        return self._opened(sealed)["keys/backup/passphrase"]

    def _opened(self, sealed: bytes) -> dict[str, bytes]:
        try:
            files = _files.decode(open_with(self._private, sealed, INFO))
        except (NotForUs, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise WrongRecoveryKey(
                "This is not the recovery key of these sealed keys, or the file is damaged. Compare every letter "
                "with the paper; the same file lies on each backup disk."
            ) from error
        if not all(_is_inside(name) for name in files) or "keys/backup/passphrase" not in files:
            raise WrongRecoveryKey(
                "The sealed file does not hold the keys of a node. Use the file of another backup disk."
            )
        return files


def mint() -> str:
    """A new recovery key, as it is written down."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_LETTERS)) for _ in range(_GROUPS))


def key_of_secret(secret: bytes) -> str:
    """The recovery key that a secret in shares stands for, as one on paper is typed: 200 bits of its hash. Raises
    BadKey."""
    if len(secret) != SECRET_BYTES:
        raise BadKey(f"The secret of the escrow must be {SECRET_BYTES} bytes. Make the sheets again.")
    number = int.from_bytes(hashlib.sha256(b"diwan/1/escrow\0" + secret).digest(), "big") >> (256 - 200)
    letters = "".join(_ALPHABET[number >> (5 * at) & 31] for at in range(_GROUPS * _LETTERS))
    return "-".join(letters[at : at + _LETTERS] for at in range(0, len(letters), _LETTERS))


def seal_keys(folder: Path, public: bytes) -> bytes:
    """All private keys of a node, sealed to a recovery key. Raises BadKey, OSError."""
    content = {str(path.relative_to(folder)): path.read_bytes() for path in _private_files(folder)}
    return seal(public, msgspec.msgpack.encode(content), INFO)


def _private_files(folder: Path) -> Iterable[Path]:
    for place in (keys_folder(folder), folder / CONSOLE_AUTHORITY):
        for path in sorted(place.rglob("*")):
            if (
                path.is_file()
                and path.suffix != ".crt"
                and path.name != "central.json"
                and path.stat().st_size < _MAX_BYTES
            ):
                yield path


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and path.parts[:1] in (("keys",), (CONSOLE_AUTHORITY,))
