"""The command `diwan hardware check`: tests this machine, goes on after an interruption, and reports the result."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path
from types import FrameType
from typing import Final

import click
import msgspec
from diwan_core.acceptance.sheet import encode, outcomes
from diwan_core.acceptance.signature import NotSigned
from diwan_core.acceptance.signature import sign as signature_of
from diwan_core.console_line import json_option, say

from diwan_hardware.asset_tag import read_tag
from diwan_hardware.check import job as jobs
from diwan_hardware.check import line, machine, steps, target
from diwan_hardware.check.job import CannotCheck, Wanted
from diwan_hardware.check.result import Outcome, Result
from diwan_hardware.check.sheet import sheet_of
from diwan_hardware.command_kit import plain, profiles_option, write
from diwan_hardware.load import load_all

RESULT: Final = "result.json"
_WORK: Final = Path("/var/tmp/diwan-hardware-check")  # noqa: S108  memory, so that a secret reaches no disk
_EXIT: Final = {Outcome.PASS: 0, Outcome.UNKNOWN: 0, Outcome.WARN: 0, Outcome.FAIL: 1}
_TOLD_S: Final = 2.0


class Stopped(Exception):
    """Somebody asked the check to stop."""


@click.command()
@click.option("--profile", "profile_name", required=True, help="What the machine was bought as, such as post-standard.")
@click.option("--dir", "tested", type=click.Path(path_type=Path, file_okay=False, exists=True), default=Path("."),
              help="A folder of the disk to test; only free space is used. Without it, this folder.")  # fmt: skip
@click.option("--device", default="", help="A whole blank disk, such as /dev/sdb: everything on it is overwritten.")
@click.option("--disk-gb", type=float, default=0.0, help="Test so many GB only; without it, all that is free.")
@click.option("--memory-mb", type=int, default=0, help="Test so much memory; without it, half of what is free.")
@click.option("--load-minutes", type=float, default=5.0, show_default=True, help="Length of the full load.")
@click.option("--burn-in", default="0", show_default=True, help="Length of the burn-in, such as 24h or 30m.")
@click.option("--central", default="", help="The centre's console, host:port: also test the line to it.")
@click.option("--ca", "authority", default="", help="File with the authority of the centre's certificate.")
@click.option("--asset", default="", help="Number on the label of the machine.")
@click.option("--place", default="", help="Where the machine is, or where it goes to.")
@click.option("--technician", default="", help="Who tests it.")
@click.option("--work", type=click.Path(path_type=Path, file_okay=False), default=_WORK, show_default=True,
              help="Folder in which the check is kept, so that it goes on after an interruption.")  # fmt: skip
@click.option("--again", is_flag=True, help="Begin again, and forget an interrupted check.")
@click.option("--abandon", is_flag=True, help="Forget an interrupted check and remove its files; test nothing.")
@profiles_option
@json_option
@plain
def check(
    profile_name: str, tested: Path, device: str, disk_gb: float, memory_mb: int, load_minutes: float, burn_in: str,
    central: str, authority: str, asset: str, place: str, technician: str, work: Path, again: bool, abandon: bool,
    profile_folder: Path, as_json: bool,
) -> None:  # fmt: skip
    """Test this machine by the limits of its profile. After an interruption, the same command continues. Exit code 1:
    it failed."""
    if again or abandon:
        _forget(work, tested)
        if abandon:
            click.echo("nothing is left of the interrupted check", err=True)
            return
    profiles = load_all(profile_folder)
    if profile_name not in profiles:
        raise CannotCheck(f"{profile_name!r} is not a profile. Profiles are {', '.join(profiles)}.")
    for name, value, most in (
        ("--disk-gb", disk_gb, 10**6),
        ("--memory-mb", memory_mb, 10**8),
        ("--load-minutes", load_minutes, 1440),
    ):
        if not 0 <= value <= most:
            raise CannotCheck(f"{name} {value:g} is impossible. Write 0 to {most}.")
    if central:
        line.address(central)
    asset = read_tag(asset) if asset else ""
    wanted = Wanted(
        profile_name, str(tested.resolve()), device, disk_gb, memory_mb, load_minutes, hours(burn_in), central,
        authority, asset, place, technician,
    )  # fmt: skip
    identity = machine.identify(profiles[profile_name], tested, device)
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        with jobs.begun(work, profiles[profile_name], wanted, identity, _Teller()) as job:
            steps.run(job)
            result = job.result()
            write(work / RESULT, msgspec.json.format(msgspec.json.encode(result)) + b"\n")
            (work / jobs.STATE).unlink()
    except (KeyboardInterrupt, Stopped):
        click.echo("stopped. What is done is kept: the same command goes on from there.", err=True)
        raise SystemExit(130) from None
    finally:
        signal.signal(signal.SIGTERM, before)
    click.echo(msgspec.json.encode(shown(result)).decode() if as_json else "\n".join(words(result)))
    if not as_json:
        click.echo(f"The result is in {work / RESULT}.")
    raise SystemExit(_EXIT[result.outcome])


@click.command()
@click.argument("result", type=click.Path(path_type=Path, dir_okay=False), default=_WORK / RESULT)
@click.option("--key", type=click.Path(path_type=Path, dir_okay=False), required=True,
              help="Your SSH private key, or the public half of one on a token.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("."), show_default=True,
              help="Folder into which the sheet is written.")  # fmt: skip
@click.option("--by", default="", help="Your name, where the check does not say it.")
@json_option
@plain
def sign(result: Path, key: Path, out: Path, by: str, as_json: bool) -> None:
    """Sign the RESULT of a check as an acceptance sheet: you answer for it. The centre takes the sheet."""
    try:
        found = msgspec.json.decode(result.read_bytes(), type=Result)
    except (msgspec.DecodeError, RecursionError) as error:
        raise CannotCheck(f"{result}: is no result of `diwan hardware check`: {error}") from error
    sheet = sheet_of(found, by)
    content = encode(sheet)
    try:
        signature = signature_of(content, key)
    except NotSigned as error:
        raise CannotCheck(f"The result was not signed: {error}.") from error
    out.mkdir(parents=True, exist_ok=True)
    file = out / f"{sheet.machine}-{sheet.taken.replace(':', '').replace('-', '')}.json"
    write(file.with_name(f"{file.name}.sig"), signature)
    write(file, content)
    text = (
        f"{file} is signed: {found.outcome.upper()}, {outcomes(sheet.checks)}. Bring it to the centre with its .sig: "
        f"the page Machines of its console, or `diwan central assets take {file.name}`."
    )
    say(as_json, text, sheet=str(file), outcome=found.outcome.value, machine=sheet.machine)


def hours(text: str) -> float:
    """A length such as 24h, 30m, 2d; hours. Raises CannotCheck."""
    found = re.fullmatch(r"([0-9]{1,4}(?:\.[0-9]{1,3})?)([smhd]?)", text.strip())
    if not found or (not found[2] and float(found[1])):
        raise CannotCheck(f"--burn-in {text!r} is not a length. Write it as 24h, 30m or 2d.")
    length = float(found[1]) * {"": 1.0, "s": 1 / 3600, "m": 1 / 60, "h": 1.0, "d": 24.0}[found[2]]
    if length > 14 * 24:
        raise CannotCheck(f"--burn-in {text}: longer than 14d wears out what it tests.")
    return length


def words(result: Result) -> list[str]:
    """The result as lines of text."""
    machine_ = result.identity
    lines = [
        f"{result.outcome.upper():8} {result.profile}: {machine_.model}, {machine_.serial or 'no serial number'}"
        + (f", asset {result.asset}" if result.asset else ""),
        "",
    ]
    for step in result.steps:
        lines.append(step.title)
        for finding in step.findings:
            limit = f" [{finding.limit}]" if finding.limit else ""
            lines.append(f"  {finding.outcome:8} {finding.text}{limit}")
            if finding.remedy:
                lines.append(f"           {finding.remedy}")
    if result.interrupted:
        lines.append(f"The check was interrupted {result.interrupted} times and went on.")
    return lines


def shown(result: Result) -> dict[str, object]:
    """The result for programs, with its outcome."""
    plain_result: dict[str, object] = msgspec.to_builtins(result)
    return {"outcome": result.outcome.value, **plain_result}


def _forget(work: Path, tested: Path) -> None:
    try:
        state = jobs.read_state(work)
    except CannotCheck:
        state = None
    for folder in {tested.resolve(), Path(state.wanted.tested)} if state else {tested.resolve()}:
        target.remove_leftovers(folder)
    (work / jobs.STATE).unlink(missing_ok=True)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


class _Teller:
    """Says how far it is on standard error: each step, and within a step every two seconds."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, text: str) -> None:
        now = time.monotonic()
        if text.startswith("step") or now - self._last >= _TOLD_S:
            click.echo(text, err=True)
            self._last = now
