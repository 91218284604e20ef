"""Pictures come in whole or not at all, are what they are whatever they are called, and are shown as small copies of
our own making."""

import hashlib
import html
import io
import re
from types import SimpleNamespace
from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY, as_of
from diwan_core.register import Edit, Register
from diwan_core.web.pictures import upload
from diwan_core.web.pictures.picture_intake import MAX_PICTURE, MOST_AT_ONCE
from PIL import Image
from werkzeug.test import TestResponse

from ..media.made import BAD, GOOD, turned
from .conftest import PNG, SHORT, Browser, Site, picture, png, text_of


def case_of(reported: str) -> str:
    return reported.rpartition("/")[2]


def shown(browser: Browser, reported: str) -> list[str]:
    """The addresses of the pictures on a case's page."""
    return [
        found.removesuffix("/thumb") for found in re.findall(r'<img src="([^"]+)/thumb"', browser.get(reported).text)
    ]


def add(browser: Browser, reported: str, **upload: Any) -> TestResponse:
    return browser.post(f"/records/{case_of(reported)}/pictures/new", picture(**upload))


def add_many(browser: Browser, reported: str, *contents: bytes, **fields: str) -> TestResponse:
    files = [(io.BytesIO(content), f"{number}.jpg") for number, content in enumerate(contents)]
    return browser.post(f"/records/{case_of(reported)}/pictures/new", {"picture": files, **fields})


def fields_of(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def test_the_original_is_kept_byte_for_byte_and_handed_out_as_a_file(officer: Browser, reported: str) -> None:
    assert add(officer, reported, caption="النُّور <b>under</b> the seat").status_code == 303
    assert "النُّور &lt;b&gt;under&lt;/b&gt;" in officer.get(reported).text
    answer = officer.get(shown(officer, reported)[0] + "/original")
    assert answer.data == PNG and answer.mimetype == "image/png"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("size", "longest"), [("thumb", 320), ("view", 1600)])
def test_a_page_shows_a_small_copy(officer: Browser, reported: str, size: str, longest: int) -> None:
    add(officer, reported, content=png(2000, 500))
    answer = officer.get(f"{shown(officer, reported)[0]}/{size}")
    assert answer.mimetype == "image/webp" and "sandbox" in answer.headers["Content-Security-Policy"]
    with Image.open(io.BytesIO(answer.data)) as copy:
        assert copy.size[0] == longest
    assert officer.client.get(answer.request.path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_where_a_picture_was_taken_stays_in_its_original(officer: Browser, reported: str) -> None:
    add(officer, reported, content=turned(6), name="p.jpg")
    address = shown(officer, reported)[0]
    assert b"PHONEMAKER" in officer.get(address + "/original").data
    for size in ("thumb", "view"):
        assert b"PHONEMAKER" not in officer.get(f"{address}/{size}").data


@pytest.mark.parametrize("name", BAD)
def test_a_bad_picture_is_refused_with_the_reason_and_leaves_nothing(
    post: Site, officer: Browser, reported: str, name: str
) -> None:
    blobs = sorted(path.name for path in (post.folder / "blobs").rglob("*"))
    content = BAD[name][0]()
    response = add(officer, reported, content=content, name="p.jpg", caption="kept")
    assert response.status_code in (415, 422)
    assert "was not saved" in text_of(response) and 'value="kept"' in response.text
    assert shown(officer, reported) == []
    assert sorted(path.name for path in (post.folder / "blobs").rglob("*")) == blobs


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x1cftypavif\0\0\0\0", "AVIF"),
        (b"GIF89a\x40\0\x30\0", "GIF"),
        (b"BM\x36\x24\0\0", "BMP"),
        (b"8BPS\0\1", "PSD"),
        (b"%PDF-1.7\n", "PDF"),
    ],
)
def test_a_picture_of_a_kind_that_is_not_kept_is_refused_by_its_name(
    officer: Browser, reported: str, head: bytes, kind: str
) -> None:
    response = add(officer, reported, content=head + bytes(500), name="p.jpg")
    assert response.status_code == 415 and f"This is a {kind} file" in text_of(response)
    assert "Save it as JPEG or PNG" in text_of(response) and shown(officer, reported) == []


