"""Sheets as the tests need them: made from results by the hardware unit, signed with real SSH keys."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from diwan_central.assets.model import Accepted, accept_sheet
from diwan_core.acceptance.sheet import Sheet, encode
from diwan_core.acceptance.signature import allowed_signers, sign
from diwan_hardware.check.result import Result
from diwan_hardware.check.sheet import sheet_of

MOMENT = 1_790_000_000
"""When the results of the tests were made: in September 2026."""
NOW_MS = (MOMENT + 3600) * 1000


@dataclass(frozen=True)
class Technician:
    """Somebody with an SSH key."""

    name: str
    key: Path

    def sheet(self, **changes: Any) -> tuple[bytes, bytes]:
        """A sheet and this technician's signature."""
        content = encode(sheet(**({"technician": self.name} | changes)))
        return content, sign(content, self.key)


def technician(folder: Path, name: str) -> Technician:
    """A technician with a new key."""
    key = folder / f"{name}.key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", key], check=True)
    return Technician(name, key)


def known(folder: Path, people: Sequence[Technician]) -> Path:
    """The file of technicians whose signatures count."""
    file = folder / "technicians"
    file.write_text(allowed_signers([each.key.with_name(f"{each.key.name}.pub").read_text() for each in people]))
    return file


def result(
    outcome: str = "pass", serial: str = "10000000abcd", model: str = "Raspberry Pi 4 Model B", **changes: Any
) -> Result:
    """A result of `diwan hardware check` with some values changed."""
    finding = {"name": "capacity", "outcome": outcome, "text": f"the disk: {outcome}", "remedy": ""}
    plain = {
        "format": 1, "profile": "post-standard", "profile_digest": "0" * 16,
        "identity": {"model": model, "serial": serial, "architecture": "aarch64", "system": "Debian", "memory_mb": 3800,
                     "cores": 4, "disk": "Kingston", "disk_serial": "50026B", "disk_gb": 240},
        "began": MOMENT - 100, "ended": MOMENT, "interrupted": 0, "warranty_months": 24,
        "steps": [{"step": "capacity", "title": "Capacity", "findings": [finding], "seconds": 1.0}],
        "asset": "XA-00012-M", "place": "Aqaba port", "technician": "",
    } | changes  # fmt: skip
    return msgspec.convert(plain, Result)


def sheet(**changes: Any) -> Sheet:
    """The sheet of such a result."""
    return sheet_of(result(**changes))


def accepted_sheet(signer: str, **changes: Any) -> Accepted:
    """What the register reads of such a sheet."""
    made = sheet(**({"technician": signer} | changes))
    return accept_sheet(made, f"{made.machine}-{signer}-{abs(hash(encode(made)))}", signer)
