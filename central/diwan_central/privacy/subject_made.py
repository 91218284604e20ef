"""Makes the files of a report at the machine, with every look in the log of reads before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from diwan_core.register import Register
from diwan_core.register.inspection.read_logs import AnchoredLog
from diwan_core.trust.access_log.events import event
from diwan_core.trust.access_log.log import ReadLog
from diwan_core.trust.files import write_private
from diwan_core.trust.people.second_person import Actor
from diwan_core.web.paper.press import print_paper
from flask import Flask, g

from diwan_central.days import now_ms
from diwan_central.privacy.store import PrivacyStore
from diwan_central.privacy.subject import Chosen, Compiled, compile_report
from diwan_central.privacy.subject_files import as_json, as_paper, write_xlsx
from diwan_central.privacy.subject_reads import reads_of
from diwan_central.privacy.subject_reports import begin, held_types
from diwan_central.privacy.subject_words import worded


class Made(NamedTuple):
    """A report that was made: how many records and black texts are in it, and what the reviewer has to know."""

    number: str
    records: int
    black: int
    held_back: list[tuple[str, str, str]]
    logs: list[AnchoredLog]


def make_at_machine(
    folder: Path, register: Register, store: PrivacyStore, actor: Actor, chosen: Chosen, reason: str,
    files: Mapping[str, Path], language: str,
) -> Made:  # fmt: skip
    """Make the files of a report, by form. Raises HoldRefused, ReportRefused, AuditUnusable, NotPrinted, OSError."""
    begun = begin(store, chosen, reason, actor.name, actor.role)
    compiled = compile_report(register, chosen, held_types(store))
    _note(folder, actor, begun.id, compiled, begun.reason, files)
    reads = reads_of(folder, register, [record.id for record in compiled.records])
    labels = dict(register.origins())
    centre = register.config.label
    with Flask("diwan").test_request_context():
        g.language, g.writer = language, register  # by which departments, posts and offices have their names
        report = worded(compiled, reads, lambda node: labels.get(node, node[:8]) or centre, now_ms())
        if "json" in files:
            write_private(files["json"], as_json(report, centre, begun.id))
        if "xlsx" in files:
            write_private(files["xlsx"], b"")
            write_xlsx(report, files["xlsx"])
        if "pdf" in files:
            write_private(files["pdf"], print_paper(as_paper(report, centre, begun.id), {}, folder))
    return Made(begun.id, len(compiled.records), black_of(compiled), compiled.held_back, reads.elsewhere)


def black_of(compiled: Compiled) -> int:
    """How many texts of a report are black."""
    return sum(one.state == "black" for record in compiled.records for one in record.values)


def _note(folder: Path, actor: Actor, number: str, compiled: Compiled, reason: str, files: Mapping[str, Path]) -> None:
    looks = [event("record.shown_by_command", record=record.id) for record in compiled.records]
    forms = ",".join(sorted(files))
    looks.append(event("subject.reported", report=number, records=len(compiled.records), form=forms, reason=reason))
    log = ReadLog.open(folder)
    try:
        log.note(actor.name, actor.role, looks)
    finally:
        log.close()