@pytest.mark.parametrize(
    "name", ["cmyk jpeg", "16 bit png", "heic", "x-ray", "jpeg with a zip behind it", "moving png"]
)
def test_a_good_picture_of_any_kind_has_a_preview(officer: Browser, reported: str, name: str) -> None:
    content = GOOD[name]()
    assert add(officer, reported, content=content, name="whatever.jpg").status_code == 303
    address = shown(officer, reported)[0]
    assert officer.get(address + "/view").mimetype == "image/webp"
    assert officer.get(address + "/original").data == content


def test_a_picture_larger_than_the_limit_is_refused(officer: Browser, reported: str) -> None:
    response = add(officer, reported, content=PNG + bytes(MAX_PICTURE))
    assert response.status_code == 413 and "larger than 20 MB" in text_of(response)


def test_no_file_chosen_is_said_so(officer: Browser, reported: str) -> None:
    response = officer.post(f"/records/{case_of(reported)}/pictures/new", {"caption": "x"})
    assert response.status_code == 422 and "Choose a picture" in text_of(response)


def test_several_pictures_come_in_at_once(officer: Browser, reported: str) -> None:
    assert add_many(officer, reported, *(png(20, 20 + n) for n in range(4)), kind="xray").status_code == 303
    assert len(shown(officer, reported)) == 4


def test_of_several_pictures_the_good_ones_are_saved_and_the_others_named(officer: Browser, reported: str) -> None:
    response = add_many(officer, reported, png(30, 30), b"PK\x03\x04 no picture", png(30, 31))
    assert response.status_code == 415
    assert "2 pictures are saved." in text_of(response) and "1.jpg" in text_of(response)
    assert len(shown(officer, reported)) == 2


def test_more_pictures_than_may_come_at_once_are_refused_together(officer: Browser, reported: str) -> None:
    response = add_many(officer, reported, *[PNG] * (MOST_AT_ONCE + 1))
    assert response.status_code == 422 and shown(officer, reported) == []


def test_the_same_picture_sent_twice_is_kept_once(officer: Browser, reported: str) -> None:
    for _ in range(2):
        assert add(officer, reported).status_code == 303
    assert len(shown(officer, reported)) == 1


def test_a_picture_given_once_more_after_its_bytes_were_forgotten_is_sent(
    post: Site, officer: Browser, reported: str
) -> None:
    content = png(93, 40)
    name = hashlib.sha256(content).hexdigest()
    add(officer, reported, content=content)
    with post.console.writing() as register, register.store.write() as transaction:
        transaction.execute("DELETE FROM blob WHERE sha256=?", (name,))  # the database was put back; its record came
    assert add(officer, reported, content=content).status_code == 303
    with post.console.writing() as register:
        to_send = "SELECT count(*) FROM blob WHERE sha256=? AND own=1 AND stored=0 AND have=size"
        assert register.store.one(to_send, (name,)) == 1


@pytest.mark.parametrize("caption", ["\u202egpj.exe", "x" * 100_000, "\0"])
def test_words_that_cannot_be_kept_leave_no_picture_behind(
    post: Site, officer: Browser, reported: str, caption: str
) -> None:
    content = png(90, 40 + len(caption) % 7)
    name = hashlib.sha256(content).hexdigest()
    response = add(officer, reported, content=content, caption=caption)
    assert response.status_code == 422 and "was not saved" in text_of(response)
    assert shown(officer, reported) == []
    assert [path for folder in ("blobs", "derived") for path in (post.folder / folder).rglob(f"{name}*")] == []
    with post.console.writing() as register:
        assert register.store.one("SELECT count(*) FROM blob WHERE sha256=?", (name,)) == 0


def test_refused_words_take_no_picture_from_another_record(officer: Browser, reported: str) -> None:
    other = officer.post("/cases/new", SHORT).location.partition("?")[0]
    content = png(91, 40)
    add(officer, other, content=content)
    assert add(officer, reported, content=content, caption="\u202e").status_code == 422
    assert officer.get(shown(officer, other)[0] + "/original").data == content


