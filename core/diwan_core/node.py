"""The data folder of a node and its `node.toml`: the identity of the node and the addresses of itself and its centre.

Nothing in `node.toml` is secret; the keys are in `DIR/keys/` and belong to the trust room.
"""

import dataclasses
import json
import os
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

import msgspec

from diwan_core.console_names import given_names
from diwan_core.proxies import BadProxy, TrustedProxies
from diwan_core.trust.errors import BadName
from diwan_core.trust.files import make_private_folder, write_private
from diwan_core.trust.names import check_id, check_label, mint_id

__all__ = [
    "AlreadyANode",
    "FolderNotUsable",
    "NodeConfig",
    "NodeError",
    "NotANode",
    "Role",
    "WrongRole",
    "create",
    "load",
    "mint_id",
    "require",
    "save",
]

Role = Literal["post", "central"]
_CALLED: dict[Role, str] = {"post": "post", "central": "centre"}

FILE = "node.toml"
_MAX_BYTES = 64 * 1024
_TEXTS = (
    "office", "web_host", "broker_host", "broker_listen", "broker_folder", "central_url", "mirror", "trusted_proxies",
)  # fmt: skip
_LONGEST = 300  # a host name has at most 253 characters, RFC 1035 §2.3.4


class NodeError(Exception):
    """Base of the errors of this module; the text tells a person what to do."""


class NotANode(NodeError):
    """The folder holds no node, or a `node.toml` that cannot be understood."""


class AlreadyANode(NodeError):
    """The folder holds a node already."""


class FolderNotUsable(NodeError):
    """The folder cannot be made, read or written."""


class WrongRole(NodeError):
    """A command for a post was given the centre's folder, or the other way round."""


@dataclass(frozen=True)
class NodeConfig:
    """The content of `node.toml`. Ports are 0 and texts empty where not known yet (a post before its enrolment)."""

    role: Role
    id: str
    label: str
    office: str = ""
    """Customs office, UN/LOCODE or national code: the default of the case form."""
    web_host: str = "127.0.0.1"
    web_port: int = 0
    broker_host: str = ""
    broker_port: int = 0
    central_id: str = ""
    """Node id of the centre this post is enrolled at; the centre's own id at the centre."""
    central_url: str = ""
    """Where the post sends its enrolment and, later, renewals."""
    broker_listen: str = ""
    """Address the centre's broker listens on; empty: `broker_host`, which on an installed machine is a public name."""
    broker_folder: str = ""
    """Where the centre keeps its broker's files when the broker runs as a user of its own, who may read that folder by
    its group; empty: inside the data folder, for a broker of the same user."""
    mirror: str = ""
    """Where the stick appears that stays in this post and mirrors what the centre does not hold safe; empty: none."""
    trusted_proxies: str = ""
    """Reverse proxies before the console whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed: addresses and
    networks, separated by commas, and `unix` for a Unix socket; empty: none."""
    web_tls: str = "auto"
    """Whether the console speaks TLS: `on`, `off`, or `auto`, which is on unless a trusted proxy on this machine stands
    before it and speaks TLS for it."""
    web_names: str = ""
    """Names and addresses under which the console is reached, separated by commas, for its certificate; empty: those
    that the machine has."""

    @property
    def speaks_tls(self) -> bool:
        """Whether the console itself speaks TLS."""
        if self.web_tls != "auto":
            return self.web_tls == "on"
        local = self.web_host in ("127.0.0.1", "::1", "localhost")
        return not self.web_host.startswith("unix:") and not (local and self.trusted_proxies)

    @property
    def enrolled(self) -> bool:
        return bool(self.central_id and self.broker_host and self.broker_port)


def create(folder: Path, config: NodeConfig) -> NodeConfig:
    """Make `folder` a node: create it (0700) and write `node.toml`.

    Raises AlreadyANode, FolderNotUsable, and NodeError when a value is wrong.
    """
    _check(config)
    if folder.exists() and not folder.is_dir():
        raise FolderNotUsable(f"{folder} is a file. Give the name of a folder with --dir.")
    if (folder / FILE).exists():
        raise AlreadyANode(f"{folder} is a node already. Choose another folder, or start it with `run`.")
    _write(folder, config, replace=False)
    return config


