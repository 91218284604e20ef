"""`diwan test`: the environment of the tests."""

import pytest
from diwan_lab.checks import FAILED_CHECKS, environment


def test_bytecode_is_kept_and_what_failed_before_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("LANG", "C.UTF-8")
    found = environment(["mypy", "ruff check"])
    assert "PYTHONDONTWRITEBYTECODE" not in found and found["LANG"] == "C.UTF-8"
    assert found[FAILED_CHECKS] == "mypy, ruff check"
