"""The speed command measures every primitive."""

from pathlib import Path

from diwan_core.trust.speed import measure


def test_every_primitive_is_measured(tmp_path: Path) -> None:
    found = measure(tmp_path, runs=5)
    assert {"sign_us", "verify_us", "seal_us", "open_us", "argon2id_ms"} < found.keys()
    assert all(value > 0 for value in found.values())
