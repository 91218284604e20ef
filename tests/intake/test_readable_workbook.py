"""A workbook for people: words beside codes in the reader's language, a sheet for each part, a frozen heading with
filters; without personal data only what may leave."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from diwan_core import node
from diwan_core.intake.run import readable_workbook
from diwan_core.intake.run.readable_workbook import Words, export_readable
from diwan_core.intake.sources.workbook_write import Sheet, write_sheets
from diwan_core.register import Edit, Register
from diwan_core.trust import NodeKeys

NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
CASE = {
    "type": "seizure", "date": "2026-11-20", "office": "JOAQJ", "country": "JO", "direction": "import",
    "detection_method": "routine", "concealment_method": "none", "status": "submitted",
    "narrative": "=HYPERLINK(1) a driver called Karim",
    "goods": {"1": {"product_group": "tobacco", "quantity": "12.5", "unit": "KGM"},
              "2": {"product_group": "drugs", "quantity": "7", "unit": "KGM"}},
    "leg": {"1": {"role": "departure", "country": "SY", "mode": "3"}, "2": {"role": "destination", "country": "JO"}},
    "party": {"1": {"role": "driver", "name": "Karim Haddad"}},
}  # fmt: skip


def sheets(path: Path) -> dict[str, tuple[ElementTree.Element, list[list[str]]]]:
    """Name -> the sheet as XML, and its cells as text."""
    with zipfile.ZipFile(path) as archive:
        names = [
            one.attrib["name"]
            for one in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter(f"{{{NS['m']}}}sheet")
        ]
        found = {}
        for number, name in enumerate(names, 1):
            sheet = ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))
            rows = [["".join(cell.itertext()) for cell in row] for row in sheet.iter(f"{{{NS['m']}}}row")]
            found[name] = (sheet, rows)
        return found


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    """A post with two cases."""
    folder = tmp_path / "post"
    node.create(folder, node.NodeConfig("post", node.mint_id(), "Aqaba port", "JOAQJ"))
    NodeKeys.create(folder)
    second: dict[str, Any] = {**CASE, "goods": {"1": {"product_group": "drugs", "quantity": "1", "unit": "KGM"}}}
    with Register.open(folder, role="writer") as opened:
        saved = opened.save_many([[Edit("case", CASE)], [Edit("case", second)]], author="amal")
        assert not saved.refused
        yield opened


def test_records_and_parts_have_sheets_with_words_beside_codes(register: Register, tmp_path: Path) -> None:
    words = Words(
        "ar", {"Goods": "البضائع", "Country": "البلد", "{field} (code)": "{field} (رمز)"}, from_the_right=True
    )
    tally = export_readable(register, "case", tmp_path / "out.xlsx", nominal=True, plural="Cases", words=words)
    assert tally.written == 2
    found = sheets(tmp_path / "out.xlsx")
    assert next(iter(found)) == "Cases" and "البضائع" in found
    sheet, (head, first, _second) = found["Cases"]
    country = head.index("البلد")
    assert head[country + 1] == "البلد (رمز)" and first[country + 1] == "JO" and first[country] == "الأردن"
    assert "=HYPERLINK(1) a driver called Karim" in first and sheet.find(".//m:f", NS) is None, "no cell is a formula"
    assert sheet.find(".//m:pane[@state='frozen']", NS) is not None
    assert sheet.find("m:autoFilter", NS) is not None and sheet.find(".//m:sheetView[@rightToLeft='1']", NS) is not None
    _sheet, goods = found["البضائع"]
    assert [row[0] for row in goods[1:]] == ["1", "1", "2"], "each line says whose it is"
    assert goods[1][goods[0].index("Quantity")] == "12.5"


def test_what_no_sheet_can_hold_goes_on_in_a_further_one(
    register: Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readable_workbook, "ROWS_MOST", 3)
    export_readable(register, "case", tmp_path / "out.xlsx", nominal=True, plural="Cases")
    found = sheets(tmp_path / "out.xlsx")
    assert {"Cases", "Goods", "Goods 2"} <= found.keys() and "Cases 2" not in found
    (head, *first), (again, *second) = found["Goods"][1], found["Goods 2"][1]
    assert head == again and [row[0] for row in (*first, *second)] == ["1", "1", "2"] and len(first) == 2


def test_without_personal_data_only_what_may_leave_is_in_it(register: Register, tmp_path: Path) -> None:
    export_readable(register, "case", tmp_path / "out.xlsx", plural="Cases")
    text = str([rows for _sheet, rows in sheets(tmp_path / "out.xlsx").values()])
    assert "Karim" not in text and "HYPERLINK" not in text and "Tobacco" in text
    ids = [row.id for row in register.find("case")]
    assert not any(id in text for id in ids)


def test_names_of_sheets_are_short_and_different(tmp_path: Path) -> None:
    names = ["a" * 40, "a" * 50, "[x]:*?/\\", "", "Diwan"]
    write_sheets(tmp_path / "out.xlsx", [Sheet(name, ["h"], [["1"]], [True]) for name in names])
    found = list(sheets(tmp_path / "out.xlsx"))
    assert len({name.casefold() for name in found}) == 5 and all(0 < len(name) <= 31 for name in found)
