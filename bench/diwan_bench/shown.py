"""The table that a person reads: each figure with its target, the floor, the best peer and the run's own limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from diwan_bench.exchange import Figures


@dataclass(frozen=True)
class Goal:
    """A figure with what is asked of it. `more` says whether more is better; `peer` and `limit` are from the peers'
    table (docs/benchmarks.md), measured on a like machine."""

    key: str
    label: str
    target: float
    floor: float
    peer: str
    limit: str
    more: bool = False

    def verdict(self, value: float) -> str:
        """Whether it meets the target, only the floor, or neither."""
        met = [value >= asked if self.more else value <= asked for asked in (self.target, self.floor)]
        return "target met" if met[0] else "floor met" if met[1] else "MISSED"


GOALS: Final = (
    Goal("bulk_changes_per_second", "bulk, rows/s", 10_000, 6_500, "6,341", "31,003", more=True),
    Goal("live_p50_ms", "one by one, p50 ms", 4, 8, "1.5 (loses data), 3.6", "-"),
    Goal("live_p99_ms", "one by one, p99 ms", 12, 30, "5.0 (loses data), 25", "-"),
    Goal("wire_bytes_bulk", "bulk, IP bytes/row", 340, 378, "378", "280"),
    Goal("wire_bytes_alone", "alone, IP bytes/row", 1_000, 1_200, "1,220", "321"),
    Goal("post_rss_mb", "post resident, MB", 140, 160, "119-302", "-"),
)

ALSO: Final = (
    "save_p50_ms", "save_p99_ms", "live_max_ms", "wire_packets_alone", "post_web_rss_mb", "post_agent_rss_mb",
)  # fmt: skip


def table(figures: Figures, rows: int, live: int, runs: int) -> str:
    """The figures of a benchmark, as lines of text."""
    lines = [
        f"median of {runs}: {rows:,} rows in bulk, {live:,} one by one; both ends synchronous=FULL",
        f"{'':22}{'target':>9}{'floor':>9}{'measured':>11}  {'':12}{'best peer':24}{'limit':8}",
    ]
    for goal in GOALS:
        value = figures[goal.key]
        shown = f"{value:,.1f}" if value < 100 else f"{value:,.0f}"
        lines.append(
            f"{goal.label:22}{goal.target:>9,}{goal.floor:>9,}{shown:>11}  {goal.verdict(value):12}"
            f"{goal.peer:24}{goal.limit:8}"
        )
    limit = figures["sqlite_rows_per_second"]
    lines.append(f"bare SQLite + FTS5 in the same runs: {limit:,.0f} rows/s; as shares of it:")
    for key, label in (
        ("bulk_changes_per_second", "bulk, committed at the edge to committed at the centre"),
        ("import_rows_per_second", "import alone, no line"),
        ("drain_changes_per_second", "backlog, line up to the centre's last commit"),
    ):
        lines.append(f"  {label:56}{figures[key]:>9,.0f} rows/s{figures[key] / limit:>8.0%}")
    cpu = {key.removeprefix("cpu_us_"): value for key, value in figures.items() if key.startswith("cpu_us_")}
    lines.append(
        f"processor time per row in bulk: {sum(cpu.values()):.0f} us ("
        + ", ".join(f"{name} {value:.0f}" for name, value in cpu.items())
        + ")"
    )
    lines.append("also: " + ", ".join(f"{name} {figures[name]:,.1f}" for name in ALSO))
    return "\n".join(lines)
