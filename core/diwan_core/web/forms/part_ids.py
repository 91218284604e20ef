"""Makes ids for new parts and elements of a record, in the order in which they are added."""

import secrets
import threading
import time
from typing import Final

_LETTERS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_OF_THE_MOMENT: Final = 9
"""Letters of the milliseconds since 1970: enough until the year 5188."""
_OF_CHANCE: Final = 4
_lock = threading.Lock()
_last = 0


def part_id() -> str:
    """Thirteen letters and digits that sort behind those of this process before; two machines make the same one in one
    millisecond once in 1.7 million times, and only in one part list of one record would it matter."""
    global _last  # noqa: PLW0603  one counter for the process
    with _lock:
        moment = _last = max(time.time_ns() // 1_000_000, _last + 1)
    return _written(moment, _OF_THE_MOMENT) + "".join(secrets.choice(_LETTERS) for _letter in range(_OF_CHANCE))


def _written(number: int, width: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, len(_LETTERS))
        text = _LETTERS[digit] + text
    return text.rjust(width, "0")
