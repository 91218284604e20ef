"""The commands about agreements, under which what identifies people may leave. They are recorded at the centre."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from diwan_core import node
from diwan_core.intake.cli.command_kit import USAGE, a_date, explain_errors, json_option, node_folder, stop
from diwan_core.intake.run.agreements import (
    AlreadyAgreed,
    agreement_named,
    agreements,
    end_agreement,
    fields_of_template,
    known_fields,
    record_agreement,
)
from diwan_core.register import Refused, Register


@click.command("agree")
@click.argument("title")
@node_folder
@click.option("--partner", required=True, help="With whom.")
@click.option("--from", "valid_from", required=True, callback=a_date, help="The first day it is in force.")
@click.option("--until", "valid_until", required=True, callback=a_date, help="The last day it is in force.")
@click.option("--field", "fields", multiple=True, metavar="TYPE.FIELD", help="A field that may leave under it.")
@click.option(
    "--fields-of", default="", metavar="TEMPLATE", help="All fields that this template needs an agreement for."
)
@click.option("--limit", default="amber", show_default=True, help="The strictest mark of handling that may leave.")
@click.option("--product-group", "groups", multiple=True, help="Only goods of this group. [default: all]")
@click.option("--legal-ground", default="", help="The law or treaty, in words.")
@click.option("--author", default="import", show_default=True, help="User name it is saved under.")
@json_option
@explain_errors
def agree_command(
    as_json_text: bool,
    title: str,
    folder: Path,
    partner: str,
    valid_from: str,
    valid_until: str,
    fields: tuple[str, ...],
    fields_of: str,
    limit: str,
    groups: tuple[str, ...],
    legal_ground: str,
    author: str,
) -> None:
    """Record an agreement at the centre: TITLE, with whom, from when to when, and which fields may leave under it.

    Each record still has to be released under it, on its page "Release texts".
    """
    if node.load(folder).role != "central":
        stop("agreements are recorded at the centre; posts receive them from there", USAGE, as_json_text)
    known = known_fields()
    if unknown := [field for field in fields if field not in known]:
        stop(f"{', '.join(unknown)} cannot be in an agreement; choose from {', '.join(known)}", USAGE, as_json_text)
    named = dict.fromkeys((*fields, *(fields_of_template(fields_of) if fields_of else ())))
    if not named:
        stop("name the fields that may leave, with --field or --fields-of", USAGE, as_json_text)
    with Register.open(folder, role="writer") as register:
        try:
            record = record_agreement(
                register, title, partner, (valid_from, valid_until), named, limit=limit, groups=groups,
                legal_ground=legal_ground, author=author,
            )  # fmt: skip
        except AlreadyAgreed as error:
            stop(f"{error}. Give another title, or end it first with `diwan export-map end`", USAGE, as_json_text)
        except Refused as error:
            stop(str(error), USAGE, as_json_text)
    if as_json_text:
        click.echo(json.dumps({"agreement": record, "fields": list(named)}, ensure_ascii=False))
        return
    click.echo(f"{record}: {title}, with {partner}, from {valid_from} to {valid_until}, at most {limit}")
    for field in named:
        click.echo(f"  {field}")


@click.command("agreements")
@node_folder
@json_option
@explain_errors
def agreements_command(as_json_text: bool, folder: Path) -> None:
    """List the agreements this node knows, and whether they are in force."""
    with Register.open(folder, role="reader") as register:
        today = register.sure_day() or datetime.now(UTC).date()
        known = [(one, one.why_not_in_force(today)) for one in agreements(register)]
    if as_json_text:
        listed = [
            {"id": one.id, "title": one.title, "partner": one.partner, "from": one.first_day, "until": one.last_day,
             "limit": one.limit, "fields": sorted(one.fields), "in_force": not why, "why_not": why}
            for one, why in known
        ]  # fmt: skip
        click.echo(json.dumps({"agreements": listed}, ensure_ascii=False))
        return
    for one, why in known:
        click.echo(f"{one.id}  {one.title}, with {one.partner}: {why or f'in force until {one.last_day}'}")
    if not known:
        click.echo("This node knows no agreements.")


@click.command("end")
@click.argument("agreement_name", metavar="AGREEMENT")
@node_folder
@click.option("--author", default="import", show_default=True, help="User name it is saved under.")
@json_option
@explain_errors
def end_agreement_command(as_json_text: bool, agreement_name: str, folder: Path, author: str) -> None:
    """End AGREEMENT, an id or title, at once: nothing leaves under it any more."""
    if node.load(folder).role != "central":
        stop("agreements are ended at the centre; posts learn of it from there", USAGE, as_json_text)
    with Register.open(folder, role="writer") as register:
        found = agreement_named(register, agreement_name)
        end_agreement(register, found.id, author=author)
    click.echo(json.dumps({"ended": found.id}) if as_json_text else f"{found.title}: nothing leaves under it any more")
