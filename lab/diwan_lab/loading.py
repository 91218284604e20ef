"""Loads the demonstration's records: each post imports its share of the bundled samples.

Each begins with the showcase, a few invented cases of these days with pictures, so that they stand above the others.
Every post gets its own part of each sample's rows, so no row is imported twice. What is asked for beyond the samples is
invented by bench/diwan_bench/w1gen.py, in a file per post.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from diwan_lab.command import CommandFailed, program
from diwan_lab.process import Process
from diwan_lab.showcase import write_showcase

ROOT = Path(__file__).resolve().parents[2]
GENERATOR = ROOT / "bench" / "diwan_bench" / "w1gen.py"
GENERATED_MAPPING = ROOT / "bench" / "w1_mapping.toml"

SAMPLES = {"colombia": 178, "cbp": 2539, "kcs": 1283}
"""Bundled samples and their rows; not every row is a case (statistics, declarations in order)."""
BUNDLED_CASES = 1067
"""Cases in all samples together: a test imports them and counts."""

SOME_REFUSED = 3
"""Exit code of an import that brought the good rows in and wrote the others to its error file."""


@dataclass
class Job:
    """One import at a post: `rows` (first, last) of `file`, at most `limit` records."""

    post: Path
    file: str
    mapping: str
    rows: tuple[int, int] | None = None
    limit: int = 0
    pictures: int = 0
    errors: Path = Path("refused-rows.csv")
    exhausted: bool = False


@dataclass
class Loaded:
    """What the imports said: records, refused rows."""

    records: int = 0
    refused: int = 0


def deal_samples(posts: list[Path], pictures: int) -> dict[Path, list[Job]]:
    """Every post's jobs: its part of each sample, `pictures` with the first of them."""
    jobs: dict[Path, list[Job]] = {post: [] for post in posts}
    for name, rows in SAMPLES.items():
        for number, post in enumerate(posts):
            part = (rows * number // len(posts) + 1, rows * (number + 1) // len(posts))
            if part[0] <= part[1]:
                first = pictures if not jobs[post] else 0
                jobs[post].append(Job(post, f"sample:{name}", name, rows=part, pictures=first))
    return jobs


def shares(total: int, among: int) -> list[int]:
    """`total` in parts as equal as whole numbers can be."""
    return [total * (number + 1) // among - total * number // among for number in range(among)]


class Loading:
    """Imports `records` at the posts, each post's jobs one after another and the posts side by side."""

    def __init__(self, posts: list[Path], records: int, pictures: int, scratch: Path) -> None:
        self._jobs = deal_samples(posts, 0)
        for number, post in enumerate(posts, 1):
            table, mapping = write_showcase(scratch, post, number, date.today())  # noqa: DTZ011  the day on the wall here
            self._jobs[post].insert(0, Job(post, str(table), str(mapping), pictures=pictures))
        self._posts = posts
        self._wanted = records
        self._scratch = scratch
        self._running: dict[Path, tuple[Job, Process]] = {}
        self.result = Loaded()

    def run(self, between: Callable[[], None]) -> Loaded:
        """Import everything; `between` is called about ten times a second. Raises CommandFailed."""
        try:
            while (missing := self._wanted - self.result.records) > 0 and self._round(missing, between):
                pass
            if missing > 0:
                self._jobs = {job.post: [job] for job in self._generated(missing)}
                self._round(missing, between)
        finally:
            for _, process in self._running.values():
                process.stop()
        return self.result

    def _round(self, wanted: int, between: Callable[[], None]) -> bool:
        """Share `wanted` among the posts that still have rows and import; False when none has any."""
        able = [post for post in self._posts if any(not job.exhausted for job in self._jobs.get(post, []))]
        left = dict(zip(able, shares(wanted, len(able)), strict=True)) if able else {}
        while self._start_next(left) or self._running:
            between()
            for post, (job, process) in list(self._running.items()):
                if process.pid is None:
                    del self._running[post]
                    left[post] -= self._take(job, process)
        return bool(able)

    def _start_next(self, left: dict[Path, int]) -> bool:
        started = False
        for post, quota in left.items():
            job = next((job for job in self._jobs[post] if not job.exhausted), None)
            if post in self._running or job is None or quota <= 0:
                continue
            job.limit = quota
            job.errors = self._scratch / f"{post.name}.refused-rows.csv"
            process = Process(f"{post.name}.import", import_command(job), self._scratch / f"{post.name}.import.log")
            process.start()
            self._running[post] = (job, process)
            started = True
        return started

    def _take(self, job: Job, process: Process) -> int:
        """Count what one import did."""
        lines = process.printed().splitlines() or [f"exit code {process.exit_code}"]
        answer = json.loads(next((line for line in reversed(lines) if line.startswith("{")), "{}"))
        if process.exit_code not in (0, SOME_REFUSED) or "imported" not in answer:
            full = any("No space left" in line for line in lines)
            reason = "the disk is full: free some space, start again" if full else answer.get("error", lines[-1])
            raise CommandFailed(f"importing {job.file} at {job.post.name}: {reason}")
        imported = int(answer["imported"])
        job.exhausted = imported < job.limit
        job.pictures = 0
        self.result.records += imported
        self.result.refused += int(answer["refused"])
        return imported

    def _generated(self, records: int) -> Iterator[Job]:
        """Jobs with invented records, cut from one run of the generator so that no two posts get the same."""
        whole = self._scratch / "generated.jsonl"
        subprocess.run(
            [sys.executable, str(GENERATOR), str(records), str(whole)], check=True, stdout=subprocess.DEVNULL
        )
        with whole.open(encoding="utf-8") as lines:
            for post, share in zip(self._posts, shares(records, len(self._posts)), strict=True):
                part = self._scratch / f"{post.name}.generated.jsonl"
                part.write_text("".join(next(lines) for _ in range(share)), encoding="utf-8")
                if share:
                    yield Job(post, str(part), str(GENERATED_MAPPING))
        whole.unlink()


def import_command(job: Job) -> list[str]:
    """The command line of one import."""
    argv = [program(), "import", job.file, "--mapping", job.mapping, "--dir", str(job.post), "--json"]
    if job.rows is not None:
        argv += ["--rows", f"{job.rows[0]}:{job.rows[1]}"]
    return [*argv, "--limit", str(job.limit), "--pictures", str(job.pictures), "--errors", str(job.errors)]
