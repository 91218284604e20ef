"""Write the pages, or with --check say which are stale."""

import sys
from pathlib import Path
from typing import Final

from diwan_core.reference import commands, export_maps, privacy, roles, settings

FOLDER: Final = Path(__file__).parents[3] / "docs/reference"
PAGES: Final = {
    "commands.md": commands.page,
    "settings.md": settings.page,
    "export-maps.md": export_maps.page,
    "../security/roles.md": roles.page,
    "../privacy.md": privacy.page,
}


def stale() -> list[str]:
    """Pages that say something else than the code."""
    return [name for name, page in PAGES.items() if not is_fresh(FOLDER / name, page())]


def is_fresh(path: Path, text: str) -> bool:
    """Whether the file holds this text."""
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(f"stale: {', '.join(stale())}" if stale() else 0)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")
