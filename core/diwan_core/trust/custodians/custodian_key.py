"""The key of a custodian: an Ed25519 pair in a file of the custodian's own, encrypted with a password.

It is made on any machine with Diwan, kept on a stick, and never stored at the centre: `sign_act` opens it for one
signature. Its public half goes to the centre in a file that the key itself has signed, so that nobody names a key they
do not hold.
"""

import unicodedata
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from diwan_core import world
from diwan_core.trust.errors import KeysExist, KeysMissing, KeysUnreadable, TrustError
from diwan_core.trust.files import write_private
from diwan_core.trust.network.custodian_acts import (
    DOMAIN,
    Custodian,
    Signature,
    SignedAct,
    check_about,
    check_set,
)
from diwan_core.trust.network.keys import raw_public, signed_bytes, verify
from diwan_core.trust.people.password_rules import About, check_new_password
from diwan_core.trust.people.passwords import COST, Cost

OWN_DOMAIN: Final = b"diwan/1/custodian"
PUBLIC: Final = ".public"
_FORMAT: Final = "diwan-custodian-1"
_MOST_BYTES: Final = 16 * 1024
_MOST: Final = Cost(memory_kib=1024 * 1024, iterations=20, lanes=4)
"""A file that asks for more is not a file of ours: it would only keep the machine busy."""


_F = TypeVar("_F", bound=msgspec.Struct)


class WrongKeyPassword(TrustError):
    """The password does not open this custodian's key."""

    code = "wrong_key_password"


class _KeyFile(msgspec.Struct, frozen=True):
    format: str
    name: str
    identity: bytes
    salt: bytes
    nonce: bytes
    memory_kib: int
    iterations: int
    lanes: int
    sealed: bytes


class _PublicFile(msgspec.Struct, frozen=True):
    format: str
    name: str
    identity: bytes
    signature: bytes


def make_custodian(name: str, password: str, path: Path, cost: Cost = COST) -> tuple[Custodian, Path]:
    """A new key in a file of one's own, and the public half beside it, whose path is returned. Raises BadName,
    PasswordRefused, KeysExist, OSError."""
    private = Ed25519PrivateKey.from_private_bytes(world.random_bytes(32))
    custodian = Custodian(name, raw_public(private))
    check_set([custodian], ())
    check_new_password(password, About("", name))
    salt, nonce = world.random_bytes(16), world.random_bytes(12)
    key = _derived(password, salt, cost)
    sealed = ChaCha20Poly1305(key).encrypt(nonce, private.private_bytes_raw(), _bound(custodian))
    held = _KeyFile(
        _FORMAT, name, custodian.identity, salt, nonce, cost.memory_kib, cost.iterations, cost.lanes, sealed
    )
    public = _PublicFile(_FORMAT, name, custodian.identity, private.sign(signed_bytes(OWN_DOMAIN, name.encode())))
    beside = path.with_name(path.name.removesuffix(".key") + PUBLIC)
    for place, content in ((path, held), (beside, public)):
        try:
            write_private(place, msgspec.json.format(msgspec.json.encode(content)) + b"\n", replace=False)
        except FileExistsError as error:
            raise KeysExist(f"{place} exists: a key is never replaced. Choose another name for the file.") from error
    return custodian, beside


def read_public(path: Path) -> Custodian:
    """The custodian of a public file. Raises KeysMissing, KeysUnreadable."""
    held = _read(path, _PublicFile)
    if not verify(held.identity, OWN_DOMAIN, held.name.encode(), held.signature):
        raise KeysUnreadable(f"{path} was changed: its signature is not that of its key. Ask {held.name} for it again.")
    return Custodian(held.name, held.identity)


def holder_of_key(path: Path) -> Custodian:
    """The name of the custodian whose key a file holds, as the file says. Raises KeysMissing, KeysUnreadable."""
    held = _read(path, _KeyFile)
    return Custodian(held.name, held.identity)


def sign_act(signed: SignedAct, path: Path, password: str) -> SignedAct:
    """The act with the signature of the custodian whose key file this is. Raises ActRefused, WrongKeyPassword,
    KeysMissing, KeysUnreadable."""
    check_about(signed.content())
    held = _read(path, _KeyFile)
    custodian = Custodian(held.name, held.identity)
    cost = Cost(held.memory_kib, held.iterations, held.lanes)
    if cost.memory_kib > _MOST.memory_kib or cost.iterations > _MOST.iterations or cost.lanes > _MOST.lanes:
        raise KeysUnreadable(f"{path} is not a custodian's key of this product. Take the stick it was made on.")
    try:
        raw = ChaCha20Poly1305(_derived(password, held.salt, cost)).decrypt(held.nonce, held.sealed, _bound(custodian))
        private = Ed25519PrivateKey.from_private_bytes(raw)
    except (InvalidTag, ValueError) as error:
        raise WrongKeyPassword(
            f"This password does not open the key of {held.name}, or the file is damaged. Type it again; a forgotten "
            "password cannot be had back: the other two custodians name a new key."
        ) from error
    made = Signature(raw_public(private), private.sign(signed_bytes(DOMAIN, signed.act)))
    kept = tuple(one for one in signed.signatures if one.identity != made.identity)
    return SignedAct(signed.act, (*kept, made))


def _derived(password: str, salt: bytes, cost: Cost) -> bytes:
    typed = unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
    return Argon2id(
        salt=salt, length=32, iterations=cost.iterations, lanes=cost.lanes, memory_cost=cost.memory_kib
    ).derive(typed)


def _bound(custodian: Custodian) -> bytes:
    return b"diwan/1/custodian-key\0" + custodian.identity + custodian.name.encode()


def _read(path: Path, form: type[_F]) -> _F:
    try:
        with path.open("rb") as file:
            found = msgspec.json.decode(file.read(_MOST_BYTES), type=form)
    except FileNotFoundError as error:
        raise KeysMissing(f"{path} is not there. Plug in the custodian's stick, or name the file on it.") from error
    except OSError as error:
        raise KeysUnreadable(f"{path} cannot be read ({error.strerror}).") from error
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise KeysUnreadable(
            f"{path} is not a custodian's file of the kind asked for, or is damaged. Make it with `diwan "
            f"custodian key`: "
            "the key is for signing, the file that ends in .public for naming."
        ) from error
    return found
