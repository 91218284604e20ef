"""The command `diwan provision sheet`, which turns a machine's facts into its signed acceptance sheet; the playbook
verify runs it."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import Any

import click
from diwan_core.acceptance.page import page
from diwan_core.acceptance.sheet import ROOT_CAN_READ, Sheet, clean, encode, moment, outcomes
from diwan_core.acceptance.signature import NotSigned, sign
from diwan_core.console_line import json_option, say

from diwan_provisioning.inventory.country import UnreadableCountry, read
from diwan_provisioning.verify.baseline import kernel_keys
from diwan_provisioning.verify.judge import judge, now
from diwan_provisioning.verify.outside import look
from diwan_provisioning.verify.promised import Promised

ROLE_OF = {"central": "central", "posts": "post"}
_FACTS = ("model", "serial", "machine", "kernel_release", "memory_mb")


@click.command("asks")
def asks_command() -> None:
    """Print what verify asks a machine about, for its collector."""
    click.echo(json.dumps({"kernel": kernel_keys()}))


@click.command("sheet")
@click.argument("facts", type=click.Path(path_type=Path))
@click.option("--inventory", type=click.Path(path_type=Path), required=True, help="The country.yml it is a machine of.")
@click.option("--machine", required=True, help="Its name in the inventory.")
@click.option(
    "--key", type=click.Path(path_type=Path), required=True, help="Your SSH private key, which signs the sheet."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder the sheet is written into.")
@click.option("--release", default="", help="The release that should be there.")
@click.option("--by", default="", help="Your name.  [default: that of your account]")
@json_option
def sheet_command(
    facts: Path, inventory: Path, machine: str, key: Path, out: Path, release: str, by: str, as_json: bool
) -> None:
    """Judge FACTS, look at the machine from here, and write the signed sheet: JSON, signature, and a page to print."""
    try:
        country = read(inventory)
        told = json.loads(facts.read_bytes()[: 8 * 1024 * 1024])
    except (UnreadableCountry, OSError, ValueError) as error:
        raise click.ClickException(f"{facts if isinstance(error, ValueError) else inventory}: {error}") from error
    found = next((one for one in country.machines if one.name == machine and one.group in ROLE_OF), None)
    if found is None or not isinstance(told, dict):
        raise click.ClickException(f"{inventory}: {machine} is not a centre or post there; name one of its machines")
    promised = Promised(machine, ROLE_OF[found.group], release, bool(found.all.get("diwan_luks", False)))
    checks = judge(told, promised) + list(look(str(found.all["ansible_host"]), promised))
    sheet = Sheet(
        kind="provisioning", machine=machine, profile=str(found.all.get("diwan_profile", "")), taken=moment(now()),
        by=clean(by or getpass.getuser()), checks=tuple(checks), facts=_named(told), sentence=ROOT_CAN_READ,
    )  # fmt: skip
    content = encode(sheet)
    try:
        signature = sign(content, key)
        out.mkdir(parents=True, exist_ok=True)
        path = out / f"{machine}-{sheet.taken.replace(':', '').replace('-', '')}.json"
        path.write_bytes(content)
        path.with_name(f"{path.name}.sig").write_bytes(signature)
        path.with_suffix(".html").write_text(page(sheet), encoding="utf-8")
    except NotSigned as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or out} cannot be written: {error.strerror}") from error
    failed = [f"{check.title}: {check.found}" for check in sheet.checks if check.outcome == "fail"]
    text = f"{machine}: {outcomes(sheet.checks)}; {path}" + "".join(f"\n  failed: {line}" for line in failed)
    say(as_json, text, sheet=str(path), passed=sheet.passed, checks=sheet.counts(), failed=failed)


def _named(told: dict[str, Any]) -> dict[str, str]:
    found = {name: clean(told.get(name, "")) for name in _FACTS if told.get(name)}
    return found | {"system": clean((told.get("os") or {}).get("PRETTY_NAME", "")).strip('"')}
