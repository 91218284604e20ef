"""The command `configure` of a node, with which provisioning changes `node.toml` on each run."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Final, get_type_hints

import click

from diwan_core.console_line import folder_option, json_option, plain_errors, say

SETTINGS: Final = (
    "label", "office", "web_host", "web_port", "broker_host", "broker_port", "broker_listen", "broker_folder",
    "central_url", "mirror", "trusted_proxies", "web_tls", "web_names",
)  # fmt: skip
"""What may be changed: everything but the node's identity and its centre's."""


def configure_command(role: str) -> click.Command:
    """`diwan post configure` or `diwan central configure`."""

    @click.command()
    @folder_option
    @click.argument("settings", nargs=-1, required=True, metavar="NAME=VALUE...")
    @json_option
    @plain_errors
    def configure(folder: Path, settings: tuple[str, ...], as_json: bool) -> None:
        """Set values of node.toml, such as web_port=8443, and say whether anything changed. Services take them at their
        next start."""
        from diwan_core import node

        before = node.load(folder, role="central" if role == "central" else "post")
        after = dataclasses.replace(before, **_read(settings))
        changed = after != before
        if changed:
            node.save(folder, after)
        say(as_json, f"{folder} {'was changed' if changed else 'was so already'}", changed=changed)

    return configure


def _read(settings: tuple[str, ...]) -> dict[str, Any]:
    from diwan_core.node import NodeConfig

    kinds = get_type_hints(NodeConfig)
    found: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or name not in SETTINGS:
            raise click.UsageError(f"{setting!r} is not a setting; give NAME=VALUE with one of {', '.join(SETTINGS)}")
        if kinds[name] is int:
            if not (value.isascii() and value.isdigit()):
                raise click.UsageError(f"{name} must be a number, not {value!r}")
            found[name] = int(value)
        else:
            found[name] = value
    return found
