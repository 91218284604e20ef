"""All findings of a node: those its processes noted, and those about its machine and its backups, the worst first."""

from __future__ import annotations

from pathlib import Path

from diwan_core.health.backups import of_backups
from diwan_core.health.findings import Finding, findings_of
from diwan_core.health.machine import Places, of_machine
from diwan_core.health.words import SEVERITIES, Severity, severity_of


def present(folder: Path, places: Places | None = None) -> list[Finding]:
    """The findings, the worst first and the oldest of a kind first. Never raises."""
    found = [*findings_of(folder), *of_machine(folder, places), *of_backups(folder)]
    return sorted(found, key=lambda finding: (SEVERITIES.index(severity_of(finding)), finding.since))


def worst(found: list[Finding]) -> Severity | None:
    """The worst severity; None where nothing was found."""
    return min((severity_of(finding) for finding in found), key=SEVERITIES.index, default=None)
