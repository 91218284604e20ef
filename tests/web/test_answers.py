"""What every answer of a console says about itself."""

import pytest

from .conftest import Site
from .test_routes import paths

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("site", ["post", "centre"])
def test_every_text_says_its_letters(site: str, request: pytest.FixtureRequest) -> None:
    found: Site = request.getfixturevalue(site)
    addresses = [path for method, path, _ in paths(found) if method == "GET"]
    for role in ("supervisor", "administrator", "auditor"):
        browser = found.browser(role)
        for path in [*addresses, "/icon.svg", "/no/such/page"]:
            answer = browser.get(path)
            kind = answer.headers.get("Content-Type", "")
            assert kind or not answer.data, path
            if kind.startswith("text/") or kind.partition(";")[0].endswith(("/xml", "+xml")):
                assert "charset=utf-8" in kind.lower(), f"{path}: {kind}"


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "PUT", "DELETE"])
def test_methods_that_no_page_has_do_nothing(post: Site, method: str) -> None:
    answer = post.browser("supervisor").client.open("/cases", method=method, headers={"X-Secret": "heron"})
    assert answer.status_code == 405 and "heron" not in answer.text


def test_of_a_parameter_that_comes_twice_the_first_counts_and_forms_never_read_the_address(post: Site) -> None:
    analyst = post.browser("analyst")
    page = analyst.client.get("/cases?q=kilo&q=tramontane").text
    assert 'value="kilo"' in page and 'value="tramontane"' not in page
    administrator = post.browser("administrator")
    answer = administrator.post("/people/new?name=from.the.address&role=technician", {"name": "", "role": ""})
    assert answer.status_code == 422 and post.accounts.get("from.the.address") is None
