"""Forms of other administrations filled on a page: what leaves, the file, and which records lack something."""

import csv
import io

import pytest
from diwan_core.leaving.released import digest_of
from diwan_core.register import Edit

from .conftest import Site, text_of
from .forms import place
from .staged import _until_done

SPECIES = "Loxodonta africana"
CASE = {
    "type": "seizure", "date": "2019-05-04", "country": "JO", "office": "JOAQJ", "direction": "import",
    "status": "submitted", "detection_method": "dog", "concealment_method": "none",
    "leg": {"1": {"role": "departure", "country": "KE", "mode": "4"}, "2": {"role": "destination", "country": "CN"}},
    "goods": {"1": {"product_group": "fauna_flora", "species": SPECIES, "specimen": "raw", "quantity": "12",
                    "unit": "KGM"}},
    "party": {"1": {"role": "courier", "name": "Karim Testman"}},
}  # fmt: skip
RELEASED = {"text_release": {"1": {"path": "goods.1.species", "digest": digest_of(SPECIES)}}}
PAGE = "/forms/cites-illegal-trade"


def test_a_form_is_filled_with_what_may_leave_and_says_what_is_lacking(post: Site) -> None:
    with post.console.writing() as register:
        records = [register.save([Edit("case", {**CASE, **more})], author="officer").records[0]
                   for more in (RELEASED, {})]  # fmt: skip
    browser = post.browser("supervisor")
    assert 'href="/forms"' in browser.get("/cases/export").text
    assert f'href="{PAGE}"' in browser.get("/forms").text
    assert "Raw Iv No. Pcs / Raw Iv Wt (kg) / " in text_of(browser.get("/forms/etis"))
    asked = text_of(browser.get(PAGE))
    assert "Goods: Species only where somebody released the text" in asked and "always: customs" not in asked
    done = place(browser.post(PAGE, {"form": "csv", "year": "٢٠١٩"}))
    _until_done(post, done)
    page = browser.get(done)
    told = text_of(page)
    assert "1 row is ready." in told and "1 record was made less precise" in told
    assert "1 row lacks something" in told and "nobody has released this text" in told
    assert f'href="/records/{records[1]}"' in page.text and f'href="/records/{records[0]}"' not in page.text
    held = browser.get(f"{done}/file")
    assert held.headers["Cache-Control"] == "no-store"
    (row,) = csv.DictReader(io.StringIO(held.get_data().decode("utf-8-sig")))
    assert (row["Species"], row["Quantity"], row["Unit"]) == (SPECIES, "12", "kg")
    assert b"Testman" not in held.get_data() and b"2019-05-04" not in held.get_data()
    none = place(browser.post(PAGE, {"form": "xlsx", "year": "1931"}))
    _until_done(post, none)
    assert "0 rows are ready." in text_of(browser.get(none)) and f"{none}/file" not in browser.get(none).text
    other = post.browser("auditor")
    assert other.get(done).status_code == other.get(f"{done}/file").status_code == 404
    assert browser.get(done.replace("cites-illegal-trade", "etis")).status_code == 404


def test_a_form_takes_as_many_records_as_an_export_and_says_where_there_are_more(
    post: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = post.browser("supervisor")
    assert "At most 500 000 records in one file." in text_of(browser.get(PAGE)).replace("\u202f", " ")
    with post.console.writing() as register:
        for day in ("2017-05-04", "2017-05-05"):
            register.save([Edit("case", {**CASE, **RELEASED, "date": day})], author="officer")
    for most, rows, more in ((1, "1 row is ready.", True), (3, "2 rows are ready.", False)):
        monkeypatch.setattr("diwan_core.web.transfer.other_forms.MOST", most)
        done = place(browser.post(PAGE, {"form": "csv", "year": "2017"}))
        _until_done(post, done)
        told = text_of(browser.get(done))
        assert rows in told and ("longer than one file may be" in told) is more


def test_what_cannot_be_filled_on_a_page_says_so(post: Site) -> None:
    browser = post.browser("supervisor")
    for year in ("last", "19", "2026-01", "²⁰¹⁹"):
        refused = browser.post(PAGE, {"form": "csv", "year": year})
        assert refused.status_code == 422 and "four digits" in text_of(refused), year
    assert browser.post(PAGE, {"form": "exe"}).status_code == 422
    for name in ("nothing", "..%2f..%2fetc", "mine.toml"):
        assert browser.get(f"/forms/{name}").status_code == 404
    page = text_of(browser.get("/forms/eu-cash-declaration"))
    assert "names persons" in page and "Fill the form" not in page
    assert browser.post("/forms/eu-cash-declaration", {"form": "csv"}).status_code == 409
    assert post.browser("officer").get("/forms").status_code == 403
    assert post.browser("technician").get("/forms").status_code == 403
