"""Signatures of bundles: the technician's SSH key signs bundle and acceptance sheets (`ssh-keygen -Y`), a GPG key
beside it signs the apt repository, because apt accepts no other kind.

The GPG key is made on first use, without a passphrase, in the bundle maker's own folder; the bundle carries its public
half, which is believed because the bundle's list is signed.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from diwan_provisioning.bundle.errors import BundleError

NAMESPACE: Final = "diwan-bundle"
SHEET_NAMESPACE: Final = "diwan-acceptance"
IDENTITY: Final = "diwan"
_GPG_NAME: Final = "Diwan bundle"


def sign(path: Path, key: Path, namespace: str = NAMESPACE) -> Path:
    """Sign a file with an SSH private key; the signature is `PATH.sig`. Raises BundleError."""
    signature = path.with_name(path.name + ".sig")
    signature.unlink(missing_ok=True)
    run(["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", namespace, str(path)], f"signing {path.name}")
    return signature


def verify(path: Path, public_keys: Sequence[str], namespace: str = NAMESPACE) -> None:
    """Check the signature `PATH.sig` against SSH public keys, one a line of text. Raises BundleError."""
    signature = path.with_name(path.name + ".sig")
    if not signature.is_file():
        raise BundleError(
            f"{signature} is missing: the file is not signed. Copy it with its signature, or do not use it."
        )
    allowed = "".join(f"{IDENTITY} {' '.join(key.split()[:2])}\n" for key in public_keys if key.strip())
    reader, writer = os.pipe()
    try:
        os.write(writer, allowed.encode()[:60_000])
        os.close(writer)
        command = ["ssh-keygen", "-q", "-Y", "verify", "-f", f"/dev/fd/{reader}", "-I", IDENTITY, "-n", namespace]
        with path.open("rb") as content:
            done = subprocess.run(
                [*command, "-s", str(signature)], stdin=content, capture_output=True, check=False, pass_fds=[reader]
            )
    finally:
        os.close(reader)
    if done.returncode:
        raise BundleError(
            f"{path} is not signed by a key you trust, or was changed since. Get it again from whoever made it, or "
            "name their public key with --signer."
        )


class RepositoryKey:
    """The GPG key of the apt repository, in a folder of its own (mode 0700)."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def ensure(self) -> None:
        """Make the key where there is none. Raises BundleError."""
        self._home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._home.chmod(0o700)
        listed = self._gpg(["--list-secret-keys", "--with-colons"])
        if "sec:" not in listed:
            self._gpg(["--passphrase", "", "--quick-generate-key", _GPG_NAME, "ed25519", "sign", "never"])

    def sign_inline(self, source: Path, target: Path) -> None:
        """Clear-sign a file (apt's InRelease)."""
        target.unlink(missing_ok=True)
        self._gpg(["--clearsign", "--output", str(target), str(source)])

    def export(self, target: Path) -> None:
        """Write the public half in ASCII armour, for apt's Signed-By."""
        target.write_text(self._gpg(["--armor", "--export"]))

    def close(self) -> None:
        """End the agent that gpg leaves running for its keys."""
        run(["gpgconf", "--homedir", str(self._home), "--kill", "all"], "ending the key's agent")

    def _gpg(self, arguments: Sequence[str]) -> str:
        base = ["gpg", "--batch", "--no-tty", "--quiet", "--pinentry-mode", "loopback", "--homedir", str(self._home)]
        return run([*base, *arguments], "using the repository's key")


def run(argv: Sequence[str], what: str, environment: Mapping[str, str] | None = None, cwd: Path | None = None) -> str:
    """Run a program; what it printed. Raises BundleError with the last line it said."""
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, cwd=cwd,
            env=None if environment is None else {**os.environ, **environment},
        )  # fmt: skip
    except FileNotFoundError as error:
        raise BundleError(
            f"{what} needs the program {argv[0]}, which is not installed. Install it with apt (gnupg, apt-utils, "
            "openssh-client) and try again."
        ) from error
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}").splitlines()
        raise BundleError(f"{what} failed: {' '.join(lines[-3:])}")
    return done.stdout
