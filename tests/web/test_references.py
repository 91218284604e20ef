"""References are looked up wherever they are asked for, in the full form and the small ones; nothing typed is lost."""

import html
import re
from dataclasses import replace
from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.register import Edit
from diwan_core.roles import Action
from diwan_core.web.drafts.references import field_at
from diwan_core.web.forms.layout import is_asked
from diwan_core.web.kinds.registry import KINDS, kind_of, that_do
from diwan_core.web.records.candidates import telling
from werkzeug.test import TestResponse

from .conftest import PNG, SHORT, Browser, Site, picture, text_of
from .forms import form_of, place, press
from .test_editing import fields_of
from .test_full_case import grown, values_of

UNKNOWN = "0198f0a0-0000-7000-8000-000000000000"


def made(site: Site, kind: str, **values: Any) -> str:
    """A record saved behind the console's back."""
    with site.console.writing() as register:
        return register.save([Edit(kind, {"status": "submitted", **values})], author="somebody").records[0]


def from_centre(site: Site, kind: str, **values: Any) -> str:
    """A record only the centre may write, as if it had come from there."""
    with site.console.writing() as register:
        register.config, own = replace(register.config, role="central"), register.config
        try:
            return register.save([Edit(kind, {"status": "submitted", **values})], author="somebody").records[0]
        finally:
            register.config = own


