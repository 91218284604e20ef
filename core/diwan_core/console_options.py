"""The options of `init` that say how a console is reached, the same for posts and the centre."""

from __future__ import annotations

from typing import Final

import click

TLS_PORT: Final = 8443
PLAIN_PORT: Final = 8080

tls_option = click.option(
    "--tls/--no-tls",
    default=None,
    help="Whether the console speaks TLS; by default it does, unless a trusted proxy stands before it.",
)

web_name_option = click.option(
    "--web-name",
    "web_names",
    multiple=True,
    help="Name or address under which the console is reached; by default those that the machine has.",
)


def tls_setting(tls: bool | None) -> str:
    """The option as `node.toml` holds it."""
    return "auto" if tls is None else "on" if tls else "off"


def default_port(tls: bool | None) -> int:
    """The port of a console for which none was given."""
    return PLAIN_PORT if tls is False else TLS_PORT
