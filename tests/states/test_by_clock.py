"""States that follow from the day: shown, counted and filtered, and never written."""

from pathlib import Path

import pytest
from diwan_core.register import Edit, Register

from .test_at_the_door import opened

SOON, GONE = "2190-01-01", "2026-01-02"


@pytest.mark.parametrize(
    ("kind", "now", "later", "field", "more"),
    [
        ("message", "open", "overdue", "answer_by", {"kind": "mail", "subject": "x"}),
        ("arrival", "expected", "overdue", "expected_at", {}),
        ("request", "sent", "expired", "answer_by", {"subject": "x", "kind": "check"}),
        ("suspect", "in_work", "lapsed", "valid_until", {"title": "x", "requested_action": "check"}),
    ],
)
def test_a_list_is_filtered_by_the_state_that_is_shown(
    tmp_path: Path, kind: str, now: str, later: str, field: str, more: dict[str, str]
) -> None:
    with opened(tmp_path, "central") as register:
        end = "T08:00:00Z" if kind in ("message", "arrival") else ""

        def made(day: str) -> str:
            values = {**more, "state": now, field: day + end}
            return register.save([Edit(kind, values)], author="a").records[0]

        soon, gone = made(SOON), made(GONE)

        def in_state(state: str) -> list[str]:
            rows = register.page(kind, {"state": state}, "-updated").rows
            assert register.matching(kind, {"state": state}, "-updated") == len(rows)
            return [row.id for row in rows]

        assert (in_state(now), in_state(later)) == ([soon], [gone])
        assert register.states(kind) == {now: 1, later: 1}
        found = register.get(gone)
        assert found is not None and found.values["state"] == now, "nothing was written"
        register.save([Edit(kind, {field: SOON + end}, record=gone)], author="a")
        assert (set(in_state(now)), in_state(later)) == ({soon, gone}, [])


def test_where_no_clock_is_sure_nothing_is_overdue(tmp_path: Path) -> None:
    with opened(tmp_path, "post") as register:
        values = {"kind": "mail", "subject": "x", "state": "open", "answer_by": f"{GONE}T08:00:00Z"}
        register.save([Edit("message", values)], author="a")
        assert register.states("message") == {"open": 1}
        assert _ids(register, "overdue") == []
        assert len(_ids(register, "open")) == 1


def _ids(register: Register, state: str) -> list[str]:
    return [row.id for row in register.page("message", {"state": state}, "-updated").rows]
