"""Whatever is sent, the answer is a plain page below 500, and the page holds no markup that came from outside."""

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import SHORT, Browser, Site

ANYTHING = st.text(st.characters(codec="utf-8"), max_size=60) | st.sampled_from(
    [
        "\x00",
        "\u202egnp.exe",
        "'; DROP TABLE record;--",
        "<script>alert(1)</script>",
        "{{7*7}}",
        "%s%n",
        "9" * 400,
        "NaN",
        "-1",
    ]
)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@given(st.dictionaries(st.sampled_from(sorted(SHORT)) | ANYTHING, ANYTHING, max_size=14))
def test_any_report_is_answered_plainly(officer: Browser, fields: dict[str, str]) -> None:
    response = officer.post("/cases/new", {**SHORT, **fields})
    assert response.status_code in (303, 422)
    assert "<script>" not in response.text


@QUICK
@given(st.dictionaries(st.sampled_from(["q", "status", "office", "from", "to", "page", "done", "lang"]), ANYTHING))
def test_any_list_address_is_answered_plainly(officer: Browser, query: dict[str, str]) -> None:
    response = officer.get("/cases", **query)
    assert response.status_code == 200
    assert "<script>" not in response.text


@QUICK
@given(
    st.lists(
        ANYTHING.map(lambda text: text.replace("/", "")).filter(lambda t: t not in ("", ".", "..")),
        min_size=1,
        max_size=4,
    )
)
def test_any_address_is_answered_plainly(officer: Browser, steps: list[str]) -> None:
    for root in ("", "/cases", "/records", "/codes"):
        response = officer.get(root + "/" + "/".join(quote(step, safe="") for step in steps))
        assert response.status_code < 500


@QUICK
@given(
    st.binary(max_size=300),
    st.sampled_from(["multipart/form-data; boundary=b", "application/x-www-form-urlencoded", "text/x"]),
)
def test_any_body_is_answered_plainly(officer: Browser, body: bytes, content_type: str) -> None:
    response = officer.client.post("/cases/new", data=body, content_type=content_type)
    assert 400 <= response.status_code < 500


def test_a_megabyte_in_one_field_is_named_beside_it_and_kept(officer: Browser, reported: str) -> None:
    form = {"seen": '{"*":[["a",1]]}', "narrative": "x" * 1_000_000}
    response = officer.post(f"{reported}/edit/offence", form)
    assert response.status_code == 422
    assert 'id="narrative-message"' in response.text and "x" * 1_000_000 in response.text


def test_more_than_a_form_may_hold_is_refused(officer: Browser) -> None:
    assert officer.post("/cases/new", {"narrative": "x" * 3_000_000}).status_code == 413
    assert officer.post("/cases/new", {f"field{number}": "" for number in range(5000)}).status_code < 500


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ 7919*7919 }}",
        "\u202egnp.exe\u2066",
        "a&amp;b",
    ],
)
def test_text_is_shown_as_it_was_typed_or_refused_never_run(officer: Browser, reported: str, name: str) -> None:
    from .test_editing import fields_of

    path = f"{reported}/edit/offence"
    response = officer.post(path, {**fields_of(officer.get(path).text), "narrative": name})
    page = officer.get(reported).text if response.status_code == 303 else response.text
    assert response.status_code in (303, 422)
    assert "<script" not in page and "<img src=x" not in page and "62710561" not in officer.get(path).text + page


@pytest.mark.parametrize("record", ["x", "0198f0a0-0000-7000-8000-000000000000", "' OR 1=1", "0" * 3000])
def test_an_unknown_record_is_not_found(officer: Browser, record: str) -> None:
    for path in (
        f"/cases/{record}",
        f"/records/{record}",
        f"/cases/{record}/edit/event",
        f"/records/{record}/pictures/new",
    ):
        assert officer.get(path).status_code == 404
        assert officer.post(path, {"seen": "{}"}).status_code in (404, 405)


def test_a_record_of_another_type_is_not_a_case(post: Site, officer: Browser, reported: str) -> None:
    from .conftest import picture

    officer.post(f"/records/{reported.rpartition('/')[2]}/pictures/new", picture())
    with post.console.writing() as register:
        (attachment, *_) = register.find("attachment")
    assert officer.get(f"/cases/{attachment.id}").status_code == 404
    assert officer.get(f"/cases/{attachment.id}/edit/event").status_code == 404


def test_a_language_nobody_has_is_not_set(officer: Browser) -> None:
    assert officer.get("/language/xx").status_code == 404
    officer.client.set_cookie("diwan_language", "../../etc")
    assert '<html lang="en" dir="ltr" ' in officer.get("/cases").text
    officer.client.delete_cookie("diwan_language")


def test_arabic_pages_run_from_right_to_left(officer: Browser) -> None:
    officer.client.set_cookie("diwan_language", "ar")
    assert '<html lang="ar" dir="rtl" ' in officer.get("/cases").text
    officer.client.delete_cookie("diwan_language")


CONTROLS = ["_draft", "_revision", "_shape", "_record", "_type", "rows.goods", "rows.party", "do", "exercise", "type"]
PLACES = ["party.1.subject", "goods.2.quantity", "partner_agencies.new", "related_cases.new", "find:party.1.subject"]
BUTTONS = ["save", "wide", "report", "resubmit", "add:goods", "drop:goods.1", "pick:party.1.subject", "unlink:date"]


@QUICK
@given(
    st.dictionaries(st.sampled_from([*CONTROLS, *PLACES, *SHORT]) | ANYTHING, ANYTHING, max_size=14),
    st.sampled_from(BUTTONS) | ANYTHING,
    st.booleans(),
)
def test_any_form_in_work_is_answered_plainly(
    officer: Browser, fields: dict[str, str], button: str, keep: bool
) -> None:
    kind = {"_type": "case", "_shape": "wide", "rows.goods": "1 2", "rows.party": "1"}
    path = "/drafts/0198f0a0-0000-7000-8000-00000000000f"
    response = officer.post(path + ("/keep" if keep else ""), {**kind, **fields, "do": button})
    assert response.status_code < 500 and "<script>" not in response.text
    if response.status_code == 303:
        assert officer.client.get(response.location, follow_redirects=True).status_code < 500
    draft = response.location if response.status_code == 303 else ""
    if "/drafts/" in draft:
        officer.post(draft.partition("?")[0].partition("#")[0].partition("/link")[0] + "/remove")
