"""docs/reference/settings.md: what `node.toml` says, and the environment variables that Diwan reads."""

from __future__ import annotations

import ast
import inspect
import re
from typing import Final

from diwan_core import node
from diwan_core.configure import SETTINGS

VARIABLES: Final = {
    "DIWAN_DIR": "The node's data folder, for commands that read and write data, where `--dir` is not given.",
    "DIWAN_PYTHON": "Another Python for the launcher `./diwan`, 3.11 or newer.",
    "DIWAN_LOG": "What processes log: DEBUG, INFO (default), WARNING or ERROR.",
    "DIWAN_BORG": "Another borg for the backups, as a path.",
    "DIWAN_PROVISIONING": "The folder with playbooks and roles; without it, that of the source or of the installation.",
    "DIWAN_BOX": "Vagrantfile: another box of Debian 12.",
    "DIWAN_BUNDLE": "Vagrantfile: another bundle.",
    "DIWAN_QEMU": "Vagrantfile: emulate the processor where there is no KVM.",
}
"""What an administration may set."""
FOR_TESTS: Final = {
    "DIWAN_CRASH": "A process ends at this point as at a power cut: NAME:TIMES (`core/diwan_core/crash.py`).",
    "DIWAN_CHAOS": "Messages are lost, doubled, held or altered by these chances (`exchange/carriers/chaos.py`).",
    "DIWAN_TAP": "Every message that goes out is written into this file.",
    "DIWAN_FORGED": "Messages put into this folder are received as if the broker had sent them.",
    "DIWAN_TRACE": "The ingest writes into this file when it committed what.",
    "DIWAN_CLOCK_OFFSET_S": "The clock of a process is wrong by so many seconds.",
    "DIWAN_BOOT_ID": "Which start of the machine this is; another value stands for a restart.",
    "DIWAN_DICTIONARY_VERSION": "The newest dictionary that a process may use: an older post.",
    "DIWAN_FAILED_CHECKS": "Checks that a test run says have failed before it.",
    "DIWAN_FONTS": "Set for a limited process, which prints, by whoever starts it.",
    "DIWAN_PARENT": "Set for processes of a node by whoever starts them: they end with it.",
}
"""What tests set, and what processes set for those they start. Not for use."""

INTRODUCTION: Final = """\
# Settings

## node.toml

In the folder of each node. `diwan central configure` and `diwan post configure` change the settings marked *yes*; the
others belong to the node's making. On installed machines the inventory sets them: a change by hand is undone by the
next run of the playbooks.

| setting | kind | default | may be changed | what it is |
|---|---|---|---|---|
"""
WORDS: Final = {
    "role": "`central` or `post`.",
    "id": "The node's id: 13 letters and digits, made with it, for ever.",
    "label": "What people call this place.",
    "web_host": "Address on which the console listens; `unix:PATH` for a socket behind a proxy.",
    "web_port": "Port of the console.",
    "broker_host": "Name or address at which posts reach the broker.",
    "broker_port": "Port of the broker.",
}
"""Settings that say nothing of themselves beside their declaration."""


def page() -> str:
    """The page as Markdown."""
    told = {**WORDS, **_docstrings()}
    lines = [INTRODUCTION.rstrip("\n")]
    for name, field in node.NodeConfig.__dataclass_fields__.items():
        default = "" if field.default in ("", 0) or not isinstance(field.default, str | int) else f"`{field.default}`"
        kind = field.type if isinstance(field.type, str) else getattr(field.type, "__name__", str(field.type))
        changed = "yes" if name in SETTINGS else ""
        lines.append(f"| `{name}` | {kind.replace('Role', 'str')} | {default} | {changed} | {told[name]} |")
    lines += ["", "## Environment variables", "", "| variable | what it does |", "|---|---|"]
    lines += [f"| `{name}` | {text} |" for name, text in VARIABLES.items()]
    lines += [
        "",
        "Of tests, and between processes of Diwan; not for use:",
        "",
        "| variable | what it does |",
        "|---|---|",
    ]
    lines += [f"| `{name}` | {text} |" for name, text in FOR_TESTS.items()]
    return "\n".join([*lines, "", "Written from the code by `python -m diwan_core.reference`.", ""])


def _docstrings() -> dict[str, str]:
    """What stands in the source under each field of `NodeConfig`."""
    (declared,) = ast.parse(inspect.getsource(node.NodeConfig)).body
    assert isinstance(declared, ast.ClassDef)
    found = {}
    for field, text in zip(declared.body, declared.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
            found[field.target.id] = re.sub(r"\s+", " ", str(ast.literal_eval(text.value)))
    return found
