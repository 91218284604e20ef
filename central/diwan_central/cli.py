"""The commands `diwan central …`, which make and run a centre."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import click
from diwan_core.configure import configure_command
from diwan_core.console_line import (
    folder_option,
    json_option,
    migrate_command,
    node_status,
    plain_errors,
    run_parts,
    say,
)
from diwan_core.console_options import default_port, tls_option, tls_setting, web_name_option
from diwan_core.custody.options import act_options, words_to_sign
from diwan_core.user_commands import user_group

from diwan_central.assets.commands import assets
from diwan_central.console import acceptance_commands
from diwan_central.exchange import erase_command, stick_commands
from diwan_central.network import confirm_commands, operation_commands, scope_commands
from diwan_central.network.console_commands import console_authority as console_authority_command
from diwan_central.privacy.retention_commands import retention
from diwan_central.privacy.run_commands import RUN_COMMANDS
from diwan_central.privacy.subject_commands import subject
from diwan_central.rollout.commands import rollout


@click.group()
def central() -> None:
    """Make and run a centre."""


for run_command in RUN_COMMANDS:
    retention.add_command(run_command)
central.add_command(user_group("central"))
central.add_command(node_status("central"))
central.add_command(migrate_command("central"))
central.add_command(configure_command("central"))
for command in (
    stick_commands.export_parcels,
    stick_commands.import_parcels,
    erase_command.erase,
    console_authority_command,
    acceptance_commands.acceptance,
    assets,
    rollout,
    retention,
    subject,
    confirm_commands.confirm,
    confirm_commands.reject,
    scope_commands.scope,
    scope_commands.reach,
    operation_commands.operation,
):
    central.add_command(command)


@central.command()
@folder_option
@click.option("--label", required=True, help="What people call this centre.")
@click.option("--broker-host", required=True, help="Name or address at which posts reach the broker.")
@click.option("--broker-port", default=8883, show_default=True, help="The broker's port.")
@click.option("--web-host", default="127.0.0.1", show_default=True, help="Address of the console.")
@click.option("--web-port", type=int, help="Port of the console: 8443, without TLS 8080.")
@tls_option
@web_name_option
@click.option("--domain", "domains", multiple=True, help="Domain of the administration: its consoles get certificates.")
@click.option(
    "--address-range",
    "ranges",
    multiple=True,
    help="Range of addresses whose consoles get certificates, such as 10.20.0.0/16; by default all private ones.",
)
@json_option
@plain_errors
def init(
    folder: Path, label: str, broker_host: str, broker_port: int, web_host: str, web_port: int | None, tls: bool | None,
    web_names: tuple[str, ...], domains: tuple[str, ...], ranges: tuple[str, ...], as_json: bool,
) -> None:  # fmt: skip
    """Make a centre in an empty folder."""
    from diwan_core.trust.consoles.console_limits import PRIVATE_RANGES, Limits

    from diwan_central.network import console_certificates
    from diwan_central.setup import create

    Limits.make(domains, ranges, web_names)  # before anything is made
    config = create(
        folder, label, broker_host, broker_port, web_host, web_port or default_port(tls),
        web_tls=tls_setting(tls), web_names=",".join(web_names),
    )  # fmt: skip
    console_certificates.make(folder, domains, ranges or PRIVATE_RANGES)
    console_certificates.keep(folder)
    text = f"centre {config.id} ({label}) is ready in {folder}; start it with `diwan central run --dir {folder}`"
    say(as_json, text, node=config.id, label=label, folder=str(folder))


@central.command()
@folder_option
@click.option("--label", default="", help="The label of the post the code is made for; no other may have it.")
@click.option("--office", default="", help="Its customs office: UN/LOCODE or the national code.")
@click.option("--node", "node_id", default="", metavar="NODE", help="The id of a post that comes back with new keys.")
@json_option
@plain_errors
def code(folder: Path, label: str, office: str, node_id: str, as_json: bool) -> None:
    """Make a one-time code with which one post enrols: a new one by its --label and --office, or --node to come
    back."""
    from diwan_core import node
    from diwan_core.trust.access_log.at_machine import note_at_machine, person_at_machine
    from diwan_core.trust.network.enrolment_codes import CodeFor

    from diwan_central.network.central_enrolment import make_code

    node.load(folder, role="central")
    if not node_id and not (label and office):
        raise click.UsageError("say which post it is for: --label and --office, or --node for one that comes back")
    shown = make_code(folder, CodeFor(label, office, node_id, f"{person_at_machine()} at the command line"))
    note_at_machine(folder, "code.made", label=label, office=office, post=node_id)
    say(as_json, shown, code=shown, label=label, office=office, node=node_id)


@central.command("mark-safe")
@folder_option
@json_option
@plain_errors
def mark_archived_safe(folder: Path, as_json: bool) -> None:
    """Mark as safe what verified archives on two media hold, one of them detached. Posts may then prune it. `diwan
    backup verify` does this by itself."""
    from diwan_core import node
    from diwan_core.archives.verified import safe_heads
    from diwan_core.register import Register
    from diwan_core.register.archived import mark_safe

    node.load(folder, role="central")
    heads = safe_heads(folder)
    with Register.open(folder, role="writer") as register:
        rows = mark_safe(register.store, heads)
        register.wake(b"safe")
    say(as_json, f"{rows} rows are safe", safe=rows)


@central.command()
@folder_option
@click.argument("origin", metavar="NODE")
@click.option("--since", required=True, type=click.DateTime(), help="Local time, such as 2026-11-22T14:00:00.")
@click.option("--arrived", is_flag=True, help="Also what arrived since and is dated before: an intruder may lie.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@json_option
@plain_errors
def undo(folder: Path, origin: str, since: datetime, arrived: bool, dry_run: bool, as_json: bool) -> None:
    """Take back what NODE wrote since a time, by new changes: its records are withdrawn, its edits reversed."""
    from diwan_core import node
    from diwan_core.register import Register
    from diwan_core.register.records.undo import undoing

    node.load(folder, role="central")
    with Register.open(folder, role="writer") as register:
        plan = undoing(register.store, origin, int(since.timestamp() * 1000), arrived=arrived)
        refused = {} if dry_run else register.save_many([[edit] for edit in plan.edits], author="undo").refused
    done = len(plan.edits) - len(refused)
    left = [f"{record} {key}" for record, key in plan.left]
    left += [f"{plan.edits[index].record}: {problems[0].message}" for index, problems in refused.items()]
    text = f"{done} records {'would be' if dry_run else 'were'} set back; {len(left)} left as they are"
    lines = [text, *left]
    if plan.late and not arrived:
        lines.append(
            f"{len(plan.late)} records have changes that arrived since then and are dated before: with --arrived they "
            "are taken back too"
        )
    say(as_json, "\n".join(lines), records=done, left=left, late=plan.late, dry_run=dry_run)


@central.command()
@folder_option
@json_option
@plain_errors
def restored(folder: Path, as_json: bool) -> None:
    """Note that this centre was restored from a backup: it stays closed until its posts have shown their ledgers."""
    from diwan_core import node
    from diwan_core.exchange.reopening import close
    from diwan_core.register import Register

    node.load(folder, role="central")
    with Register.open(folder, role="writer") as register:
        close(register.store)
    say(as_json, "closed until more than half of the posts have shown their ledgers", closed=True)


@central.command()
@folder_option
@click.option("--custodian", "custodians", multiple=True, help="Name of a custodian, where the ledger names none yet.")
@act_options
@json_option
@plain_errors
def reopen(folder: Path, custodians: tuple[str, ...], ask: Path | None, act: Path | None, as_json: bool) -> None:
    """Open a restored centre although not enough of its posts can answer; two custodians must agree."""
    from diwan_core import node

    from diwan_central.network import reopened

    node.load(folder, role="central")
    if ask is not None:
        reopened.ask(folder, ask)
        say(as_json, words_to_sign(ask), act=str(ask))
        return
    names, proven = reopened.reopen(folder, custodians, act)
    say(as_json, f"open, on the word of {' and '.join(names)}", closed=False, custodians=names, proven=proven)


@central.command("revoke")
@folder_option
@click.argument("node_id", metavar="NODE")
@click.option("--reason", required=True, help="Why, for the ledger: stolen, lost, cloned, retired.")
@json_option
@plain_errors
def revoke_node(folder: Path, node_id: str, reason: str, as_json: bool) -> None:
    """Revoke the keys of NODE for ever and cut it off at once. With new keys (`diwan post rekey`) it may come back."""
    from diwan_core.trust.access_log.at_machine import note_at_machine

    from diwan_central.network.revocation import revoke

    fact = revoke(folder, node_id, reason)
    note_at_machine(folder, "node.revoked", post=node_id, label=fact.label, reason=reason)
    say(as_json, f"{node_id} is revoked and cut off", node=node_id, reason=reason)


@central.command()
@folder_option
@plain_errors
def ingest(folder: Path) -> None:
    """Run the ingest, which admits what posts send."""
    from diwan_core.processes.part import begun

    from diwan_central.exchange import ingest as process

    with begun(folder, "central", "ingest") as part:
        process.run(part)


@central.command()
@folder_option
@plain_errors
def relay(folder: Path) -> None:
    """Run the relay, which sends what was admitted on to the posts."""
    from diwan_core.processes.part import begun

    from diwan_central.exchange import relay_service as process

    with begun(folder, "central", "relay") as part:
        process.run(part)


@central.command()
@folder_option
@plain_errors
def web(folder: Path) -> None:
    """Run the console of the centre."""
    from diwan_core.processes.part import begun
    from diwan_core.web.serve import serve

    from diwan_central.console.web import create_central_app
    from diwan_central.network.console_certificates import keep

    with begun(folder, "central", "web") as part:
        part.findings.clear()
        keep(folder)
        serve(create_central_app, part.config.web_host, part.config.web_port, folder)


@central.command("broker")
@folder_option
@plain_errors
def run_broker(folder: Path) -> None:
    """Run the centre's Mosquitto, with its folder written anew from the ledger."""
    from diwan_core import broker
    from diwan_core.processes.part import begun

    from diwan_central.setup import note_broker, write_broker

    with begun(folder, "central", "broker"):
        argv = broker.command(write_broker(folder))
        note_broker(folder, os.getpid())
        os.execv(argv[0], argv)  # noqa: S606  the process becomes the program


@central.command("broker-files")
@folder_option
@plain_errors
def broker_files(folder: Path) -> None:
    """Write the broker's folder from the ledger, for a broker that runs as a service of its own."""
    from diwan_central.setup import write_broker

    click.echo(write_broker(folder))


@central.command()
@folder_option
@plain_errors
def run(folder: Path) -> None:
    """Run broker, ingest, relay and console together, until asked to stop."""
    run_parts("central", folder)
