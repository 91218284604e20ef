"""A supervisor validates or sends back, an officer corrects; two versions are settled by somebody who saw both."""

import html
import re
from typing import cast

import pytest
from diwan_core.register import Edit
from diwan_core.register.journal import clock
from diwan_core.register.journal.trusted_time import wall_clock
from diwan_core.trust.access_log.events import event_of
from werkzeug.test import TestResponse

from .conftest import Browser, Site, text_of
from .forms import form_of, place, press
from .test_editing import fields_of


@pytest.fixture(scope="module")
def supervisor(post: Site) -> Browser:
    return post.browser("supervisor")


def seen(page: str) -> str:
    return form_of(page, 'name="seen"')["seen"]


def decide(browser: Browser, case: str, decision: str, comment: str = "") -> TestResponse:
    page = browser.get(case).text
    return browser.post(f"{case}/check", {"seen": seen(page), "decision": decision, "comment": comment})


def waiting(supervisor: Browser) -> str:
    """All pages of what is to be checked: the oldest come first, and other tests report, too."""
    whole, path = "", "/check"
    while path:
        page = supervisor.client.get(path).text
        found = re.search(r'rel="next" href="([^"]+)"', page)
        whole, path = whole + page, html.unescape(found[1]) if found else ""
    return whole


def values_of(post: Site, case: str) -> dict[str, object]:
    with post.console.writing() as register:
        found = register.get(case.rpartition("/")[2])
    assert found is not None
    return found.values


def test_sent_back_corrected_submitted_again_validated(
    post: Site, officer: Browser, supervisor: Browser, reported: str
) -> None:
    assert reported in waiting(supervisor)
    place(decide(supervisor, reported, "sent_back", "The weight is missing.\r\nWeigh it again."))
    assert values_of(post, reported)["status"] == "submitted"
    to_do = officer.get("/drafts")
    assert reported in to_do.text and "Weigh it again." in text_of(to_do)
    for browser in (officer, supervisor, post.browser("auditor")):
        page = browser.get(reported)
        assert "The weight is missing." in text_of(page)
        assert re.search('class="tag warn">[^/]*Sent back', page.text)
        assert reported in browser.get("/cases", status="sent_back").text
        assert reported not in browser.get("/cases", status="submitted").text
    draft = place(officer.post(f"/drafts/change/{reported.rpartition('/')[2]}"))
    assert "Weigh it again." in text_of(officer.get(draft))
    place(press(officer, draft, "report", goods__1__quantity="13", comment="Weighed: 13 kg"))
    assert "Sent back, not yet corrected" in text_of(supervisor.get("/check"))
    assert "Weighed: 13 kg" in text_of(supervisor.get(reported))
    place(decide(supervisor, reported, "validated"))
    values = values_of(post, reported)
    assert values["status"] == "validated" and values["review_state"] == "validated"
    assert reported not in waiting(supervisor)
    with post.console.writing() as register:
        history = register.history(reported.rpartition("/")[2])
    assert [entry.author for entry in history] == ["officer", "supervisor", "officer", "supervisor"]
    assert any("The weight is missing." in str(after) for _, after in history[1].changes.values())


def test_a_decision_is_of_the_moment_by_the_clock_that_changes_are_stamped_by(
    post: Site, supervisor: Browser, reported: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wall_clock, "__defaults__", (lambda: 86_400.0, clock.monotonic_ms))
    place(decide(supervisor, reported, "validated"))
    (said,) = cast("dict[str, dict[str, str]]", values_of(post, reported)["review"]).values()
    assert said["at"] == "1970-01-02T00:00:00Z"


