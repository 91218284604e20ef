"""The command `diwan scenario`: a network of real processes with people at work, and a seeded plan of faults.

In the end everything heals, the network comes to rest, and `verdict` says what became of what people were told. A run
that failed keeps its folder, and `diwan scenario explain` says what became of one record in it.
"""

import json
import re
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import Final

import click

from diwan_lab.cluster import MosquittoMissing
from diwan_lab.command import CommandFailed
from diwan_lab.explain import explain
from diwan_lab.plan import NAMED
from diwan_lab.ports import PortInUse
from diwan_lab.process import ProcessFailed
from diwan_lab.scenario_run import Outcome, Scenario

_RECORD: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class ByName(click.Group):
    """A group of commands in which the name of a scenario alone means that it is to be run."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `run` before everything that is not a command of the group and does not ask for help."""
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(cls=ByName)
def scenario() -> None:
    """Break a network of real processes while people work in it, and say what became of what they were told.

    `diwan scenario NAME` is `diwan scenario run NAME`."""


scenario.add_command(explain)


@scenario.command()
@click.argument("name", type=click.Choice([*NAMED, "list"]), default="random")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same plan.")
@click.option("--faults", type=click.IntRange(0, 100_000), default=20, show_default=True, help="How many faults.")
@click.option("--posts", type=click.IntRange(2, 20), default=3, show_default=True, help="How many posts.")
@click.option("--every", type=click.FloatRange(0.1, 60), default=1.5, show_default=True, help="Seconds between faults.")
@click.option("--soak", type=click.FloatRange(0), default=0, metavar="MINUTES", help="Plan after plan, so long.")
@click.option("--keep", type=click.Path(path_type=Path), help="Work in this folder, and keep it in any case.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object, the last line.")
def run(
    name: str, seed: int, faults: int, posts: int, every: float, soak: float, keep: Path | None, as_json: bool
) -> None:
    """Break a network of real processes while people work in it, and see whether anything is lost.

    NAME says what goes wrong: random draws from all kinds that list shows for it, and list names the others. Exit code
    0 only if nothing that a person was told is saved is lost, doubled, or different anywhere. The folder of a run that
    fails is kept."""
    if name == "list":
        for one, kinds in NAMED.items():
            click.echo(f"{one:18} {', '.join(dict.fromkeys(kinds))}")
        return
    signal.signal(signal.SIGTERM, _as_ctrl_c)
    folder = Path(tempfile.mkdtemp(prefix="diwan-scenario-")) if keep is None else keep.absolute()
    failed = True
    try:
        outcome = Scenario(folder, name, seed, faults, posts, every, soak * 60).run()
        failed = not outcome.good
    except KeyboardInterrupt:
        failed = False
        click.echo("\nDiwan: ended.", err=True)
        sys.exit(130)
    except (PortInUse, MosquittoMissing) as error:
        failed = False  # nothing has begun
        click.echo(f"Diwan: {error}", err=True)
        sys.exit(1)
    except (CommandFailed, ProcessFailed) as error:
        click.echo(f"Diwan: {error}", err=True)
        click.echo(f"Diwan: databases and logs are kept in {folder}", err=True)
        sys.exit(1)
    finally:
        if keep is None and not failed:
            shutil.rmtree(folder, ignore_errors=True)
    for words in outcome.verdict.words:
        click.echo(f"Diwan: {words}", err=True)
    if failed:
        again = f"--faults {faults} --posts {posts} --every {every:g}"
        for line in what_to_do(outcome, folder, name, seed, f"{again} --soak {soak:g}" if soak else again, again):
            click.echo(f"Diwan: {line}", err=True)
    if as_json:
        click.echo(json.dumps({**outcome.as_json(), "kept": str(folder) if failed or keep else None}))
    else:
        click.echo("Diwan: " + ", ".join(f"{key} {_plain(value)}" for key, value in outcome.as_json().items()))
    sys.exit(0 if outcome.good else 1)


def what_to_do(outcome: Outcome, folder: Path, name: str, seed: int, whole: str, alone: str) -> list[str]:
    """What a person who sees a run fail needs to know: which plan it was, how to repeat it, and where to look.
    `whole` and `alone` are the options of the run and of one plan alone."""
    plan = outcome.plan
    lines = [f"FAILED in plan {plan.number} (seed {plan.seed}); this plan again, in a new network:"]
    lines.append(f"    ./diwan scenario {name} --seed {plan.seed} {alone}")
    if plan.number > 1:
        lines.append(
            f"the {plan.number - 1} plans before it were carried out on the same network, and what they left behind may"
            " be part of the cause; from the first one on:"
        )
        lines.append(f"    ./diwan scenario {name} --seed {seed} {whole}")
    lines.append(f"databases, logs and diary are kept in {folder}")
    records = list(dict.fromkeys(_RECORD.findall("\n".join(outcome.verdict.words))))
    for record in records[:3] or ["RECORD"]:
        lines.append(f"    ./diwan scenario explain {folder} {record}")
    return lines


def _as_ctrl_c(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name} {part}" for name, part in value.items())
    return ("no", "yes")[value] if isinstance(value, bool) else str(value or 0)
