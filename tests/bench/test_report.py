"""The page of figures says what was measured: drawn from the results kept, and from nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from diwan_bench import report
from diwan_bench.asked import ASKED, Asked
from diwan_bench.plots import Bar, Curve, bars, curves
from diwan_bench.reconnect import counted
from diwan_bench.results import KEPT, POINTS, Result, keep, kept, thinned
from diwan_bench.shown import GOALS

RESULT = Result("line", "./diwan bench line", "2026-11-22", "2 cores", (0.9, 2.0), {"line_s": 25.4, "worst_s": 27.0})
PAGE = "# Page\n\n<!-- figures: line -->\nold\n<!-- end -->\n\nProse.\n"


def test_the_page_and_its_plots_are_what_the_kept_results_draw() -> None:
    results = kept()
    page = report.PAGE.read_text(encoding="utf-8")
    assert report.rendered(page, results) == page, "run ./diwan bench report"
    drawn = report.drawings(results)
    assert {path.name for path in KEPT.glob("*.svg")} == set(drawn)
    for name, svg in drawn.items():
        assert (KEPT / name).read_text(encoding="utf-8") == svg, f"{name}: run ./diwan bench report"
        assert f"(benchmarks/{name})" in page


def test_every_benchmark_kept_has_its_table_on_the_page() -> None:
    page = report.PAGE.read_text(encoding="utf-8")
    assert all(f"<!-- figures: {name} -->" in page for name in kept())


def test_a_table_says_what_is_asked_what_was_measured_and_on_which_load() -> None:
    page = report.rendered(PAGE, {"line": RESULT})
    assert "`./diwan bench line`, 2026-11-22, 2 cores; load 0.9 to 2.0." in page
    assert "| 2,000 rows, s, median | ≤ 27 | 25.4 | target met |" in page
    assert page.endswith("<!-- end -->\n\nProse.\n")
    assert "old" not in page
    assert report.rendered(page, {"line": RESULT}) == page
    missed = replace(RESULT, figures={"line_s": 54.0})
    assert "| 54.0 | missed by 100% |" in report.rendered(PAGE, {"line": missed})


def test_a_table_without_its_result_is_an_error_that_names_the_command() -> None:
    with pytest.raises(report.NoSuchResult, match="--run --only line"):
        report.rendered(PAGE, {})


def test_verdicts_go_by_target_and_floor_in_both_directions() -> None:
    rate = Asked("rate", "rows/s", 10_000, 6_500, more=True)
    assert [rate.verdict(value) for value in (10_000, 7_000, 6_000)] == ["target met", "floor met", "missed by 8%"]
    missing = Asked("missing", "rows", 0)
    assert [missing.verdict(value) for value in (0, 1)] == ["target met", "missed"]
    assert Asked("also", "also").verdict(1) == ""


def test_the_page_asks_what_the_table_on_the_terminal_asks() -> None:
    page = {line.key: (line.target, line.floor, line.more) for line in ASKED["exchange"]}
    assert all(page[goal.key] == (goal.target, goal.floor, goal.more) for goal in GOALS)


def test_results_come_back_as_they_were_kept(tmp_path: Path) -> None:
    result = replace(RESULT, series={"live_ms": [(0.5, 12.0), (1.0, 250.0)]}, note="Beside other work.")
    keep(result, tmp_path)
    again = kept(tmp_path)["line"]
    assert again.figures == result.figures
    assert [tuple(point) for point in again.series["live_ms"]] == result.series["live_ms"]
    assert report.rendered(PAGE, {"line": again}) == report.rendered(PAGE, {"line": result})


def test_thinning_keeps_the_worst_of_every_stretch() -> None:
    points = [(float(at), 5.0) for at in range(3 * POINTS)]
    points[777] = (777.0, 900.0)
    some = thinned(points)
    assert len(some) <= POINTS and (777.0, 900.0) in some


def test_plots_are_well_formed_and_name_what_they_show() -> None:
    chart = bars("Bulk <records>", "records/s", [Bar("Diwan & us", 7_637), Bar("peer", 270, ours=False)], asked=6_500)
    plot = curves("Back", "s", "posts", [Curve("up", counted([0.5, 2.0, 7.5]), steps=True), Curve("ms", [(1, 3)])], 250)
    for svg in (chart, plot):
        root = ElementTree.fromstring(svg)
        assert root.get("role") == "img" and root.get("aria-label")
        assert "script" not in svg and "href" not in svg
    assert "Diwan &amp; us" in chart and "asked 6,500" in chart
