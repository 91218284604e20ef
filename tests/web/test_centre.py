"""The centre's own pages: its posts, and how a new one comes in."""

from diwan_central.web import LARGEST_REQUEST, create_central_app, post_rows, spoken_age
from diwan_core.trust.errors import TrustError

from .conftest import Site, text_of


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
    response = administrator.post("/posts/new", {"label": "Aqaba port"})
    assert "abcd-efgh" in response.text
    assert centre.browser("analyst").get("/posts/new").status_code == 403


def test_a_post_not_heard_for_a_day_is_marked(centre: Site) -> None:
    with centre.app.test_request_context():
        now, day = 1_800_000_000_000, 86_400_000
        nodes: list[dict[str, object]] = [
            {"id": "a", "label": "Fresh", "receipted_ms": now - 60_000},
            {"id": "b", "label": "Late", "receipted_ms": now - 2 * day},
            {"id": "c", "label": "Never", "receipted_ms": None},
            {"id": "d", "label": "The centre itself", "role": "central", "receipted_ms": None},
        ]
        assert [(row.label, row.late, row.age) for row in post_rows(nodes, now)] == [
            ("Fresh", False, "60 seconds ago"),
            ("Late", True, "2 days ago"),
            ("Never", True, "never"),
        ]
        assert spoken_age(-5) == "0 seconds ago"


def test_the_posts_page_never_shows_a_case(centre: Site) -> None:
    page = text_of(centre.browser("technician").get("/posts"))
    assert "Posts" in page and "Cases" not in page


def test_the_code_comes_with_a_picture_that_is_shown_once_and_never_names_it(centre: Site) -> None:
    administrator = centre.browser("administrator")
    page = administrator.post("/posts/new", {"label": "Aqaba port"}).text
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
    assert "Changes received 12" in words and "Came twice 3" in words and "Parcels refused 1" in words
    assert "0.1.0" in words and "<b>port" not in page.text and "a link of the chain" in words
    assert "Cases of this post" not in words
    assert technician.get("/posts/nonsense").status_code == 404
