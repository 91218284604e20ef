"""The command `diwan scenario explain`: what became of one record at every node of a network that a scenario left
behind."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from diwan_lab.kept_network import NothingKept, open_kept
from diwan_lab.timeline import Moment, Story, stories


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.argument("asked", metavar="RECORD")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def explain(folder: Path, asked: str, as_json: bool) -> None:
    """Say what became of a record at every node of a kept network, moment by moment, with the faults between.

    DIR is the folder that a failed run named, or the one given with --keep. RECORD is a record's id, a change as
    EPOCH:NUMBER, the name of a picture (SHA-256, twelve digits will do), or the mark of a save.

    Exit code 1: no node knows it; 2: nothing is kept in DIR."""
    try:
        network = open_kept(folder)
    except NothingKept as error:
        click.echo(f"Diwan: {error}", err=True)
        sys.exit(2)
    found = stories(network, asked)
    if not found:
        click.echo(
            f"Diwan: no node in {folder} knows {asked}: name a record's id, EPOCH:NUMBER, a picture or a mark", err=True
        )
        sys.exit(1)
    if as_json:
        click.echo(json.dumps({"asked": asked, "found": [story.as_json() for story in found]}, ensure_ascii=False))
        return
    for story in found:
        for line in told(story):
            click.echo(line)


def told(story: Story) -> Iterator[str]:
    """A story in lines: differences, values, where each change stands, pictures, the timeline."""
    yield f"{story.type} {story.record}"
    yield ""
    if story.different:
        yield "NODES DIFFER"
        yield from (f"  {words}" for words in story.different)
    else:
        yield f"All nodes agree ({', '.join(story.values)})."
    yield ""
    held = {json.dumps(values, sort_keys=True): name for name, values in story.values.items() if values is not None}
    yield "Values in force"
    for name, values in story.values.items():
        if values is not None and held[json.dumps(values, sort_keys=True)] == name:
            yield f"  at {_who(story, name)}:"
            yield from (f"    {key}: {json.dumps(value, ensure_ascii=False)}" for key, value in sorted(values.items()))
    yield ""
    yield "Changes, and where each stands at the end"
    for one in story.changes:
        number = "not numbered in the scope" if one.number is None else f"number {one.number} in the scope"
        yield f"  {one.name} by {one.writer}, {one.type} {one.record if one.record != story.record else ''}".rstrip()
        yield f"    {number}"
        yield from (f"    {node}: {words}" for node, words in one.at.items())
    if story.pictures:
        yield ""
        yield "Pictures"
        for picture in story.pictures:
            yield f"  {picture.name}"
            yield from (f"    {node}: {words}" for node, words in picture.at.items())
    yield from ("", *story.sticks) if story.sticks else ()
    yield ""
    yield "Timeline" + (" (seconds of the run)" if story.started is not None else " (no diary: no times of the run)")
    yield from (f"  {_when(story, one)}  {one.node:8}  {one.words}" for one in story.moments)
    yield ""


def _who(story: Story, first: str) -> str:
    same = [name for name, values in story.values.items() if values == story.values[first]]
    return ", ".join(same)


def _when(story: Story, moment: Moment) -> str:
    second = story.second(moment)
    return " " * 9 if second is None else f"{second:9.1f}"