def test_an_upload_that_breaks_off_is_answered_plainly_and_leaves_nothing(
    post: Site, officer: Browser, reported: str
) -> None:
    before = set((post.folder / "incoming").glob("*"))
    body = b'--b\r\nContent-Disposition: form-data; name="picture"; filename="p.png"\r\n\r\n' + PNG
    response = officer.client.post(
        f"/records/{case_of(reported)}/pictures/new",
        input_stream=io.BytesIO(body),
        content_length=len(body) + 500,
        content_type="multipart/form-data; boundary=b",
    )
    assert 400 <= response.status_code < 500
    assert set((post.folder / "incoming").glob("*")) == before
    assert shown(officer, reported) == []


@pytest.mark.parametrize("name", ["0" * 64, "..%2f..%2fregister.db", "0198f0a0-0000-7000-8000-000000000000", "x"])
@pytest.mark.parametrize("what", ["", "/thumb", "/view", "/original", "/edit"])
def test_nothing_but_the_id_of_a_picture_opens_one(officer: Browser, name: str, what: str) -> None:
    assert officer.get(f"/pictures/{name}{what}").status_code == 404


def test_a_case_is_no_picture(officer: Browser, reported: str) -> None:
    for what in ("", "/thumb", "/original", "/edit"):
        assert officer.get(f"/pictures/{case_of(reported)}{what}").status_code == 404
    assert officer.post(f"/pictures/{case_of(reported)}/remove", {"seen": "{}"}).status_code == 404


def test_a_picture_has_no_pictures(officer: Browser, reported: str) -> None:
    add(officer, reported)
    own = shown(officer, reported)[0].rpartition("/")[2]
    assert officer.get(f"/records/{own}/pictures/new").status_code == 404


def test_a_picture_that_is_not_here_says_where_it_is_and_can_be_asked_for(
    post: Site, officer: Browser, reported: str
) -> None:
    content = png(61, 47)
    add(officer, reported, content=content)
    address = shown(officer, reported)[0]
    original = next((post.folder / "blobs").rglob(hashlib.sha256(content).hexdigest()))
    original.unlink()
    assert officer.get(address + "/view").status_code == 200, "its small copies are still here"
    assert "The original is at the centre" in text_of(officer.get(address))
    for copy in (post.folder / "derived").glob(f"{original.name}*"):
        copy.unlink()
    assert "The picture is at the centre" in text_of(officer.get(reported))
    assert officer.get(address + "/view").status_code == 404
    assert officer.get(address + "/original").status_code == 404
    assert "Get it from the centre" in text_of(officer.get(address))
    assert "has been asked for" in text_of(officer.follow(officer.post(address + "/fetch")))


def test_copies_are_made_again_where_they_are_missing(post: Site, officer: Browser, reported: str) -> None:
    content = png(62, 47)
    add(officer, reported, content=content)
    for copy in (post.folder / "derived").glob(f"{hashlib.sha256(content).hexdigest()}*"):
        copy.unlink()
    assert officer.get(shown(officer, reported)[0] + "/thumb").status_code == 200


def test_a_picture_from_elsewhere_that_cannot_be_opened_can_still_be_kept(
    post: Site, officer: Browser, reported: str
) -> None:
    with post.console.writing() as register:
        register.attach(
            io.BytesIO(b"%PDF-1.7 a scan"), subject=case_of(reported), media_type="application/pdf", author="somebody"
        )
    address = shown(officer, reported)[0]
    assert officer.get(address + "/thumb").status_code == 404
    assert "No preview" in text_of(officer.get(reported)), "and it is not tried again"
    page = officer.get(address)
    assert "cannot show the picture" in text_of(page)
    kept = officer.get(address + "/original")
    assert kept.data.startswith(b"%PDF") and kept.mimetype == "application/octet-stream"


def test_what_a_picture_shows_can_be_changed_afterwards(officer: Browser, reported: str) -> None:
    add(officer, reported, caption="first words")
    address = shown(officer, reported)[0]
    page = officer.get(address + "/edit")
    assert 'value="first words"' in page.text
    change = {
        **fields_of(page.text),
        "caption": "other words",
        "kind": "xray",
        "person_shown": "yes",
        "release": "national",
    }
    told = text_of(officer.follow(officer.post(address + "/edit", {k: v for k, v in change.items() if k != "csrf"})))
    assert "other words" in told and "shows a person" in told and "To national partners" in told
    assert "first words" in told, "the history says what it was"


