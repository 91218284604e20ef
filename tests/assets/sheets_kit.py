"""Results and signed sheets as the tests need them; keys are real SSH keys."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diwan_hardware.check.signing import signed

MOMENT = 1_790_000_000
"""When the results of the tests were made: in September 2026."""
NOW_MS = (MOMENT + 3600) * 1000


@dataclass(frozen=True)
class Technician:
    """Somebody with an SSH key."""

    name: str
    key: Path

    @property
    def public(self) -> str:
        """The public half."""
        return self.key.with_name(f"{self.key.name}.pub").read_text()

    def sheet(self, **changes: Any) -> bytes:
        """A sheet that this technician has signed."""
        return signed(result(**({"technician": self.name} | changes)), self.key)


def technician(folder: Path, name: str) -> Technician:
    """A technician with a new key."""
    key = folder / f"{name}.key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", key], check=True)
    return Technician(name, key)


def result(
    outcome: str = "pass", serial: str = "10000000abcd", model: str = "Raspberry Pi 4 Model B", **changes: Any
) -> bytes:
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
    return json.dumps(plain).encode()
