"""`diwan central retention propose`, `approve` and the other commands of the runs that erase what is due."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from diwan_core.console_line import folder_option, json_option, plain_errors, say

from diwan_central.privacy.retention_commands import by_option, opened

if TYPE_CHECKING:
    from diwan_central.privacy.runs import Outcome, Run

OUTCOMES: Final = {
    "": "waits", "erased": "erased", "changed": "kept: it was changed after it was listed", "held": "kept: held back",
    "needed": "kept: another record needs it", "contested": "kept: two versions of its date",
    "kept": "kept: no longer due", "gone": "not here any more",
}  # fmt: skip


@click.command()
@folder_option
@click.argument("records", nargs=-1)
@click.option("--basis", required=True, help="The law it happens under; it stays in the ledger for ever.")
@click.option("--most", type=click.IntRange(1, 5000), default=1000, show_default=True, help="Records of the run.")
@by_option
@json_option
@plain_errors
def propose(folder: Path, records: tuple[str, ...], basis: str, most: int, by: str, as_json: bool) -> None:
    """Propose a run over what is due and nothing keeps: all of it, or RECORDS of it. Another account approves it."""
    from diwan_core.accounts_at_machine import note_as, proven_actor

    from diwan_central.privacy.runs import items, outcomes_of
    from diwan_central.privacy.runs import propose as propose_run

    with opened(folder) as (register, store):
        actor = proven_actor(folder, by)
        run = propose_run(register, store, actor, basis, records, most)
        count = sum(outcomes_of(store, run.number).values())
        note_as(folder, actor, "erasure.proposed", run=run.number, records=count, basis=basis)
        listed = [one.record for one in items(store, run.number, limit=most)]
    text = f"run {run.number}: {count} records; somebody else approves it with `retention approve {run.number}`"
    say(as_json, text, run=run.number, records=listed)


@click.command("runs")
@folder_option
@json_option
@plain_errors
def list_runs(folder: Path, as_json: bool) -> None:
    """List the runs, the newest first, and what became of them."""
    from diwan_central.privacy.runs import outcomes_of, runs

    with opened(folder) as (_register, store):
        found = [(run, outcomes_of(store, run.number)) for run in runs(store)]
    lines = [
        f"{run.number}\t{run.state}\tproposed by {run.proposed_by}"
        f"{', decided by ' + run.decided_by if run.decided_by else ''}\t{_counts(outcomes)}\t{run.basis}"
        for run, outcomes in found
    ]
    told = [_facts(run) | {"outcomes": {name or "waits": n for name, n in counts.items()}} for run, counts in found]
    say(as_json, "\n".join(lines) or "no run yet", runs=told)


@click.command()
@folder_option
@click.argument("number", type=int)
@json_option
@plain_errors
def show(folder: Path, number: int, as_json: bool) -> None:
    """Show the records that run NUMBER lists, and what became of each."""
    from diwan_central.privacy.runs import items, run_of

    with opened(folder) as (_register, store):
        run, found = run_of(store, number), items(store, number, limit=10_000)
    lines = [f"run {run.number}: {run.state}, {run.basis}"]
    lines += [f"{one.type}\t{one.record}\tkept until {one.kept}\t{OUTCOMES[one.outcome]}" for one in found]
    told = [{"record": one.record, "type": one.type, "kept_until": one.kept, "outcome": one.outcome} for one in found]
    say(as_json, "\n".join(lines), **_facts(run), records=told)


@click.command()
@folder_option
@click.argument("number", type=int)
@by_option
@json_option
@plain_errors
def approve(folder: Path, number: int, by: str, as_json: bool) -> None:
    """Approve run NUMBER, which another account proposed. The centre then carries it out by itself."""
    from diwan_core.accounts_at_machine import note_as, proven_actor

    from diwan_central.privacy.runs import approve as approve_run

    with opened(folder) as (_register, store):
        actor = proven_actor(folder, by)
        run = approve_run(store, number, actor)
        note_as(folder, actor, "erasure.approved", run=number, by=run.proposed_by, alike=run.alike)
    say(as_json, f"run {number} is approved; the centre carries it out, or `retention run` at once", **_facts(run))


@click.command()
@folder_option
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why not.")
@by_option
@json_option
@plain_errors
def refuse(folder: Path, number: int, reason: str, by: str, as_json: bool) -> None:
    """Refuse run NUMBER; the account that proposed it withdraws it so."""
    from diwan_core.accounts_at_machine import note_as, proven_actor

    from diwan_central.privacy.runs import refuse as refuse_run

    with opened(folder) as (_register, store):
        actor = proven_actor(folder, by)
        run = refuse_run(store, number, actor, reason)
        note_as(folder, actor, "erasure.refused", run=number, reason=reason)
    say(as_json, f"run {number} is {run.state}", **_facts(run))


@click.command("run")
@folder_option
@json_option
@plain_errors
def carry_out_now(folder: Path, as_json: bool) -> None:
    """Carry out all approved runs now, where the centre's ingest does not run. What a power cut stopped goes on."""
    from diwan_core.exchange.erasure import tidy
    from diwan_core.trust import NodeKeys

    from diwan_central.privacy.runs import approved_run, carry_out, outcomes_of

    done = []
    with opened(folder, "writer") as (register, store):
        keys = NodeKeys.load(folder)
        while (run := approved_run(store)) is not None:
            while carry_out(register, store, keys, run):
                pass
            counts = outcomes_of(store, run.number)
            done.append({"run": run.number, "outcomes": counts})
            if not as_json:
                click.echo(f"run {run.number}: {_counts(counts)}")
        clean = tidy(register, keys)
    if as_json:
        say(True, "", runs=done, files_clean=clean)
    elif not done:
        click.echo("no run is approved and not done")


def _counts(outcomes: Mapping[Outcome, int]) -> str:
    return ", ".join(f"{number} {OUTCOMES[name]}" for name, number in outcomes.items())


def _facts(run: Run) -> dict[str, object]:
    return {
        "run": run.number, "state": run.state, "basis": run.basis, "over": run.over, "proposed_by": run.proposed_by,
        "decided_by": run.decided_by, "reason": run.reason, "alike": run.alike,
    }  # fmt: skip


RUN_COMMANDS: Final = (propose, list_runs, show, approve, refuse, carry_out_now)
