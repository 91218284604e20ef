"""The centre's own pages: its posts, and how a new one comes in."""

import html
from pathlib import Path

from diwan_central.console.enrolment_pages import LARGEST_REQUEST, WRONG_BURST
from diwan_central.console.post_rows import post_rows
from diwan_central.console.web import create_central_app
from diwan_core.archives import settings
from diwan_core.custody import standing as custody
from diwan_core.exchange.reopening import Closed
from diwan_core.trust.access_log.events import event_of
from diwan_core.trust.errors import BadName, LabelTaken, TrustError, WrongCode
from diwan_core.web.language.ages import spoken_age

from .conftest import Browser, Site, text_of


def test_an_enrolment_request_goes_to_the_enrolment_and_its_answer_back(centre: Site) -> None:
    response = centre.stranger().client.post("/enrol", data=b'{"some": "request"}', content_type="application/json")
    assert (response.status_code, response.data, response.mimetype) == (200, b'{"some": "request"}', "application/json")


def test_a_refused_enrolment_says_why_in_one_line(centre: Site) -> None:
    def refuse(*_: object) -> bytes:
        raise TrustError("The code is wrong or has expired. Ask for a new one.")

    app = create_central_app(
        centre.folder, enrol=refuse, make_code=lambda *_: "", open_accounts=lambda _: centre.accounts
    )
    response = app.test_client().post("/enrol", data=b"{}")
    assert (response.status_code, response.text) == (403, "The code is wrong or has expired. Ask for a new one.\n")


def test_an_enrolment_request_beyond_its_limit_is_refused_unread(centre: Site) -> None:
    assert centre.stranger().client.post("/enrol", data=bytes(LARGEST_REQUEST + 1)).status_code == 413


def test_an_administrator_makes_a_code_and_sees_it_once(centre: Site) -> None:
    administrator = centre.browser("administrator")
    assert administrator.get("/posts/new").status_code == 200
    response = administrator.post("/posts/new", {"label": "Aqaba port", "office": "JOAQJ"})
    assert "abcd-efgh" in response.text and "within 7 days" in response.text
    assert centre.browser("analyst").get("/posts/new").status_code == 403


def test_who_made_a_code_is_in_the_log_and_a_name_that_will_not_do_is_refused_in_the_readers_language(
    centre: Site,
) -> None:
    centre.browser("administrator").post("/posts/new", {"label": "Rafah crossing", "office": "PSRAF"})
    row = centre.console.reads.page()[0]
    told = event_of(row.detail)
    assert told is not None
    assert (row.person, row.how, told.code) == ("administrator", "posts", "code.made")
    assert told.parameters == {"label": "Rafah crossing", "office": "PSRAF", "post": ""}
    assert "a code was made to enrol Rafah crossing PSRAF" in text_of(centre.browser("auditor").get("/log"))

    def refuse(*_: object) -> str:
        raise BadName("The label must have 1 to 80 characters")

    app = create_central_app(centre.folder, make_code=refuse, open_accounts=lambda _: centre.accounts)
    signed_in = centre.browser("technician")
    technician = Browser(app, signed_in.cookie, signed_in.token)
    technician.client.set_cookie("diwan_language", "ar")
    refused = technician.post("/posts/new", {"label": "x" * 99, "office": "JOAQJ"})
    assert refused.status_code == 422 and "للاسم من حرف إلى 80 حرفًا" in text_of(refused)
    assert 'class="languages"' in refused.text and 'back=/posts/new"' in refused.text


def test_the_centre_counts_nothing_it_could_only_send_to_itself(centre: Site) -> None:
    page = text_of(centre.browser("technician").get("/status"))
    assert "Changes written" in page and "Not yet sent" not in page and "Stored at the centre" not in page


def test_the_language_of_a_page_is_changed_without_losing_what_it_shows(centre: Site) -> None:
    analyst = centre.browser("analyst")
    page = analyst.get("/cases", q="false floor", sort="-date").text
    address = html.unescape(page.partition('href="/language/ar?')[2].partition('"')[0])
    shown = analyst.follow(analyst.client.get(f"/language/ar?{address}"))
    assert shown.request.full_path == "/cases?q=false+floor&sort=-date" and 'dir="rtl"' in shown.text
    analyst.client.delete_cookie("diwan_language")
    refused = centre.browser("administrator").post("/people/nobody/disable")
    assert refused.status_code == 404 and 'href="/language/ar?back=/"' in refused.text, "that form has no page"


