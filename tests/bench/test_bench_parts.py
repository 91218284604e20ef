"""The parts of the benchmark that need no network."""

import io
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from diwan_bench.command import backlog
from diwan_bench.exchange import KEYS, Workload, medians, percentile
from diwan_bench.limit import sqlite_rows_per_second
from diwan_bench.namespaces import Namespaces, NoNamespaces, Traffic
from diwan_bench.photograph import SIZE, photograph
from diwan_bench.shown import ALSO, GOALS, table
from diwan_bench.small_disk import SmallDisks
from diwan_bench.trace import Trace
from diwan_lab.process import ProcessFailed
from PIL import Image

pytestmark = pytest.mark.slow


def test_without_root_it_says_what_to_do_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NoNamespaces) as refused, Namespaces(tmp_path):
        pass
    assert "sudo ./diwan bench exchange" in str(refused.value) and "\n" not in str(refused.value)


def test_a_row_was_committed_when_the_first_transaction_that_holds_it_was(tmp_path: Path) -> None:
    path = tmp_path / "trace"
    path.write_text("aaa 1 100\naaa 5 200\naaa 5 250\nbbb 3 300\naaa 9 4", encoding="ascii")
    trace = Trace(path)
    assert [trace.committed("aaa", seq) for seq in (1, 2, 5)] == [100, 200, 200]
    assert trace.committed("aaa", 9) is None  # its line is not written to the end yet
    with path.open("a", encoding="ascii") as file:
        file.write("00\n")
    assert trace.committed("aaa", 9) == 400
    assert trace.committed("bbb", 3) == 300
    assert trace.committed("ccc", 1) is None


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(value) for value in range(1, 101)]
    assert (percentile(values, 50), percentile(values, 99), percentile([7.0], 99)) == (50.0, 99.0, 7.0)


def test_traffic_is_the_difference_of_two_moments() -> None:
    assert Traffic(150, 40, 7).since(Traffic(100, 10, 3)) == Traffic(50, 30, 4)
    assert Traffic(50, 30, 4).total == 80


def test_the_table_names_every_figure_asked_for_and_what_is_missed() -> None:
    names = [*KEYS, *ALSO, "import_rows_per_second", "drain_changes_per_second", "cpu_us_import"]
    shown = table(medians([dict.fromkeys(names, 1_100.0)]), 20_000, 1_000, 3)
    assert all(goal.label in shown for goal in GOALS)
    assert "MISSED" in shown and "floor met" in shown
    assert {goal.key for goal in GOALS} == set(KEYS) - {"sqlite_rows_per_second"}


def test_the_limit_is_measured_with_the_rows_of_the_workload(tmp_path: Path) -> None:
    workload = Workload(tmp_path, 150, 10)
    workload.make()
    lines = workload.file("bulk").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 150
    assert sqlite_rows_per_second(tmp_path / "limit.db", lines) > 0


def test_without_root_small_disks_say_what_to_do_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(ProcessFailed) as refused, SmallDisks(tmp_path / "disk"):
        pass
    assert "sudo ./diwan bench wear" in str(refused.value) and "\n" not in str(refused.value)


def test_photographs_have_the_size_that_was_asked_for_and_differ() -> None:
    first, again, second = (photograph(number, 600_000) for number in (1, 1, 2))
    assert first == again != second
    assert {len(first), len(second)} == {600_000}
    with Image.open(io.BytesIO(first)) as image:
        assert image.format == "JPEG" and image.size == SIZE
        image.load()
    with pytest.raises(ValueError, match="does not fit"):
        photograph(1, 20_000)


def test_a_backlog_without_another_post_and_beside_a_silent_one_are_two_measurements() -> None:
    done = CliRunner().invoke(backlog, ["--alone", "--silent"])
    assert done.exit_code == 2 and "give one of them" in done.output, done.output
