"""Writes a new country: the inventory from a few answers, and the vault for its secrets."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FILE: Final = "country.yml"
VAULT: Final = "secrets.yml"
VAULT_KEY: Final = "vault-key"


class CannotWrite(Exception):
    """The country was not written; the text says why and the remedy."""


@dataclass(frozen=True)
class Place:
    """A post or the centre: what people call it, its office (posts), its address."""

    label: str
    office: str
    address: str


@dataclass(frozen=True)
class Laptop:
    """A laptop: its name, its kind (technician or officer), its address."""

    name: str
    kind: str
    address: str


@dataclass(frozen=True)
class Answers:
    """What `provision new` was told."""

    country: str
    administration: str
    domain: str
    timezone: str
    keys: Sequence[str]
    networks: Sequence[str]
    centre: Place
    public_name: str
    posts: Sequence[Place]
    laptops: Sequence[Laptop] = ()


def write(folder: Path, answers: Answers) -> Path:
    """Write `country.yml` and an encrypted `secrets.yml` into `folder`; the inventory's path. Raises CannotWrite."""
    path = folder / FILE
    if path.exists():
        raise CannotWrite(f"{path} is there already. Edit it, or choose another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    path.write_text(inventory(answers), "utf-8")
    _write_vault(folder)
    return path


def inventory(answers: Answers) -> str:
    """The inventory as text, with a word on each part for whoever edits it."""
    lines = [
        "# The machines of the country. Edit this file alone; check it with `diwan provision check`.",
        "all:",
        "  vars:",
        f"    diwan_country: {_quoted(answers.country)}",
        f"    diwan_administration: {_quoted(answers.administration)}",
        f"    diwan_domain: {_quoted(answers.domain)}",
        f"    diwan_timezone: {_quoted(answers.timezone)}",
        "    # SSH public keys of the technicians.",
        "    diwan_admin_keys:",
        *(f"      - {_quoted(key)}" for key in answers.keys),
        "    # Networks from which people open consoles and technicians sign in.",
        f"    diwan_console_networks: [{', '.join(map(_quoted, answers.networks))}]",
        "  children:",
        "    central:",
        "      hosts:",
        "        central:",
        f"          ansible_host: {_quoted(answers.centre.address)}",
        f"          diwan_label: {_quoted(answers.centre.label)}",
        f"          diwan_public_name: {_quoted(answers.public_name)}",
        "    posts:",
        "      hosts:",
    ]
    for number, post in enumerate(answers.posts, 1):
        lines += lines_of_a_post(f"post-{number}", post)
    if not answers.posts:
        lines[-1] += " {}"
    lines += ["    backup_disks:", "      hosts: {}", "    laptops:", "      hosts:"]
    for laptop in answers.laptops:
        lines += [
            f"        {laptop.name}:",
            f"          ansible_host: {_quoted(laptop.address)}",
            f"          diwan_laptop_kind: {_quoted(laptop.kind)}",
        ]
    if not answers.laptops:
        lines[-1] += " {}"
    lines.append("")
    return "\n".join(lines)


def lines_of_a_post(name: str, post: Place) -> list[str]:
    """A post as it stands in the inventory's group `posts`."""
    return [
        f"        {name}:",
        f"          ansible_host: {_quoted(post.address)}",
        f"          diwan_label: {_quoted(post.label)}",
        f"          diwan_office: {_quoted(post.office)}",
    ]


def _write_vault(folder: Path) -> None:
    """Secrets encrypted by ansible-vault; the key is beside them until the technician moves it to a stick."""
    key = folder / VAULT_KEY
    key.touch(mode=0o600)
    key.write_text(secrets.token_urlsafe(32) + "\n")
    program = Path(sys.executable).with_name("ansible-vault")
    done = subprocess.run(
        [program, "encrypt", "--vault-password-file", key, "--output", folder / VAULT],
        input="# Secrets of the country, such as the passphrase of the access points.\n{}\n",
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise CannotWrite(f"the vault cannot be written: {(done.stderr.strip().splitlines() or ['no reason'])[-1]}")


def _quoted(value: str) -> str:
    """A text as YAML that no reader takes for a number, a truth or a date."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
