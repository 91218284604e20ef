"""Turns a result into the acceptance sheet that a technician signs (diwan_core.acceptance)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from diwan_core.acceptance import sheet as sheets
from diwan_core.acceptance.sheet import Check, Sheet

from diwan_hardware.check.job import CannotCheck
from diwan_hardware.check.result import Done, Finding, Outcome, Result

KIND: Final = "hardware"
_NOT_IN_A_NAME: Final = re.compile(r"[^A-Za-z0-9.-]+")
_OUTCOMES: Final[dict[Outcome, sheets.Outcome]] = {
    Outcome.PASS: "pass", Outcome.UNKNOWN: "warn", Outcome.WARN: "warn", Outcome.FAIL: "fail",
}  # fmt: skip
"""What could not be measured is a warning on a sheet: a person has to judge it."""


def sheet_of(result: Result, technician: str = "") -> Sheet:
    """The sheet of a result. Raises CannotCheck where it would not say which machine it is about."""
    identity = result.identity
    name = _NOT_IN_A_NAME.sub("-", result.asset or identity.serial).strip("-.")[:63]
    if not name:
        raise CannotCheck(
            "The result names neither a label nor a serial number, so nobody would know which machine it is about. "
            "Check again with --asset, or as root."
        )
    facts = {
        "label": result.asset, "serial": identity.serial, "model": identity.model, "place": result.place,
        "disk": identity.disk, "disk_serial": identity.disk_serial, "memory_mb": str(identity.memory_mb),
        "cores": str(identity.cores), "system": identity.system, "limits": result.profile_digest,
        "interrupted": str(result.interrupted), "warranty_months": str(result.warranty_months),
    }  # fmt: skip
    return Sheet(
        kind=KIND,
        machine=name,
        profile=result.profile,
        taken=sheets.moment(datetime.fromtimestamp(result.ended, UTC)),
        by=sheets.clean(technician or result.technician),
        checks=tuple(_check(step, finding) for step in result.steps for finding in step.findings),
        facts={key: sheets.clean(value) for key, value in facts.items() if value},
    )


def _check(step: Done, finding: Finding) -> Check:
    found = finding.text if finding.outcome is not Outcome.UNKNOWN else f"not measured: {finding.text}"
    return Check(
        id=f"{step.step}.{finding.name}",
        title=sheets.clean(step.title),
        outcome=_OUTCOMES[finding.outcome],
        expected=finding.limit,
        found=sheets.clean(found),
        remedy=finding.remedy,
    )