def test_a_post_not_heard_for_a_day_is_marked(centre: Site) -> None:
    with centre.app.test_request_context():
        now, day = 1_800_000_000_000, 86_400_000
        nodes: list[dict[str, object]] = [
            {"id": "a", "label": "Fresh", "receipted_ms": now - 60_000},
            {"id": "b", "label": "Late", "receipted_ms": now - 2 * day},
            {"id": "c", "label": "Never", "receipted_ms": None},
            {"id": "e", "label": "Gone", "receipted_ms": now - 3 * day, "revoked": True},
            {"id": "d", "label": "The centre itself", "role": "central", "receipted_ms": None},
        ]
        assert [(row.label, row.late, row.age) for row in post_rows(nodes, now)] == [
            ("Late", True, "2 days ago"),
            ("Never", True, "never"),
            ("Fresh", False, "60 seconds ago"),
            ("Gone", False, "3 days ago"),
        ], "who is late stands first, and nobody waits for a revoked post"
        assert spoken_age(-5) == "0 seconds ago"


def test_a_post_is_said_to_be_late_with_the_reason_why(centre: Site) -> None:
    with centre.app.test_request_context():
        now, day = 1_800_000_000_000, 86_400_000
        nodes: list[dict[str, object]] = [
            {"id": "new", "label": "1", "confirmed": False},
            {"id": "silent", "label": "2", "receipted_ms": now - 9 * day, "heard_ms": now - 9 * day},
            {"id": "stuck", "label": "3", "receipted_ms": now - 2 * day, "heard_ms": now - 1},
            {"id": "refused", "label": "4", "receipted_ms": now - 2 * day, "heard_ms": now - 1},
            {"id": "never", "label": "5"},
            {"id": "well", "label": "6", "receipted_ms": now, "heard_ms": now},
            {"id": "gone", "label": "7", "revoked": True},
        ]
        became = {"refused": {"refused": 2}, "well": {"waiting": 3}}
        found = {
            row.id: (row.state, row.why.partition(":")[0].partition(".")[0]) for row in post_rows(nodes, now, became)
        }
        assert found == {
            "new": ("waits", "Nobody has confirmed this machine yet"),
            "silent": ("very_late", "No line, or switched off"),
            "stuck": ("late", "It is heard, but nothing of it has been stored since"),
            "refused": ("late", "2 of its messages were refused"),
            "never": ("late", "It is enrolled, but the centre has never heard from it"),
            "well": ("well", "3 changes wait for other posts"),
            "gone": ("revoked", "Its keys are revoked"),
        }


def test_the_page_of_posts_says_the_state_in_a_word_beside_its_colour(centre: Site) -> None:
    with centre.console.writing() as register, register.store.write() as connection:
        connection.execute(
            "INSERT INTO node (id, label, office, role, signing_key, sealing_key, revoked, heard, confirmed) "
            "VALUES ('qqqqqqqqqqqqq', 'Gate 7', 'JOAMM', 'post', x'00', x'00', 0, 1763800000000, 1)"
        )
    page = centre.browser("technician").get("/posts").text
    assert '<span class="tag bad">very late</span>' in page and "Call the post" in page


def test_the_posts_page_never_shows_a_case(centre: Site) -> None:
    page = text_of(centre.browser("technician").get("/posts"))
    assert "Posts" in page and "Cases" not in page


def test_the_code_comes_with_a_picture_that_is_shown_once_and_never_names_it(centre: Site) -> None:
    administrator = centre.browser("administrator")
    page = administrator.post("/posts/new", {"label": "Aqaba port", "office": "JOAQJ"}).text
    address = page.partition('class="qr" src="')[2].partition('"')[0]
    assert address.endswith(".svg") and "abcd" not in address
    picture = administrator.get(address)
    assert picture.mimetype == "image/svg+xml" and b"<svg" in picture.data
    assert administrator.get(address).status_code == 404
    assert centre.browser("analyst").get(address).status_code == 403


def test_the_page_of_a_post_says_what_became_of_everything_it_sent(centre: Site) -> None:
    with centre.console.writing() as register, register.store.write() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO node (id, label, office, role, signing_key, sealing_key, heard, report) "
            "VALUES ('kvdee25mdfpja', 'Aqaba <b>port', 'JOAQJ', 'post', x'', x'', 1800000000000, '0.1.0')"
        )
        connection.execute(
            "INSERT OR REPLACE INTO epoch (id, origin, hash, seq, applied, duplicates, waiting, quarantined) "
            "VALUES ('e', 'kvdee25mdfpja', x'', 12, 7, 3, 1, 1)"
        )
        connection.execute(
            "INSERT INTO quarantine (received, sender, code, reason) VALUES (1, 'kvdee25mdfpja', 'chain', 'x')"
        )
    technician = centre.browser("technician")
    page = technician.get("/posts/kvdee25mdfpja")
    words = text_of(page)
    assert "Office Al 'Aqabah JOAQJ" in words.replace("&#39;", "'")
    assert "Al 'Aqabah JOAQJ" in text_of(technician.get("/posts")).replace("&#39;", "'")
    assert "Changes received 12" in words and "Received twice 3" in words and "Parcels refused 1" in words
    assert "0.1.0" in words and "<b>port" not in page.text and "a link of the chain" in words
    assert "Cases of this post" not in words
    assert technician.get("/posts/nonsense").status_code == 404


