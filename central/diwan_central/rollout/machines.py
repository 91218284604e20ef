"""Finds the machines of the asset register that stand at a site. A machine belongs to a site where its place on the
acceptance sheet is the site's number or name, or begins with the number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from diwan_core.dictionary import fold

from diwan_central.assets.store import AssetStore
from diwan_central.rollout.sites import Site


@dataclass(frozen=True)
class Machine:
    """A machine at a site; `outcome` is that of its newest acceptance sheet."""

    name: str
    profile: str
    outcome: str

    @property
    def is_accepted(self) -> bool:
        """Whether it passed, also with warnings or waivers."""
        return self.outcome in ("pass", "waived", "warn")

    @property
    def is_post(self) -> bool:
        """Whether it can run a post."""
        return self.profile.startswith("post-")


def by_site(folder: Path, sites: Sequence[Site]) -> Mapping[int, tuple[Machine, ...]]:
    """The machines of each site. Raises AssetsUnusable."""
    names: dict[str, int] = {}
    for site in sites:
        names.setdefault(fold(site.name), site.id)
    names |= {fold(site.code): site.id for site in sites}
    found: dict[int, list[Machine]] = {}
    with AssetStore.open(folder) as store:
        for row in store.rows(
            "select m.*, (select outcome from sheet s where s.machine = m.id order by ended_ms desc, taken_ms desc "
            "limit 1) as outcome from machine m where state != 'gone' order by tag, id"
        ):
            place = fold(row["place"])
            site_id = names.get(place) or names.get(place.partition(" ")[0])
            if site_id is not None:
                name = row["tag"] or row["serial"] or f"#{row['id']}"
                found.setdefault(site_id, []).append(Machine(name, row["profile"], row["outcome"] or ""))
    return {site_id: tuple(machines) for site_id, machines in found.items()}
