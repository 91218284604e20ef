"""Sites as they are kept: half-filled, doubled, edited by two people at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_central.rollout.answers import BadAnswer
from diwan_central.rollout.merging import Collision
from diwan_central.rollout.sites import (
    NoSite,
    Site,
    SiteExists,
    all_sites,
    changes,
    make,
    one_site,
    read_field,
    save,
)
from diwan_central.rollout.store import RolloutStore, RolloutUnusable

from .kit import NOW_MS


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RolloutStore]:
    with RolloutStore.open(tmp_path) as opened:
        yield opened


@pytest.fixture
def site(store: RolloutStore) -> Site:
    values = {"code": "NR-04", "name": "Gate 3", "country": "JO", "region": "North", "power_hours": "9"}
    return make(store, values, "amal", NOW_MS)


def test_a_half_filled_questionnaire_is_kept_as_it_is(store: RolloutStore, site: Site) -> None:
    assert save(store, site.id, {"officers": "4"}, site.revision, "amal", NOW_MS) == 1
    found = one_site(store, site.id)
    assert found.answers == {"power_hours": "9", "officers": "4"}
    assert save(store, site.id, {"officers": "4"}, found.revision, "amal", NOW_MS) == 0
    assert save(store, site.id, {"officers": ""}, found.revision, "amal", NOW_MS) == 1
    assert one_site(store, site.id).answers == {"power_hours": "9"}


def test_the_second_of_two_people_is_told_and_neither_loses_anything(store: RolloutStore, site: Site) -> None:
    save(store, site.id, {"power_hours": "12", "room": "yes"}, site.revision, "huda", NOW_MS + 5)
    with pytest.raises(Collision) as told:
        save(store, site.id, {"power_hours": "6", "officers": "4", "room": ""}, site.revision, "amal", NOW_MS + 9)
    assert {field: (one.value, one.person) for field, one in told.value.others.items()} == {
        "power_hours": ("12", "huda")
    }
    assert one_site(store, site.id).answers == {"power_hours": "12", "room": "yes"}
    assert save(store, site.id, {"power_hours": "6", "officers": "4"}, told.value.revision, "amal", NOW_MS + 9) == 2
    assert one_site(store, site.id).answers == {"power_hours": "6", "room": "yes", "officers": "4"}
    written = [(row["person"], row["field"], row["before"], row["after"]) for row in changes(store, site.id)][:4]
    assert ("huda", "power_hours", "9", "12") in written and ("amal", "power_hours", "12", "6") in written


def test_two_people_in_different_fields_do_not_meet(store: RolloutStore, site: Site) -> None:
    save(store, site.id, {"power_hours": "12"}, site.revision, "huda", NOW_MS)
    # amal's page still showed 9 hours, which she left alone
    assert save(store, site.id, {"power_hours": "9", "officers": "4"}, site.revision, "amal", NOW_MS) == 1
    assert one_site(store, site.id).answers == {"power_hours": "12", "officers": "4"}


def test_both_writing_the_same_is_no_matter(store: RolloutStore, site: Site) -> None:
    save(store, site.id, {"power_hours": "12"}, site.revision, "huda", NOW_MS)
    assert save(store, site.id, {"power_hours": "12"}, site.revision, "amal", NOW_MS) == 0


def test_a_number_belongs_to_one_site(store: RolloutStore, site: Site) -> None:
    with pytest.raises(SiteExists, match="NR-04 is Gate 3 already"):
        make(store, {"code": "NR-04", "name": "Other"}, "huda", NOW_MS)
    other = make(store, {"code": "NR-05", "name": "Other"}, "huda", NOW_MS)
    with pytest.raises(SiteExists):
        save(store, other.id, {"code": "NR-04"}, other.revision, "huda", NOW_MS)
    assert [one.code for one in all_sites(store)] == ["NR-05", "NR-04"]
    assert [one.code for one in all_sites(store, "North")] == ["NR-04"]
    with pytest.raises(NoSite):
        one_site(store, 99)


def test_names_and_countries_are_read_like_answers() -> None:
    assert read_field("country", "jo") == "JO" and read_field("region", " ") == ""
    for field, wrong in (("country", "XX1"), ("name", " "), ("code", "a b"), ("region", "x" * 90)):
        with pytest.raises(BadAnswer):
            read_field(field, wrong)


def test_a_file_that_is_no_database_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "rollout.db").write_bytes(b"no database" * 1000)
    with pytest.raises(RolloutUnusable, match=r"rollout\.db cannot be used.*backup"):
        RolloutStore.open(tmp_path)


def test_the_file_is_private(store: RolloutStore) -> None:
    assert store.path.stat().st_mode & 0o077 == 0
    assert sqlite3.connect(store.path).execute("pragma user_version").fetchone()[0] == len(RolloutStore.schema)
