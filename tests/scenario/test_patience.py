"""What the scenarios wait for is never less than what the product itself waits."""

from diwan_core.exchange.carriers.mqtt import LAST_CONTEST_S
from diwan_lab.cards import CONTEST


def test_a_copied_card_that_waits_for_its_line_is_not_called_unnoticed() -> None:
    assert CONTEST >= LAST_CONTEST_S
