"""`diwan bench backup`: a centre's backup against plain `borg create` of the same bytes in the same run."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from diwan_core import node
from diwan_core.register import Edit, Register
from diwan_core.trust.network.enrolled_keys import create_centre
from diwan_lab.command import CommandFailed, program

from diwan_bench.exchange import Figures, percentile
from diwan_bench.paths import W1_MAPPING
from diwan_bench.w1gen import write

Say = Callable[[str], None]
DAY_CASES: Final = 200
DAY_PICTURES: Final = 100
SAVES: Final = 400
SAVE_EVERY_S: Final = 0.02
CASE: Final[dict[str, Any]] = {
    "type": "seizure", "date": "2026-11-20", "office": "JOAQJ", "country": "JO", "direction": "import",
    "status": "submitted",
    "detection_method": "routine", "concealment_method": "none", "narrative": "Cartons behind a false floor.",
    "goods": {"1": {"product_group": "tobacco", "quantity": "12.5", "unit": "KGM"}},
    "leg": {"1": {"role": "departure", "country": "NA", "mode": "3"}, "2": {"role": "destination", "country": "JO"}},
}  # fmt: skip
_PASSPHRASE: Final = "bench"


def measure(folder: Path, cases: int, pictures: int, picture_kb: int, say: Say) -> Figures:
    """Fill a centre, back it up both ways, a day later again, read back, put back. Raises CommandFailed."""
    say(f"filling a centre with {cases:,} cases and {pictures:,} pictures of {picture_kb} kB")
    centre = _filled(folder, cases, pictures, picture_kb)
    paper = _diwan("backup", "init", folder / "ours", "--name", "ours", "--dir", centre)["recovery_key"]
    figures: Figures = {"cases": cases, "pictures": pictures, "bytes": _bytes_of(centre)}
    say("plain borg, ours")
    figures |= _first(folder, centre)
    say("a day later")
    figures |= _day_later(folder, centre, cases, picture_kb)
    say("reading back")
    figures |= _read_back(folder, centre)
    say("people work meanwhile")
    figures |= _people(centre)
    say("a new machine")
    figures |= _restored(folder, str(paper))
    return figures


def _filled(folder: Path, cases: int, pictures: int, picture_kb: int) -> Path:
    centre, rows = folder / "centre", folder / "w1.jsonl"
    identity = node.mint_id()
    node.create(centre, node.NodeConfig("central", identity, "Bench", central_id=identity))
    create_centre(centre, identity, datetime.now(UTC))
    write(rows, cases, 1)
    _diwan("import", rows, "--mapping", W1_MAPPING, "--dir", centre)
    _attach(centre, pictures, picture_kb)
    return centre


def _attach(centre: Path, pictures: int, picture_kb: int) -> None:
    """Pictures that do not compress, each attached to a case."""
    with Register.open(centre, role="writer") as register:
        found = register.newest_ids("case", pictures)
        for number in range(pictures):
            content = b"\x89PNG\r\n\x1a\n" + os.urandom(picture_kb * 1000)
            subject = found[number % len(found)]
            register.attach(io.BytesIO(content), subject=subject, media_type="image/png", author="bench")


def _first(folder: Path, centre: Path) -> Figures:
    """Ours, from the snapshot to the end of `borg create`; then plain borg over a copy of the very same files."""
    same = folder / "same"
    same.mkdir()
    for name in ("register.db", "accounts.db", "audit.db", "drafts.db"):
        if (centre / name).exists():
            with closing(sqlite3.connect(centre / name)) as source, closing(sqlite3.connect(same / name)) as target:
                source.backup(target)
    _borg(folder, "init", "--encryption", "repokey-blake2", folder / "plain")
    roots = [same, centre / "blobs"]
    _warm(roots)
    began = time.monotonic()
    _borg(folder, "create", f"{folder / 'plain'}::first", *roots)
    plain = time.monotonic() - began
    made = _diwan("backup", "run", "--no-verify", "--quiet", "--dir", centre)
    seconds = float(made["repositories"][0]["seconds"])
    ours, theirs = _bytes_of(folder / "ours"), _bytes_of(folder / "plain")
    return {
        "plain_s": plain, "ours_s": seconds, "time_ratio": seconds / plain,
        "plain_repository_mb": theirs / 1e6, "ours_repository_mb": ours / 1e6, "size_ratio": ours / theirs,
    }  # fmt: skip


def _day_later(folder: Path, centre: Path, cases: int, picture_kb: int) -> Figures:
    before = _bytes_of(folder / "ours")
    rows = folder / "day.jsonl"
    write(rows, DAY_CASES, 2)
    _diwan("import", rows, "--mapping", W1_MAPPING, "--dir", centre)
    _attach(centre, DAY_PICTURES, picture_kb)
    began = time.monotonic()
    _diwan("backup", "run", "--no-verify", "--quiet", "--dir", centre)
    seconds = time.monotonic() - began
    return {"day_s": seconds, "day_repository_mb": (_bytes_of(folder / "ours") - before) / 1e6}


def _read_back(folder: Path, centre: Path) -> Figures:
    """`verify`, and the same archive read once by borg alone."""
    name = _diwan("backup", "list", "--dir", centre)["archives"][-1]["archive"]
    passphrase = (centre / "keys" / "backup" / "passphrase").read_text()
    began = time.monotonic()
    _borg(folder, "export-tar", f"{folder / 'ours'}::{name}", "/dev/null", passphrase=passphrase)
    once = time.monotonic() - began
    began = time.monotonic()
    _diwan("backup", "verify", "--quiet", "--dir", centre)
    seconds = time.monotonic() - began
    return {"read_once_s": once, "verify_s": seconds, "verify_ratio": seconds / once}


def _people(centre: Path) -> Figures:
    """How long saves take while nothing else goes on, and while a backup is made."""
    quiet = _saves(centre, SAVES, threading.Event())
    done = threading.Event()

    def run() -> None:
        _diwan("backup", "run", "--no-verify", "--quiet", "--dir", centre)
        done.set()

    thread = threading.Thread(target=run)
    thread.start()
    busy = _saves(centre, 1_000_000, done)
    thread.join()
    return {
        "save_p99_quiet_ms": percentile(quiet, 99), "save_p99_backup_ms": percentile(busy, 99),
        "save_p99_rise_ms": percentile(busy, 99) - percentile(quiet, 99), "saves_meanwhile": len(busy),
    }  # fmt: skip


def _saves(centre: Path, most: int, until: threading.Event) -> list[float]:
    taken: list[float] = []
    with Register.open(centre, role="writer") as register:
        for number in range(most):
            if until.is_set():
                break
            case = {**CASE, "place": f"Gate {number}"}
            began = time.perf_counter()
            register.save([Edit("case", case)], author="bench")
            taken.append((time.perf_counter() - began) * 1000)
            time.sleep(SAVE_EVERY_S)
    return taken


def _restored(folder: Path, paper: str) -> Figures:
    """From the disk and the paper to records people can work with, and to the last picture."""
    new = folder / "new"
    arguments: list[str | Path] = [
        "backup",
        "restore",
        "centre",
        folder / "ours",
        "--to",
        new,
        "--rows-only",
        "--quiet",
    ]
    began = time.monotonic()
    _diwan(*arguments, given=paper)
    rows = time.monotonic() - began
    _diwan("backup", "restore", "pictures", "--quiet", "--dir", new)
    return {"restore_rows_s": rows, "restore_all_s": time.monotonic() - began}


def _diwan(*arguments: str | Path, given: str = "") -> dict[str, Any]:
    """A command with --json; what it says. Raises CommandFailed."""
    argv = [program(), *map(str, arguments), "--json"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, input=given + "\n")
    if done.returncode:
        raise CommandFailed(f"`diwan {' '.join(argv[1:3])}`: {(done.stderr or done.stdout).strip()[-500:]}")
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def _borg(folder: Path, *arguments: str | Path, passphrase: str = _PASSPHRASE) -> None:
    environment = {
        "PATH": os.environ["PATH"], "BORG_BASE_DIR": str(folder / "plain-home"), "BORG_PASSPHRASE": passphrase,
        "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes", "LANG": "C.UTF-8",
    }  # fmt: skip
    argv = [shutil.which("borg") or "borg", *map(str, arguments)]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandFailed(f"borg {argv[1]}: {done.stderr.strip()[-300:]}")


def _warm(roots: list[Path]) -> None:
    """Read everything once, so that both find it in the page cache."""
    for path in _files(roots):
        with path.open("rb") as file:
            while file.read(1 << 20):
                pass


def _files(roots: list[Path]) -> Iterator[Path]:
    for root in roots:
        yield from (path for path in root.rglob("*") if path.is_file())


def _bytes_of(place: Path) -> int:
    return sum(path.stat().st_size for path in _files([place]))
