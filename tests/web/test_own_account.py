"""Everybody sees where they are signed in, and ends what they left open elsewhere."""

from .conftest import PASSWORD, Site, text_of


def test_a_person_sees_their_sessions_and_ends_the_others_with_the_password(post: Site) -> None:
    post.accounts.end_sessions("technician")
    here, elsewhere = post.browser("technician"), post.browser("technician")
    page = text_of(here.get("/account"))
    assert page.count("this browser") == 1 and "End all other sessions" in page
    wrong = here.post("/account/end-others", {"password": "not mine"})
    assert wrong.status_code == 422 and "The password is wrong" in text_of(wrong)
    assert elsewhere.get("/account").status_code == 200
    assert here.post("/account/end-others", {"password": PASSWORD}).status_code == 303
    assert elsewhere.get("/account").status_code == 303 and here.get("/account").status_code == 200
    assert "End all other sessions" not in text_of(here.get("/account"))
    log = text_of(post.browser("auditor").get("/log", record="technician", how="sign-in"))
    assert "technician ended all other sessions of their own" in log


def test_nobody_sees_or_ends_the_sessions_of_somebody_else(post: Site) -> None:
    technician, supervisor = post.browser("technician"), post.browser("supervisor")
    technician.post("/account/end-others", {"password": PASSWORD})
    assert supervisor.get("/account").status_code == 200
    assert "supervisor" not in text_of(technician.get("/account")).casefold()


def test_signing_out_clears_what_the_browser_kept(post: Site) -> None:
    answer = post.browser("officer").post("/sign-out")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
