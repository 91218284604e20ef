"""Rows chosen in a list: shown alone, exported, validated together and undone, each by itself and as it was seen."""

import html
import re
from urllib.parse import urlencode

import pytest
from diwan_core.intake.run import jobs
from diwan_core.register import Edit, Record

from .conftest import SHORT, Browser, Site, text_of
from .forms import form_of
from .test_bulk import ended
from .test_references import from_centre


@pytest.fixture(scope="module")
def supervisor(post: Site) -> Browser:
    return post.browser("supervisor")


@pytest.fixture
def cases(officer: Browser) -> list[str]:
    """Two freshly reported cases."""
    made = [officer.post("/cases/new", {**SHORT, "leg.1.country": country}).location for country in ("NA", "BW")]
    return [address.partition("?")[0].rpartition("/")[2] for address in made]


def record(post: Site, case: str) -> Record:
    with post.console.writing() as register:
        found = register.get(case)
    assert found is not None
    return found


def status(post: Site, case: str) -> str:
    return str(record(post, case).values["status"])


def hidden(page: str, action: str) -> dict[str, list[str]]:
    """The fields of the form of a page that is sent to an address."""
    form = re.search(rf'<form method="post" action="{action}">(.*?)</form>', page, re.S)
    assert form is not None
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[1]):
        if name != "csrf":
            found.setdefault(name, []).append(html.unescape(value))
    return found


def test_chosen_cases_are_validated_together_and_undone(post: Site, supervisor: Browser, cases: list[str]) -> None:
    asked = supervisor.post("/check/selected", {"id": cases})
    assert "Validate 2 cases" in text_of(asked)
    done = supervisor.post("/check/selected/validate", hidden(asked.text, "/check/selected/validate"))
    assert [status(post, case) for case in cases] == ["validated", "validated"]
    undone = supervisor.post("/check/selected/undo", hidden(done.text, "/check/selected/undo"))
    assert "2 cases" in text_of(undone)
    assert [status(post, case) for case in cases] == ["submitted", "submitted"]
    page = supervisor.get("/check").text
    assert all(case in page or "rel=" in page for case in cases)


def test_what_changed_meanwhile_is_left_and_named(post: Site, supervisor: Browser, cases: list[str]) -> None:
    asked = supervisor.post("/check/selected", {"id": cases})
    with post.console.writing() as register:
        register.save([Edit("case", {"place": "Moved"}, record=cases[0])], author="somebody")
    done = supervisor.post("/check/selected/validate", hidden(asked.text, "/check/selected/validate"))
    assert "1 case is left as it is" in text_of(done) and "changed since you saw it" in text_of(done)
    assert [status(post, case) for case in cases] == ["submitted", "validated"]
    again = supervisor.post("/check/selected", {"id": cases})
    assert "1 case is left as it is" in text_of(again), "a validated case is not validated again"
    with post.console.writing() as register:
        register.save([Edit("case", {"place": "Moved"}, record=cases[1])], author="somebody")
    supervisor.post("/check/selected/undo", hidden(done.text, "/check/selected/undo"))
    assert status(post, cases[1]) == "validated", "somebody changed it since"


def test_chosen_cases_are_added_to_an_operation_and_taken_out_again(
    post: Site, officer: Browser, cases: list[str]
) -> None:
    operation = from_centre(post, "operation", name="Northern lights")
    asked = officer.post("/selected/add", {"id": cases})
    assert "Northern lights" in asked.text
    fields = hidden(asked.text, "/selected/add/do")
    done = officer.post("/selected/add/do", {**fields, "to": operation})
    assert [record(post, case).values.get("operation") for case in cases] == [operation, operation]
    back = hidden(done.text, "/selected/add/undo")
    assert officer.post("/selected/add/undo", {**back, f"was.{cases[0]}": cases[1]}).status_code == 422, "no operation"
    undone = officer.post("/selected/add/undo", back)
    assert "Undone" in undone.text
    assert [record(post, case).values.get("operation") for case in cases] == [None, None]
    assert officer.post("/selected/add/do", {**fields, "to": cases[0]}).status_code == 422
    again = officer.post("/selected/add/do", {**fields, "to": operation})
    assert "2 cases are left as they are" in text_of(again)


def test_chosen_rows_are_exported_and_shown_alone(supervisor: Browser, cases: list[str]) -> None:
    page = supervisor.get("/cases").text
    assert f'<input type="checkbox" name="id" value="{cases[0]}"' in page
    answer = supervisor.post("/cases/selected", {"id": cases, "do": "export"})
    export = supervisor.client.get(answer.location).text
    assert ".".join(cases) in html.unescape(form_of(export, 'name="query"')["query"]) and "2 records" in export
    shown = supervisor.client.get(supervisor.post("/cases/selected", {"id": cases, "do": "show"}).location).text
    assert {*re.findall(r'<a href="/cases/([0-9a-f-]{36})"', shown)} == {*cases}
    assert 'name="id"' in supervisor.get("/cases", choose="all").text


def test_a_file_holds_what_the_list_shows_however_long_its_filters_are(
    post: Site, supervisor: Browser, cases: list[str]
) -> None:
    ids = [*cases, *(f"0198f0a0-0000-7000-8000-{n:012}" for n in range(38))]
    query = urlencode({"q": "تبغ" * 60, "only": ".".join(ids), "status": "validated", "from": "2026-01-01"})
    assert len(query) > 2000
    answer = supervisor.post("/cases/export", {"form": "csv", "query": query})
    job = jobs.get(post.folder, answer.location.rpartition("/")[2])
    assert job is not None
    assert job.spec["where"]["status"] == "validated" and len(job.spec["where"]["only"]) == 40
    assert job.spec["where"]["date"][0] == "2026-01-01"
    ended(lambda: text_of(supervisor.client.get(answer.location)), "Save the file")
    assert supervisor.post("/cases/export", {"form": "csv", "query": "q=" + "x" * 20_000}).status_code == 400


def test_nothing_chosen_and_too_many_are_said(officer: Browser, supervisor: Browser) -> None:
    assert supervisor.post("/cases/selected", {"do": "export"}).status_code == 422
    many = [f"0198f0a0-0000-7000-8000-{n:012}" for n in range(41)]
    assert supervisor.post("/cases/selected", {"id": many, "do": "export"}).status_code == 422
    assert officer.post("/check/selected", {"id": many[:1]}).status_code == 403
    page = officer.get("/cases").text
    assert 'value="add"' in page and 'value="validate"' not in page and "/export" not in page


@pytest.mark.parametrize(
    ("narrowed", "there"),
    [
        ({"mode": "3", "country": "JO"}, True),
        ({"mode": "4"}, False),
        ({"concealment_method": "vehicle_cabin", "detection_method": "xray_cargo", "type": "seizure"}, True),
        ({"concealment_method": "vehicle_cabin", "detection_method": "dog"}, False),
        ({"mode": "3", "sort": "-office", "q": "Namibia"}, True),
    ],
)
def test_cases_are_narrowed_by_codes_wherever_they_stand(
    supervisor: Browser, cases: list[str], narrowed: dict[str, str], there: bool
) -> None:
    page = supervisor.get("/cases", **narrowed, only=cases[0]).text
    assert (f'href="/cases/{cases[0]}"' in page) == there