def load(folder: Path, *, role: Role | None = None) -> NodeConfig:
    """Read `node.toml`; with `role`, refuse a folder of the other role. Raises NotANode, FolderNotUsable, WrongRole."""
    path = folder / FILE
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotANode(
            f"{folder} is not a node's folder. Make it one with `diwan post init --dir {folder}` "
            f"or `diwan central init --dir {folder}`."
        ) from error
    except OSError as error:
        raise FolderNotUsable(
            f"{path} cannot be read ({error.strerror}). Run as the user who owns {folder}."
        ) from error
    config = _parse(content, path)
    return config if role is None else require(config, role, folder)


def save(folder: Path, config: NodeConfig) -> None:
    """Replace `node.toml` of an existing node. The id and the role never change. Raises like `load`."""
    _check(config)
    before = load(folder)
    if (before.id, before.role) != (config.id, config.role):
        raise NodeError(f"{folder} is {before.role} {before.id}: id and role of a node never change. Use a new folder.")
    _write(folder, config, replace=True)


def require(config: NodeConfig, role: Role, folder: Path) -> NodeConfig:
    """The config itself when the node has this role, else WrongRole."""
    if config.role != role:
        raise WrongRole(
            f"{folder} is a {_CALLED[config.role]} ({config.label}), but this command is for a {_CALLED[role]}. "
            f"Give the {_CALLED[role]}'s folder with --dir, or use `diwan {config.role} …`."
        )
    return config


def _check(config: NodeConfig) -> None:
    try:
        check_id(config.id)
        check_label(config.label)
        for name in _TEXTS:
            if value := getattr(config, name):
                check_label(value, name, longest=_LONGEST)
        TrustedProxies.parse(config.trusted_proxies)
        given_names(config.web_names)
        if config.central_id:
            check_id(config.central_id)
    except (BadName, BadProxy) as error:
        raise NodeError(str(error)) from error
    if config.role not in get_args(Role):
        raise NodeError(f"The role must be post or central, not {config.role!r}.")
    if config.web_tls not in ("auto", "on", "off"):
        raise NodeError(f"web_tls must be auto, on or off, not {config.web_tls!r}.")
    for port in (config.web_port, config.broker_port):
        if not 0 <= port <= 65535:
            raise NodeError(f"{port} is not a port number: use 1 to 65535, or 0 for any free port.")


def _parse(content: bytes, path: Path) -> NodeConfig:
    if len(content) > _MAX_BYTES:
        raise NotANode(f"{path} is too long to be a node's file. Restore it from its disk or set the node up again.")
    try:
        return _understand(content)
    except (ValueError, RecursionError, msgspec.ValidationError, NodeError) as error:
        raise NotANode(f"{path} cannot be understood: {error}. Correct that line, or set the node up again.") from error


@lru_cache(maxsize=8)
def _understand(content: bytes) -> NodeConfig:
    config = msgspec.convert(tomllib.loads(content.decode("utf-8")), NodeConfig, strict=True)
    _check(config)
    return config


def _write(folder: Path, config: NodeConfig, *, replace: bool) -> None:
    lines = ["# Who this node is. Nothing here is secret. Written by `diwan`; the id and the role never change."]
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        # A JSON string is a TOML basic string once control characters are excluded, which _check has done.
        lines.append(f"{field.name} = {json.dumps(value, ensure_ascii=False)}")
    try:
        make_private_folder(folder)
        write_private(folder / FILE, ("\n".join(lines) + "\n").encode("utf-8"), replace=replace)
    except FileExistsError as error:
        raise AlreadyANode(f"{folder} is a node already. Choose another folder, or start it with `run`.") from error
    except OSError as error:
        reason = error.strerror or os.strerror(error.errno or 0)
        raise FolderNotUsable(
            f"{folder} cannot be written ({reason}). Choose a folder you own with --dir, or free some disk space."
        ) from error
