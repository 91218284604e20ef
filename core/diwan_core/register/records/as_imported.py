"""Imported records as they were when they came: their first change, whatever became of them since."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from diwan_core.register.journal.row import encode
from diwan_core.register.records.apply import source_hash
from diwan_core.register.records.record import join_values
from diwan_core.register.records.type_plan import PLANS
from diwan_core.register.storage.database import Store

_decode = msgspec.json.decode


def by_keys(store: Store, kind: str, system: str, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    """By the key of a row in its source, the document that the row first became. Of one that came with a snapshot, or
    was erased, nothing is known."""
    by_hash = {source_hash(system, key): key for key in keys}
    rows = store.rows(
        "SELECT s.hash, j.rest, j.nominal FROM source s JOIN record r ON r.no=s.record AND r.type=? "
        f"JOIN [{PLANS[kind].table}] t ON t.no=r.no JOIN epoch e ON e.id=t.base_epoch "
        "JOIN journal j ON j.epoch=e.no AND j.seq=t.base_seq "
        "WHERE s.hash IN (SELECT value FROM json_each(?)) AND j.rest IS NOT NULL "
        "AND s.record NOT IN (SELECT record FROM undone) ORDER BY s.record",
        (kind, encode(list(by_hash)).decode()),
    )
    return {by_hash[found]: _document(rest, nominal) for found, rest, nominal in rows}


def by_ids(store: Store, kind: str, records: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The first documents of records, by the ids of the records."""
    rows = store.rows(
        f"SELECT r.id, j.rest, j.nominal FROM record r JOIN [{PLANS[kind].table}] t ON t.no=r.no "
        "JOIN epoch e ON e.id=t.base_epoch JOIN journal j ON j.epoch=e.no AND j.seq=t.base_seq "
        "WHERE r.id IN (SELECT value FROM json_each(?)) AND r.type=? AND j.rest IS NOT NULL",
        (encode(list(records)).decode(), kind),
    )
    return {record: _document(rest, nominal) for record, rest, nominal in rows}


def _document(rest: str, nominal: str | None) -> dict[str, Any]:
    return join_values(_decode(rest), _decode(nominal) if nominal else {})
