"""What goods lines come to, as it is kept beside the records."""

from __future__ import annotations

from collections.abc import Iterable

from diwan_core.dictionary import Amounts
from diwan_core.register.index import amounts
from diwan_core.register.index.pending import amounts_of as work_out
from diwan_core.register.index.pending import pending, records_between
from diwan_core.register.journal.row import encode
from diwan_core.register.records import amounts_again
from diwan_core.register.records.record import Reading
from diwan_core.register.records.type_plan import PLANS

_SELECT = f"SELECT r.id, a.line, {', '.join(f'a.{name}' for name in Amounts._fields)} FROM amount a JOIN record r "


class Measured(Reading):
    """Reads amounts, over a store."""

    def amounts(self, record: str) -> dict[str, Amounts]:
        """What the goods lines of a record come to, by the ids of the lines."""
        return self.amounts_of([record]).get(record, {})

    def amounts_of(self, records: Iterable[str]) -> dict[str, dict[str, Amounts]]:
        """The same of several records, by their ids; a record of which nothing is known is left out."""
        found: dict[str, dict[str, Amounts]] = {}
        named = encode(list(records)).decode()
        with self._store.read() as connection:
            for record, line, *values in self._store.rows(
                f"{_SELECT} ON r.no=a.record WHERE r.id IN (SELECT value FROM json_each(?))", (named,)
            ):
                found.setdefault(record, {})[line] = Amounts(*values)
            held = pending(connection)
            if held is not None:
                sql = "SELECT no, id FROM record WHERE no>=? AND id IN (SELECT value FROM json_each(?)) ORDER BY no"
                late: dict[int, str] = dict(self._store.rows(sql, (held.first, named)))
                units = amounts.NationalUnits(connection)
                for number, record in late.items():
                    for one in records_between(connection, PLANS, number, number):
                        found |= {record: _lines(work_out(one, units))}
        return {record: lines for record, lines in found.items() if lines}

    def amounts_are_left(self) -> bool:
        """Whether some amounts are still to be worked out: after an upgrade, or a change of a national unit."""
        return amounts.is_left(self._store.connection)

    def work_out_amounts(self) -> None:
        """Work out now whatever amounts are left, step by step; the node's long-running process does it by itself. Of a
        register that is open for writing."""
        while self.amounts_are_left():
            with self._store.write() as connection:
                amounts_again.work_out_some(connection)


def _lines(rows: Iterable[amounts.Row]) -> dict[str, Amounts]:
    return {
        str(line): Amounts(*(None if value is None else str(value) for value in values)) for _, line, *values in rows
    }
