"""A report grows to the full case: several parts on one page, records of their own looked up, made and linked."""

from typing import Any

import pytest
from diwan_core.register import Edit
from diwan_core.web.forms.full_form import MOST_ROWS

from .conftest import SHORT, Browser, Site, text_of
from .forms import form_of, place, press
from .test_drafts import fresh

__all__ = ["fresh"]


def grown(browser: Browser, **typed: str) -> str:
    """The address of a full form that began as a filled short one."""
    first = form_of(browser.get("/cases/new").text)
    return place(browser.post("/cases/new", {**first, **SHORT, "do": "wide"}))


def values_of(post: Site, record: str) -> dict[str, Any]:
    with post.console.writing() as register:
        found = register.get(record)
    assert found is not None
    return found.values


def test_the_full_form_holds_what_the_short_one_had(fresh: Browser) -> None:
    form = form_of(fresh.get(grown(fresh)).text)
    assert form["_shape"] == "wide" and form["rows.goods"] == "1" and form["rows.leg"] == "1 2"
    assert form["leg.1.role"] == "departure" and form["leg.2.role"] == "destination"
    assert form["goods.1.quantity"] == "12,5" and form["concealment_method"] == "vehicle_cabin"


def test_several_parts_are_added_filled_removed_and_sent_at_once(post: Site, fresh: Browser) -> None:
    shown = grown(fresh)
    for part in ("goods", "goods", "concealment", "party", "means"):
        shown = place(press(fresh, shown, f"add:{part}"))
    shown = place(press(fresh, shown, "drop:goods.2", goods__2__brand="gone", goods__3__product_group="tobacco"))
    sent = press(
        fresh, shown, "report", goods__3__quantity="40", goods__3__unit="cigarettes (none)", narrative="In the cab.",
        concealment__1__method="vehicle_cabin", concealment__1__length_cm="40", party__1__role="driver",
        party__1__name="محمد العبد الله", means__1__plate="12-3456", means__1__container_number="MSKU1234565",
        **{"partner_agencies.new": "Coast guard"},
    )  # fmt: skip
    assert sent.status_code == 422 and 'href="#goods.3.unit"' in sent.text, "all typed, one wrong"
    form = {**form_of(sent.text), "goods.3.unit": "STK"}
    values = values_of(post, place(fresh.post(shown, {**form, "do": "report"})).rpartition("/")[2])
    assert set(values["goods"]) == {"1", "3"} and values["goods"]["3"]["quantity"] == "40"
    assert values["party"]["1"]["name"] == "محمد العبد الله"
    assert list(values["partner_agencies"].values()) == ["Coast guard"]
    assert values["means"]["1"]["container_number"] == "MSKU1234565"


def test_a_form_that_can_hold_no_more_lines_says_so_and_drops_none(post: Site, fresh: Browser) -> None:
    shown = grown(fresh)
    form = form_of(fresh.get(shown).text)
    form["rows.goods"] = " ".join(str(number) for number in range(1, MOST_ROWS))
    shown = place(fresh.post(shown, {**form, "do": "save"}))
    place(press(fresh, shown, "add:goods"))
    last = f"goods.{MOST_ROWS}.description"
    page = fresh.get(shown)
    assert "add:goods" not in page.text and "This form is full" in text_of(page)
    for _press in range(2):
        full = fresh.post(shown, {**form_of(page.text), last: "the last line", "do": "add:goods"})
        assert full.status_code == 422 and "This form is full" in text_of(full)
    assert form_of(full.text)[last] == "the last line"


def test_lines_a_form_does_not_show_are_told_and_left_alone(post: Site, fresh: Browser, reported: str) -> None:
    case = reported.rpartition("/")[2]
    lines = {f"{n:03d}": {"product_group": "tobacco", "quantity": "1", "unit": "KGM"} for n in range(MOST_ROWS + 2)}
    with post.console.writing() as register:
        register.save([Edit("case", {"goods": lines}, record=case)], author="x")
    shown = place(fresh.post(f"/drafts/change/{case}"))
    assert "3 more entries are not shown here" in text_of(fresh.get(shown)), "the one it was reported with is the 63rd"
    place(press(fresh, shown, "report", goods__000__quantity="7"))
    held = values_of(post, case)["goods"]
    assert len(held) == MOST_ROWS + 3 and held["000"]["quantity"] == "7"


def test_every_wrong_field_of_every_part_is_named_at_once(fresh: Browser) -> None:
    shown = place(press(fresh, place(press(fresh, grown(fresh), "add:party")), "add:concealment"))
    sent = press(
        fresh, shown, "report", date="soon", goods__1__quantity="many", leg__1__country="Atlantis",
        party__1__name="A", concealment__1__length_cm="long", narrative="x" * 30_000,
    )  # fmt: skip
    assert sent.status_code == 422
    summary = sent.text.partition('class="summary"')[2].partition("</div>")[0]
    for path in ("date", "goods.1.quantity", "leg.1.country", "party.1.role", "concealment.1.length_cm", "narrative"):
        assert f'href="#{path}"' in summary, path
    assert "x" * 30_000 in sent.text


