"""Say which ledger entry vouches for each key that a case file relies on, in words and as values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from diwan_core.audit.keys import Identities
from diwan_core.trust import fingerprint


def name_of(identities: Identities, node: str) -> str:
    """A node's label with its id: the label alone may be misleading."""
    return f"{identities.labels.get(node, 'unknown')} ({node})"


def time_text(moment_ms: int) -> str:
    """A time in UTC, to the second."""
    try:
        return datetime.fromtimestamp(moment_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):
        return f"{moment_ms} ms since 1970"


def vouch(identities: Identities, used: Iterable[tuple[str, bytes]]) -> tuple[list[dict[str, Any]], list[str]]:
    """For each (node, key) whose signature counted, the entry that vouches for it: as values, and as sentences. Then a
    sentence for each entry that claims to be the centre."""
    values: list[dict[str, Any]] = []
    sentences: list[str] = []
    for node, key in used:
        voucher, shown = identities.vouchers[node, key], fingerprint(key)
        label = identities.labels.get(node, "")
        about = {"node": node, "label": label, "key": shown, "entry": voucher.entry, "kind": voucher.kind}
        values.append({**about, "time": time_text(voucher.at), "confirmed": voucher.confirmed})
        role = "founding entry" if voucher.kind == "central" else "enrolment"
        sentences.append(
            f"The key {shown} of {name_of(identities, node)} is vouched for by ledger entry {voucher.entry} "
            f"({role}, {time_text(voucher.at)})."
        )
        if not voucher.confirmed:
            sentences.append(f"Nobody at the centre has confirmed that the key {shown} is the one of that place.")
    for number, entry in identities.ledger.hostile.items():
        sentences.append(
            f"Ledger entry {number} is hostile: {entry.why}. Its key {fingerprint(entry.fact.identity)} vouches for "
            "nothing in this file."
        )
    return values, sentences
