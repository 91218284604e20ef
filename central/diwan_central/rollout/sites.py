"""Stores the sites of the roll-out; several people can edit one site without losing what another wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from diwan_core.dictionary import DICTIONARY, N_, Sentence, sentence

from diwan_central.rollout.answers import BadAnswer, read_answer, read_code, read_name
from diwan_central.rollout.merging import changed_values
from diwan_central.rollout.questions import BY_KEY
from diwan_central.rollout.store import RolloutStore
from diwan_central.table_file import Row

IDENTITY: Final = ("code", "name", "country", "region")
FIELDS: Final = (*IDENTITY, *BY_KEY)
MOST: Final = 5000
"""Sites one roll-out may have."""


@dataclass(frozen=True)
class Site:
    """A place at which a post is to work. `code` is its number in the country, `country` an alpha-2 code."""

    id: int
    code: str
    name: str
    country: str
    region: str
    answers: Mapping[str, str]
    revision: int = 0
    changed_ms: int = 0
    changed_by: str = ""

    def value(self, field: str) -> str:
        """One of FIELDS."""
        return str(getattr(self, field)) if field in IDENTITY else self.answers.get(field, "")


class SiteExists(Exception):
    """There is a site of this number already."""

    def __init__(self, site: Site) -> None:
        super().__init__(f"{site.code} is {site.name} already: open it, or give this one another number")
        self.site = site


class NoSite(LookupError):
    """There is no site of this number."""


def read_field(field: str, text: str) -> str:
    """A field's value as it is kept. Raises BadAnswer."""
    match field:
        case "code":
            return read_code(text)
        case "name":
            return read_name(text)
        case "region":
            return read_name(text) if text.strip() else ""
        case "country":
            return _country(text)
    return read_answer(BY_KEY[field], text)


def _country(text: str) -> str:
    code = text.strip().upper()
    if code and not DICTIONARY.codes("country").has(code):
        raise BadAnswer(sentence(N_("{text} is not a country code: write two letters, such as JO."), text=code[:40]))
    return code


def all_sites(store: RolloutStore, region: str = "") -> list[Site]:
    """The sites by number, all or those of a region. Raises RolloutUnusable."""
    found = (site_of(row) for row in store.rows("select * from site order by region, code"))
    return [site for site in found if not region or site.region == region]


def one_site(store: RolloutStore, number: int) -> Site:
    """A site. Raises NoSite, RolloutUnusable."""
    rows = store.rows("select * from site where id = ?", (number,))
    if not rows:
        raise NoSite(number)
    return site_of(rows[0])


def by_code(store: RolloutStore, code: str) -> Site | None:
    """The site of a number in the country. Raises RolloutUnusable."""
    rows = store.rows("select * from site where code = ?", (code,))
    return site_of(rows[0]) if rows else None


def make(store: RolloutStore, values: Mapping[str, str], person: str, now_ms: int) -> Site:
    """A new site of values that were read. Raises SiteExists, TooMany, RolloutUnusable."""
    with store.writing():
        known = by_code(store, values["code"])
        if known is not None:
            raise SiteExists(known)
        if store.rows("select count(*) from site")[0][0] >= MOST:
            raise TooMany(sentence(N_("There are {most} sites; no more can be added."), most=MOST))
        answers = {key: values[key] for key in BY_KEY if values.get(key)}
        number = store.write(
            "insert into site (code, name, country, region, answers, revision, changed_ms, changed_by) "
            "values (?, ?, ?, ?, ?, 1, ?, ?)",
            (values["code"], values["name"], values.get("country", ""), values.get("region", ""),
             json.dumps(answers, ensure_ascii=False), now_ms, person),
        )  # fmt: skip
        for field in FIELDS:
            if values.get(field):
                _note(store, number, 1, now_ms, person, field, "", values[field])
    return one_site(store, number)


class TooMany(Exception):
    """No more sites can be kept."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(str(reason))
        self.reason = reason


def save(store: RolloutStore, number: int, values: Mapping[str, str], seen: int, person: str, now_ms: int) -> int:
    """Keep values of a site that were read; `seen` is the revision their author had before them. How many changed.

    What somebody else changed meanwhile and the author did not touch stays as it is; what both changed is told, and
    then nothing is saved. Raises Collision, SiteExists, NoSite, RolloutUnusable."""
    with store.writing():
        site = one_site(store, number)
        since = store.rows("select * from change where site = ? and revision > ? order by id", (site.id, seen))
        known_values = {field: value for field, value in values.items() if field in FIELDS}
        changed = changed_values(site.value, known_values, since, site.revision)
        if not changed:
            return 0
        if "code" in changed and (known := by_code(store, changed["code"])) is not None:
            raise SiteExists(known)
        revision = site.revision + 1
        answers = dict(site.answers)
        for field, value in changed.items():
            _note(store, number, revision, now_ms, person, field, site.value(field), value)
            if field not in IDENTITY:
                answers[field] = value
        kept = json.dumps({key: answers[key] for key in BY_KEY if answers.get(key)}, ensure_ascii=False)
        identity = [changed.get(field, site.value(field)) for field in IDENTITY]
        store.write(
            "update site set code = ?, name = ?, country = ?, region = ?, answers = ?, revision = ?, changed_ms = ?, "
            "changed_by = ? where id = ?",
            (*identity, kept, revision, now_ms, person, number),
        )
    return len(changed)


class SiteInUse(Exception):
    """A site cannot be removed: `people` of it are or were in courses."""

    def __init__(self, people: int) -> None:
        super().__init__(str(people))
        self.people = people


def remove(store: RolloutStore, number: int) -> Site:
    """Remove a site that was added by mistake, with its milestones and the list of its changes. Raises NoSite,
    SiteInUse, RolloutUnusable."""
    with store.writing():
        site = one_site(store, number)
        people = store.rows("select count(*) from trainee where site = ?", (number,))[0][0]
        if people:
            raise SiteInUse(people)
        store.write("delete from milestone where level = 'site' and place = ?", (str(number),))
        store.write("delete from change where site = ?", (number,))
        store.write("delete from site where id = ?", (number,))
    return site


def changes(store: RolloutStore, number: int) -> list[Row]:
    """The changes of a site, the newest first. Raises RolloutUnusable."""
    return store.rows("select * from change where site = ? order by id desc limit 200", (number,))


def regions(sites: list[Site]) -> Iterator[str]:
    """The regions there are, by name."""
    yield from sorted({site.region for site in sites if site.region})


def site_of(row: Row) -> Site:
    """A site from its row; answers to questions that are asked no more are left out."""
    answers = {key: str(value) for key, value in json.loads(row["answers"]).items() if key in BY_KEY}
    return Site(
        row["id"], row["code"], row["name"], row["country"], row["region"], answers, row["revision"],
        row["changed_ms"], row["changed_by"],
    )  # fmt: skip


def _note(
    store: RolloutStore, site: int, revision: int, at_ms: int, person: str, field: str, before: str, after: str
) -> None:
    store.write(
        "insert into change (site, revision, at_ms, person, field, before, after) values (?, ?, ?, ?, ?, ?, ?)",
        (site, revision, at_ms, person, field, before, after),
    )
