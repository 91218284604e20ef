"""Sign a result: the technician's SSH key answers for it, and the centre takes it as an acceptance sheet."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

from diwan_hardware.check.job import CannotCheck

NAMESPACE: Final = "diwan-acceptance"
"""Of acceptance sheets alone: a signature made for a bundle cannot stand for one, nor the other way round."""


def signed(content: bytes, key: Path) -> bytes:
    """A result with its signature after it. Raises CannotCheck."""
    if not key.is_file():
        raise CannotCheck(f"{key}: there is no such key. Make one with `ssh-keygen -t ed25519`.")
    argv = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", NAMESPACE]
    try:
        done = subprocess.run(argv, input=content, capture_output=True, check=False)
    except OSError as error:
        raise CannotCheck(f"ssh-keygen does not run here ({error.strerror}): install openssh-client.") from error
    if done.returncode or not done.stdout.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        raise CannotCheck(f"The result was not signed: {said[-1]}")
    return content + b"\n" + done.stdout
