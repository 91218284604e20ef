"""What was typed is on the disk, is its author's alone, and is sent once."""

import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from diwan_core.register import Edit
from diwan_core.register.drafts import Draft, Drafts, TooManyDrafts, new_id
from diwan_core.trust.access_log.events import event_of

from .conftest import PASSWORD, SHORT, Browser, Site, text_of
from .forms import form_of, place, press


@pytest.fixture
def fresh(post: Site) -> Browser:
    """An officer of their own for each test: last used values and drafts are personal."""
    name = f"o{new_id().replace('-', '')[-12:]}"
    once = post.let_in(name, "officer", "Officer of a test")
    post.accounts.change_password(name, once, "seven grey herons at dawn")
    signed = post.accounts.sign_in(name, "seven grey herons at dawn")
    return Browser(post.app, f"diwan_session_{post.console.node.id}", signed.token)


def test_a_draft_is_on_the_disk_when_keep_returns(tmp_path: Path) -> None:
    drafts = Drafts.open(tmp_path)
    kept = drafts.keep(Draft(new_id(), "ali", "case", typed={"narrative": "half a senten"})).draft
    with sqlite3.connect(f"file:{tmp_path / 'drafts.db'}?mode=ro", uri=True) as other:
        assert "half a senten" in other.execute("SELECT content FROM draft").fetchone()[0]
        assert other.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    drafts.close()
    again = Drafts.open(tmp_path)
    assert again.get(kept.id, "ali") == kept
    assert (tmp_path / "drafts.db").stat().st_mode & 0o077 == 0


def test_a_draft_outlives_a_process_that_is_killed(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; from diwan_core.register.drafts import *;"
        "d = Drafts.open(Path(sys.argv[1])); k = d.keep(Draft(new_id(), 'ali', 'case', typed={'a': 'typed'}));"
        "print(k.draft.id, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True, check=False
    )
    found = Drafts.open(tmp_path).get(done.stdout.strip(), "ali")
    assert done.returncode == -signal.SIGKILL and found is not None and found.typed == {"a": "typed"}


def test_a_draft_is_nobody_elses(tmp_path: Path) -> None:
    drafts = Drafts.open(tmp_path)
    kept = drafts.keep(Draft(new_id(), "ali", "case")).draft
    assert drafts.get(kept.id, "badr") is None and drafts.of("badr") == []
    drafts.remove(kept.id, "badr")
    assert drafts.get(kept.id, "ali") is not None
    stolen = drafts.keep(Draft(kept.id, "badr", "case", revision=1, typed={"a": "b"}))
    assert stolen.apart and stolen.draft.id != kept.id and drafts.get(kept.id, "ali") == kept


def test_a_second_window_makes_a_second_draft(tmp_path: Path) -> None:
    drafts = Drafts.open(tmp_path)
    first = drafts.keep(Draft(new_id(), "ali", "case", typed={"a": "1"})).draft
    second = drafts.keep(Draft(first.id, "ali", "case", revision=1, typed={"a": "2"}))
    late = drafts.keep(Draft(first.id, "ali", "case", revision=1, typed={"a": "3"}))
    assert not second.apart and late.apart
    assert {draft.typed["a"] for draft in drafts.of("ali")} == {"2", "3"}


def test_a_window_that_was_never_told_what_it_saved_saves_it_again(tmp_path: Path) -> None:
    drafts = Drafts.open(tmp_path)
    begun = Draft(new_id(), "ali", "case", window="w", turn=1, typed={"a": "1"})
    drafts.keep(begun)  # … and the answer is lost
    again = drafts.keep(replace(begun, turn=2, typed={"a": "12"}))
    assert not again.apart and again.draft.id == begun.id and again.draft.revision == 2
    late = drafts.keep(replace(begun, turn=1))  # held up on the way, it arrives after what was typed since
    assert not late.apart and late.draft == again.draft
    assert [draft.typed for draft in drafts.of("ali")] == [{"a": "12"}]
    other = drafts.keep(replace(begun, window="v", turn=9, typed={"a": "0"}))
    assert other.apart, "another window never writes over it"


