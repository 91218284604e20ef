"""Signs and verifies acceptance sheets with a technician's SSH key (`ssh-keygen -Y`), which may be kept on a token.
The namespace keeps such a signature from counting as that of a bundle."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

NAMESPACE: Final = "diwan-acceptance"
SIGNERS: Final = Path("/etc/diwan/technicians")
"""Whose keys are believed: a file of ssh-keygen's allowed signers, written by provisioning."""
_LARGEST: Final = 16 * 1024


class NotSigned(Exception):
    """The signature is missing, of a key nobody knows, or of other bytes; the text says which and the remedy."""


def sign(content: bytes, key: Path) -> bytes:
    """The signature of these bytes by an SSH private key. Raises NotSigned where it cannot be used."""
    with TemporaryDirectory(prefix="diwan-sheet-") as folder:
        held = Path(folder) / "sheet"
        held.write_bytes(content)
        done = _run(["-Y", "sign", "-q", "-f", str(key), "-n", NAMESPACE, str(held)])
        signature = held.with_suffix(".sig")
        if done.returncode or not signature.is_file():
            raise NotSigned(f"the key {key} cannot sign: {_last(done)}. Name your SSH private key with --key")
        return signature.read_bytes()


def signer_of(content: bytes, signature: bytes, signers: Path = SIGNERS) -> str:
    """Who signed: the name beside the key in the file of technicians. Raises NotSigned."""
    if not signature.startswith(b"-----BEGIN SSH SIGNATURE-----") or len(signature) > _LARGEST:
        raise NotSigned("there is no signature beside the sheet: sign it with your SSH key, or bring its .sig file too")
    if not signers.is_file():
        raise NotSigned(
            f"{signers} is missing, so no technician's key is known here: run the playbook for this machine"
        )
    with TemporaryDirectory(prefix="diwan-sheet-") as folder:
        held = Path(folder) / "sheet.sig"
        held.write_bytes(signature)
        found = _run(["-Y", "find-principals", "-q", "-f", str(signers), "-s", str(held)])
        names = found.stdout.decode(errors="replace").split()
        if found.returncode or not names:
            raise NotSigned(f"the key that signed is not in {signers}: add it to diwan_admin_keys and run the playbook")
        verify = ["-Y", "verify", "-q", "-f", str(signers), "-I", names[0], "-n", NAMESPACE, "-s", str(held)]
        if _run(verify, content).returncode:
            raise NotSigned(
                "the signature is not that of this sheet: one of the two was changed, or is of another purpose"
            )
    return names[0]


def allowed_signers(keys: list[str]) -> str:
    """The file of technicians for these public keys, each under its comment."""
    lines = []
    for number, line in enumerate(keys, 1):
        kind, blob, *comment = line.split(None, 2)
        name = "".join(c for c in (comment[0] if comment else "") if c.isalnum() or c in "@.-_")[:60]
        lines.append(f'{name or f"technician-{number}"} namespaces="{NAMESPACE}" {kind} {blob}')
    return "\n".join(lines) + "\n"


def _run(arguments: list[str], given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["ssh-keygen", *arguments], input=given if given is not None else b"", capture_output=True, timeout=60,
            check=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise NotSigned("ssh-keygen is not installed: apt install openssh-client") from error
    except subprocess.TimeoutExpired as error:
        raise NotSigned("ssh-keygen did not end: is the key's passphrase asked for? Use ssh-agent") from error


def _last(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it gave no reason"
