"""Suspect files are read by those who work on them: an officer reads what they opened, and meets no word of another on
any way out."""

import io
import re

import pytest
from click.testing import CliRunner
from diwan_core.register import Edit
from diwan_core.roles import GUARDED_TYPES, ROLES, Action, allowed, allowed_own
from diwan_core.step_commands import step_group
from diwan_core.web.records.readable import DEEPEST

from tests.states.kit import NEW

from .conftest import PASSWORD, PNG, Browser, Site, picture, text_of
from .forms import form_of, place
from .test_references import made

SECRET = "Quixolanth"
"""Stands in the title, the reason and the subject of a file, and with its picture."""
FILE = {
    **NEW,
    "title": f"Courier {SECRET}",
    "reason": f"Reason {SECRET}",
    "subject": {"1": {"kind": "person", "name": f"Karim {SECRET}"}},
}


@pytest.fixture
def file(post: Site) -> str:
    return made(post, "suspect", **FILE)


@pytest.fixture
def photo(post: Site, file: str) -> str:
    post.browser("supervisor").post(f"/records/{file}/pictures/new", picture(PNG, caption=f"Face {SECRET}"))
    page = post.browser("investigator").get(f"/suspects/{file}").text
    assert SECRET in page
    return str(re.findall(r'href="/pictures/([0-9a-f-]+)"', page)[0])


def open_own(browser: Browser, title: str) -> str:
    """The id of a file that this person opens."""
    form = form_of(browser.get("/suspects/begin/new").text, 'name="_fresh"')
    said = {"title": title, "requested_action": "check", "reason": "Seen twice.", "source_grade": "B2"}
    sent = {**form, **said, "subject.new.kind": "person", "subject.new.name": "Karim Testman"}
    return str(place(browser.post("/suspects/begin/new", sent)).partition("?")[0].rpartition("/")[2])


def asked(site: Site, file: str) -> str:
    """A request about a file."""
    values = {"subject": "Papers", "kind": "check", "addressed_to": "Examplia", "about": {"1": file}, "state": "draft"}
    with site.console.writing() as register:
        return register.save([Edit("request", values)], author="somebody").records[0]


def test_who_reads_suspect_files_is_said_by_the_table() -> None:
    readers = {role for role in ROLES if allowed(role, Action.READ_RECORDS, "suspect")}
    assert readers == {"supervisor", "analyst", "investigator", "coordinator", "auditor"}
    assert {role for role in ROLES if allowed(role, Action.EDIT, "suspect")} == {"supervisor"}
    assert allowed_own("officer", Action.READ_RECORDS, "suspect")
    assert allowed("officer", Action.READ_RECORDS, "case") and not allowed_own("officer", Action.READ_RECORDS, "case")
    assert not allowed_own("officer", Action.EDIT, "suspect") and set(GUARDED_TYPES) == {"suspect"}


@pytest.mark.parametrize(
    "path",
    [
        "/suspects/{file}", "/records/{file}", "/records/{file}/conflicts", "/records/{file}/steps/state/new",
        "/records/{file}/steps/task.new.state/open", "/records/{file}/pictures/new", "/suspects/{file}/edit/file",
        "/suspects/{file}/edit/subject/1", "/suspects/{file}/edit/task/new", "/pictures/{photo}",
        "/pictures/{photo}/thumb", "/pictures/{photo}/view", "/pictures/{photo}/original", "/pictures/{photo}/edit",
    ],
)  # fmt: skip
def test_no_page_of_a_file_or_of_its_picture_opens(officer: Browser, file: str, photo: str, path: str) -> None:
    answer = officer.get(path.format(file=file, photo=photo))
    assert answer.status_code == 403 and SECRET not in answer.text


def test_nothing_of_a_file_can_be_changed_or_taken_away(post: Site, officer: Browser, file: str, photo: str) -> None:
    for path in (
        f"/drafts/change/{file}", f"/pictures/{photo}/remove", f"/pictures/{photo}/restore", f"/pictures/{photo}/fetch",
        f"/records/{file}/steps/state/assigned", f"/records/{file}/conflicts", f"/suspects/{file}/edit/file",
        f"/records/{file}/pictures/new",
    ):  # fmt: skip
        answer = officer.post(path, {"seen": "{}"})
        assert answer.status_code == 403 and SECRET not in answer.text, path


@pytest.mark.parametrize(
    "path", ["/suspects", "/suspects?state=new", "/suspects?only={file}", "/suspects?conflicts=1", "/follow-up", "/"]
)
def test_no_list_or_count_has_it(post: Site, officer: Browser, file: str, path: str) -> None:
    answer = officer.client.get(path.format(file=file))
    assert answer.status_code == 200 and SECRET not in answer.text and f"suspects/{file}" not in answer.text


def test_no_file_is_counted_for_an_officer_who_opened_none(post: Site, file: str) -> None:
    post.accounts.change_password("opensnone", post.let_in("opensnone", "officer"), PASSWORD)
    assert "/suspects?state=new" in post.browser("investigator").get("/follow-up").text
    assert "/suspects?state=new" not in post.browser("opensnone").get("/follow-up").text