def sent(page: str) -> dict[str, str]:
    """What the choice list would send back, without its buttons."""
    form = re.findall(r'<form class="sheet" method="post">.*?</form>', page, re.S)[0]
    found = {}
    for tag in re.findall(r'<input type="hidden"[^>]*>', form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value and name[1] != "csrf":
            found[html.unescape(name[1])] = html.unescape(value[1])
    return found


def change(site: Site, reported: str, **values: Any) -> None:
    with site.console.writing() as register:
        register.save([Edit("case", values, record=reported.rpartition("/")[2])], author="somebody")


@pytest.fixture
def party(officer: Browser, reported: str) -> tuple[str, dict[str, str]]:
    """The small form to add a party, filled in but for who it is."""
    path = f"{reported}/edit/party/new"
    form = fields_of(officer.get(path).text)
    return path, {**form, "party.new.role": "driver", "party.new.name": "Nadia H.", "party.new.identifier": "P 1234"}


def holds(page: TestResponse) -> bool:
    """Whether all that was typed into `party` is still there."""
    form = fields_of(page.text)
    return (form["party.new.role"], form["party.new.name"], form["party.new.identifier"]) == (
        "driver", "Nadia H.", "P 1234",
    )  # fmt: skip


def test_a_party_is_looked_up_from_the_small_form_and_nothing_typed_is_lost(
    post: Site, officer: Browser, reported: str, party: tuple[str, dict[str, str]]
) -> None:
    person = made(post, "person", name_as_written="Nadia Haddadine", birth_date="1990-02-03")
    path, form = party
    choice = officer.post(path, {**form, "find:party.new.subject": "haddadine", "do": "pick:party.new.subject"})
    assert choice.status_code == 200 and "Nadia Haddadine" in text_of(choice) and "3 Feb 1990" in text_of(choice)
    again = officer.post(path, {**sent(choice.text), "find:party.new.subject": "zzqqx", "do": "pick:party.new.subject"})
    assert "No results" in text_of(again), "searched once more on the same page"
    back = officer.post(path, {**sent(again.text), "record": person})
    assert back.status_code == 200 and holds(back)
    assert "Nadia Haddadine" in text_of(back), "called by its title before it is saved"
    assert officer.post(path, fields_of(back.text)).status_code == 303
    (saved,) = values_of(post, reported.rpartition("/")[2])["party"].values()
    assert saved == {"role": "driver", "subject": person, "name": "Nadia H.", "identifier": "P 1234"}
    page = officer.get(reported)
    assert f'href="/persons/{person}"' in page.text and "Nadia Haddadine" in text_of(page)


def test_what_the_form_says_already_is_looked_for_first(
    post: Site, officer: Browser, party: tuple[str, dict[str, str]]
) -> None:
    sought, latest = made(post, "person", latin_name="ALREADY SAID"), made(post, "person", latin_name="LATEST OF ALL")
    path, form = party
    choice = officer.post(path, {**form, "party.new.name": "already said", "do": "pick:party.new.subject"})
    assert sought in choice.text and latest not in choice.text
    emptied = officer.post(
        path, {**sent(choice.text), "find:party.new.subject": "", "again": "1", "do": "pick:party.new.subject"}
    )
    assert latest in emptied.text, "who empties the box wants to see the latest"
    shown = place(press(officer, grown(officer), "add:means"))
    assert press(officer, shown, "pick:means.1.conveyance", means__1__plate="77-ZX").location.endswith("q=77-ZX")
    draft = place(press(officer, "/conveyances/new", "save", plate="1", owner_name="Already Said"))
    looking = press(officer, draft, "pick:owner")
    assert "Already" in looking.location
    child = place(officer.post(place(looking), {"new": "company"}))
    assert form_of(officer.get(child).text)["name"] == "Already Said"


@pytest.mark.parametrize(
    ("sought", "kind", "path", "field"),
    [
        ("Zzqqx Saleh", "person", "party.1.subject", "name_as_written"),
        ("Q 998877", "person", "party.1.subject", "document.1.number"),
        ("Zzqqx Trading", "company", "party.1.subject", "name"),
        ("77-QQX", "conveyance", "means.1.conveyance", "plate"),
    ],
)
def test_what_was_looked_up_in_vain_is_kept_in_the_record_that_is_added(
    officer: Browser, sought: str, kind: str, path: str, field: str
) -> None:
    shown = place(press(officer, grown(officer), f"add:{path.partition('.')[0]}"))
    looking = press(officer, shown, f"pick:{path}", **{f"find:{path}": sought}).location
    child = place(officer.post(looking.partition("?")[0], {**sent(officer.client.get(looking).text), "new": kind}))
    assert form_of(officer.get(child).text)[field] == sought


def test_one_goes_back_without_choosing(officer: Browser, party: tuple[str, dict[str, str]]) -> None:
    path, form = party
    choice = officer.post(path, {**form, "do": "pick:party.new.subject"})
    back = officer.post(path, {**sent(choice.text), "back": "1"})
    assert back.status_code == 200 and holds(back) and fields_of(back.text)["party.new.subject"] == ""


def test_a_name_typed_and_not_chosen_is_asked_about_and_never_dropped(
    post: Site, officer: Browser, reported: str, party: tuple[str, dict[str, str]]
) -> None:
    made(post, "person", name_as_written="Ismail Quartermain")
    path, form = party
    asked = officer.post(path, {**form, "find:party.new.subject": "quartermain"})
    assert asked.status_code == 200 and "Ismail Quartermain" in text_of(asked)
    assert "party" not in values_of(post, reported.rpartition("/")[2])
    shown = place(press(officer, grown(officer), "add:party"))
    refused = press(officer, shown, "report", party__1__role="driver", **{"find:party.1.subject": "quartermain"})
    assert refused.status_code == 422 and "Choose a record with the button" in text_of(refused)
    assert 'value="quartermain"' in refused.text and 'href="#party.1.subject"' in refused.text
    looked = press(officer, shown, "enter", **{"find:party.1.subject": "quartermain"})
    assert looked.status_code == 303 and "/link/party.1.subject?q=quartermain" in looked.location
    assert place(press(officer, shown, "enter", place="Gate 3")) == shown, "with nothing sought it keeps the draft"


def test_somebody_not_on_file_is_added_from_the_small_form_as_one_change_set(
    post: Site, officer: Browser, reported: str, party: tuple[str, dict[str, str]]
) -> None:
    path, form = party
    choice = officer.post(path, {**form, "find:party.new.subject": "Nadia", "do": "pick:party.new.subject"})
    child = place(officer.post(path, {**sent(choice.text), "new": "person"}))
    typed = form_of(officer.get(child).text)
    assert typed["name_as_written"] == "Nadia H." and typed["document.1.number"] == "P 1234"
    parent = place(press(officer, child, "report", name_as_written="Nadia Haddad"))
    page = officer.get(parent)
    assert "Nadia Haddad" in text_of(page) and "sent along" in text_of(page)
    assert place(press(officer, parent, "report")) == reported
    (saved,) = values_of(post, reported.rpartition("/")[2])["party"].values()
    assert (saved["role"], saved["name"]) == ("driver", "Nadia H.")
    assert values_of(post, saved["subject"])["name_as_written"] == "Nadia Haddad"
    with post.console.writing() as register:
        changed = register.history(reported.rpartition("/")[2])[-1].changes
    assert {path.split(".")[0] for path in changed} == {"party"}, "and nothing else of the case"


def test_an_existing_part_is_linked_and_its_link_removed(post: Site, officer: Browser, reported: str) -> None:
    lorry = made(post, "conveyance", plate="77-ABC-9")
    change(post, reported, means={"1": {"mode": "3", "plate": "77-ABC-9"}})
    path = f"{reported}/edit/means/1"
    form = fields_of(officer.get(path).text)
    linked = officer.post(path, {**form, "do": "use:means.1.conveyance", "record": lorry})
    assert officer.post(path, fields_of(linked.text)).location.endswith("done=saved")
    form = fields_of(officer.get(path).text)
    assert form["means.1.conveyance"] == lorry
    free = officer.post(path, {**form, "do": "unlink:means.1.conveyance"})
    assert fields_of(free.text)["means.1.conveyance"] == "" and fields_of(free.text)["means.1.plate"] == "77-ABC-9"
    assert officer.post(path, fields_of(free.text)).status_code == 303
    assert values_of(post, reported.rpartition("/")[2])["means"]["1"] == {"mode": "3", "plate": "77-ABC-9"}


def test_a_link_changed_by_nobody_here_is_no_change(post: Site, officer: Browser, reported: str) -> None:
    change(post, reported, party={"1": {"role": "driver", "subject": UNKNOWN}})
    path = f"{reported}/edit/party/1"
    form = fields_of(officer.get(path).text)
    assert officer.post(path, form).location.endswith("unchanged")
    assert officer.post(path, {**form, "party.1.name": "Known by name"}).location.endswith("saved")


@pytest.mark.parametrize("forged", [UNKNOWN, "x", "' OR 1=1", "<script>", "itself", "of another type"])
def test_a_forged_reference_is_refused_by_the_small_form_too(
    post: Site, officer: Browser, reported: str, party: tuple[str, dict[str, str]], forged: str
) -> None:
    path, form = party
    id = {"itself": reported.rpartition("/")[2], "of another type": made(post, "conveyance", plate="1")}.get(
        forged, forged
    )
    refused = officer.post(path, {**form, "party.new.subject": id})
    assert (
        refused.status_code == 422
        and "linked record is not here" in text_of(refused)
        and "<script>" not in refused.text
    )
    assert officer.post(path, {**form, "do": "use:party.new.subject", "record": id}).status_code in (404, 422)
    for button in ("pick:party.new.role", "pick:nothing", "use:status", "unlink:x"):
        assert officer.post(path, {**form, "do": button, "record": id}).status_code == 404, button
    assert "party" not in values_of(post, reported.rpartition("/")[2])


def test_a_stale_form_token_keeps_what_was_linked(
    post: Site, officer: Browser, party: tuple[str, dict[str, str]]
) -> None:
    person = made(post, "person", name_as_written="Kept Throughout")
    path, form = party
    page = officer.client.post(path, data={**form, "party.new.subject": person, "csrf": "old"})
    assert page.status_code == 400 and holds(page) and "Kept Throughout" in text_of(page)


def test_every_reference_of_our_forms_is_asked_for_in_the_full_form_and_in_the_small_ones(officer: Browser) -> None:
    for kind in that_do(Action.REPORT):
        wanted = [(part, item) for part, item in kind.record_type.every_field() if item.kind == "reference"]
        assert all(is_asked(kind, item, part) and KINDS.keys() >= set(item.targets) for part, item in wanted), kind.type
    for name in DICTIONARY.types:
        assert kind_of(name).title_from({}), name


#: Every reference of the forms, and what else its part needs.
PATHS: dict[str, Any] = {
    "case": {
        "operation": {}, "related_cases.new": {}, "leg.1.conveyance": {}, "party.1.subject": {"role": "driver"},
        "means.1.conveyance": {},
    },
    "person": {"photo": {}},
    "company": {"officer.1.subject": {}, "compliance.1.case": {"event": "note"}},
    "conveyance": {"owner": {}},
}  # fmt: skip


@pytest.fixture(scope="module")
def targets(post: Site) -> dict[str, str]:
    """One record of each type that can be linked to, by its type; "other" is a second case."""
    browser = post.browser("officer")
    case, other = (browser.post("/cases/new", SHORT).location.partition("?")[0][7:] for _ in range(2))
    browser.post(f"/records/{case}/pictures/new", picture(PNG, caption="A portrait"))
    with post.console.writing() as register:
        attached = register.find("attachment", {"subject": case})[0].id
    return {
        "case": case,
        "other": other,
        "person": made(post, "person", name_as_written="Target Person"),
        "company": made(post, "company", name="Target Company"),
        "conveyance": made(post, "conveyance", plate="TARGET 1"),
        "operation": from_centre(post, "operation", name="Operation Target"),
        "attachment": attached,
    }


@pytest.mark.parametrize(("kind", "path"), [(kind, path) for kind, paths in PATHS.items() for path in paths])
def test_each_is_looked_up_from_the_full_form(
    post: Site, officer: Browser, targets: dict[str, str], kind: str, path: str
) -> None:
    more: dict[str, str] = PATHS[kind][path]
    shown = place(officer.post(f"/drafts/change/{targets[kind]}"))
    part, dotted = (
        path.split(".", maxsplit=1)[0] if path.count(".") > 1 else "",
        path.replace(".1.", ".").replace(".new", ""),
    )
    if part and part not in values_of(post, targets[kind]):
        shown = place(press(officer, shown, f"add:{part}"))
        row = form_of(officer.get(shown).text)[f"rows.{part}"].split()[-1]
        path = path.replace(".1.", f".{row}.")
        more = {f"{part}.{row}.{name}": text for name, text in more.items()}
    field = field_at(DICTIONARY.type(kind), dotted)
    assert field is not None
    target = targets["other" if field.targets == (kind,) else field.targets[0]]
    looking = press(officer, shown, f"pick:{path}", **more)
    assert f"/link/{path}" in looking.location and target in officer.client.get(looking.location).text
    linked = place(officer.post(place(looking), {"record": target}))
    assert "Remove the link" in text_of(officer.get(linked))
    answer = press(officer, linked, "report")
    assert answer.status_code == 303, text_of(answer)
    record = place(answer).rpartition("/")[2]
    assert target in str(values_of(post, record))
    assert f'/{target}"' in officer.get(place(answer)).text, "and the page leads to it"


def test_the_dictionary_has_no_other_reference_in_our_forms() -> None:
    for kind in that_do(Action.REPORT):
        held = {
            f"{part}.{item.name}" if part else item.name
            for part, item in kind.record_type.every_field()
            if item.kind == "reference"
        }
        assert held == {path.replace(".1.", ".").replace(".new", "") for path in PATHS[kind.type]}


@pytest.mark.parametrize(
    ("known", "shown", "not_shown"),
    [
        ({"birth_date": "1991-01-01", "birth_precision": "year"}, "1991", "Jan 1991"),
        ({"birth_date": "1980-05-01", "birth_precision": "month"}, "May 1980", "1 May 1980"),
        (
            {"birth_date": "1965-01-01", "birth_date_to": "1968-12-31", "birth_precision": "range"},
            "1 Jan 1965 – 31 Dec 1968",
            "?",
        ),
        ({"birth_date": "1970-01-01", "birth_precision": "about"}, "1 Jan 1970 (About this date)", "?"),
        ({"birth_date": "1977-03-09"}, "9 Mar 1977", "("),
    ],
)
def test_of_a_date_of_birth_no_more_is_shown_than_is_known(
    post: Site, known: dict[str, str], shown: str, not_shown: str
) -> None:
    person = made(post, "person", name_as_written="Uma Exampleton", **known)
    with post.app.test_request_context(), post.console.writing() as register:
        record = register.get(person)
        assert record is not None
        said = telling(record)
    assert said == (shown,) and not_shown not in said[0]
