"""An empty list says that it is empty, and what to do next."""

from __future__ import annotations

from pathlib import Path

from .conftest import make_site, text_of

AT_A_POST = {
    ("/cases", "officer"): "The first report takes a minute. Report a case",
    ("/cases?q=nothing", "officer"): "Try fewer words or a wider range of dates. Show all",
    ("/cases", "auditor"): "What posts report appears here by itself.",
    ("/persons", "officer"): "There is none yet.",
    ("/drafts", "officer"): "What you begin to type and do not send is kept here by itself.",
    ("/check", "supervisor"): "What officers report appears here by itself.",
    ("/check?queue=back", "supervisor"): "stands here until it is submitted again.",
    ("/imports", "supervisor"): "Choose a file above and press Upload",
    ("/approvals", "supervisor"): "needs a second person appears here.",
    ("/gallery", "officer"): "Choose fewer filters.",
    ("/set-aside", "supervisor"): "Nothing has to be done.",
}
AT_THE_CENTRE = {
    ("/posts", "administrator"): "type it in at the post. Enrol a post",
    ("/posts", "analyst"): "An administrator or a technician enrols the first one.",
    ("/units", "analyst"): "Declare the first one",
    ("/retention/holds", "supervisor"): "can be held back from erasure here.",
}


def test_an_empty_list_says_what_to_do_next(tmp_path: Path) -> None:
    for kind, expected in (("post", AT_A_POST), ("central", AT_THE_CENTRE)):
        site = make_site(tmp_path / kind, kind, "Gate", "JOAQJ" if kind == "post" else "")  # type: ignore[arg-type]
        browsers = {role: site.browser(role) for _path, role in expected}
        for (path, role), words in expected.items():
            assert words in text_of(browsers[role].client.get(path)), (path, role)
        site.console.close()