def test_no_search_finds_or_counts_it(post: Site, officer: Browser, file: str, photo: str) -> None:
    found = post.browser("investigator").get("/search", q=SECRET).text
    assert file in found and photo in found
    for path, query in (("/search", {}), ("/search", {"type": "suspect"}), ("/search", {"type": "attachment"})):
        page = officer.get(path, q=SECRET, **query)
        assert file not in page.text and photo not in page.text, query
        assert "type=suspect" not in page.text and "type=attachment" not in page.text, "nor counted"
    assert file not in officer.get("/suspects", q=SECRET).text


def test_what_refers_to_it_says_only_that_it_is_not_shown(post: Site, officer: Browser, file: str, photo: str) -> None:
    request = asked(post, file)
    person = made(post, "person", name_as_written="Nadia Haddad", photo=photo)
    for path in (f"/requests/{request}", f"/persons/{person}"):
        page = officer.get(path)
        assert page.status_code == 200 and SECRET not in page.text, path
    assert "not shown to your role" in text_of(officer.get(f"/requests/{request}"))
    assert SECRET in post.browser("investigator").get(f"/requests/{request}").text
    for field in ("person/photo", "message/attachments", "request/about"):
        assert SECRET not in officer.get(f"/look-up/{field}", q=SECRET).text, field


def test_no_form_offers_it_and_no_draft_shows_it(post: Site, officer: Browser, file: str, photo: str) -> None:
    for state in ("draft", "sent"):
        assert SECRET not in officer.get(f"/requests/begin/{state}").text
    for path in ("/gallery", "/gallery/judge", "/drafts", f"/drafts/{file}"):
        assert SECRET not in officer.get(path).text, path


def test_no_command_takes_a_step_of_it_for_an_officer(post: Site, file: str) -> None:
    line = ["take", "--dir", str(post.folder), "--as", "officer", file, "assigned"]
    done = CliRunner().invoke(step_group, line, input=f"{PASSWORD}\n")
    assert done.exit_code == 1 and "may not read this record" in done.output and SECRET not in done.output


def test_an_officer_reads_what_they_opened_and_nothing_else(post: Site, officer: Browser, file: str) -> None:
    own = open_own(officer, "Own courier")
    page = officer.get(f"/suspects/{own}")
    assert page.status_code == 200 and "Own courier" in text_of(page) and "History" in text_of(page)
    assert f"/suspects/{own}/edit/" not in page.text and f"/records/{own}/pictures/new" in page.text
    officer.post(f"/records/{own}/pictures/new", picture(PNG, caption="Own face"))
    photo = re.findall(r'href="/pictures/([0-9a-f-]+)"', officer.get(f"/suspects/{own}").text)[0]
    assert officer.get(f"/pictures/{photo}").status_code == 200
    listed = officer.get("/suspects").text
    assert own in listed and file not in listed
    other = asked(post, own)
    assert "Own courier" in text_of(officer.get(f"/requests/{other}"))
    assert officer.post(f"/drafts/change/{own}", {}).status_code == 403
    with post.console.writing() as register:
        register.save([Edit("suspect", {"title": "Taken up"}, record=own)], author="somebody")
    assert "Taken up" in text_of(officer.get(f"/suspects/{own}")), "whoever changes it afterwards"


def test_whoever_works_with_files_reads_them_all(post: Site, file: str) -> None:
    for role in ("supervisor", "analyst", "investigator", "coordinator", "auditor"):
        browser = post.browser(role)
        assert SECRET in browser.get(f"/suspects/{file}").text, role
        assert file in browser.get("/suspects").text, role
    for role in ("administrator", "technician"):
        assert post.browser(role).get(f"/suspects/{file}").status_code == 403, role


def behind_each_other(post: Site, photo: str, deep: int) -> str:
    """The last of so many pictures, the first of which belongs to this one, and each other one to the one before."""
    with post.console.writing() as register:
        for number in range(deep):
            content = io.BytesIO(PNG + bytes([number]))
            (photo,) = register.attach(
                content, subject=photo, media_type="image/png", author="a", file_name=f"{SECRET}.png"
            ).records
    return photo


@pytest.mark.parametrize("deep", [1, 2, DEEPEST + 2])
def test_a_picture_that_belongs_to_a_picture_of_a_file_is_kept_with_it(
    post: Site, officer: Browser, photo: str, deep: int
) -> None:
    last = behind_each_other(post, photo, deep)
    for path in (f"/pictures/{last}", f"/pictures/{last}/view", f"/pictures/{last}/original", f"/pictures/{last}/edit"):
        assert officer.client.get(path).status_code == 403
    assert last not in officer.client.get(f"/search?q={SECRET}").text
    if deep < DEEPEST:
        assert post.browser("investigator").client.get(f"/pictures/{last}").status_code == 200


def test_pictures_that_belong_to_each_other_end_no_page(post: Site, officer: Browser, file: str) -> None:
    with post.console.writing() as register:
        first = register.attach(io.BytesIO(PNG), subject=file, media_type="image/png", author="a").records[0]
    last = behind_each_other(post, first, 2)
    with post.console.writing() as register:
        register.save([Edit("attachment", {"subject": last}, record=first)], author="a")
    assert officer.client.get(f"/pictures/{last}").status_code == 200
