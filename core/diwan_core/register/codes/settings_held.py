"""The national settings that this register holds (`dictionary.national` declares them)."""

from __future__ import annotations

from typing import Final

from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.national import with_defaults
from diwan_core.register.storage.database import Store

TYPE: Final = "national_setting"


def said(store: Store) -> dict[str, tuple[str, str]]:
    """By the name of a setting, its value and the record that holds it: of two records the newer one."""
    if TYPE not in DICTIONARY.types:  # a node of an older dictionary
        return {}
    rows = store.rows(
        # CROSS: to sort by ids SQLite would rather look at every record there is than at the few settings.
        f"SELECT t.name, coalesce(t.value, ''), r.id FROM record_{TYPE} t CROSS JOIN record r ON r.no=t.no "
        "WHERE t.name IS NOT NULL AND coalesce(t.status, '') <> 'withdrawn' ORDER BY r.id"
    )
    return {name: (value, record) for name, value, record in rows}


def national_settings(store: Store) -> dict[str, str]:
    """Every setting, with the default where the centre has said nothing."""
    return with_defaults({name: value for name, (value, _record) in said(store).items()})
