"""The command `diwan codes prices`: the national price table, listed, or read from a file at the centre.

Exit codes: 0 done; 1 the register failed; 2 wrong usage; 3 done, and some lines were not taken."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from diwan_core import node
from diwan_core.dictionary.code_lines import BadLine, Cells, NotACodeFile, cells_of
from diwan_core.dictionary.prices import Price
from diwan_core.intake.cli.command_kit import SOME_REFUSED, USAGE, explain_errors, json_option, node_folder, stop
from diwan_core.register import Refused, Register
from diwan_core.register.national_prices import FIELDS, declare_price, known_prices, national_prices, read_price


@click.command("prices")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@node_folder
@click.option("--author", default="import", show_default=True, help="User name they are saved under.")
@json_option
@explain_errors
def prices_command(as_json_text: bool, file: Path | None, folder: Path, author: str) -> None:
    """List the national price table, or read prices from a CSV FILE into it, at the centre.

    The first line of FILE names the columns: product_group, per (the unit), price, currency and valid_from, and perhaps
    sub_group, hs_code, value_kind, valid_until and source. A line for the same goods, unit, kind and first day
    corrects what was said.
    """
    if file is not None:
        _read_file(file, folder, author, as_json_text)
        return
    with Register.open(folder, role="reader") as register:
        known = national_prices(register.store)
    if as_json_text:
        click.echo(json.dumps([price._asdict() for price in known], ensure_ascii=False))
        return
    for price in known:
        goods = "/".join(filter(None, (price.product_group, price.sub_group, price.hs_code)))
        until = f" to {price.valid_until}" if price.valid_until else ""
        kind = f" ({price.value_kind})" if price.value_kind else ""
        click.echo(f"{goods}: 1 {price.per} = {price.price} {price.currency}{kind} from {price.valid_from}{until}")
    if not known:
        click.echo("The country has no price table yet.")


def _read_file(file: Path, folder: Path, author: str, as_json_text: bool) -> None:
    if node.load(folder).role != "central":
        stop("prices are declared at the centre; posts receive them from there", USAGE, as_json_text)
    bad: list[BadLine] = []
    new = same = 0
    with Register.open(folder, role="writer") as register:
        known = known_prices(register.store)
        try:
            for found in _prices(file):
                if isinstance(found, BadLine):
                    bad.append(found)
                    continue
                line, price = found
                try:
                    if declare_price(register, price, author=author, known=known):
                        new += 1
                    else:
                        same += 1
                except Refused as error:
                    bad.append(BadLine(file.name, line, str(error)))
        except (NotACodeFile, OSError) as error:
            stop(f"{file.name} cannot be read: {error}", USAGE, as_json_text)
    if as_json_text:
        lines = [{"line": one.line, "reason": one.reason} for one in bad]
        click.echo(json.dumps({"written": new, "known": same, "not_taken": lines}, ensure_ascii=False))
    else:
        for one in bad:
            click.echo(str(one), err=True)
        click.echo(f"{new:,} prices written, {same:,} were known; {len(bad):,} lines not taken.")
    sys.exit(SOME_REFUSED if bad else 0)


def _prices(file: Path) -> Iterator[tuple[int, Price] | BadLine]:
    heads: list[str] = []
    for cells in cells_of(file):
        if isinstance(cells, BadLine):
            yield cells
        elif not heads:
            heads = _heads(file, cells)
        else:
            price, problems = read_price(dict(zip(heads, cells.values, strict=False)))
            if price is None:
                yield BadLine(file.name, cells.line, " ".join(problem.message for problem in problems))
            else:
                yield cells.line, price


def _heads(file: Path, cells: Cells) -> list[str]:
    heads = [value.lower().replace(" ", "_").replace("-", "_") for value in cells.values]
    lacking = [name for name in ("product_group", "per", "price", "currency", "valid_from") if name not in heads]
    if lacking:
        raise NotACodeFile(
            f"{file.name}: its first line names no column {', '.join(lacking)}; known are {', '.join(FIELDS)}"
        )
    if twice := [name for name in FIELDS if heads.count(name) > 1]:
        raise NotACodeFile(f"{file.name}: its first line names the column {', '.join(twice)} twice; leave one of them")
    return heads
