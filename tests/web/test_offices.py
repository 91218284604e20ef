"""Customs offices stand by name, with their code beside it, wherever a person reads them; addresses keep the code."""

from collections.abc import Iterator

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.register import Edit
from diwan_core.register.departments import declare_department, departments, withdraw_department

from .conftest import Browser, Site, text_of
from .test_letterhead_picture import printed


@pytest.fixture
def port(centre: Site) -> Iterator[str]:
    """A case at an office that is a department of the administration; its address at the centre."""
    with centre.console.writing() as register:
        declare_department(register, "SOUTH", "The south", kind="region", office="JOAQJ", author="x")
        declare_department(register, "AQJ", "Container port", parent="SOUTH", office="JOAQJ", author="x")
        values = {"source_key": "1", "source_system": "x", "date": "2018-11-02", "office": "JOAQJ"}
        record = register.save([Edit("case", values)], author="x").records[0]
    yield f"/cases/{record}"
    with centre.console.writing() as register:
        for one in departments(register.store):
            withdraw_department(register, one.record, author="x")


def test_an_office_is_read_by_name_on_the_page_in_lists_and_filters(centre: Site, port: str) -> None:
    analyst = centre.browser("analyst")
    assert "Customs office: Container port JOAQJ" in text_of(analyst.get(port))
    listed = analyst.get("/cases", office="JOAQJ")
    assert port in listed.text and "Container port JOAQJ" in text_of(listed)
    assert "<option>Container port (JOAQJ)" in listed.text
    assert 'value="Container port (JOAQJ)"' in listed.text.partition('id="office"')[2][:200]
    for typed in ("container PORT", "Container port (JOAQJ)", "joaqj", "Al 'Aqabah"):
        found = analyst.get("/cases", office=typed)
        assert port in found.text and "office=JOAQJ" in found.text, typed
    assert port not in analyst.get("/cases", office="JOAMM").text


def test_a_list_does_not_repeat_the_name_of_an_office_as_the_place(centre: Site, port: str) -> None:
    with centre.console.writing() as register:
        values = {"source_system": "x", "date": "2018-11-03", "office": "JOAQJ"}
        for key, place in (("2", "Container port"), ("3", "Gate 7")):
            register.save([Edit("case", {**values, "source_key": key, "place": place})], author="x")
    rows = centre.browser("analyst").get("/cases", office="JOAQJ").text.partition("<tbody>")[2].split("</tr>")[:-1]
    named = [row.count("Container port") for row in rows if "JOAQJ" in row]
    assert sorted(named) == [1] * len(named) and any("Gate 7" in row for row in rows)


def test_without_a_department_the_place_is_named_in_the_readers_language(
    post: Site, officer: Browser, reported: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Al 'Aqabah JOAQJ" in text_of(officer.get(reported)).replace("&#39;", "'")
    places = DICTIONARY.codes("locode")
    usual = type(places).label

    def label(self: object, code: str, language: str = "en") -> str:
        return "العقبة" if (self, code, language) == (places, "JOAQJ", "ar") else usual(places, code, language)

    monkeypatch.setattr(type(places), "label", label)
    page = officer.client.get(reported, headers={"Accept-Language": "ar"}).text
    assert "العقبة" in page and "Aqabah" not in page


def test_an_office_of_no_list_is_called_by_its_post_or_stays_a_code(post: Site, officer: Browser) -> None:
    with post.console.writing() as register, register.store.write() as connection:
        connection.execute(
            "INSERT INTO node (id, label, office, role, signing_key, sealing_key, revoked, heard, confirmed) "
            "VALUES ('nb', 'North bridge', 'NB-7', 'post', x'', x'', 0, 1, 1)"
        )
    try:
        assert 'value="North bridge (NB-7)"' in officer.get("/cases", office="NB-7").text
        assert 'value="NB-8"' in officer.get("/cases", office="NB-8").text
    finally:
        with post.console.writing() as register, register.store.write() as connection:
            connection.execute("DELETE FROM node WHERE id='nb'")


def test_paper_names_the_office_too(centre: Site, port: str) -> None:
    page, _ = printed(centre, centre.browser("analyst"), port.rpartition("/")[2])
    assert "Container port" in page and "JOAQJ" in page
