"""Asset numbers: a prefix, a number, and a check character that reveals mistyped labels.

The check character is that of ISO 7064 MOD 37,36, which finds every single wrong character and every exchange of
neighbours."""

from __future__ import annotations

import re
from typing import Final

_PREFIX: Final = re.compile(r"[A-Z]{2,6}")
_TAG: Final = re.compile(r"[A-Z]{2,6}-[0-9]{5}-[0-9A-Z]")
_SIGNS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MOST: Final = 99_999
QR_PREFIX: Final = "diwan:asset:"
"""Before the number in the QR code, so that a reader knows what it has read."""


class BadTag(Exception):
    """No asset number; the message says what one looks like."""


def asset_tag(prefix: str, number: int) -> str:
    """The asset number, such as XA-00012-K. Raises BadTag."""
    if not _PREFIX.fullmatch(prefix):
        raise BadTag(f"prefix {prefix!r}: write two to six capital letters, such as the country's code XA.")
    if not 1 <= number <= MOST:
        raise BadTag(f"number {number}: write 1 to {MOST}.")
    return f"{prefix}-{number:05}-{_check(f'{prefix}{number:05}')}"


def read_tag(text: str) -> str:
    """An asset number as it was typed or scanned, in its one form. Raises BadTag."""
    tag = text.strip().removeprefix(QR_PREFIX).upper()
    if not _TAG.fullmatch(tag):
        raise BadTag(f"{text!r} is not an asset number. It stands on the label, such as XA-00012-{_check('XA00012')}.")
    if _check(tag[:-2].replace("-", "")) != tag[-1]:
        raise BadTag(f"{text!r} is mistyped: its last character does not belong to it. Compare it with the label.")
    return tag


def _check(text: str) -> str:
    carry = 36
    for sign in text:
        carry = (carry + _SIGNS.index(sign)) % 36 or 36
        carry = carry * 2 % 37
    return _SIGNS[(37 - carry) % 36]
