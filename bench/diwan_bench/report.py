"""Writes the page of figures from the kept results: tables between markers of docs/benchmarks.md, and plots beside
it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from diwan_bench.asked import ASKED
from diwan_bench.plots import Bar, Curve, bars, curves
from diwan_bench.results import KEPT, Result

PAGE: Final = KEPT.parent / "benchmarks.md"
_BLOCK: Final = re.compile(r"(<!-- figures: ([a-z]+) -->\n).*?(<!-- end -->)", re.DOTALL)

# The peers' table (docs/benchmarks.md, "Peers"): records a second in bulk, seconds over the thin line.
PEERS: Final[Mapping[str, tuple[float, float]]] = {
    "PostgreSQL 15 logical": (6_341, 75),
    "Mosquitto bridge, QoS 1": (6_030, 87),
    "PouchDB over HTTP": (4_422, 119),
    "Morango 0.8": (270, 60),
}

Results = Mapping[str, Result]


class NoSuchResult(Exception):
    """The page asks for the figures of a benchmark that is not kept."""


def rendered(page: str, results: Results) -> str:
    """The page with its tables made anew. Raises NoSuchResult."""

    def block(found: re.Match[str]) -> str:
        name = found[2]
        if name not in results:
            raise NoSuchResult(f"docs/benchmarks/{name}.json is missing: ./diwan bench report --run --only {name}")
        return f"{found[1]}{_table(results[name])}{found[3]}"

    return _BLOCK.sub(block, page)


def drawings(results: Results) -> dict[str, str]:
    """The plots by file name, of the results there are."""
    drawn: dict[str, str] = {}
    if (exchange := results.get("exchange")) is not None:
        ours = Bar("Diwan", exchange.figures["bulk_changes_per_second"])
        peers = [Bar(name, bulk, ours=False) for name, (bulk, _) in PEERS.items()]
        drawn["bulk.svg"] = bars("Bulk: committed at the edge to committed at the centre", "records/s", [ours, *peers])
    if (line := results.get("line")) is not None:
        ours = Bar("Diwan", line.figures["line_s"])
        peers = [Bar(name, seconds, ours=False) for name, (_, seconds) in PEERS.items()]
        title = "2,000 records over 256 kbit/s, 600 ms, 2 % loss"
        drawn["line.svg"] = bars(title, "seconds", [ours, *peers], asked=27)
    if (backlog := results.get("backlog")) is not None and backlog.series:
        dots = Curve("a save of the live post", backlog.series["live_ms"])
        title = f"While {backlog.figures['rows']:,.0f} rows of another post are admitted"
        drawn["backlog.svg"] = curves(
            title, "s since its line is up", "ms from a save's commit to the centre's", [dots], 250
        )
    if (reconnect := results.get("reconnect")) is not None and reconnect.series:
        posts = [
            Curve("sessions that stand", reconnect.series["back"], steps=True, ours=False),
            Curve("posts with all receipts", reconnect.series["receipted"], steps=True),
        ]
        title = f"{reconnect.figures['posts']:,.0f} posts after an outage of the centre"
        drawn["reconnect.svg"] = curves(title, "s since the centre is back", "posts", posts)
        dots = Curve("a save of the live post", reconnect.series["live_ms"])
        title = "The live post meanwhile"
        drawn["reconnect-live.svg"] = curves(
            title, "s since the centre is back", "ms from a save to its receipt", [dots], 2_000
        )
    if (web := results.get("web")) is not None:
        pages = [Bar(str(row["page"]), float(row["p95 ms"])) for row in web.rows]
        title = f"Pages of a console with {web.figures['cases']:,.0f} cases, p95"
        drawn["web.svg"] = bars(title, "ms", pages, asked=200)
    return drawn


def write(results: Results, page: Path = PAGE, folder: Path = KEPT) -> list[Path]:
    """Draw the page and its plots; what was changed. Raises NoSuchResult, OSError."""
    made = {page: rendered(page.read_text(encoding="utf-8"), results)}
    made |= {folder / name: svg for name, svg in drawings(results).items()}
    changed = [path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in changed:
        path.write_text(made[path], encoding="utf-8")
    return changed


def _table(result: Result) -> str:
    load = " to ".join(f"{value:.1f}" for value in result.load)
    said = f"`{result.how}`, {result.date}, {result.machine}; load {load}."
    lines = [f"{said} {result.note}".rstrip(), ""]
    if result.rows:
        names = list(result.rows[0])
        lines += [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
        lines += [f"| {' | '.join(_cell(row[name]) for name in names)} |" for row in result.rows]
        return "\n".join(lines) + "\n"
    asked = [line for line in ASKED[result.name] if line.key in result.figures]
    has_floor = any(line.floor is not None for line in asked)
    lines += [
        "| | target |" + (" floor |" if has_floor else "") + " measured | |",
        "|---|---|---|---|" + "---|" * has_floor,
    ]
    for line in asked:
        value = result.figures[line.key]
        cells = [line.label, line.bound(line.target), *([line.bound(line.floor)] if has_floor else [])]
        lines.append(f"| {' | '.join([*cells, line.shown(value), line.verdict(value)])} |")
    return "\n".join(lines) + "\n"


def _cell(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:,.{0 if value >= 100 else 1}f}"
