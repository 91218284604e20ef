"""The commands `diwan maps fetch|load|status`: the outlines of countries that the maps of a console are drawn with.

Exit codes: 0 done; 1 the package could not be fetched, or no file could be written; 2 wrong usage, or no map."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NoReturn

import click

from diwan_core import node
from diwan_core.maps import outlines
from diwan_core.maps.geometry import MOST_BYTES, NotAMap
from diwan_core.maps.published import PACKAGE, SOURCE, NotFetched, fetch
from diwan_core.node import NodeError

_folder = click.option(
    "--dir", "folder", type=click.Path(path_type=Path, file_okay=False), required=True, help="The node's data folder."
)
_json = click.option("--json", "as_json", is_flag=True, help="As one JSON object.")


@click.group("maps")
def maps_group() -> None:
    """Outlines of countries for the maps of a console, kept on the node."""


@maps_group.command("fetch")
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), help="Only write the file, for machines without a line."
)
@click.option("--dir", "folder", type=click.Path(path_type=Path, file_okay=False), help="The node's data folder.")
@_json
def fetch_command(output: Path | None, folder: Path | None, as_json: bool) -> None:
    """Fetch the outlines of Natural Earth (public domain) by npm, and load them into a node or write them to a file."""
    if (output is None) == (folder is None):
        raise click.UsageError("name --output FILE or --dir DIR")
    try:
        content = fetch()
        if output is not None:
            output.write_bytes(content)
            _say(as_json, f"{PACKAGE}: {len(content):,} bytes written to {output}", file=str(output))
        elif folder is not None:
            _load(folder, content, SOURCE, as_json)
    except NotFetched as error:
        _stop(1, str(error))
    except (NotAMap, NodeError) as error:
        _stop(2, str(error))
    except OSError as error:
        _stop(1, f"{error.filename or output or folder} cannot be written: {error.strerror}")


@maps_group.command("load")
@click.argument("file", type=click.Path(path_type=Path))
@_folder
@click.option("--source", default=None, help="Shown under each map.  [default: the file's name]")
@_json
def load_command(file: Path, folder: Path, source: str | None, as_json: bool) -> None:
    """Use the countries of FILE (TopoJSON or GeoJSON): borders as your administration draws them."""
    _check_node(folder)
    try:
        with file.open("rb") as held:
            content = held.read(MOST_BYTES + 1)
    except OSError as error:
        _stop(2, f"{file} cannot be read: {error.strerror}")
    try:
        _load(folder, content, file.name if source is None else source, as_json)
    except NotAMap as error:
        _stop(2, f"{file}: {error}")
    except OSError as error:
        _stop(1, f"{error.filename or folder} cannot be written: {error.strerror}")


@maps_group.command("status")
@_folder
@_json
def status_command(folder: Path, as_json: bool) -> None:
    """Show which outlines this node has."""
    _check_node(folder)
    source, found = outlines.kept(folder)
    text = (
        f"{len(found)} countries and areas; {source}" if found else "no outlines: diwan maps fetch, or diwan maps load"
    )
    _say(as_json, text, countries=len(found), source=source)


def _check_node(folder: Path) -> None:
    try:
        node.load(folder)
    except NodeError as error:
        _stop(2, " ".join(str(error).split()))


def _load(folder: Path, content: bytes, source: str, as_json: bool) -> None:
    node.load(folder)
    count = outlines.load(folder, content, source)
    _say(as_json, f"{count} countries and areas are drawn from now on", countries=count, source=source)


def _say(as_json: bool, text: str, **facts: object) -> None:
    click.echo(json.dumps(facts, ensure_ascii=False) if as_json else text)


def _stop(code: int, text: str) -> NoReturn:
    click.echo(text, err=True)
    raise SystemExit(code)