def test_a_code_says_which_office_the_post_belongs_to(centre: Site) -> None:
    refused = centre.browser("administrator").post("/posts/new", {"label": "Aqaba port", "office": " "})
    assert refused.status_code == 422
    assert "Enter the office" in text_of(refused)


def test_a_name_that_looks_like_another_posts_is_refused(centre: Site) -> None:
    def refuse(*_: object) -> str:
        raise LabelTaken("Node x has the label")

    app = create_central_app(centre.folder, make_code=refuse, open_accounts=lambda _: centre.accounts)
    signed_in = centre.browser("technician")
    technician = Browser(app, signed_in.cookie, signed_in.token)
    refused = technician.post("/posts/new", {"label": "Post 1", "office": "JOAQJ"})
    assert refused.status_code == 422
    assert "Another post has this name" in text_of(refused)


def test_wrong_requests_from_one_address_are_told_to_wait_and_right_ones_never(centre: Site) -> None:
    def enrol(_folder: Path, request: bytes) -> bytes:
        if request != b"right":
            raise WrongCode("The code is not the one the centre gave out.")
        return b"welcome"

    app = create_central_app(
        centre.folder, enrol=enrol, make_code=lambda *_: "", open_accounts=lambda _: centre.accounts
    )
    client = app.test_client()
    answers = [client.post("/enrol", data=b"wrong").status_code for _ in range(WRONG_BURST + 5)]
    assert answers == [403] * WRONG_BURST + [429] * 5
    waiting = client.post("/enrol", data=b"wrong")
    assert int(waiting.headers["Retry-After"]) >= 1
    assert "Too many wrong requests" in waiting.text
    assert client.post("/enrol", data=b"right").data == b"welcome", "whose code is right is never kept waiting"
    other = client.post("/enrol", data=b"wrong", environ_base={"REMOTE_ADDR": "10.1.2.3"})
    assert other.status_code == 403, "another address has its own tries"


def test_a_centre_that_cannot_enrol_anybody_now_says_so(centre: Site) -> None:
    def closed(*_: object) -> bytes:
        raise Closed("this centre was put back from a backup and waits for its posts' ledgers")

    app = create_central_app(
        centre.folder, enrol=closed, make_code=lambda *_: "", open_accounts=lambda _: centre.accounts
    )
    answer = app.test_client().post("/enrol", data=b"x")
    assert (answer.status_code, answer.mimetype) == (503, "text/plain")
    assert "put back from a backup" in answer.text


def test_the_page_of_backups_says_who_holds_which_sheet(centre: Site) -> None:
    disk = settings.Repository("a", "diwan-backup-a", "a" * 64, True)
    settings.save(centre.folder, settings.Settings((disk,), recovery_key=bytes(32)))
    technician = centre.browser("technician")
    technician.client.set_cookie("diwan_language", "ar")
    in_arabic = technician.get("/backups").text
    assert "قُرئت" in in_arabic or "تُقرأ" in in_arabic, in_arabic
    assert "No backup" not in in_arabic
    technician.client.set_cookie("diwan_language", "en")
    assert "No custodians have been named." in text_of(technician.get("/backups"))
    names, keys = ("Amina Odeh", "Brahim Salem", "Chipo Banda"), (b"1" * 32, b"2" * 32, b"3" * 32)
    custody.keep_named(centre.folder, custody.Named(names, keys, 3))
    sheets = (custody.Sheet("Amina Odeh", keys[0], keys[0], 1_795_000_000_000), custody.Sheet("Didier", b"4" * 32, b""))
    custody.keep_escrow(centre.folder, custody.Escrow(custody.Sheets(bytes(32), "academic acid", 1, sheets, 1)))
    shown = text_of(technician.get("/backups")).replace("\u2068", "").replace("\u2069", "")
    assert "Amina Odeh : a sheet that begins with “academic acid”, typed back on 18 Nov 2026" in shown
    assert "Brahim Salem Chipo Banda" in shown
    assert "hold sheets of the escrow: Didier" in shown
