"""Names in letters of every kind are found in the lists of the browser, and hints know them again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from diwan_core.register import Edit
from diwan_core.web.kinds.case import same_person
from diwan_core.web.kit.console import register

from .conftest import Browser, Site, make_site, text_of

NAMES = [
    "علی‌رضا نمونه",
    "ﺳﻤﻴﺮ ﺍﻟﻨﻮﺭﺱ",
    "Łukasz Próbny",
    "Đặng Văn Mẫu",
    "Sørensen Prøve",
    "Jürgen Müster",
    "عبد الله مثال",
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder: Path = tmp_path_factory.mktemp("letters") / "centre"
    made = make_site(folder, "central", "Centre", "")
    with made.console.writing() as register:
        for name in NAMES:
            register.save([Edit("person", {"status": "submitted", "name_as_written": name})], author="amal")
        case = {
            "type": "seizure", "date": "2026-03-05", "status": "submitted", "office": "JOAQJ", "country": "JO",
            "direction": "import",
            "detection_method": "routine", "concealment_method": "none",
            "goods": {"1": {"product_group": "tobacco", "quantity": "1", "unit": "KGM"}},
            "leg": {"1": {"role": "departure", "country": "SY", "mode": "3"},
                    "2": {"role": "destination", "country": "JO"}},
            "party": {"1": {"role": "driver", "name": "Jürgen Müster"}},
        }  # fmt: skip
        register.save([Edit("case", case)], author="amal")
    return made


@pytest.fixture(scope="module")
def analyst(site: Site) -> Browser:
    return site.browser("analyst")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("علیرضا", 0), ("سمير النورس", 1), ("lukasz", 2), ("dang van mau", 3), ("Soerensen", 4), ("sorensen", 4),
        ("juergen muester", 5), ("MUSTER", 5), ("عبدالله", 6),
    ],
)  # fmt: skip
def test_a_person_is_found_however_the_name_is_typed(analyst: Browser, typed: str, name: int) -> None:
    page = text_of(analyst.get("/persons", q=typed))
    assert [known for known in NAMES if known in page] == [NAMES[name]]


@contextmanager
def asked(site: Site) -> Iterator[None]:
    with site.app.test_request_context("/"):
        yield


@pytest.mark.parametrize("name", ["Juergen Muester", "jurgen  muster", "JÜRGEN MU\u0308STER"])
def test_a_hint_knows_the_same_person_of_the_same_day_again(site: Site, analyst: Browser, name: str) -> None:
    page = analyst.get("/cases")
    assert page.status_code == 200
    document = {"date": "2026-03-05", "party": {"1": {"role": "driver", "name": name}}}
    with asked(site):
        found = [record.values["party"]["1"]["name"] for record, _why in same_person(register(), document)]
    assert found == ["Jürgen Müster"]