def test_a_person_is_made_and_linked_in_one_flow_and_sent_as_one_change_set(post: Site, fresh: Browser) -> None:
    shown = place(press(fresh, grown(fresh), "add:party"))
    looking = press(fresh, shown, "pick:party.1.subject", party__1__role="driver", party__1__name="Nadia Haddad")
    assert "/link/party.1.subject" in looking.location
    child = place(fresh.post(place(looking), {"new": "person"}))
    form = form_of(fresh.get(child).text)
    assert form["name_as_written"] == "Nadia Haddad", "what the case says already is not typed again"
    assert press(fresh, child, "report", name_as_written="").status_code == 422
    back = press(fresh, child, "report", name_as_written="Nadia Haddad", birth_date="1990-02-03")
    assert place(back) == shown
    page = fresh.get(shown)
    assert "Nadia Haddad" in text_of(page) and "sent along" in text_of(page)
    with post.console.writing() as register:
        assert register.get(form["_draft"]) is None, "nothing is saved before the report is"
    record = place(press(fresh, shown, "report")).rpartition("/")[2]
    person = values_of(post, record)["party"]["1"]["subject"]
    assert person == form["_draft"] and values_of(post, person)["birth_date"] == "1990-02-03"
    assert "Nadia Haddad" in text_of(fresh.follow(fresh.get(f"/records/{person}")))
    assert text_of(fresh.get(f"/cases/{record}")).count("Nadia Haddad") >= 2, "the link is called by the person's name"
    assert "Nadia" not in text_of(fresh.get("/drafts"))


def test_a_conveyance_on_file_is_found_by_its_plate_and_linked(post: Site, fresh: Browser) -> None:
    with post.console.writing() as register:
        made = register.save([Edit("conveyance", {"plate": "77-ZX-41", "status": "submitted"})], author="officer")
    shown = place(press(fresh, grown(fresh), "add:means"))
    looking = press(fresh, shown, "pick:means.1.conveyance", **{"find:means.1.conveyance": "77zx"})
    assert "77-ZX-41" in text_of(fresh.client.get(looking.location))
    shown = place(fresh.post(place(looking), {"record": made.records[0]}))
    record = place(press(fresh, shown, "report")).rpartition("/")[2]
    assert values_of(post, record)["means"]["1"]["conveyance"] == made.records[0]


@pytest.mark.parametrize("forged", ["0198f0a0-0000-7000-8000-000000000000", "x", "' OR 1=1", "<script>"])
def test_a_forged_reference_is_refused_beside_its_field(fresh: Browser, reported: str, forged: str) -> None:
    shown = place(press(fresh, grown(fresh), "add:party"))
    for id in (forged, reported.rpartition("/")[2]):
        sent = press(fresh, shown, "report", party__1__role="driver", party__1__subject=id)
        assert (sent.status_code == 422 and "linked record is not here" in text_of(sent)) or "cannot be" in text_of(
            sent
        )
        assert "<script>" not in sent.text


def test_the_whole_record_is_changed_on_one_page(post: Site, fresh: Browser, reported: str) -> None:
    record = reported.rpartition("/")[2]
    shown = place(fresh.post(f"/drafts/change/{record}"))
    shown = place(press(fresh, shown, "add:goods"))
    form = form_of(fresh.get(shown).text)
    new = form["rows.goods"].split()[1]
    form |= {f"goods.{new}.product_group": "tobacco", f"goods.{new}.quantity": "3", f"goods.{new}.unit": "KGM"}
    assert place(fresh.post(shown, {**form, "narrative": "Behind the seat", "do": "report"})) == reported
    with post.console.writing() as register:
        last = register.history(record)[-1]
    assert {path.split(".")[0] for path in last.changes} == {"goods", "narrative"}


def test_only_what_the_person_changed_is_sent_even_when_others_went_on(
    post: Site, fresh: Browser, reported: str
) -> None:
    record = reported.rpartition("/")[2]
    shown = place(fresh.post(f"/drafts/change/{record}"))
    with post.console.writing() as register:
        register.save([Edit("case", {"goods": {"1": {"quantity": "99"}}}, record=record)], author="other")
    press(fresh, shown, "report", narrative="Only this")
    with post.console.writing() as register:
        found = register.get(record)
    assert found is not None and not found.conflicts
    assert found.values["goods"]["1"]["quantity"] == "99" and found.values["narrative"] == "Only this"


def test_a_form_saved_as_it_was_opened_changes_nothing_also_no_day(post: Site, fresh: Browser, reported: str) -> None:
    draft = place(fresh.post(f"/drafts/change/{reported.rpartition('/')[2]}"))
    answer = press(fresh, draft, "report")
    assert "done=unchanged" in answer.location


