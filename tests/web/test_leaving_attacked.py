"""What leaves, attacked from outside: every role at every console, forged forms, and pictures of strangers."""

from __future__ import annotations

from typing import Any

import pytest
from diwan_core.leaving.released import digest_of
from diwan_core.register import Edit
from diwan_core.roles import ROLES, Action, allowed

from .conftest import Browser, Site, picture, png
from .test_release import TEXT, VALUES, _reported, form_of, now

pytestmark = pytest.mark.slow

HOSTILE = ("", "zzz", "0" * 64, "../../etc/passwd", "\x00", "goods..description", "text_release.1.by", "narrative",
           "agreement.", "goods.1.description.x", "é" * 300)  # fmt: skip


def roles_at(site: Site) -> list[str]:
    return [name for name, role in ROLES.items() if site.console.node.role in role.at]


@pytest.fixture(params=["post", "centre"])
def site(request: pytest.FixtureRequest) -> Site:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Site)
    return found


def test_each_role_does_at_each_console_what_the_table_says_and_nothing_else(site: Site) -> None:
    case = _reported(site, TEXT)
    forged = {"path": "concealment_text", "digest": digest_of(TEXT)}
    for role in roles_at(site):
        browser = site.browser(role)
        may_release = allowed(role, Action.RELEASE, "case")
        may_read = allowed(role, Action.READ_RECORDS, "case")
        may_judge = allowed(role, Action.ADD_PICTURES, "attachment")
        assert (browser.get(f"/records/{case}/release").status_code == 200) == may_release, role
        assert (browser.get("/gallery/judge").status_code == 200) == may_judge, role
        assert (browser.get(f"/cases/{case}/report-without-personal-data.pdf").status_code != 403) == may_read, role
        assert (browser.get(f"/cases/{case}/object-id.pdf").status_code == 404) == may_read, role
        assert (browser.get("/cases/export").status_code == 200) == allowed(role, Action.EXPORT, "case"), role
        if not may_release:
            assert browser.post(f"/records/{case}/release", forged).status_code == 403, role
        if not may_judge:
            assert browser.post("/gallery/judge", {f"seen.{case}": "x"}).status_code == 403, role
        if not allowed(role, Action.EXPORT, "case"):
            assert browser.post("/cases/export", {"form": "csv"}).status_code == 403, role
    assert "text_release" not in now(site, case).values


def test_a_stranger_is_sent_to_sign_in(site: Site) -> None:
    case = _reported(site, TEXT)
    for path in (f"/records/{case}/release", "/gallery/judge", f"/cases/{case}/object-id.pdf"):
        assert site.stranger().get(path).status_code == 303


@pytest.mark.parametrize("path", HOSTILE)
def test_a_forged_release_keeps_nothing(post: Site, path: str) -> None:
    case = _reported(post, TEXT)
    supervisor = post.browser("supervisor")
    for digest in ("", "0" * 64, digest_of(TEXT), digest_of("Karim Testman")):
        for more in ({}, {"withdraw": "1"}):
            answer = supervisor.post(f"/records/{case}/release", {"path": path, "digest": digest, **more})
            assert answer.status_code in (303, 409, 422), (path, digest)
    assert not now(post, case).values.get("text_release")


def test_a_release_of_a_record_that_is_none_or_of_another_type_is_refused(post: Site) -> None:
    supervisor = post.browser("supervisor")
    with post.console.writing() as register:
        person = register.save([Edit("person", {"name_as_written": "Karim", "status": "submitted"})], author="x")
    for record in (person.records[0], "0" * 36, "..%2f..%2fetc", "x" * 500):
        assert supervisor.get(f"/records/{record}/release").status_code == 404
        assert supervisor.post(f"/records/{record}/release", {"path": "place", "digest": "0"}).status_code == 404


@pytest.fixture
def added(post: Site, officer: Browser) -> str:
    """A picture that nobody has judged."""
    case = _reported(post, TEXT)
    officer.post(f"/records/{case}/pictures/new", picture(png(64, 48)))
    with post.console.writing() as register:
        return register.find("attachment", {"subject": case}, limit=1)[0].id


def judged(post: Site, picture_id: str) -> Any:
    return now(post, picture_id).values.get("person_shown")


@pytest.mark.parametrize("seen", ["", "zzz", "1:2", "{}", "[]", "x" * 200_000, "é", "\x00"])
def test_a_forged_judgement_never_ends_in_an_error(post: Site, officer: Browser, added: str, seen: str) -> None:
    before = judged(post, added)
    data = {f"seen.{added}": seen, f"person_shown.{added}": "no", f"text_shown.{added}": "no"}
    assert officer.post("/gallery/judge", data).status_code < 500
    assert judged(post, added) == before, "what nobody has seen is not judged"


def test_only_pictures_are_judged_and_only_with_words_of_the_list(post: Site, officer: Browser, added: str) -> None:
    case = _reported(post, TEXT)
    heads = now(post, case).heads
    data = {f"seen.{case}": heads, f"person_shown.{case}": "no", "seen.": "x", "seen.nobody": "x", "seen": "x"}
    assert officer.post("/gallery/judge", data).status_code == 303
    assert "person_shown" not in now(post, case).values
    heads = now(post, added).heads
    for word in ("maybe", "not_judged", "", "NO", "true"):
        officer.post("/gallery/judge", {f"seen.{added}": heads, f"person_shown.{added}": word})
    assert judged(post, added) in (None, "not_judged")


def test_many_judgements_at_once_are_taken_only_as_far_as_the_page_goes(post: Site, officer: Browser) -> None:
    data = {f"seen.{number:036}": "x" for number in range(2000)}
    assert officer.post("/gallery/judge", data).status_code in (303, 400, 413)


def test_a_text_that_looks_like_code_is_shown_as_text(post: Site) -> None:
    case = _reported(post, "<script>alert(1)</script> {{ 7*7 }} \u202e Karim")
    page = post.browser("supervisor").get(f"/records/{case}/release").text
    assert "<script>alert" not in page and "7*7" in page
    sent = form_of(page, "concealment_text")
    assert post.browser("supervisor").post(f"/records/{case}/release", sent).status_code == 303


def test_an_export_without_personal_data_cannot_be_talked_into_whole_records(post: Site) -> None:
    supervisor = post.browser("supervisor")
    with post.console.writing() as register:
        register.save([Edit("case", {**VALUES, "narrative": "Karim did it"})], author="officer")
    for nominal in ("0", "true", "on", "11", " 1", "１"):
        answer = supervisor.post("/cases/export", {"form": "json", "nominal": nominal})
        assert answer.status_code in (303, 429)
    auditor_like = [role for role in roles_at(post) if not allowed(role, Action.EXPORT_NOMINAL)]
    for role in auditor_like:
        answer = post.browser(role).post("/cases/export", {"form": "json", "nominal": "1"})
        assert answer.status_code == 403, role