def test_a_browser_gone_wild_does_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diwan_core.register.drafts.MOST", 3)
    drafts = Drafts.open(tmp_path)
    for _ in range(3):
        drafts.keep(Draft(new_id(), "ali", "case"))
    with pytest.raises(TooManyDrafts):
        drafts.keep(Draft(new_id(), "ali", "case"))
    with pytest.raises(TooManyDrafts):
        drafts.keep(Draft(new_id(), "badr", "case", typed={"a": "x" * 4_000_000}))


def test_what_is_typed_is_kept_and_found_under_my_drafts(fresh: Browser) -> None:
    shown = place(press(fresh, "/cases/new", "save", goods__1__quantity="a <lot>", date="2026-11-02"))
    assert 'value="a &lt;lot&gt;"' in fresh.get(shown).text
    listed = text_of(fresh.get("/drafts"))
    assert "Case of 2 Nov 2026" in listed


def test_the_script_keeps_what_is_typed_while_one_types(fresh: Browser) -> None:
    form = form_of(fresh.get("/cases/new").text)
    kept = fresh.post(f"/drafts/{form['_draft']}/keep", {**form, "goods.1.quantity": "12"}).get_json()
    assert kept["draft"] == form["_draft"] and kept["revision"] == 1
    kept = fresh.post(
        f"/drafts/{form['_draft']}/keep", {**form, "_revision": "1", "goods.1.quantity": "123"}
    ).get_json()
    assert kept["revision"] == 2
    other = {**form, "_window": "another", "_revision": "1", "goods.1.quantity": "9"}
    late = fresh.post(f"/drafts/{form['_draft']}/keep", other).get_json()
    assert late["draft"] != form["_draft"] and "second draft" in late["text"]
    assert 'value="123"' in fresh.get(f"/drafts/{form['_draft']}").text


@pytest.mark.parametrize("button", ["save", "add:goods", "report"])
def test_a_button_pressed_again_because_no_answer_came_leaves_one_draft(fresh: Browser, button: str) -> None:
    form = form_of(fresh.get(place(press(fresh, "/cases/new", "wide"))).text)
    for _press in range(2):
        fresh.post(f"/drafts/{form['_draft']}", {**form, "goods.1.quantity": "many", "do": button})
    assert fresh.get("/drafts").text.count('href="/drafts/') == 1
    assert form_of(fresh.get(f"/drafts/{form['_draft']}").text)["goods.1.quantity"] == "many"


def test_a_draft_is_sent_as_one_change_and_then_gone(post: Site, fresh: Browser) -> None:
    shown = place(press(fresh, "/cases/new", "save"))
    sent = fresh.post(shown, {**form_of(fresh.get(shown).text), **SHORT, "do": "report"})
    record = place(sent).rpartition("/")[2]
    back = fresh.get(shown)
    assert back.status_code == 303 and back.location == f"/records/{record}", "who goes back finds what was sent"
    assert "Case of" not in text_of(fresh.get("/drafts"))
    with post.console.writing() as register:
        assert len(register.history(record)) == 1


def test_pressing_twice_reports_once(post: Site, fresh: Browser) -> None:
    form = {**form_of(fresh.get("/cases/new").text), **SHORT, "do": "report"}
    first, second = fresh.post("/cases/new", form), fresh.post("/cases/new", form)
    assert place(first) == place(second)
    other = fresh.post("/cases/new", {**form, "goods.1.quantity": "77"})
    assert other.status_code == 409 and "another window" in text_of(other)
    assert 'value="77"' in other.text and 'value="77"' in fresh.get(f"/drafts/{form_of(other.text)['_draft']}").text


