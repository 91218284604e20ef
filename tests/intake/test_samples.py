"""Each bundled sample through its mapping into a real register, counted."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from itertools import islice

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.intake import Compiled, Reader
from diwan_core.intake.mapping.mapping_file import load
from diwan_core.intake.run import sample

from .conftest import OUTCOMES, Post


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("cbp", {"rows": 2539, "imported": 640, "statistics": 1899}),
        ("colombia", {"rows": 178, "imported": 178}),
        ("kcs", {"rows": 1283, "imported": 249, "skipped": 1034}),
    ],
)
def test_a_bundled_sample_gives_its_cases_once(post: Post, name: str, first: dict[str, int]) -> None:
    again = {**first, "imported": 0, "already_there": first["imported"]}
    for expected in (first, again):
        answer = post.run("import", f"sample:{name}", "--json")
        assert answer.code == 0, answer.err
        summary = answer.json
        assert {key: summary[key] for key in ("rows", *OUTCOMES)} == {**dict.fromkeys(OUTCOMES, 0), **expected}
        assert summary["unused_columns"] == []
    with post.register() as register:
        assert register.count("case") == first["imported"]


def test_totals_of_several_events_never_become_cases_and_single_ones_are_marked(post: Post) -> None:
    post.run("import", "sample:cbp")
    cases = post.documents()
    assert {case["derived"] for case in cases} == {True}
    assert {case["date_precision"] for case in cases} == {"month"}
    # the fiscal year 2020 of the United States
    assert min(case["date"] for case in cases) == "2019-10-01"
    assert max(case["date"] for case in cases) == "2020-09-01"


def test_pounds_of_the_source_are_kilograms_by_the_exact_factor(post: Post) -> None:
    post.run("import", "sample:cbp")
    checked = 0
    for case in post.documents():
        pounds = Decimal(case["narrative"].rpartition("Sum Qty (lbs): ")[2])
        kilograms = Decimal(case["goods"]["1"]["quantity"])
        assert abs(pounds * Decimal("0.45359237") - kilograms) <= Decimal("5e-10")
        checked += 1
    assert checked == 640


def test_a_colombian_seizure_is_found_without_its_accent(post: Post) -> None:
    post.run("import", "sample:colombia")
    found = post.run("search", "anza", "--json").json["found"]
    accented = post.run("search", "ciudad", "bolivar", "--json").json["found"]
    assert len(found) == 5 and len(accented) == 25
    case = next(
        case
        for case in post.documents()
        if case["place"] == "LETICIA (CT), AMAZONAS" and case["goods"]["1"]["quantity"] == "14776"
    )
    assert case["goods"]["1"] == {
        "description": "BASE DE COCA",
        "sub_group": "coca_base",
        "product_group": "drugs",
        "quantity": "14776",
        "unit": "GRM",
    }
    assert (case["date"], case["location_type"], case["country"]) == ("2018-01-28", "airport", "CO")
    assert "derived" not in case


def test_only_fraud_becomes_a_case_and_is_marked_as_synthetic(post: Post) -> None:
    post.run("import", "sample:kcs")
    cases = post.documents()
    assert {case["derived"] for case in cases} == {True}
    assert Counter(case["narrative"][:17] for case in cases) == {"Critical Fraud: 1": 236, "Critical Fraud: 2": 13}
    assert all(len(case["goods"]["1"]["hs_code"]) == 6 for case in cases)


def test_a_picture_of_a_number_is_always_the_same_and_no_two_are() -> None:
    first = [picture.content for picture in sample.pictures(4)]
    assert first == [picture.content for picture in sample.pictures(4)]
    assert len(set(first)) == 4
    assert all(content.startswith(b"\x89PNG") and b"shows nothing real" in content for content in first)


def test_the_bundled_samples_stay_small_and_name_their_sources() -> None:
    source = ""
    total = 0
    for name in sample.names():
        with sample.path_of(name) as path:
            total += path.stat().st_size
            source = (path.parent / "SOURCE.txt").read_text(encoding="utf-8")
            assert path.name in source
    assert total < 200_000
    assert "Policia Nacional de Colombia" in source and "Korea Customs Service" in source


@pytest.mark.parametrize("name", sample.names())
def test_a_row_is_mapped_to_the_two_halves_of_its_document(name: str) -> None:
    mapping = load(name, DICTIONARY)
    compiled = Compiled(mapping)
    with sample.path_of(name) as path, Reader(path, mapping.source) as reader:
        rows = [read.cells for read in islice(reader, 200) if read.cells is not None]
    for row in rows:
        if compiled.left_out(row) is None:
            assert compiled.halves(row, "key") == mapping.type.split(compiled.document(row, "key"))


def test_what_a_value_brings_beside_it_is_of_the_same_half() -> None:
    for declared in DICTIONARY.types.values():
        groups = [
            *declared.groups.values(),
            *(group for part in declared.parts.values() for group in part.groups.values()),
        ]
        for group in groups:
            assert len({field.nominal for field in group.fields}) == 1, (declared.name, group.name)
