"""Sheet files: what the reader of workbooks wrote is believed no more than the workbook."""

from __future__ import annotations

from pathlib import Path

import pytest
from diwan_core.intake.faults import Unreadable
from diwan_core.intake.sources.cells import BadCell, DateCell, NumberCell
from diwan_core.intake.sources.reader import Reader, Source
from diwan_core.intake.sources.sheet import SheetFacts, SheetFile, SheetRow, Some, letters, rows_above, write
from diwan_core.intake.sources.sheet_notes import sheet_notes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROWS = [
    SheetRow(1, False, ["No", "Day", "Kilos"]),
    SheetRow(2, False, ["A1", DateCell("2026-03-15", "date"), NumberCell("12.5")]),
    SheetRow(3, True, ["A2", "", NumberCell("0.85", True)]),
    SheetRow(9, False, ["النُّور", True, BadCell("error", "#REF!")]),
]


def sheet(path: Path, rows: list[SheetRow] = ROWS, **more: object) -> Path:
    facts = SheetFacts(sheet="Log", rows=len(rows), width=3, filled=[0, 1, 2])
    for name, value in more.items():
        setattr(facts, name, value)
    with path.open("wb") as file:
        write(file, rows, facts)
    return path


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    file = SheetFile(sheet(tmp_path / "a.cells"))
    assert list(file.rows()) == ROWS and file.progress == 1.0
    assert file.facts.sheet == "Log" and file.facts.rows == 4
    file.close()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_sheet_file_that_was_tampered_with_is_refused_or_read(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(sheet(tmp_path / "a.cells", merges=[(2, 9, 1)]).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        with_what = data.draw(
            st.one_of(st.binary(max_size=3), st.sampled_from([b"-1", b"[", b'"', b"99999999", b"null"]))
        )
        content[place : place + data.draw(st.integers(0, 3))] = with_what
    (tmp_path / "b.cells").write_bytes(content)
    try:
        with Reader(tmp_path / "b.cells", Source(hidden_rows="import")) as reader:
            for read in reader:
                assert read.cells is not None or read.fault is not None
            if reader.sheet is not None:
                sheet_notes(reader.sheet, reader.source)
    except Unreadable:
        pass


@pytest.mark.parametrize("hidden", ["", "import", "skip"])
def test_hidden_rows_are_left_out_only_where_it_was_said(tmp_path: Path, hidden: str) -> None:
    path = sheet(tmp_path / "a.cells", hidden_rows=Some(1, ["3"]))
    with Reader(path, Source(hidden_rows=hidden)) as reader:  # type: ignore[arg-type]
        assert [read.line for read in reader] == ([2, 9] if hidden == "skip" else [2, 3, 9])


def test_titles_above_the_heads_are_counted(tmp_path: Path) -> None:
    titles = [SheetRow(2, False, ["Seizures"]), SheetRow(3, False, ["", "", "of 2026"])]
    rows = [*titles, *(row._replace(number=row.number + 4) for row in ROWS)]
    assert rows_above(sheet(tmp_path / "t.cells", rows)) == 4
    assert rows_above(sheet(tmp_path / "u.cells")) == 0


def test_columns_are_named_as_spreadsheets_name_them() -> None:
    assert [letters(place) for place in (0, 25, 26, 51, 52, 701, 702, 16383)] == [
        "A", "Z", "AA", "AZ", "BA", "ZZ", "AAA", "XFD",
    ]  # fmt: skip


def test_rows_that_follow_upon_each_other_are_named_together() -> None:
    some = Some()
    for number in (3, 4, 5, 7, 9, 10):
        some.add_row(number)
    assert some.count == 6 and some.first == ["3–5", "7", "9–10"]


def test_all_that_is_known_of_a_sheet_is_said(tmp_path: Path) -> None:
    facts = SheetFacts(
        form="xls", sheet="Log", sheets=[("Log", False), ("Old", True)], hidden_columns=[5],
        merges=[(1, 2, 0), (4, 6, 1)],
        hidden_rows=Some(2, ["3", "8"]), no_result=Some(1, ["D2"]), errors=Some(30, ["E1", "E2"]),
        long_numbers=Some(1, ["F7"]), cut_text=Some(1, ["G7"]),
    )  # fmt: skip
    said = " ".join(map(str, sheet_notes(facts, Source())))
    for words in (
        "The sheet Log is read. The workbook also has: Old.", "Hidden rows of the sheet: 2 (3, 8)",
        "Hidden columns are read: F.", "Column B has cells merged over several rows (1)",
        "Formulas without a result: 1 (D2)", "error of the spreadsheet: 30 (E1, E2 …)", "15 digits: 1 (F7)",
        "1.23E+11, which a spreadsheet makes of a long number: 1 (G7)", "Of a .xls file only values and dates",
    ):  # fmt: skip
        assert words in said, words
    assert "Column A" not in said, "merges of titles and heads matter to nobody"
    assert sheet_notes(SheetFacts(sheet="Log", sheets=[("Log", False)]), Source()) == []
