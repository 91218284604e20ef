"""What the simulation seals with keys of its own is what the product opens, and what RFC 9180 says it is."""

from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from diwan_core.trust import BadKey
from diwan_core.trust.network import seal as product
from diwan_core.trust.network.seal import open_with

from tests.simulation.disks import Disks
from tests.simulation.seeded import SeededWorld
from tests.simulation.seeded_libraries import led
from tests.simulation.seeded_sealing import context, seal


def test_the_vector_of_the_rfc() -> None:
    """RFC 9180, A.2.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305, base mode."""
    key, nonce, enc = context(
        bytes.fromhex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a"),
        bytes.fromhex("4f6465206f6e2061204772656369616e2055726e"),
        bytes.fromhex("f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600"),
    )
    assert enc.hex() == "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a"
    assert key.hex() == "ad2744de8e17f4ebba575b3f5f5a8fa1f69c2a07f6e7500bc60ca6e3e3ec1c91"
    assert nonce.hex() == "5c4d98150661b848853b547f"


def test_the_product_opens_it_with_the_same_info_only() -> None:
    chance = Random(1)
    for _ in range(20):
        private = X25519PrivateKey.from_private_bytes(chance.randbytes(32))
        text, info = chance.randbytes(chance.randrange(200)), chance.randbytes(chance.randrange(60))
        sealed = seal(private.public_key().public_bytes_raw(), text, info, chance.randbytes(32))
        assert open_with(private, sealed, info) == text


def test_a_key_is_judged_alike_each_time_and_takes_its_part_of_chance() -> None:
    """What the ledger seals to each key it reads is empty and thrown away, so it is worked out once for a key."""
    private, seeded = X25519PrivateKey.from_private_bytes(Random(1).randbytes(32)), SeededWorld(1, Disks())
    with led(seeded):
        for _ in range(2):
            assert open_with(private, product.seal(private.public_key().public_bytes_raw(), b"", b""), b"") == b""
            with pytest.raises(BadKey):
                product.seal(bytes(32), b"", b"")  # of small order
    other = SeededWorld(1, Disks())
    for _ in range(4):
        other.random_bytes(32)
    assert seeded.random_bytes(32) == other.random_bytes(32)
