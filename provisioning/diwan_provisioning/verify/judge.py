"""Turns the facts that a machine reported (`roles/verify/files/collect.py`) into the checks of an acceptance sheet.

Everything in the facts was written by the machine: wrong kinds and absurd values fail a check, and are no error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from diwan_core.acceptance.sheet import Check

from diwan_provisioning.verify.judge_access import judge_files, judge_firewall, judge_people, judge_ports, judge_ssh
from diwan_provisioning.verify.judge_machine import (
    judge_clock,
    judge_disk,
    judge_findings,
    judge_kernel,
    judge_release,
    judge_services,
    judge_system,
)
from diwan_provisioning.verify.promised import Promised


def judge(facts: Mapping[str, Any], promised: Promised) -> list[Check]:
    """Every check of a machine, in the order of the sheet."""
    found: list[Check] = []
    for room in (
        judge_system,
        judge_services,
        judge_ports,
        judge_ssh,
        judge_kernel,
        judge_files,
        judge_people,
        judge_firewall,
        judge_clock,
        judge_disk,
        judge_release,
        judge_findings,
    ):
        found += _safely(room, facts, promised)
    return found


def _safely(
    room: Callable[[Mapping[str, Any], Promised], Iterator[Check]], facts: Mapping[str, Any], promised: Promised
) -> list[Check]:
    try:
        return list(room(facts, promised))
    except (TypeError, ValueError, KeyError, AttributeError, IndexError):
        name = room.__name__.removeprefix("judge_")
        return [
            Check(
                f"{name}-told",
                f"The machine tells about: {name}",
                "fail",
                "facts",
                "something else",
                "Run verify again.",
            )
        ]


def now() -> datetime:
    """The laptop's time."""
    return datetime.now(UTC)
