"""The command `diwan central console-authority`, which shows what laptops need to trust the consoles."""

from __future__ import annotations

from pathlib import Path

import click
from diwan_core.console_line import folder_option, json_option, plain_errors, say


@click.command("console-authority")
@folder_option
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the certificate here, as PEM.")
@json_option
@plain_errors
def console_authority(folder: Path, out: Path | None, as_json: bool) -> None:
    """Show the authority of the consoles, for the browsers of laptops: its fingerprint, its limits, its certificate."""
    from diwan_core import node
    from diwan_core.trust.consoles.console_authority import ConsoleAuthority
    from diwan_core.trust.consoles.console_state import fingerprint

    from diwan_central.network.console_certificates import keep

    node.load(folder, role="central")
    keep(folder)
    authority = ConsoleAuthority.load(folder)
    shown = fingerprint(authority.certificate)
    if out is not None:
        out.write_bytes(authority.certificate)
    text = f"SHA-256 fingerprint: {shown}\nvouches for: {authority.limits}\n"
    text += authority.certificate.decode("ascii") if out is None else f"written to {out}"
    say(
        as_json, text.rstrip(), fingerprint=shown, certificate=authority.certificate.decode("ascii"),
        domains=list(authority.limits.domains), ranges=[str(network) for network in authority.limits.ranges],
    )  # fmt: skip
