"""A case is withdrawn with a reason and can be restored; nobody validates their own case."""

from collections.abc import Iterator

import pytest
from diwan_core.intake.run.rows_chosen import without_withdrawn
from diwan_core.register import Edit
from diwan_core.register.national_settings import set_nationally
from werkzeug.test import TestResponse

from .conftest import SHORT, Browser, Site, text_of
from .forms import place
from .test_checks import decide, seen, values_of
from .test_editing import fields_of


@pytest.fixture(scope="module")
def supervisor(post: Site) -> Browser:
    return post.browser("supervisor")


def withdraw(browser: Browser, case: str, decision: str, reason: str) -> TestResponse:
    answer = {"seen": seen(browser.get(case).text), "decision": decision, "comment": reason}
    return browser.post(f"{case}/withdraw", answer)


def test_a_case_is_withdrawn_with_a_reason_and_restored(
    post: Site, officer: Browser, supervisor: Browser, reported: str
) -> None:
    refused = withdraw(supervisor, reported, "withdrawn", " ")
    assert refused.status_code == 422 and "Give a reason." in text_of(refused)
    place(withdraw(supervisor, reported, "withdrawn", "Reported twice."))
    assert values_of(post, reported)["status"] == "withdrawn"
    page = text_of(officer.get(reported))
    assert "This case was withdrawn." in page and page.count("Reported twice.") > 1
    row = officer.client.get("/cases", query_string={"q": values_of(post, reported)["case_number"]}).text
    assert 'class="tag warn">withdrawn' in row
    assert reported not in supervisor.get("/check").text
    again = withdraw(supervisor, reported, "withdrawn", "Pressed twice.")
    assert again.status_code == 422 and "changed after you opened it" in text_of(again)
    place(withdraw(supervisor, reported, "restored", "It was not the same."))
    assert values_of(post, reported)["status"] == "submitted"
    assert "This case was withdrawn." not in text_of(officer.get(reported))
    place(decide(supervisor, reported, "validated"))


def test_a_withdrawn_case_is_in_a_file_only_when_asked_for(post: Site, supervisor: Browser, reported: str) -> None:
    place(withdraw(supervisor, reported, "withdrawn", "Reported twice."))
    with post.console.writing() as register:
        usual, all_of_them = register.numbers("case", without_withdrawn({})), register.numbers("case")
        withdrawn = register.numbers("case", without_withdrawn({"status": "withdrawn"}))
        assert register.id_of(max(withdrawn)) == reported.rpartition("/")[2]
    assert set(all_of_them) - set(usual) == set(withdrawn)


@pytest.mark.parametrize("role", ["officer", "auditor", "investigator", "administrator", "technician"])
def test_only_those_whose_role_says_so_withdraw(post: Site, reported: str, role: str) -> None:
    browser = post.browser(role)
    assert browser.post(f"{reported}/withdraw", {"decision": "withdrawn", "comment": "x"}).status_code == 403
    assert "Withdraw this case" not in browser.get(reported).text


@pytest.fixture
def own(supervisor: Browser) -> str:
    """A case that the supervisor reported."""
    return supervisor.post("/cases/new", SHORT).location.partition("?")[0]


def test_nobody_validates_their_own_case(post: Site, supervisor: Browser, own: str) -> None:
    page = supervisor.get(own)
    assert "Somebody else must validate it." in text_of(page) and 'value="validated"' not in page.text
    forged = decide(supervisor, own, "validated")
    assert forged.status_code == 422 and values_of(post, own)["status"] == "submitted"


def test_a_case_that_its_reporter_changes_after_it_was_validated_is_checked_again(
    post: Site, supervisor: Browser, own: str
) -> None:
    with post.console.writing() as register:
        seen_by_other = Edit("case", {"status": "validated"}, record=own.rpartition("/")[2])
        register.save([seen_by_other], author="another supervisor", role="supervisor")
    form = fields_of(supervisor.get(f"{own}/edit/event").text)
    place(supervisor.post(f"{own}/edit/event", {**form, "place": "Gate 3"}))
    assert values_of(post, own)["place"] == "Gate 3"
    assert values_of(post, own)["status"] == "submitted", "nobody else has seen what it says now"


@pytest.fixture
def second_pair_not_wanted(centre: Site) -> Iterator[None]:
    def say(value: str) -> None:
        with centre.console.writing() as register:
            set_nationally(register, "four_eyes", value, author="analyst")

    say("no")
    yield
    say("yes")


@pytest.mark.usefixtures("second_pair_not_wanted")
def test_a_country_may_let_supervisors_validate_their_own(centre: Site) -> None:
    supervisor = centre.browser("supervisor")
    case = supervisor.post("/cases/new", {**SHORT, "country": "JO", "office": "JOAQJ"}).location.partition("?")[0]
    place(decide(supervisor, case, "validated"))
    assert values_of(centre, case)["status"] == "validated"
