"""Series of runs that were carried out.

`./diwan simulate … --json | python -m tests.simulation.recorded` adds one, with the
commit that is checked out, and writes the table of all of them anew."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final

PAGE: Final = Path(__file__).parents[2] / "docs" / "explanation" / "simulation.md"
SERIES: Final = PAGE.with_name("simulation-runs.json")
KEPT: Final = ("commit", "seed", "runs", "steps", "enough", "posts", "faults", "acknowledged", "bad", "kinds", "scopes")
DEATHS: Final = ("kill", "crash", "death", "statement", "power", "cut")
POWER_CUTS: Final = ("power", "cut")
_TABLE: Final = re.compile(r"(<!-- recorded -->\n).*?(<!-- end of recorded -->\n)", re.DOTALL)


def read() -> list[dict[str, Any]]:
    """All series."""
    found: list[dict[str, Any]] = json.loads(SERIES.read_text(encoding="utf-8"))
    return found


def table(series: list[dict[str, Any]]) -> str:
    """What happened in all of them together."""
    kinds: Counter[str] = Counter()
    for one in series:
        kinds.update(one["kinds"])
    sums = [
        ("countries", sum(one["runs"] for one in series)),
        ("saves that were acknowledged", sum(one["acknowledged"] for one in series)),
        ("faults", kinds.total()),
        ("of them deaths of machines", sum(kinds[kind] for kind in DEATHS)),
        ("of those by power cuts", sum(kinds[kind] for kind in POWER_CUTS)),
        ("databases put back", kinds["put-back"] + kinds["centre-back"]),
        ("cards copied", kinds["clone"]),
        ("countries in which something was wrong", sum(one["bad"] for one in series)),
    ]
    rows = [f"| {name} | {count:,} |" for name, count in sums]
    each = ", ".join(f"{kind} {count:,}" for kind, count in sorted(kinds.items()))
    return "\n".join(["| all series | |", "|---|---:|", *rows, "", f"Faults by kind: {each}.", ""])


def with_table(page: str, series: list[dict[str, Any]]) -> str:
    """The page with the table of these series."""
    return _TABLE.sub(lambda found: found[1] + table(series) + found[2], page)


def main() -> None:
    """Add what is read from standard input, if anything is, and write the table."""
    series = read()
    if said := sys.stdin.read().strip():
        argv = ["git", "rev-parse", "--short=8", "HEAD"]
        commit = subprocess.run(argv, cwd=PAGE.parent, capture_output=True, text=True, check=True).stdout.strip()
        one = {"commit": commit, **json.loads(said)}
        series.append({name: one[name] for name in KEPT if one.get(name) is not None})
    lines = ",\n".join(json.dumps(one) for one in series)
    SERIES.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), series), encoding="utf-8")


if __name__ == "__main__":
    main()
