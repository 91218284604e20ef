"""Counts and short lists for the first page of a console: none of them reads what identifies people.

Counting is one pass over the list index of cases, which holds every column it needs (200,000 cases: 40 ms on the
machine of docs/benchmarks.md), whatever is asked."""

from __future__ import annotations

from typing import Final, NamedTuple

from diwan_core.register.records.record import Reading
from diwan_core.register.search.find import ListRow, list_row, select_of
from diwan_core.register.search.list_query import plan_of

_NOT_COUNTED: Final = "'draft', 'withdrawn'"
_OF_ORIGIN: Final = " AND t.base_epoch IN (SELECT id FROM epoch WHERE origin=?)"


class CaseCount(NamedTuple):
    """How many cases of an office and product group there are in a stretch of days; "" where the case does not say."""

    office: str
    product_group: str
    recent: bool
    """Whether they are of the later one of the two stretches."""
    cases: int


class FirstPage(Reading):
    """Counts over a store."""

    def case_counts(self, first: str, middle: str, last: str, origin: str | None = None) -> list[CaseCount]:
        """Cases from `first` to `last` (days), apart by whether they are of `middle` or later; of one node where it is
        named. Drafts and withdrawn cases do not count; one without a status was submitted."""
        values = (middle, first, last, *([origin] if origin else []))
        found = self._store.rows(
            "SELECT coalesce(t.office, ''), coalesce(t.product_group, ''), t.date>=?, count(*) "
            "FROM record_case t INDEXED BY record_case_list "
            f"WHERE t.date BETWEEN ? AND ? AND coalesce(t.status, 'submitted') NOT IN ({_NOT_COUNTED})"
            f"{_OF_ORIGIN if origin else ''} "
            "GROUP BY 1, 2, 3",
            values,
        )
        return [CaseCount(office, group, bool(recent), count) for office, group, recent, count in found]

    def open_warnings(self, limit: int) -> list[ListRow]:
        """Warnings of operations that nobody has answered or withdrawn, the newest first."""
        plan = plan_of("message")
        rows = self._store.rows(
            f"{select_of(plan)} WHERE t.kind='warning' "
            "AND coalesce(t.state, 'open') IN ('open', 'acknowledged', 'overdue') "
            f"AND coalesce(t.status, 'submitted') NOT IN ({_NOT_COUNTED}) ORDER BY t.no DESC LIMIT ?",
            (limit,),
        )
        return [list_row("message", plan, row) for row in rows]
