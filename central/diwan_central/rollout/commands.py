"""`diwan central rollout …`: sites from and to spreadsheets, readiness, the usual plan, the report, certificates."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from diwan_core.console_line import folder_option, json_option, plain_errors, say

from diwan_central.days import now_ms, today

_region = click.option("--region", default="", help="Only the sites of this region.")
_output = click.option("--output", "-o", required=True, type=click.Path(path_type=Path), help="The file to write.")


@click.group("rollout")
def rollout() -> None:
    """The roll-out: sites and their readiness, the plan, training, the report for donors."""


@rollout.command("import")
@folder_option
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@plain_errors
def import_sites(folder: Path, file: Path, as_json: bool) -> None:
    """Take the sites of FILE (CSV, XLSX, ODS; one row a site, as `export` writes it). Rows with a fault are named and
    refused, the others are taken. Exit code 1 when any was refused."""
    from diwan_core import node
    from diwan_core.intake.faults import Unreadable
    from diwan_core.processes.spool import passing_folder
    from diwan_core.trust.access_log.at_machine import note_at_machine, person_at_machine

    from diwan_central.rollout.store import RolloutStore
    from diwan_central.rollout.table_in import take_file

    node.load(folder, role="central")
    try:
        with RolloutStore.open(folder) as store, passing_folder(folder) as spool:
            taken = take_file(store, file, spool, person_at_machine(), now_ms())
    except Unreadable as error:
        raise click.ClickException(f"{file}: {error}") from error
    note_at_machine(
        folder, "rollout.imported", file=file.name, new=taken.new, changed=taken.changed, refused=taken.refused
    )
    lines = [f"{taken.new} new, {taken.changed} changed, {taken.same} as they were, {taken.refused} refused"]
    lines += [f"row {fault.row}, {fault.column or 'whole row'}: {fault.reason}" for fault in taken.faults]
    lines += [f"left out, none of the questionnaire: {head}" for head in taken.left_out]
    faults = [{"row": one.row, "column": one.column, "reason": str(one.reason)} for one in taken.faults]
    say(
        as_json, "\n".join(lines), new=taken.new, changed=taken.changed, same=taken.same, refused=taken.refused,
        faults=faults, left_out=taken.left_out,
    )  # fmt: skip
    if taken.refused:
        raise SystemExit(1)


@rollout.command("export")
@folder_option
@_output
@_region
@json_option
@plain_errors
def export_sites(folder: Path, output: Path, region: str, as_json: bool) -> None:
    """Write the sites to a CSV or XLSX file, by the ending of its name; an empty template where there is no site."""
    from diwan_core import node
    from diwan_core.trust.files import write_private

    from diwan_central.rollout.sites import all_sites
    from diwan_central.rollout.store import RolloutStore
    from diwan_central.rollout.table import as_csv, as_workbook

    node.load(folder, role="central")
    kind = _kind(output, ("csv", "xlsx"))
    with RolloutStore.open(folder) as store:
        sites = all_sites(store, region)
    if kind == "csv":
        write_private(output, as_csv(sites))
    else:
        as_workbook(output, sites)
    say(as_json, f"{len(sites)} sites written to {output}", sites=len(sites), file=str(output))


@rollout.command("readiness")
@folder_option
@_region
@json_option
@plain_errors
def show_readiness(folder: Path, region: str, as_json: bool) -> None:
    """Show how ready each site is, and what stops it."""
    from diwan_core import node

    from diwan_central.rollout.readiness import readiness
    from diwan_central.rollout.sites import all_sites
    from diwan_central.rollout.store import RolloutStore

    node.load(folder, role="central")
    with RolloutStore.open(folder) as store:
        found = [(site, readiness(site.answers)) for site in all_sites(store, region)]
    lines = []
    for site, ready in found:
        word = "ready" if ready.is_ready else "stopped" if ready.stops else "not yet"
        lines.append(f"{site.code:12} {site.name:28.28} {ready.score:3} {word:8} {ready.answered} answered")
        lines += [f"             {one.question.label.rstrip('?')}: {one.question.remedy}" for one in ready.stops]
    sites = [
        {
            "code": site.code, "name": site.name, "region": site.region, "score": ready.score,
            "ready": ready.is_ready, "answered": ready.answered,
            "reasons": [
                {"question": one.question.key, "why": one.why, "stops": one.stops, "points": round(one.lost, 1),
                 "remedy": one.question.remedy}
                for one in ready.reasons
            ],
        }
        for site, ready in found
    ]  # fmt: skip
    say(as_json, "\n".join(lines) or "no site is known yet", sites=sites)


@rollout.command("plan")
@folder_option
@click.option("--starts", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Day on which the first site begins.")
@click.option("--apart", default=0, show_default=True, type=click.IntRange(0, 365), help="Days from site to site.")
@click.option("--owner", default="", help="Who answers for the milestones.")
@_region
@json_option
@plain_errors
def plan_usual(folder: Path, starts: datetime, apart: int, owner: str, region: str, as_json: bool) -> None:
    """Give the usual milestones to the sites that have none."""
    from diwan_core import node
    from diwan_core.trust.access_log.at_machine import note_at_machine, person_at_machine

    from diwan_central.rollout.sites import all_sites
    from diwan_central.rollout.standard_plan import plan_sites
    from diwan_central.rollout.store import RolloutStore

    node.load(folder, role="central")
    with RolloutStore.open(folder) as store:
        person = person_at_machine()
        planned = plan_sites(store, all_sites(store, region), starts.date(), apart, owner[:80], person, now_ms())
    if planned:
        note_at_machine(folder, "rollout.planned", sites=planned)
    say(as_json, f"{planned} sites were planned", planned=planned)


@rollout.command("report")
@folder_option
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="A PDF or XLSX file, as its name ends."
)
@_region
@json_option
@plain_errors
def write_report(folder: Path, output: Path | None, region: str, as_json: bool) -> None:
    """Write the report for donors: progress, readiness, money, milestones, training. Without --output, print only its
    figures."""
    from diwan_core import node

    from diwan_central.rollout.overview import look
    from diwan_central.rollout.report import facts, make
    from diwan_central.rollout.store import RolloutStore

    config = node.load(folder, role="central")
    kind = _kind(output, ("pdf", "xlsx")) if output else ""
    with RolloutStore.open(folder) as store:
        report = make(store, look(store, folder, today()), region)
    if output and kind == "pdf":
        from diwan_core.trust.files import write_private
        from diwan_core.web.paper.press import NotPrinted, print_paper

        from diwan_central.rollout.report_paper import report_page

        try:
            write_private(output, print_paper(report_page(report, config.label, folder), {}, folder))
        except NotPrinted as error:
            raise click.ClickException(
                f"the PDF was not made: {error}. Write the workbook instead (-o FILE.xlsx), or ask for one region"
            ) from error
    elif output:
        from diwan_central.rollout.report_book import write

        write(report, output)
    found = facts(report)
    text = (
        f"{found['sites']} sites, {report.ready} ready, {report.operating} accepted; {len(report.milestones)} "
        f"milestones: {report.met} met, {report.met_late} met late, {len(report.late)} late"
    )
    say(as_json, f"{text}\nwritten to {output}" if output else text, **found, file=str(output or ""))


@rollout.command("check")
@folder_option
@click.argument("number")
@json_option
@plain_errors
def check_certificate(folder: Path, number: str, as_json: bool) -> None:
    """Check whether a certificate of training is genuine, by its NUMBER. Exit code 1 when it is not, or was
    withdrawn."""
    from diwan_core import node
    from diwan_core.trust import NodeKeys

    from diwan_central.rollout.certificates import find, is_genuine
    from diwan_central.rollout.store import RolloutStore

    node.load(folder, role="central")
    with RolloutStore.open(folder) as store:
        found = find(store, number)
    if found is None:
        say(as_json, "no certificate has this number: compare it letter by letter", genuine=False)
        raise SystemExit(1)
    genuine = is_genuine(found, NodeKeys.load(folder).identity_public)
    word = "genuine" if genuine else "not what was signed: somebody changed the file"
    text = f"{found.number}: {found.name}, {found.module}, {found.issued_on}: {word}"
    if found.withdrawn_on:
        text += f"; withdrawn on {found.withdrawn_on}"
    say(
        as_json, text, genuine=genuine, number=found.number, name=found.name, module=found.module,
        issued_on=found.issued_on, withdrawn_on=found.withdrawn_on,
    )  # fmt: skip
    if not genuine or found.withdrawn_on:
        raise SystemExit(1)


def _kind(output: Path, known: tuple[str, ...]) -> str:
    kind = output.suffix.lower().removeprefix(".")
    if kind not in known:
        raise click.UsageError(f"{output}: the name must end in {' or '.join('.' + one for one in known)}")
    return kind
