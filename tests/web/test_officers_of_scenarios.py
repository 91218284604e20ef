"""The officers of the scenarios work at a console as people do."""

from __future__ import annotations

from pathlib import Path

import pytest
from diwan_lab.officers import Acknowledged, Officer, wait_until

from tests.web.conftest import Site


def test_an_officer_whose_session_has_ended_signs_in_again_and_works_on(
    post: Site, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It went on with the old session to the end of the run, so that nobody worked after a clock was put back."""
    name = "untiring"
    monkeypatch.setattr("diwan_lab.officers.USER", name)
    book = Acknowledged(tmp_path / "told.jsonl")
    officer = Officer("post1", address, post.let_in(name, "supervisor"), book, seed=1, pause=0.01)
    officer.start()
    try:
        assert wait_until(lambda: bool(book.told), 60)
        post.accounts.end_sessions(name)
        seen = len(book.told)
        assert wait_until(lambda: len(book.told) > seen + 2, 60), officer.troubles
    finally:
        officer.leave()
        officer.join(60)
