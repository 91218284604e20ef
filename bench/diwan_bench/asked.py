"""The target of each figure, and how the page shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Asked:
    """One line of a benchmark's table. `target` is what is wanted, `floor` what is required; None where there is
    none."""

    key: str
    label: str
    target: float | None = None
    floor: float | None = None
    more: bool = False
    digits: int = 0

    def shown(self, value: float | None) -> str:
        """A value with this figure's digits."""
        return "" if value is None else f"{value:,.{self.digits}f}"

    def bound(self, value: float | None) -> str:
        """A target or floor with its direction."""
        if value is None or value == 0:
            return "" if value is None else "none"
        return f"{'≥' if self.more else '≤'} {value:,.{_digits(value)}f}"

    def verdict(self, value: float) -> str:
        """Whether it is met."""
        if self.target is None:
            return ""
        if self._is_met(self.target, value):
            return "target met"
        if self.floor is not None and self._is_met(self.floor, value):
            return "floor met"
        asked = self.target if self.floor is None else self.floor
        return f"missed by {abs(value - asked) / asked:.0%}" if asked else "missed"

    def _is_met(self, asked: float, value: float) -> bool:
        return value >= asked if self.more else value <= asked


def _digits(value: float) -> int:
    return next(digits for digits in (0, 1, 2) if digits == 2 or round(value, digits) == value)


ASKED: Final[Mapping[str, Sequence[Asked]]] = {
    "exchange": (
        Asked("bulk_changes_per_second", "bulk, rows/s", 10_000, 6_500, more=True),
        Asked("live_p50_ms", "one by one, p50 ms", 4, 8, digits=1),
        Asked("live_p99_ms", "one by one, p99 ms", 12, 30, digits=1),
        Asked("wire_bytes_bulk", "IP bytes a record, bulk", 340, 378),
        Asked("wire_bytes_alone", "IP bytes a record, alone", 1_000, 1_200),
        Asked("post_rss_mb", "post's console and agent, MB", 140, 160),
        Asked("post_web_rss_mb", "of these the console", digits=1),
        Asked("post_agent_rss_mb", "of these the agent", digits=1),
        Asked("import_rows_per_second", "import alone, rows/s", more=True),
        Asked("drain_changes_per_second", "backlog drained, rows/s", more=True),
        Asked("sqlite_rows_per_second", "bare SQLite + FTS5, rows/s", more=True),
        Asked("cpu_us_import", "processor time a row in bulk, µs: import"),
        Asked("cpu_us_ingest", "ingest"),
        Asked("cpu_us_agent", "agent"),
        Asked("cpu_us_relay", "relay"),
        Asked("cpu_us_broker", "broker"),
    ),
    "line": (
        Asked("line_s", "2,000 rows, s, median", 27, digits=1),
        Asked("worst_s", "worst of the runs, s", digits=1),
    ),
    "backlog": (
        Asked("rows", "rows of backlog"),
        Asked("admitted_per_second", "admitted, rows/s", 6_500, more=True),
        Asked("live_p99_ms", "live post meanwhile, p99 ms", 250),
        Asked("live_p50_ms", "its median, ms"),
        Asked("live_saves", "its saves"),
        Asked("ingest_rss_mb", "ingest, MB"),
        Asked("cpu_us_centre_ingest", "processor time a row, µs: ingest"),
        Asked("cpu_us_centre_relay", "relay"),
        Asked("cpu_us_post_agent", "the agent that sends"),
        Asked("cpu_us_live_agent", "the agent that reads"),
    ),
    "reconnect": (
        Asked("posts", "posts that come back"),
        Asked("missing", "rows missing at the centre", 0),
        Asked("live_p99_ms", "live post meanwhile, save to receipt, p99 ms", 2_000),
        Asked("live_p50_ms", "its median, ms"),
        Asked("ingest_rss_mb", "ingest, most it held, MB", 300),
        Asked("back_last_s", "the last session stands after, s"),
        Asked("receipted_s", "the last receipt after, s"),
        Asked("level_s", "all posts hold what all reported after, s"),
        Asked("rows", "rows sent"),
        Asked("relay_rss_mb", "relay, MB"),
        Asked("broker_rss_mb", "broker, MB"),
    ),
    "backup": (
        Asked("time_ratio", "first backup, from snapshot to the end of borg, in times of plain borg", 1.15, digits=2),
        Asked("ours_s", "seconds of ours", digits=1),
        Asked("plain_s", "seconds of plain borg", digits=1),
        Asked("size_ratio", "repository, in times of plain borg's", 1.05, digits=2),
        Asked("day_s", "a day later (200 cases, 100 pictures), s", 20, digits=1),
        Asked("day_repository_mb", "what that day adds to the repository, MB", digits=1),
        Asked("verify_ratio", "reading back, in times of reading the archive once", 1.3, digits=2),
        Asked("verify_s", "seconds of reading back", digits=1),
        Asked("save_p99_rise_ms", "rise of a save's p99 while a backup is made, ms", 50, digits=1),
        Asked("save_p99_backup_ms", "that p99, ms", digits=1),
        Asked("restore_rows_s", "from disk and paper to records people can work with, s", 300, digits=1),
        Asked("restore_all_s", "to the last picture, s", digits=1),
        Asked("bytes", "bytes of the centre"),
    ),
    "wear": (
        Asked("post_whole_bytes", "post, a case with the picture sent whole, bytes", 1_564_000),
        Asked("post_pieces_bytes", "post, sent in pieces", 1_564_000),
        Asked("centre_whole_bytes", "centre, once it has the former", 1_564_000),
        Asked("centre_pieces_bytes", "centre, once it has the latter", 1_564_000),
        Asked("post_none_bytes", "post, a case without a picture"),
        Asked("centre_none_bytes", "centre, the same"),
        Asked("picture_bytes", "the picture"),
        Asked("cases", "cases of each manner"),
    ),
    "idle": (
        Asked("post_cpu_percent", "post, % of a core", 0.5, digits=3),
        Asked("agent_cpu_percent", "of this the agent", digits=3),
        Asked("web_cpu_percent", "of this the console", digits=3),
        Asked("wire_bytes_per_hour", "bytes an hour", 30_000),
        Asked("minutes", "minutes measured"),
    ),
}
