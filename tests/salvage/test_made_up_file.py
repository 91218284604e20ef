"""A database file that somebody made, on a card that came back: it is read in the time that its size takes."""

from __future__ import annotations

import struct
from contextlib import closing
from pathlib import Path

import pytest
from diwan_core.register.carving import damaged_file
from diwan_core.register.carving.damaged_file import MAGIC, PAGE, DamagedFile

CELLS = 1_000
PAGES = 20


def a_row_that_goes_round(following: int) -> bytes:
    """A leaf of a table of which every cell is the same row, 60 MB long, whose pages form a circle."""
    length = 60 << 20
    claimed = bytes(0x80 | length >> shift & 0x7F for shift in (21, 14, 7)) + bytes([length & 0x7F])
    usable = PAGE
    least = (usable - 12) * 32 // 255 - 23
    local = least + (length - least) % (usable - 4)
    local = local if local <= usable - 35 else least
    place = PAGE - 5 - local - 4
    cell = claimed + b"\x01" + bytes(local) + struct.pack(">I", following)
    head = bytes([0x0D, 0, 0]) + struct.pack(">HHB", CELLS, place, 0)
    body = head + struct.pack(">H", place) * CELLS
    return body + bytes(PAGE - len(body) - len(cell)) + cell


def test_rows_that_go_round_in_circles_are_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    circle = [struct.pack(">I", 2 + (at + 1) % 4) + b"x" * (PAGE - 4) for at in range(4)]
    first = MAGIC + struct.pack(">H", PAGE) + bytes(PAGE - 18)
    (tmp_path / "register.db").write_bytes(first + b"".join(circle) + a_row_that_goes_round(2) * PAGES)
    read, reads = damaged_file._read_at, 0

    def counted(*given: object) -> bytes | None:
        nonlocal reads
        reads += 1
        if reads > 100_000:
            raise TimeoutError("a file of 25 pages")
        return read(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(damaged_file, "_read_at", counted)
    with closing(DamagedFile(tmp_path / "register.db")) as file:
        assert [cell for cell in file.rows() if len(str(cell.values)) > 10_000] == []
    assert reads < 100 * 25