def test_a_digest_cannot_be_changed_by_a_form(officer: Browser, reported: str) -> None:
    add(officer, reported)
    address = shown(officer, reported)[0]
    hidden = fields_of(officer.get(address + "/edit").text)
    officer.post(address + "/edit", {"seen": hidden["seen"], "sha256": "0" * 64, "size": "1", "caption": "new"})
    assert officer.get(address + "/original").data == PNG


def test_a_removed_picture_is_gone_from_its_case_and_stays_in_the_history(officer: Browser, reported: str) -> None:
    add(officer, reported)
    address = shown(officer, reported)[0]
    hidden = fields_of(officer.get(address + "/edit").text)
    told = text_of(officer.follow(officer.post(address + "/remove", {"seen": hidden["seen"]})))
    assert "Removed" in told and "History" in told
    assert shown(officer, reported) == []
    for what in ("/thumb", "/view", "/original"):
        assert officer.get(address + what).status_code == 404
    assert add(officer, reported).status_code == 303 and len(shown(officer, reported)) == 1, "it can be added again"


def test_two_who_describe_a_picture_at_once_make_a_visible_conflict(
    post: Site, officer: Browser, reported: str
) -> None:
    add(officer, reported, caption="one")
    address = shown(officer, reported)[0]
    hidden = fields_of(officer.get(address + "/edit").text)
    for words in ("two", "three"):
        officer.post(
            address + "/edit", {"seen": hidden["seen"], "caption": words, "kind": "photo", "person_shown": "no"}
        )
    with post.console.writing() as register:
        record = register.get(address.rpartition("/")[2])
    assert record is not None and {a.value for a in record.conflicts["caption"]} == {"two", "three"}


JUDGED = {"person_shown": "no", "text_shown": "no"}


def test_the_gallery_shows_how_goods_were_hidden_and_only_what_was_judged(officer: Browser) -> None:
    found = []
    judged = [
        JUDGED,
        JUDGED,
        {**JUDGED, "person_shown": "yes"},
        {**JUDGED, "text_shown": "yes"},
        {"text_shown": "no"},
        {},
    ]
    for number, said in enumerate(judged):
        method = "tyres" if number == 1 else "vehicle_cabin"
        case = officer.post("/cases/new", {**SHORT, "concealment_method": method}).location.partition("?")[0]
        add(officer, case, content=png(70, 50 + number), **said)
        found.append(shown(officer, case)[0])
    everything = officer.get("/gallery").text
    assert [one in everything for one in found] == [True, True, False, False, False, False]
    cabins = officer.get("/gallery", method="vehicle_cabin", group="drugs").text
    assert found[0] in cabins and found[1] not in cabins
    assert officer.get("/gallery", method="no such", page="99999999").status_code == 200


def not_judged(officer: Browser) -> int:
    found = re.search(r"Judge (\d+) picture", text_of(officer.get("/gallery")))
    return int(found[1]) if found else 0


def test_what_was_never_judged_is_judged_on_one_page(officer: Browser, reported: str) -> None:
    add_many(officer, reported, png(71, 50), png(71, 51))
    add(officer, reported, content=png(71, 52), person_shown="yes")
    first, second = (address.rpartition("/")[2] for address in shown(officer, reported)[:2])
    before = not_judged(officer)
    page = officer.get("/gallery/judge")
    hidden = dict(re.findall(r'<input type="hidden" name="(seen\.[^"]+)" value="([^"]*)"', page.text))
    sent = {name: html.unescape(value) for name, value in hidden.items()}
    sent |= {f"person_shown.{first}": "no", f"text_shown.{first}": "no", f"person_shown.{second}": "no"}
    officer.post("/gallery/judge", sent)
    assert not_judged(officer) == before - 1, "one picture was judged whole"
    gallery = officer.get("/gallery").text
    assert first in gallery and second not in gallery


