"""The `diwan` command: a root group whose commands are brought by the installed units.

A unit names its commands in its pyproject.toml under the entry-point group `diwan.commands` (name -> `click.Command`),
so that a post, which has only core and appliance, shows only what it can do. A command's module is imported when that
command is run, never before: `diwan post status` on a Pi need not pay for the centre's imports.
"""

from importlib.metadata import EntryPoint, entry_points, version

import click

GROUP = "diwan.commands"


def installed_commands() -> dict[str, EntryPoint]:
    """Every command of every installed unit, by name."""
    return {point.name: point for point in entry_points(group=GROUP)}


class InstalledCommands(click.Group):
    """A group that looks its commands up among the installed units."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *installed_commands()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        point = installed_commands().get(cmd_name)
        if point is None:
            return super().get_command(ctx, cmd_name)
        command = point.load()
        if not isinstance(command, click.Command):
            raise TypeError(f"{point.value} is listed under {GROUP} but is not a click command")
        return command


@click.group(cls=InstalledCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("diwan-core"), prog_name="diwan")
def main() -> None:
    """Diwan, a national customs enforcement network.

    Start with `diwan demo`: a centre and three posts on this machine.
    """
