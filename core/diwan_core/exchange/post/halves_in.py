"""Reads a scope beside the national one: it brings the nominal halves of rows that are here without them."""

from __future__ import annotations

from diwan_core.exchange.post.feed_in import EARLY, FeedIn, Taken
from diwan_core.exchange.wire.parcel import BadParcel
from diwan_core.register import Bundle, Transaction
from diwan_core.register.admission import halves
from diwan_core.register.admission.how_far import kinds_in_scopes
from diwan_core.register.admission.scope_log import NATIONAL
from diwan_core.register.erasure.erase import NOMINAL
from diwan_core.register.journal.row import Row
from diwan_core.register.records.apply import without_halves
from diwan_core.register.records.belonging import Belonging, is_known


class HalvesIn(FeedIn):
    """The reader of another scope: it brings nominal halves of rows that the national feed brings without. What it
    brings of a record that is not of this scope, as the record stands here, is not kept: an old parcel, or one that has
    overtaken the row which says that the record belongs here."""

    def _readable(
        self, transaction: Transaction, origin: str, rows: list[Row], kept_back: dict[str, str], taken: Taken
    ) -> list[Row]:
        belonging, found = Belonging(transaction), []
        for row in rows:
            scopes = belonging(row.meta.type, row.meta.record) if row.nominal_json is not None else {self.scope}
            is_elsewhere = self.scope not in scopes and (bool(scopes) or is_known(transaction, row.meta.record))
            found.append(without_halves(row, NOMINAL) if is_elsewhere else row)
        return found

    def _admitted(self, transaction: Transaction, bundle: Bundle, place: tuple[int, bytes]) -> int:
        kinds = kinds_in_scopes(transaction)
        try:
            return halves.fill(transaction, bundle, kinds, strict=True)
        except halves.NotHereYet as error:
            raise BadParcel(EARLY, f"{error} has not come by the scope {NATIONAL} yet") from error
