"""A signed acceptance sheet: the result and, after it, the SSH signature of whoever answers for it.

The technicians whose signatures count are in `DIR/acceptance-signers`, in the form of ssh-keygen's allowed signers
(ssh-keygen(1)), each for the namespace of acceptance sheets alone: a signature of a bundle cannot stand for one.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from diwan_core.trust.files import write_private

from diwan_central.assets.model import LARGEST, Accepted, accepted
from diwan_central.assets.store import AssetStore
from diwan_central.assets.taking import Taken, take

NAMESPACE: Final = "diwan-acceptance"
SIGNERS: Final = "acceptance-signers"
_MARK: Final = b"-----BEGIN SSH SIGNATURE-----"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
_KEY: Final = re.compile(r"((?:sk-)?ssh-ed25519(?:@openssh\.com)?) ([A-Za-z0-9+/=]{60,200})(?: .*)?")
_SECONDS: Final = 10


class SheetRefused(Exception):
    """The sheet is not signed by somebody whose signature counts; the message says what to do."""


def take_sheet(folder: Path, sheet: bytes, person: str, now_ms: int) -> tuple[Taken, Accepted]:
    """Check a signed sheet and keep it. Raises SheetRefused, NoResult, AssetsUnusable."""
    content, signature = _split(sheet)
    result = accepted(content, _signer(folder, content, signature))
    with AssetStore.open(folder) as store:
        return take(store, result, content, person, now_ms), result


def trust(folder: Path, name: str, public_key: str) -> None:
    """Count the signatures of a technician from now on; a key replaces an earlier one of the name. Raises SheetRefused,
    OSError."""
    found = _KEY.fullmatch(public_key.strip())
    if not _NAME.fullmatch(name):
        raise SheetRefused(f"{name!r} is no name: small letters, digits, points, such as amal.haddad.")
    if not found:
        raise SheetRefused(
            "This is no Ed25519 public key. Make one with `ssh-keygen -t ed25519`, and give the file .pub."
        )
    others = [line for line in _signers(folder) if line.split(" ", 1)[0] != name]
    if any(f" {found[2]}" in line for line in others):
        raise SheetRefused("This key is another technician's already. Each signs with a key of their own.")
    line = f'{name} namespaces="{NAMESPACE}" {found[1]} {found[2]}'
    write_private(folder / SIGNERS, ("\n".join([*others, line]) + "\n").encode())


def _signers(folder: Path) -> list[str]:
    try:
        return (folder / SIGNERS).read_text().splitlines()
    except FileNotFoundError:
        return []


def _split(sheet: bytes) -> tuple[bytes, bytes]:
    content, mark, rest = sheet.partition(b"\n" + _MARK)
    if not mark or len(content) > LARGEST or len(rest) > 8192:
        raise SheetRefused("it is no signed sheet. Sign the result: `diwan hardware sign`.")
    return content, _MARK + rest


def _signer(folder: Path, content: bytes, signature: bytes) -> str:
    """Whose signature it is, among those that count. Raises SheetRefused."""
    known = folder / SIGNERS
    if not _signers(folder):
        raise SheetRefused("no technician's key is known here yet: `diwan central assets trust NAME KEY.pub`.")
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        file.write(signature)
        file.flush()
        named = _ssh_keygen("find-principals", known, file.name, [], b"")
        name = named.splitlines()[0].strip() if named else ""
        if not _NAME.fullmatch(name) or not _ssh_keygen("verify", known, file.name, ["-I", name], content):
            raise SheetRefused(
                "it is not signed by a technician known here, or it was changed since. Have it signed again, or add "
                "the key: `diwan central assets trust NAME KEY.pub`."
            )
    return name


def _ssh_keygen(action: str, known: Path, signature: str, more: list[str], content: bytes) -> str:
    argv = ["ssh-keygen", "-Y", action, "-f", str(known), "-s", signature, "-n", NAMESPACE, *more]
    try:
        done = subprocess.run(argv, input=content, capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SheetRefused(f"ssh-keygen does not run here ({error}): install openssh-client.") from error
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""