def test_a_save_that_comes_after_the_report_brings_no_draft_back(fresh: Browser) -> None:
    form = {**form_of(fresh.get("/cases/new").text), **SHORT}
    place(fresh.post("/cases/new", {**form, "do": "report"}))
    late = fresh.post(f"/drafts/{form['_draft']}/keep", form)
    assert late.status_code == 409 and "sent already" in late.get_json()["text"]
    assert "Case of" not in text_of(fresh.get("/drafts"))


def test_a_draft_of_somebody_else_answers_like_none(post: Site, fresh: Browser, officer: Browser) -> None:
    shown = place(press(fresh, "/cases/new", "save", date="2020-02-02"))
    for path in (shown, f"{shown}/link/party.1.subject"):
        assert officer.get(path).status_code == 404
    assert officer.post(f"{shown}/remove").status_code == 404
    assert officer.post(shown, {"do": "save", "goods.1.quantity": "1"}).status_code == 404
    taken = officer.post(f"{shown}/keep", {"_type": "case", "goods.1.quantity": "1"}).get_json()
    assert taken["draft"] not in shown
    assert "2020-02-02" in fresh.get(shown).text


def test_the_next_report_offers_what_the_last_one_said_and_fills_in_none_of_it(fresh: Browser) -> None:
    assert "As last time" not in fresh.get("/cases/new").text
    place(fresh.post("/cases/new", SHORT))
    page = fresh.get("/cases/new").text
    form = form_of(page)
    remembered = ("direction", "detection_method", "goods.1.product_group", "goods.1.unit", "leg.1.country",
                  "leg.2.country", "leg.1.mode")  # fmt: skip
    assert {form[name] for name in remembered} == {""}
    assert page.count('class="chip last"') == len(remembered) and "All as last time" in page
    one = form_of(fresh.get(place(press(fresh, "/cases/new", "fill:leg.1.country=SY"))).text)
    assert one["leg.1.country"].endswith("(SY)") and one["direction"] == ""
    shown = place(fresh.post("/cases/new", {**form, "direction": "export", "do": "last"}))
    filled = form_of(fresh.get(shown).text)
    assert filled["direction"] == "export", "what was typed stays"
    assert filled["detection_method"] == "xray_cargo" and filled["goods.1.product_group"] == "drugs"
    assert "KGM" in filled["goods.1.unit"] and "SY" in filled["leg.1.country"] and "JO" in filled["leg.2.country"]
    assert filled["leg.1.mode"] == "3" and filled["goods.1.quantity"] == "" == filled["concealment_method"]


def test_a_chip_fills_in_nothing_that_its_list_or_the_form_does_not_know(fresh: Browser) -> None:
    for what in ("direction=sideways", "goods.1.quantity=5", "status=validated", "", "goods.1.unit"):
        form = form_of(fresh.get(place(press(fresh, "/cases/new", f"fill:{what}"))).text)
        assert form["direction"] == "" == form["goods.1.quantity"] and form["goods.1.unit"] == ""


def test_an_exercise_never_enters_the_register(post: Site, fresh: Browser) -> None:
    with post.console.writing() as register:
        before = register.count("case")
    shown = place(fresh.post("/cases/new", {**SHORT, "exercise": "yes"}))
    page = text_of(fresh.get(shown))
    assert "Exercise." in page and "never reaches the centre" in page
    assert "exercise" in text_of(fresh.get("/drafts")).partition("Exercises")[2]
    form = {name: text for name, text in form_of(fresh.get(shown).text).items() if name != "exercise"}
    assert place(fresh.post(shown, {**form, "do": "report"})) == shown, "it stays an exercise"
    with post.console.writing() as register:
        assert register.count("case") == before


def test_a_wrong_exercise_is_told_like_a_wrong_report(fresh: Browser) -> None:
    assert fresh.post("/cases/new", {**SHORT, "exercise": "yes", "goods.1.quantity": "many"}).status_code == 422


def test_an_old_form_token_loses_nothing(fresh: Browser) -> None:
    shown = place(press(fresh, "/cases/new", "save"))
    form = form_of(fresh.get(shown).text)
    page = fresh.client.post(shown, data={**form, "csrf": "old", "goods.1.quantity": "4,25"})
    assert page.status_code == 400 and 'value="4,25"' in page.text


