"""The national price table: written on a page or from a file at the centre, and suggested in forms at every post."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from diwan_core.dictionary.prices import Price
from diwan_core.intake.cli.commands_codes import codes_group
from diwan_core.register.national_prices import declare_price, national_prices

from .conftest import SHORT, Browser, Site, text_of
from .forms import form_of, place, press

HEROIN = {
    "product_group": "drugs", "sub_group": "heroin", "hs_code": "2939.11", "price": "40.5", "currency": "jod",
    "per": "GRM", "value_kind": "street", "valid_from": "2026-01-01", "source": "market survey",
}  # fmt: skip


def test_a_price_is_added_corrected_and_ended(centre: Site) -> None:
    analyst = centre.browser("analyst")
    assert "There are no prices yet" in text_of(analyst.get("/prices"))
    assert analyst.post("/prices", {**HEROIN, "price": "4"}).status_code == 303
    assert analyst.post("/prices", HEROIN).status_code == 303, "what was said for the same day is corrected"
    page = analyst.get("/prices")
    assert "40.5 JOD" in text_of(page) and "market survey" in text_of(page)
    with centre.console.writing() as register:
        (held,) = national_prices(register.store)
    assert (held.hs_code, held.currency, held.price) == ("293911", "JOD", "40.5")
    (action,) = re.findall(r'action="(/prices/[^"]+/end)"', page.text)
    assert analyst.post(action, {"valid_until": "2025-12-31"}).status_code == 422, "before it began"
    assert analyst.post(action, {"valid_until": "soon"}).status_code == 422
    assert analyst.post(action, {"valid_until": "2026-12-31"}).status_code == 303
    assert "31 Dec 2026" in text_of(analyst.get("/prices"))
    assert analyst.post("/prices", {**HEROIN, "price": "41"}).status_code == 303
    with centre.console.writing() as register:
        assert [(one.price, one.valid_until) for one in national_prices(register.store)] == [("41", "2026-12-31")]
    assert analyst.post("/prices", HEROIN).status_code == 303
    form = analyst.get("/prices", record=held.record).text
    assert '<option value="heroin" selected>' in form and 'value="40.5"' in form
    for role in ("technician", "auditor", "supervisor"):
        assert centre.browser(role).get("/prices").status_code == 403, role


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"product_group": ""}, "product_group"),
        ({"sub_group": "cigarettes"}, "sub_group"),
        ({"price": "cheap"}, "price"),
        ({"price": ""}, "price"),
        ({"currency": "dollars"}, "currency"),
        ({"per": ""}, "per"),
        ({"valid_from": ""}, "valid_from"),
        ({"valid_from": "05/03/2026"}, "valid_from"),
        ({"hs_code": "29391"}, "hs_code"),
    ],
)
def test_what_makes_no_price_is_said_beside_its_field_and_kept(centre: Site, wrong: dict[str, str], field: str) -> None:
    page = centre.browser("administrator").post("/prices", {**HEROIN, **wrong})
    assert page.status_code == 422 and f'id="{field}-message"' in page.text
    assert 'value="market survey"' in page.text


def test_a_price_is_read_however_it_is_written(centre: Site) -> None:
    eastern = {**HEROIN, "price": "٤٠٫٥", "valid_from": "2024-01-01"}
    assert centre.browser("analyst").post("/prices", eastern).status_code == 303
    with centre.console.writing() as register:
        assert [one.price for one in national_prices(register.store) if one.valid_from == "2024-01-01"] == ["40.5"]


def test_a_file_is_read_line_by_line_and_again_without_effect(centre: Site, tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    lines = [
        "product_group;sub_group;per;price;currency;valid_from",
        "tobacco;cigarettes;STK;0.15;JOD;2026-01-01",
        "tobacco;cigars;STK;much;JOD;2026-01-01",
        "alcohol;;LTR;12;JOD;2026-01-01",
    ]
    file.write_text("\n".join(lines), "utf-8")
    arguments = ["prices", str(file), "--dir", str(centre.folder)]
    done = CliRunner().invoke(codes_group, arguments)
    assert done.exit_code == 3 and "Prices written: 2; known before: 0; lines not taken: 1." in done.output, done.output
    assert "line 3" in done.output
    assert "Prices written: 0; known before: 2;" in CliRunner().invoke(codes_group, arguments).output
    listed = CliRunner().invoke(codes_group, ["prices", "--dir", str(centre.folder)])
    assert "tobacco/cigarettes: 1 STK = 0.15 JOD from 2026-01-01" in listed.output
    for head in ("what;price\ngold;3", f"{lines[0]};price\n{lines[3]};13"):
        file.write_text(head, "utf-8")
        assert CliRunner().invoke(codes_group, arguments).exit_code == 2


def test_the_form_at_a_post_suggests_a_value_and_fills_nothing_in(post: Site, officer: Browser) -> None:
    with post.console.writing() as register:
        held = Price("", "drugs", "", "", "KGM", "2000", "JOD", "street", "2026-01-01", "", "")
        register.config, kept = replace(register.config, role="central"), register.config
        try:
            declare_price(register, held, author="x")
        finally:
            register.config = kept
    shown = place(press(officer, "/cases/new", "wide", **{name.replace(".", "__"): SHORT[name] for name in SHORT}))
    page = officer.get(shown)
    hint = html.unescape(page.text.partition('id="goods.1.value-hint">')[2].partition("<")[0])
    assert hint.endswith("By the price table of 1 Jan 2026: 25\u202f000 JOD (Street price).")
    assert form_of(page.text)["goods.1.value"] == ""
    case = place(officer.post(shown, {**form_of(page.text), "do": "report"}))
    assert "25 000 JOD" in text_of(officer.get(f"{case}/edit/goods/1"))
