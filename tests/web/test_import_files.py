"""Files as they come: letters of other times, titles above the columns, separators nobody named."""

import io
import os
import re
from typing import BinaryIO

import pytest
from diwan_core.web.kit import spool as arriving

from .conftest import Browser, Site, make_site, text_of
from .test_bulk import sent

TABLE = "رقم,التاريخ,المكان\n1,2026-11-20,معبر الكرامة\n2,2026-11-21,العقبة\n"
RUSSIAN = "Номер;Дата;Место\n1;2026-11-20;Пост Северный\n"
FRENCH = "N°,Date,Lieu\n1,2026-11-20,Poste frontière de Béni-Ounif\n2,2026-11-20,Alger\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return make_site(tmp_path_factory.mktemp("files") / "centre", "central", "Centre", "")


@pytest.fixture(scope="module")
def analyst(site: Site) -> Browser:
    return site.browser("analyst")


def columns(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><bdi>(.*?)</bdi></th>', page)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1256", "utf-16", "utf-16-le", "utf-16-be"])
def test_arabic_letters_are_read_however_they_were_saved(analyst: Browser, encoding: str) -> None:
    page = analyst.get(sent(analyst, TABLE.encode(encoding), "log.csv")).text
    assert columns(page) == ["رقم", "التاريخ", "المكان"] and "معبر الكرامة" in page


@pytest.mark.parametrize(("text", "encoding"), [(RUSSIAN, "cp1251"), (FRENCH, "cp1252")], ids=["Russian", "French"])
def test_other_letters_are_read_too(analyst: Browser, text: str, encoding: str) -> None:
    page = analyst.get(sent(analyst, text.encode(encoding), "log.csv")).text
    assert columns(page) == re.split("[,;]", text.partition("\n")[0])
    assert text.strip().rpartition("20")[2][1:].split("\n")[0] in page


def test_where_the_letters_were_guessed_wrong_somebody_can_say_so(analyst: Browser) -> None:
    address = sent(analyst, "No,Yer\n1,Kapıkule Gümrük Kapısı\n".encode("cp1254"), "log.csv")
    page = analyst.get(address).text
    assert "Kapıkule" not in page and 'name="letters"' in page
    page = analyst.follow(analyst.post(f"{address}/what", {"type": "case", "letters": "windows-1254"})).text
    assert "Kapıkule Gümrük Kapısı" in page
    assert 'name="letters"' not in analyst.get(sent(analyst, TABLE.encode(), "log.csv")).text, "nothing to choose"
    assert analyst.post(f"{address}/what", {"type": "case", "letters": "rot13"}).status_code == 303


@pytest.mark.parametrize(
    "content",
    [
        b"Seizures of the north 2026,,\n,,\nNo,Day,Place\n1,2026-11-20,Gate\n",
        b'"Seizures\nof the north"\n\nNo,Day,Place\n1,2026-11-20,Gate\n',
        b"sep=;\r\nNo;Day;Place\r\n1;2026-11-20;Gate\r\n",
        b"No,Day,Place\r1,2026-11-20,Gate\r",
    ],
    ids=["titles", "title of two lines", "sep", "old line ends"],
)
def test_what_stands_above_the_names_of_the_columns_is_passed_over(analyst: Browser, content: bytes) -> None:
    address = sent(analyst, content, "log.csv")
    page = analyst.get(address).text
    assert columns(page) == ["No", "Day", "Place"]
    plan = {"target.1": "date", "target.2": "place", "key": "0", "system": "north"}
    look = text_of(analyst.follow(analyst.post(f"{address}/map", plan)))
    assert "1 would become records" in look and "Gate" in look


def test_a_number_that_no_column_has_is_no_key(analyst: Browser) -> None:
    address = sent(analyst, b"No,Place\n1,Gate\n", "log.csv")
    plan = {"target.1": "place", "key": ["\N{SUPERSCRIPT TWO}", "9" * 5000, "-1", "0"], "system": "keys"}
    answer = analyst.post(f"{address}/map", plan)
    assert answer.status_code == 303 and "1 would become records" in text_of(analyst.follow(answer))


def test_line_ends_of_two_kinds_cost_their_rows_and_no_page(analyst: Browser) -> None:
    address = sent(analyst, b'No,Place\n1,Gate\r2,Quay\n3,"a"b\n4,Yard\n', "log.csv")
    analyst.post(f"{address}/map", {"target.1": "place", "key": "0", "system": "ends"})
    look = text_of(analyst.get(f"{address}/look"))
    assert "1 would become records, 2 would be refused" in look
    assert "a line end stands in a cell without" in look and "write it twice" in look
    assert analyst.post("/imports", {"file": (io.BytesIO(b"a,b\rc,d\n1,2\n"), "x.csv")}).status_code == 422


def test_the_line_that_names_the_columns_can_be_said(analyst: Browser) -> None:
    address = sent(analyst, b"a,b,c\nd,e,f\nNo,Day,Place\n1,2026-11-20,Gate\n", "log.csv")
    assert columns(analyst.get(address).text) == ["a", "b", "c"]
    page = analyst.follow(analyst.post(f"{address}/what", {"type": "case", "names_in": "3"})).text
    assert columns(page) == ["No", "Day", "Place"] and 'value="3"' in page
    for wrong in ("0", "999", "x", "٣٣٣٣", "4"):
        answer = analyst.post(f"{address}/what", {"type": "case", "names_in": wrong})
        assert answer.status_code in (303, 422)
    assert analyst.post(f"{address}/what", {"type": "case", "names_in": "40"}).status_code == 422
    assert analyst.get(address).status_code == 200, "what cannot be read leaves what was there"


def test_what_a_column_becomes_is_asked_for_in_full_even_where_it_did_not_look_like_it(analyst: Browser) -> None:
    address = sent(analyst, b"No,Seen,Load\n1,the day before,heavy\n2,yesterday,light\n", "log.csv")
    assert 'id="unit.2"' not in analyst.get(address).text
    plan = {"target.1": "date", "target.2": "goods.1.quantity", "key": "0", "system": "asked"}
    page = analyst.post(f"{address}/map", plan)
    assert page.status_code == 422
    assert '<a href="#format.1"' in page.text and '<a href="#unit.2"' in page.text and 'id="unit.2"' in page.text
    assert "Load: say its unit" in text_of(page)
    answered = {**plan, "format.1": "DD/MM/YYYY", "unit.2": "KGM", "asked": "1"}
    assert analyst.post(f"{address}/map", answered).status_code == 303
    with_unit = {**plan, "format.1": "ISO", "constant.0": "goods.1.unit", "value.0": "KGM"}
    assert analyst.post(f"{address}/map", with_unit).status_code == 303, "nothing is left to ask"


def test_columns_of_our_own_export_are_known(analyst: Browser) -> None:
    record = b'{"id": "x", "values": {"place": "Gate", "goods": {"1": {"quantity": "5", "unit": "KGM"}}}}'
    page = analyst.get(sent(analyst, b"[" + record + b"]", "diwan-cases.json")).text
    assert columns(page) == ["id", "values.place", "values.goods.1.quantity", "values.goods.1.unit"]
    assert all(f'value="{path}" selected' in page for path in ("place", "goods.1.quantity", "goods.1.unit"))


def test_objects_inside_of_json_become_columns(analyst: Browser) -> None:
    content = b'[{"no": 1, "vehicle": {"plate": "12-345", "seen": {"at": "Gate"}}, "tags": [1]}]'
    address = sent(analyst, content, "log.json")
    assert columns(analyst.get(address).text) == ["no", "vehicle.plate", "vehicle.seen.at"]
    plan = {"target.2": "place", "key": "0", "system": "gate"}
    assert "Gate" in text_of(analyst.follow(analyst.post(f"{address}/map", plan)))


def test_a_file_lies_on_the_disk_once_from_its_arrival_to_its_import(
    site: Site, analyst: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived: list[int] = []

    def spool() -> BinaryIO:
        file = kept_spool()
        arrived.append(os.fstat(file.fileno()).st_ino)
        return file

    kept_spool = arriving.spool
    monkeypatch.setattr("diwan_core.web.app.spool", spool)
    address = sent(analyst, TABLE.encode(), "log.csv")
    folder = site.folder / "jobs" / address.rpartition("/")[2]
    same = [path for path in folder.iterdir() if path.stat().st_size == len(TABLE.encode())]
    assert [path.name for path in same] == ["table.csv"]
    assert [path.stat().st_ino for path in same] == arrived