def test_a_picture_that_two_people_judge_at_once_and_not_the_same_waits_for_a_third(
    post: Site, officer: Browser, reported: str
) -> None:
    add(officer, reported, content=png(73, 50), **JUDGED)
    picture = shown(officer, reported)[0].rpartition("/")[2]
    assert picture in officer.get("/gallery").text
    before = not_judged(officer)
    with post.console.writing() as register:
        record = register.get(picture)
        assert record is not None
        for value in ("yes", "no"):
            register.save(
                [Edit("attachment", {"person_shown": value}, record=picture, seen=record.heads)], author=value
            )
    assert picture not in officer.get("/gallery").text, "somebody can be recognised, as one of them says"
    assert not_judged(officer) == before + 1
    hidden = re.findall(rf'name="(seen\.{picture})" value="([^"]*)"', officer.get("/gallery/judge").text)
    officer.post("/gallery/judge", {hidden[0][0]: html.unescape(hidden[0][1]), f"person_shown.{picture}": "no"})
    assert picture in officer.get("/gallery").text and not_judged(officer) == before


def test_a_box_of_an_older_release_that_nobody_touched_is_no_judgement(
    post: Site, officer: Browser, reported: str
) -> None:
    """Until dictionary 4 an untouched box was stored as "no person in the picture"."""
    before = not_judged(officer)
    add_many(officer, reported, png(72, 50), png(72, 51))
    untouched, ticked = (address.rpartition("/")[2] for address in shown(officer, reported))
    with post.console.writing() as register:
        for record, value in ((untouched, False), (ticked, True)):
            register.save([Edit("attachment", {"shows_person": value}, record=record)], author="officer")
    assert untouched not in officer.get("/gallery").text
    assert not_judged(officer) == before + 1
    assert "shows a person" in text_of(officer.get(f"/pictures/{ticked}"))


def test_the_gallery_is_turned_page_by_page(officer: Browser, reported: str) -> None:
    add_many(officer, reported, *(png(80, 40 + n) for n in range(10)), **JUDGED)
    add_many(officer, reported, *(png(81, 40 + n) for n in range(10)), **JUDGED)
    add_many(officer, reported, *(png(82, 40 + n) for n in range(10)), **JUDGED)
    first, second = officer.get("/gallery").text, officer.get("/gallery", page="2").text
    assert first.count("/thumb") == 24 and 'rel="next"' in first and 'rel="prev"' in second
    assert not set(re.findall(r"/pictures/[0-9a-f-]+/thumb", first)) & set(
        re.findall(r"/pictures/[0-9a-f-]+/thumb", second)
    )


def test_the_centre_makes_its_own_copies(centre: Site) -> None:
    analyst = centre.browser("analyst")
    with centre.console.writing() as register:
        case = register.save([Edit("case", {"date": "2026-11-20", "status": "draft"})], author="x").records[0]
        register.attach(io.BytesIO(png(400, 300)), subject=case, media_type="image/png", author="x")
    address = shown(analyst, f"/cases/{case}")[0]
    assert analyst.get(address + "/thumb").mimetype == "image/webp"
    assert "Remove this picture" not in text_of(analyst.get(address))
    assert analyst.get(address + "/edit").status_code == 403


def test_pictures_that_somebody_added_and_removed_put_no_others_out_of_sight(
    post: Site, officer: Browser, reported: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diwan_core.web.pictures.pictures_of_record.MOST_SHOWN", 3)
    values = {"subject": case_of(reported), "size": 5_000, "media_type": "image/png", "kind": "photo"}
    with Register.open(post.folder, role="writer") as register:
        for number in range(7):
            made = {**values, "sha256": hashlib.sha256(bytes([number])).hexdigest(), "status": "submitted"}
            (record,) = register.save([Edit("attachment", made)], author="evil").records
            register.save([Edit("attachment", {"status": "withdrawn"}, record=record)], author="evil")
    assert add(officer, reported).status_code == 303
    assert len(shown(officer, reported)) == 1
    assert "more picture" not in officer.get(reported).text
    for number in range(3):
        assert add(officer, reported, content=png(20 + number, 20)).status_code == 303
    assert len(shown(officer, reported)) == 3
    assert "1 more picture is with the record." in officer.get(reported).text, "nobody is left to think it were all"


def test_the_form_asks_nothing_that_an_older_dictionary_does_not_know(
    officer: Browser, reported: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = as_of(DICTIONARY, 3).types["attachment"]
    assert "person_shown" not in older.fields
    monkeypatch.setattr(upload, "PICTURE", SimpleNamespace(record_type=older))
    page = officer.get(f"/records/{case_of(reported)}/pictures/new")
    assert page.status_code == 200 and "person_shown" not in page.text
