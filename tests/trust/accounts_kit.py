"""What the tests of accounts share: cheap verifiers and a clock that stands."""

from diwan_core.trust.passwords import Cost

CHEAP = Cost(memory_kib=64, iterations=1)


GOOD = "three words together"


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_795_000_000.0

    def __call__(self) -> float:
        return self.seconds