def test_a_correction_in_a_small_form_is_checked_again(
    post: Site, officer: Browser, supervisor: Browser, reported: str
) -> None:
    early = fields_of(officer.get(f"{reported}/edit/control").text)  # opened before the comment was written
    place(decide(supervisor, reported, "sent_back", "Which place?"))
    place(officer.post(f"{reported}/edit/control", {**early, "concealment_text": "In the tank"}))
    assert values_of(post, reported)["review_state"] == "sent_back", "who did not see the comment has not answered it"
    form = fields_of(officer.get(f"{reported}/edit/event").text)
    done = officer.post(f"{reported}/edit/event", {**form, "place": "Gate 3"})
    assert "done=resubmitted" in done.location and reported in waiting(supervisor)
    assert values_of(post, reported)["review_state"] == "resubmitted"


def test_the_whole_form_answers_what_was_written_after_it_was_opened(
    post: Site, officer: Browser, supervisor: Browser, reported: str
) -> None:
    draft = place(officer.post(f"/drafts/change/{reported.rpartition('/')[2]}"))
    place(decide(supervisor, reported, "sent_back", "Which place?"))
    nothing = officer.post(draft, {**form_of(officer.get(draft).text), "do": "report"})
    assert nothing.status_code == 422 and "write why nothing needs to be corrected" in text_of(nothing)
    place(press(officer, draft, "report", place="Gate 5"))
    with post.console.writing() as register:
        record = register.get(reported.rpartition("/")[2])
    assert record is not None and not record.conflicts
    assert (record.values["place"], record.values["review_state"]) == ("Gate 5", "resubmitted")


def test_a_case_sent_back_is_validated_only_once_it_is_submitted_again(
    post: Site, officer: Browser, supervisor: Browser, reported: str
) -> None:
    place(decide(supervisor, reported, "sent_back", "Which place?"))
    page = supervisor.get(reported)
    assert 'value="validated"' not in page.text and "once it has been submitted again" in text_of(page)
    forged = decide(supervisor, reported, "validated")
    assert forged.status_code == 422 and "once it has been submitted again" in text_of(forged)
    form = {"id": reported.rpartition("/")[2], f"seen.{reported.rpartition('/')[2]}": seen(page.text)}
    assert "once it has been submitted again" in text_of(supervisor.post("/check/selected/validate", form))
    assert values_of(post, reported)["status"] == "submitted"
    without = officer.post(f"{reported}/submit-again", {"seen": seen(page.text)})
    assert without.status_code == 422 and "write why nothing needs to be corrected" in text_of(without)
    place(officer.post(f"{reported}/submit-again", {"seen": seen(page.text), "comment": "It stands in the papers."}))
    assert officer.post(f"{reported}/submit-again").location == f"{reported}?done=resubmitted", "pressed twice"
    place(decide(supervisor, reported, "validated"))
    assert officer.post(f"{reported}/submit-again").location == f"{reported}?done=unchanged"
    assert values_of(post, reported)["status"] == "validated"


def test_the_first_page_of_who_checks_counts_what_is_not_corrected_yet(supervisor: Browser, reported: str) -> None:
    place(decide(supervisor, reported, "sent_back", "Which place?"))
    home = supervisor.get("/")
    assert re.search(r"sent back and (is|are) not corrected yet", text_of(home)) and "/check?queue=back" in home.text
    report = supervisor.get(f"{reported}/report.pdf")
    assert report.mimetype == "application/pdf"


def test_sending_back_needs_a_comment(supervisor: Browser, reported: str) -> None:
    answer = decide(supervisor, reported, "sent_back", "  ")
    assert answer.status_code == 422 and "Write what needs to be corrected" in text_of(answer)


@pytest.mark.parametrize("comment", ["x" * 1_000_000, "\x00 control", "<script>alert(1)</script>" * 200])
def test_a_comment_that_cannot_be_kept_is_given_back(supervisor: Browser, reported: str, comment: str) -> None:
    answer = decide(supervisor, reported, "sent_back", comment)
    assert answer.status_code == 422 and "too long or contains" in text_of(answer)
    assert "<script>alert" not in answer.text


