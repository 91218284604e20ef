"""The most common passwords; a new password must be none of them.

`passwords.xz` holds one a line, sorted; SOURCE.txt says whose lists they are. The list is read when a password is
chosen, and not kept: half a megabyte is much for a console on a small machine.
"""

import lzma
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("passwords.xz")


class CommonPasswords:
    """The list, while one password is checked."""

    def __init__(self) -> None:
        self._lines = b"\n" + lzma.decompress(FILE.read_bytes()) + b"\n"

    def __contains__(self, password: str) -> bool:
        return bool(password) and "\n" not in password and b"\n" + password.encode() + b"\n" in self._lines

    def __len__(self) -> int:
        return self._lines.count(b"\n") - 1