def test_a_case_only_compared_with_is_not_looked_at_and_one_shown_is(post: Site, fresh: Browser) -> None:
    person = {"party": {"1": {"role": "driver", "name": "Salma Compared"}}}
    with post.console.writing() as register:
        goods = {"1": {"product_group": "drugs", "quantity": "8.125", "unit": "KGM"}}
        common = {**person, "date": "2026-10-09", "office": "JOAQJ", "goods": goods, "source_key": "k"}
        shown = register.save([Edit("case", {**common, "status": "submitted"})], author="x").records[0]
        goods = {"1": {"product_group": "drugs", "quantity": "9", "unit": "KGM"}}
        other = register.save([Edit("case", {**common, "goods": goods, "status": "submitted"})], author="x").records[0]
    form = form_of(fresh.get("/cases/new").text)
    typed = {**form, **SHORT, "date": "2026-10-09", "goods.1.quantity": "8.125"}
    kept = fresh.post(f"/drafts/{form['_draft']}/keep", typed).get_json()
    assert shown in kept["hints"] and other not in kept["hints"]
    assert post.console.reads.page(record=shown) and not post.console.reads.page(record=other)


def test_drafts_of_somebody_who_left_are_taken_over_or_thrown_away_never_lost(post: Site) -> None:
    one_time = post.let_in("leaver", "officer", "Leaver Example")
    post.accounts.change_password("leaver", one_time, PASSWORD)
    leaver = Browser(post.app, f"diwan_session_{post.console.node.id}", post.accounts.sign_in("leaver", PASSWORD).token)
    kept = [place(leaver.post("/cases/new", {**SHORT, "goods.1.quantity": text, "do": "save"})) for text in "12"]
    supervisor = post.browser("supervisor")
    assert "Drafts without an owner" not in supervisor.get("/drafts").text
    draft, other = (address.rpartition("/")[2] for address in kept)
    early = supervisor.post(f"/drafts/left/{draft}/take-over", {"owner": "leaver"})
    assert early.status_code == 404, "somebody who can go on keeps the draft"
    post.accounts.disable("leaver")
    page = supervisor.get("/drafts").text
    assert "Drafts without an owner" in page and draft in page and other in page
    assert "Drafts without an owner" not in post.browser("officer").get("/drafts").text
    assert post.browser("officer").post(f"/drafts/left/{draft}/take-over", {"owner": "leaver"}).status_code == 403
    people = text_of(post.browser("administrator").get("/people"))
    assert "2 drafts belong to people" in people and "Case of" not in people
    shown = place(supervisor.post(f"/drafts/left/{draft}/take-over", {"owner": "leaver"}))
    assert form_of(supervisor.get(shown).text)["goods.1.quantity"] == "1"
    place(supervisor.post(f"/drafts/left/{other}/remove", {"owner": "leaver"}))
    assert "Drafts without an owner" not in supervisor.get("/drafts").text
    rows = post.console.reads.page(person="supervisor", record="leaver", limit=20)
    deeds = {held.code for held in map(event_of, (row.detail for row in rows)) if held is not None}
    assert {"draft.taken_over", "draft.thrown_away"} <= deeds
    place(supervisor.post(f"{shown}/remove"))


def test_nobodys_draft_is_taken_from_somebody_at_work(post: Site, officer: Browser) -> None:
    kept = place(officer.post("/cases/new", {**SHORT, "do": "save"}))
    supervisor = post.browser("supervisor")
    for owner in ("officer", "", "nobody", "supervisor"):
        for deed in ("take-over", "remove"):
            sent = supervisor.post(f"/drafts/left/{kept.rpartition('/')[2]}/{deed}", {"owner": owner})
            assert sent.status_code == 404, (owner, deed)
    assert officer.get(kept).status_code == 200
