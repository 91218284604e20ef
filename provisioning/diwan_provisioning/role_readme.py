"""Writes the README of each role from its argument specs: `python -m diwan_provisioning.role_readme [--check]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

ROLES: Final = Path(__file__).parents[1] / "roles"


def readme(role: Path) -> str:
    """The README of a role as Markdown."""
    spec = yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"]["main"]
    lines = [f"# {role.name}", "", f"{spec['short_description']}.", ""]
    lines += [f"{sentence}\n" for sentence in _texts(spec.get("description"))]
    options = spec.get("options") or {}
    if options:
        lines += ["| variable | kind | default | what it is |", "|---|---|---|---|", *_rows(options), ""]
    else:
        lines += ["It has no variables.", ""]
    more = role / "NOTES.md"
    if more.exists():
        lines += [more.read_text().strip(), ""]
    return "\n".join(
        [*lines, "Written from `meta/argument_specs.yml` by `python -m diwan_provisioning.role_readme`.", ""]
    )


def _rows(options: Mapping[str, Mapping[str, Any]], inside: str = "") -> Iterator[str]:
    for name, option in options.items():
        kind = option["type"] + (f" of {option['elements']}" if "elements" in option else "")
        default = "**required**" if option.get("required") else f"`{option['default']}`" if "default" in option else ""
        text = " ".join(_texts(option["description"])).replace("|", "\\|")
        if "choices" in option:
            text += f" One of {', '.join(f'`{choice}`' for choice in option['choices'])}."
        yield f"| `{inside}{name}` | {kind} | {default} | {text} |"
        if "options" in option:
            yield from _rows(option["options"], f"{inside}{name}[].")


def _texts(given: object) -> list[str]:
    return [given] if isinstance(given, str) else [str(item) for item in given] if isinstance(given, list) else []


def stale() -> list[str]:
    """Roles whose README is not what their specs say."""
    return [role.name for role in _roles() if _read(role / "README.md") != readme(role)]


def _roles() -> list[Path]:
    return sorted(path.parents[1] for path in ROLES.glob("*/meta/argument_specs.yml"))


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def main() -> None:
    """Write the READMEs, or with --check say which are stale."""
    parser = argparse.ArgumentParser(description="Write the README of each role from its argument specs.")
    parser.add_argument("--check", action="store_true", help="only say which are stale")
    if parser.parse_args().check:
        found = stale()
        sys.exit(f"stale: {', '.join(found)}" if found else 0)
    for role in _roles():
        (role / "README.md").write_text(readme(role))


if __name__ == "__main__":
    main()
