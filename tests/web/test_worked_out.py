"""What goods come to is shown beside what was entered, marked as worked out, by whichever door it came."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from diwan_core.register import Edit

from tests.dictionary.quantities import ROWS

from .conftest import Browser, Site
from .forms import form_of, place, press
from .test_drafts import fresh
from .test_full_case import grown

pytestmark = pytest.mark.slow

__all__ = ["fresh"]

FORM_ROWS = [(line, expected) for line, expected in ROWS if "quantity" in line and "national_unit" not in line]


def amounts(post: Site, record: str) -> dict[str, dict[str, str]]:
    with post.console.writing() as register:
        return {
            line: {name: value for name, value in found._asdict().items() if value is not None}
            for line, found in register.amounts(record).items()
        }


def test_each_row_of_the_table_comes_to_its_amounts_through_the_form(post: Site, fresh: Browser) -> None:
    shown = grown(fresh)
    for _ in FORM_ROWS[1:]:
        shown = place(press(fresh, shown, "add:goods"))
    form = form_of(fresh.get(shown).text)
    keys = form["rows.goods"].split()
    for key, (line, _expected) in zip(keys, FORM_ROWS, strict=True):
        cleared = {name: "" for name in form if name.startswith(f"goods.{key}.")}
        typed = {f"goods.{key}.{name}": str(value) for name, value in {"product_group": "other", **line}.items()}
        form |= cleared | typed
    sent = fresh.post(shown, {**form, "do": "report"})
    assert sent.status_code == 303, sent.text
    found = amounts(post, place(sent).rpartition("/")[2])
    assert [found.get(key, {}) for key in keys] == [expected for _line, expected in FORM_ROWS]


@pytest.fixture
def cigarettes(post: Site) -> str:
    goods = {
        "1": {
            "product_group": "tobacco", "quantity": "50", "unit": "CT", "per_package": "200", "per_package_unit": "STK",
        },
        "2": {"product_group": "other", "quantity": "12", "unit": "KGM"},
        "3": {"product_group": "other", "quantity": "777777", "unit": "GRM"},
    }  # fmt: skip
    values: dict[str, Any] = {"status": "draft", "date": "2026-11-20", "office": "JOAQJ", "goods": goods}
    with post.console.writing() as register:
        return register.save([Edit("case", values)], author="officer").records[0]


def test_a_page_and_a_list_show_what_is_worked_out_and_do_not_repeat_what_was_entered(
    officer: Browser, cigarettes: str
) -> None:
    page = officer.get(f"/cases/{cigarettes}").text
    assert "Worked out" in page and "10\u202f000 pieces" in page and "777.777 kg" in page
    assert page.count("12 kg") == 1 and "50 cartons" in page and "777\u202f777 g" in page
    assert "10\u202f000 pieces" in officer.get("/cases", sort="-created").text


def test_a_list_is_narrowed_by_what_goods_come_to(officer: Browser, cigarettes: str) -> None:
    found = officer.get("/cases", measure="kilograms", least="777", most="778").text
    assert f"/cases/{cigarettes}" in found and 'value="777"' in found
    assert f"/cases/{cigarettes}" not in officer.get("/cases", measure="kilograms", least="778").text
    assert f"/cases/{cigarettes}" in officer.get("/cases", measure="kilograms", least="three", most="x").text
    assert f"/cases/{cigarettes}" in officer.get("/cases", measure="kilograms", least="٧٧٧", most="٧٧٨٫٥").text
    assert f"/cases/{cigarettes}" not in officer.get("/cases", measure="kilograms", least="٧٧٨", most="").text


def test_a_whole_export_has_the_amounts_in_columns_of_their_own(post: Site, cigarettes: str) -> None:
    from diwan_core.intake import export

    with post.console.writing() as register:
        number = [at for at in register.numbers("case") if register.id_of(at) == cigarettes]
        tables = {}
        for form in ("csv", "jsonl"):
            out = io.StringIO()
            export(register, "case", out, form, nominal=True, numbers=number)
            tables[form] = out.getvalue()
    (row,) = csv.DictReader(io.StringIO(tables["csv"]))
    assert (row["goods.1.worked_out_pieces"], row["goods.3.worked_out_kilograms"]) == ("10000", "777.777")
    said = json.loads(tables["jsonl"])
    assert said["amounts"]["1"] == {"pieces": "10000"} and "worked_out_pieces" not in said["values"]["goods"]["1"]