def test_only_what_was_seen_can_be_decided_on(post: Site, officer: Browser, supervisor: Browser, reported: str) -> None:
    old = supervisor.get(reported).text
    with post.console.writing() as register:
        register.save([Edit("case", {"place": "Elsewhere"}, record=reported.rpartition("/")[2])], author="officer")
    answer = supervisor.post(f"{reported}/check", {"seen": seen(old), "decision": "validated", "comment": "Fine"})
    assert answer.status_code == 422 and "was changed after you opened it" in text_of(answer)
    assert "Fine" in answer.text and values_of(post, reported)["status"] == "submitted"


def test_a_validated_case_changed_by_an_officer_is_checked_again(
    post: Site, officer: Browser, supervisor: Browser, reported: str
) -> None:
    place(decide(supervisor, reported, "validated"))
    form = fields_of(officer.get(f"{reported}/edit/event").text)
    place(officer.post(f"{reported}/edit/event", {**form, "place": "Gate 9"}))
    assert values_of(post, reported)["status"] == "submitted"
    assert reported in waiting(supervisor)


@pytest.mark.parametrize("role", ["officer", "analyst", "auditor", "technician", "administrator"])
def test_nobody_but_a_supervisor_checks(post: Site, reported: str, role: str) -> None:
    browser = post.browser(role)
    assert browser.get("/check").status_code == 403
    assert browser.post(f"{reported}/check", {"decision": "validated", "seen": "{}"}).status_code == 403


@pytest.mark.parametrize("sent", [{"decision": "published"}, {"decision": ""}, {"decision": "validated", "seen": "x"}])
def test_a_forged_decision_changes_nothing(
    post: Site, supervisor: Browser, reported: str, sent: dict[str, str]
) -> None:
    assert 400 <= supervisor.post(f"{reported}/check", sent).status_code < 500
    assert "review_state" not in values_of(post, reported)
    assert supervisor.post("/cases/0198f0a0-0000-7000-8000-000000000000/check", sent).status_code == 404


def contested(browser: Browser, case: str) -> None:
    """Two windows write two quantities and two places."""
    for part, first, second in (("goods/1", {"goods.1.quantity": "100"}, {"goods.1.quantity": "200"}),
                                ("event", {"place": "Gate 1"}, {"place": "Gate 2"})):  # fmt: skip
        path = f"{case}/edit/{part}"
        one, other = (fields_of(browser.get(path).text) for _ in range(2))
        browser.post(path, {**one, **first})
        browser.post(path, {**other, **second})


def test_a_conflict_is_settled_field_by_field(post: Site, officer: Browser, reported: str) -> None:
    contested(officer, reported)
    path = f"/records/{reported.rpartition('/')[2]}/conflicts"
    assert path in officer.get(reported).text
    page = officer.get(path).text
    assert "100" in page and "Gate 2" in page and "Goods 1: Quantity" in page
    names = re.findall(r'type="radio" id="[^"]+" name="([^"]+)" value="([^"]+)"', page)
    assert len(names) == 4
    half = officer.post(path, {"seen": seen(page), names[0][0]: names[0][1]})
    assert half.status_code == 422 and "Choose one version of each" in text_of(half)
    shown = dict(names[::-1])  # the first version of each
    place(officer.post(path, {"seen": seen(page), **shown}))
    with post.console.writing() as register:
        record = register.get(reported.rpartition("/")[2])
    assert record is not None and not record.conflicts
    assert record.values["goods"]["1"]["unit"] == "KGM", "the group stays whole"
    settled = officer.post(path, {"seen": seen(page), **shown})
    assert place(settled).startswith("/records/")


def test_saving_without_a_choice_asks_for_one(officer: Browser, reported: str) -> None:
    contested(officer, reported)
    path = f"/records/{reported.rpartition('/')[2]}/conflicts"
    answer = officer.post(path, {"seen": seen(officer.get(path).text)})
    assert answer.status_code == 422 and "Choose one version of each" in text_of(answer)


