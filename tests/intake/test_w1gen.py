"""W1 is what other systems were measured with: our generator has to give the very same records."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import ModuleType

import pytest


@pytest.mark.parametrize(
    ("count", "seed", "digest"),
    [
        (300, 1, "19d6f3259eea4b510f887c992e3075605ce404cbce49af5efb83f042b76dd071"),
        (50, 2, "07392aaaff7445b0c0e5a3ecbeeeca23ca864ed25aa89ec1e7850c7fc44d48ab"),
    ],
)
def test_w1_is_the_workload_the_peers_were_measured_with(
    w1gen: ModuleType, tmp_path: Path, count: int, seed: int, digest: str
) -> None:
    w1gen.write(tmp_path / "w1.jsonl", count, seed)
    assert hashlib.sha256((tmp_path / "w1.jsonl").read_bytes()).hexdigest() == digest


def test_a_w1_record_has_25_fields(w1gen: ModuleType) -> None:
    assert {len(record) for record in w1gen.records(20)} == {w1gen.FIELDS}


def test_w3_blobs_are_the_peers_blobs(w1gen: ModuleType) -> None:
    assert [hashlib.sha256(blob).hexdigest()[:16] for blob in w1gen.blobs(2, 5000)] == [
        "9d6b3a4a1ee4eeee",
        "b4eb320b581db465",
    ]
