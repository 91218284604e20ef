"""What goods count as in sums stands in a report, as an assumption, and on no page."""

import re

from diwan_core.register import Edit
from diwan_core.web.kinds.case import KIND as CASE
from diwan_core.web.record_pages.pdf import reduced_report_of, report_of

from .conftest import SHORT, Site, text_of

TABLETS = {"product_group": "drugs", "sub_group": "captagon", "quantity": "1000000", "unit": "U2"}
ROLLING = {"product_group": "tobacco", "sub_group": "rolling", "quantity": "50", "unit": "KGM"}


def test_a_report_says_what_tablets_and_loose_tobacco_count_as(post: Site) -> None:
    own = {name: value for name, value in SHORT.items() if "." not in name}
    legs = {"1": {"role": "departure", "country": "SY", "mode": "3"}, "2": {"role": "destination", "country": "JO"}}
    values = {
        **own,
        "leg": legs,
        "type": "seizure",
        "country": "JO",
        "status": "submitted",
        "goods": {"1": TABLETS, "2": ROLLING},
    }
    with post.console.writing() as register:
        record = register.save([Edit(CASE.type, values)], author="officer").records[0]
    browser = post.browser("supervisor")
    assert "in sums" not in text_of(browser.get(f"/cases/{record}"))
    with post.app.test_request_context(headers={"Cookie": f"{browser.cookie}={browser.token}"}):
        post.app.preprocess_request()
        whole, reduced = report_of(CASE, record)[0], reduced_report_of(CASE, record)[0]
    for page in (whole, reduced):
        assert "in sums: an assumption (table 3; UNODC" in page
        counted = [re.sub(r"\s", "", said) for said in re.findall(r"counts as ([^:]*) in sums", page)]
        assert counted == ["90kgto300kg", "50000cigarettesto66650cigarettes"]