def test_a_removed_part_is_gone_whatever_it_held(post: Site, fresh: Browser, reported: str) -> None:
    record = reported.rpartition("/")[2]
    with post.console.writing() as register:
        values = {"concealment": {"1": {"method": "vehicle_cabin", "goods": {"1": "1"}, "length_cm": "3"}}}
        register.save([Edit("case", values, record=record)], author="other")
    shown = place(fresh.post(f"/drafts/change/{record}"))
    shown = place(press(fresh, shown, "drop:concealment.1"))
    assert place(press(fresh, shown, "report")) == reported
    assert "concealment" not in values_of(post, record)


def test_a_change_sent_from_one_window_is_not_sent_twice_from_another(fresh: Browser, reported: str) -> None:
    shown = place(fresh.post(f"/drafts/change/{reported.rpartition('/')[2]}"))
    other = form_of(fresh.get(shown).text)
    assert place(press(fresh, shown, "report", narrative="First")) == reported
    late = fresh.post(shown, {**other, "narrative": "Second", "do": "report"})
    assert late.status_code == 409, text_of(late)
    assert "Second" in late.text and "shown together with the record" in text_of(late)


@pytest.mark.parametrize("path", ["/persons", "/companies", "/conveyances"])
def test_persons_companies_and_conveyances_have_pages_of_their_own(fresh: Browser, path: str) -> None:
    typed = {"/persons": "family_name", "/companies": "latin_name", "/conveyances": "container_number"}[path]
    words = {"/persons": "Okonkwo", "/companies": "Blue Delta Trading", "/conveyances": "MSKU1234565"}[path]
    assert press(fresh, f"{path}/new", "report").status_code == 422, "something must be known"
    page = place(press(fresh, f"{path}/new", "report", **{typed: words}))
    assert page.startswith(path) and words in text_of(fresh.get(page))
    assert words in text_of(fresh.get(path, q=words)) and words in text_of(fresh.get(path))


def test_what_looks_like_a_case_already_here_is_shown_and_stops_nobody(fresh: Browser) -> None:
    shown = place(press(fresh, grown(fresh), "add:means"))
    first = place(press(fresh, shown, "report", means__1__plate="DUP 77 1", goods__1__quantity="31,7"))
    shown = place(press(fresh, grown(fresh), "add:means"))
    kept = press(fresh, shown, "save", means__1__plate="dup-771", goods__1__quantity="31.70", date="2026-11-20")
    page = fresh.get(place(kept))
    hints = text_of(page).partition("Is it one of these?")[2]
    assert "The same plate" in hints and "same office, day, product and quantity" in hints
    assert first.rpartition("/")[2] in page.text
    assert press(fresh, place(kept), "report").status_code == 303


def test_codes_are_found_by_word_code_and_synonym(fresh: Browser) -> None:
    for text, code in (("Jordan", "JO"), ("jo", "JO"), ("syria", "SY")):
        assert code in [found["code"] for found in fresh.json("/codes/country/find", q=text)]
    assert fresh.json("/codes/detection_method/find", q="sniffer")[0]["code"] == "dog"
    assert fresh.get("/codes/nothing/find").status_code == 404


@pytest.mark.parametrize(
    "text", ["\u202egnp.exe", "x" * 1_000_000, "<b onmouseover=alert(1)>", "\x00", "{{ 7919*7919 }}", "\ud800"]
)
def test_whatever_is_typed_is_answered_plainly_and_kept(fresh: Browser, text: str) -> None:
    shown = place(press(fresh, grown(fresh), "add:party"))
    form = {**form_of(fresh.get(shown).text), "party.1.role": "driver", "do": "report"}
    data = {**form, "party.1.name": text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")}
    sent = fresh.post(shown, data)
    assert sent.status_code in (303, 422)
    page = fresh.client.get(sent.location).text if sent.status_code == 303 else sent.text
    assert "<b onmouseover" not in page and "62710561" not in page + fresh.get("/drafts").text


def test_forged_rows_and_buttons_change_nothing_else(fresh: Browser) -> None:
    shown = grown(fresh)
    form = form_of(fresh.get(shown).text)
    for forged in (
        {"rows.goods": "../../x 1 1 \x00", "do": "save"},
        {"rows.review": "1", "review.1.decision": "validated", "status": "validated", "do": "save"},
        {"do": "add:review"}, {"do": "add:nothing"}, {"do": "drop:nothing.1"}, {"do": "pick:status"},
        {"do": "unlink:date"}, {"do": "\u202e"}, {"_revision": "-1", "do": "save"}, {"_shape": "x", "do": "save"},
    ):  # fmt: skip
        assert fresh.post(shown, {**form, **forged}).status_code in (303, 404, 422), forged
    record = place(fresh.post(grown(fresh), {**form_of(fresh.get(grown(fresh)).text), **SHORT, "rows.review": "1",
                                              "review.1.decision": "validated", "do": "report"}))  # fmt: skip
    assert "Validated" not in text_of(fresh.get(record))
