"""Importing twice adds nothing, also when both happen at once, and when the first was killed half way."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.intake import ErrorFile, Import, Unreadable, load_mapping
from diwan_core.intake.run import sample
from diwan_core.register import Register

from .conftest import BENCH, Post

pytestmark = pytest.mark.slow


def test_two_imports_of_one_file_side_by_side_bring_each_row_once(post: Post) -> None:
    post.run("import", "sample:colombia")
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(import_here, post) for _ in range(2)]
    assert sorted(run.result() for run in runs) == [0, 249]
    with post.register() as register:
        assert register.count("case") == 249 + 178


def import_here(post: Post) -> int:
    with Register.open(post.folder, role="writer") as register, sample.path_of("kcs") as path:
        mapping = load_mapping("kcs", DICTIONARY)
        return Import(path, mapping, register, author="t", errors=ErrorFile(post.folder / "e.csv")).run().imported


def test_an_import_told_to_stop_keeps_what_it_did_and_counts_no_row_without_its_outcome(
    post: Post, tmp_path: Path
) -> None:
    (tmp_path / "rows.csv").write_text(
        "No,Place\n" + "".join(f"{n},{'Gate' * (1 + n % 2 * 200)}\n" for n in range(3000))
    )
    (tmp_path / "rows.toml").write_text(
        'type = "case"\nsystem = "stopped"\n[source]\nkey = "No"\n[fields]\nplace = { column = "Place" }\n'
    )

    def progress(_share: float, rows: int) -> None:
        if rows == 1500:
            raise Unreadable("stopped")

    errors = ErrorFile(tmp_path / "errors.csv")
    mapping = load_mapping(str(tmp_path / "rows.toml"), DICTIONARY)
    with Register.open(post.folder, role="writer") as register, errors:
        done = Import(tmp_path / "rows.csv", mapping, register, author="t", errors=errors, progress=progress)
        done.run()
        assert (done.summary.rows, done.summary.imported, done.summary.refused) == (1500, 750, 750)
        assert done.summary.stopped == "stopped" and register.count("case") == 750


def test_an_import_killed_half_way_and_started_again_brings_each_row_once(
    post: Post, tmp_path: Path, w1gen: ModuleType
) -> None:
    w1gen.write(tmp_path / "w1.jsonl", 5000)
    words = ["import", str(tmp_path / "w1.jsonl"), "-m", str(BENCH / "w1_mapping.toml"), "--dir", str(post.folder)]
    program = "from diwan_core.intake.cli.commands import import_command as command; import sys; command(sys.argv[2:])"
    process = subprocess.Popen([sys.executable, "-c", program, *words], stdout=subprocess.DEVNULL)
    try:
        with post.register() as register:
            while register.count("case") == 0 and process.poll() is None:
                time.sleep(0.01)
    finally:
        process.kill()
        process.wait()
    with post.register() as register:
        half = register.count("case")
    assert half in (125, 375) or half % 1_000 == 0  # whole transactions
    summary = post.run(*words[:-2], "--json").json
    assert (summary["imported"], summary["already_there"]) == (5000 - half, half)
    assert len({case["source_key"] for case in post.documents()}) == 5000
