"""The command `diwan health`: what is wrong with this node and its machine, for a person or a monitor.

Exit codes: 0 nothing, or what is only told; 1 something to look at; 2 a fault, or no node in the folder."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from diwan_core import node
from diwan_core.console_line import folder_option, json_option, plain_errors
from diwan_core.health.present import present, worst
from diwan_core.health.words import say_finding, severity_of

CODES = {None: 0, "notice": 0, "warning": 1, "fault": 2}


@click.command("health")
@folder_option
@json_option
@plain_errors
def health(folder: Path, as_json: bool) -> None:
    """Show what is wrong with this node and its machine, with what to do. No case data.

    Exit code 0: nothing, or notices alone; 1: a warning is the worst; 2: a fault is, or there is no node.
    """
    node.load(folder)
    found = present(folder)
    if as_json:
        rows = [
            {"id": finding.code, "severity": severity_of(finding), "part": finding.part, "since": int(finding.since),
             "what": str(say_finding(finding)[0]), "remedy": str(say_finding(finding)[1]),
             "context": dict(finding.facts)}
            for finding in found
        ]  # fmt: skip
        click.echo(json.dumps({"worst": worst(found), "findings": rows}, ensure_ascii=False))
    else:
        for finding in found:
            what, remedy = say_finding(finding)
            click.echo(f"{severity_of(finding):8} {what}\n         {remedy}".rstrip())
        if not found:
            click.echo("Nothing is wrong.")
    sys.exit(CODES[worst(found)])
