"""What the scenarios wait for is never less than what the product itself waits, and a database that cannot be read at
the moment is waited for too."""

from pathlib import Path

from diwan_core.exchange.carriers.mqtt import LAST_CONTEST_S
from diwan_lab import faults
from diwan_lab.cards import CONTEST


def test_a_copied_card_that_waits_for_its_line_is_not_called_unnoticed() -> None:
    assert CONTEST >= LAST_CONTEST_S


def test_of_a_database_that_cannot_be_read_nothing_is_said(tmp_path: Path) -> None:
    """`cards --seed 39000` ended in its first plan: the disk of a post was full, so that nobody could read it."""
    unreadable = tmp_path / "gone" / "register.db"
    assert not faults._all_receipted(unreadable)
    assert not faults._nothing_is_only_here(unreadable, [unreadable])
