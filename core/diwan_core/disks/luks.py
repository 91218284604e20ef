"""Encrypted disks made with `cryptsetup` (LUKS2). Keys are passed through standard input, never as arguments."""

from __future__ import annotations

import secrets
import subprocess
from pathlib import Path
from typing import Final

KEY_BYTES: Final = 64
_COST: Final = ["--pbkdf", "argon2id", "--pbkdf-memory", "131072", "--pbkdf-parallel", "1", "--iter-time", "500"]
"""Keys of backup disks are random, so that half a second is enough; 128 MB, which the smallest machine of ours has."""
_ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class DiskFailed(Exception):
    """A program that works on a disk failed; the text names the step and its reason."""


def run(what: str, argv: list[str], given: bytes | None = None, seconds: float = 600) -> str:
    """Run a program of the system; what it printed. Raises DiskFailed."""
    try:
        done = subprocess.run(argv, input=given, capture_output=True, check=False, timeout=seconds)
    except FileNotFoundError as error:
        raise DiskFailed(f"{what}: {argv[0]} is not installed (apt install cryptsetup-bin e2fsprogs)") from error
    except subprocess.TimeoutExpired as error:
        raise DiskFailed(
            f"{what}: {argv[0]} did not end within {seconds:.0f} s; check whether the disk is faulty"
        ) from error
    if done.returncode:
        told = done.stderr.decode(errors="replace").strip().splitlines()
        raise DiskFailed(f"{what}: {told[-1] if told else f'{argv[0]} ended with {done.returncode}'}")
    return done.stdout.decode(errors="replace")


def make(device: str, label: str, key: bytes, *, slow: bool = False) -> None:
    """Write a LUKS2 header with one key; everything on the disk is lost. `slow` for a key that people thought of: each
    guess costs two seconds. Raises DiskFailed."""
    run("encrypting the disk", [
        "cryptsetup", "luksFormat", "--batch-mode", "--type", "luks2", "--label", label, *_COST,
        *(["--iter-time", "2000"] if slow else []),
        "--key-file", "-", device,
    ], key)  # fmt: skip


def add_key(device: str, key: bytes, more: bytes, spool: Path) -> None:
    """Let a second key open the disk; `spool` is a private folder in memory for the moment. Raises DiskFailed."""
    held = spool / f"key-{secrets.token_hex(8)}"
    try:
        held.touch(mode=0o600)
        held.write_bytes(more)
        run("adding the paper key", [
            "cryptsetup", "luksAddKey", "--batch-mode", *_COST,
            "--key-file", "-", device, str(held),
        ], key)  # fmt: skip
    finally:
        held.unlink(missing_ok=True)


def set_label(device: str, label: str) -> None:
    """Name the header anew. Raises DiskFailed."""
    run("naming the disk", ["cryptsetup", "config", device, "--label", label])


def label_of(device: str) -> str:
    """The label of a LUKS header; "" where there is none."""
    try:
        return run(
            "reading the disk's label", ["blkid", "--probe", "--output", "value", "--match-tag", "LABEL", device]
        ).strip()
    except DiskFailed:
        return ""


def uuid_of(device: str) -> str:
    """The identity in a LUKS header; "" where there is none."""
    try:
        return run("reading the disk's identity", ["cryptsetup", "luksUUID", device]).strip()
    except DiskFailed:
        return ""


def is_encrypted(device: str) -> bool:
    """Whether the device holds a LUKS header."""
    try:
        run("reading the disk", ["cryptsetup", "isLuks", device])
    except DiskFailed:
        return False
    return True


def opens(device: str, key: bytes) -> bool:
    """Whether a key opens the disk; nothing is opened."""
    try:
        run("trying the key", ["cryptsetup", "open", "--test-passphrase", "--key-file", "-", device], key)
    except DiskFailed:
        return False
    return True


def unlock(device: str, name: str, key: bytes) -> Path:
    """Open a disk as /dev/mapper/NAME. Raises DiskFailed."""
    run("opening the disk", ["cryptsetup", "open", "--key-file", "-", device, name], key)
    return Path("/dev/mapper") / name


def lock(name: str) -> None:
    """Close a disk that was opened under a name. Raises DiskFailed."""
    run("closing the disk", ["cryptsetup", "close", name])


def mint_paper_key() -> str:
    """A key to be written on paper: eight groups of five letters and digits (200 bits), none taken for another."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(8))


def paper_key_bytes(typed: str) -> bytes:
    """A paper key as the disk knows it, however it was typed."""
    return "".join(c for c in typed.upper() if c.isalnum()).encode()