def test_everything_of_one_person_is_taken_with_one_button(post: Site, officer: Browser, reported: str) -> None:
    record = reported.rpartition("/")[2]
    with post.console.writing() as register:
        found = register.get(record)
        assert found is not None
        for author, place_ in (("amal", "Gate A"), ("badr", "Gate B")):
            edit = Edit("case", {"place": place_, "narrative": author}, record=record, seen=found.heads)
            register.save([edit], author=author)
    path = f"/records/{record}/conflicts"
    page = officer.get(path).text
    number = re.search(r'name="all" value="(\d)">Everything as amal', page)
    assert number is not None
    place(officer.post(path, {"seen": seen(page), "all": number[1]}))
    values = values_of(post, reported)
    assert (values["place"], values["narrative"]) == ("Gate A", "amal")


def test_two_versions_of_one_person_are_called_so_and_none_is_taken_for_all(
    post: Site, officer: Browser, reported: str
) -> None:
    record = reported.rpartition("/")[2]
    with post.console.writing() as register:
        found = register.get(record)
        assert found is not None
        for gate in ("Gate A", "Gate B"):
            register.save([Edit("case", {"place": gate}, record=record, seen=found.heads)], author="amal")
    page = officer.get(f"/records/{record}/conflicts").text
    assert "Two versions were written at once" in page and "Two people" not in page
    assert 'name="all"' not in page, "which of the two would it mean?"
    assert "Two versions were written at once" in officer.get(reported).text


def test_a_settlement_that_did_not_see_the_latest_is_asked_again(post: Site, officer: Browser, reported: str) -> None:
    contested(officer, reported)
    path = f"/records/{reported.rpartition('/')[2]}/conflicts"
    page = officer.get(path).text
    with post.console.writing() as register:
        register.save([Edit("case", {"agency": "Coast guard"}, record=reported.rpartition("/")[2])], author="x")
    late = officer.post(path, {"seen": seen(page), "all": "0"})
    assert late.status_code == 409 and "in the meantime" in text_of(late)
    for sent in ({}, {"seen": seen(late.text), "all": "99"}, {"seen": seen(late.text), "choice:place": "x:1"}):
        assert 400 <= officer.post(path, sent).status_code < 500


def test_what_was_set_aside_is_told_in_plain_words(centre: Site) -> None:
    with centre.console.writing() as register, register.store.write() as connection:
        for code, reason in (("rule", "date: <b>x</b> is no date"), ("fork", "rows 3 to 4"), ("unheard-of", "?")):
            connection.execute(
                "INSERT INTO quarantine (received, sender, code, reason, epoch, first, last) "
                "VALUES (1763800000000, 'postx', ?, ?, 'e', 3, 4)",
                (code, reason),
            )
    page = centre.browser("supervisor").get("/set-aside")
    text = text_of(page)
    assert "breaks a rule" in text and "copied or restored machine" in text and "could not be accepted" in text
    assert "<b>x</b>" not in page.text and "2 changes" in text
    assert "is no date" not in text and "rows 3 to 4" in text, "a reason of an earlier release, which quoted a value"
    looks = centre.console.reads.page(person="supervisor", limit=5)
    held = event_of(next(look.detail for look in looks if look.how == "page"))
    assert held is not None and (held.code, held.parameters) == ("view.shown", {"view": "quarantine"})
    for role, status in (("analyst", 200), ("technician", 403), ("officer", 403), ("administrator", 403)):
        assert centre.browser(role).get("/set-aside").status_code == status, role
    with centre.console.writing() as register, register.store.write() as connection:
        connection.execute("DELETE FROM quarantine")
    assert "Nothing is waiting" in text_of(centre.browser("auditor").get("/set-aside"))


def test_the_same_pages_are_there_at_the_centre(centre: Site) -> None:
    supervisor = centre.browser("supervisor")
    for path in ("/cases/new", "/drafts", "/check", "/persons", "/companies/new", "/conveyances"):
        assert supervisor.get(path).status_code == 200, path


def test_each_change_says_where_it_is(officer: Browser, reported: str) -> None:
    history = text_of(officer.get(reported)).partition("History")[2]
    assert "Not sent yet" in history
