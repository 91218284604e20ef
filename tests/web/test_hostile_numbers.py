"""A number in an address that no row can have is answered like any other that is not there."""

from __future__ import annotations

import re

import pytest

from .conftest import PASSWORD, Site


@pytest.mark.parametrize("large", [str(2**63), "9" * 40, "9" * 5000], ids=["one too large", "40 digits", "5000 digits"])
@pytest.mark.parametrize("role", ["administrator", "supervisor"])
@pytest.mark.parametrize("node", ["post", "centre"])
def test_a_number_larger_than_a_database_holds_is_not_there(
    request: pytest.FixtureRequest, node: str, role: str, large: str
) -> None:
    site: Site = request.getfixturevalue(node)
    browser, met = site.browser(role), 0
    for rule in site.app.url_map.iter_rules():
        if "<int:" not in rule.rule:
            continue
        path = re.sub(r"<[^>]*>", "x", re.sub(r"<int:\w+>", large, rule.rule))
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            fields = {"password": PASSWORD, "reason": "none"}
            answer = browser.get(path) if method == "GET" else browser.post(path, fields)
            assert answer.status_code == 404, (method, rule.rule)
            met += 1
    assert met
