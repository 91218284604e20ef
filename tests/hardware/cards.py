"""Cards that claim more than they hold, made of a real short file: what is written beyond its end wraps around, or is
dropped."""

from __future__ import annotations

import os
from pathlib import Path

from diwan_hardware.check.pattern import BLOCK, SECTOR


class WrappingCard:
    """Writes beyond its real end go to its beginning, as the controllers of many counterfeit cards do."""

    def __init__(self, file: Path, real_bytes: int, claimed_blocks: int) -> None:
        file.touch()
        self.blocks, self.real = claimed_blocks, real_bytes
        self._descriptor = os.open(file, os.O_RDWR)
        os.ftruncate(self._descriptor, real_bytes)

    def write(self, number: int, block: bytes) -> None:
        """Write a block, sector by sector, where the controller's counter leads."""
        for start in range(0, BLOCK, SECTOR):
            self.write_sector(number * BLOCK + start, block[start : start + SECTOR])

    def read(self, number: int) -> bytes:
        """Read a block the same way."""
        return b"".join(self.read_sector(number * BLOCK + start) for start in range(0, BLOCK, SECTOR))

    def write_sector(self, place: int, sector: bytes) -> None:
        os.pwrite(self._descriptor, sector, place % self.real)

    def read_sector(self, place: int) -> bytes:
        return os.pread(self._descriptor, SECTOR, place % self.real)

    def settle(self) -> None:
        """Bring it to the disk."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)


class DroppingCard(WrappingCard):
    """Writes beyond its real end are lost, and read as nothing."""

    def write_sector(self, place: int, sector: bytes) -> None:
        if place < self.real:
            super().write_sector(place, sector)

    def read_sector(self, place: int) -> bytes:
        return super().read_sector(place) if place < self.real else bytes(SECTOR)


class DyingCard(WrappingCard):
    """Ends with an error of the device from a place on."""

    def write_sector(self, place: int, sector: bytes) -> None:
        if place >= self.real:
            raise OSError(5, "Input/output error")
        super().write_sector(place, sector)
