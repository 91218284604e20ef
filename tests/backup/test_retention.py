"""Which archives stay: never less than what is proven and newest, whatever the clock said and whatever failed."""

from __future__ import annotations

from diwan_backup.prune import to_keep
from diwan_core.archives.record import Archive
from diwan_core.archives.settings import Settings
from diwan_core.archives.standing import DAY_MS
from hypothesis import given
from hypothesis import strategies as st

moments = st.lists(st.integers(0, 4_000), max_size=60)
agreed = st.builds(
    Settings,
    daily=st.integers(1, 20),
    weekly=st.integers(0, 10),
    monthly=st.integers(0, 10),
    erased_days=st.integers(1, 99),
)


def archives(days: list[int], proven: list[bool]) -> list[Archive]:
    return [
        Archive("a", str(at), str(at), "", day * DAY_MS, 1, 1, verified_ms=int(good))
        for at, (day, good) in enumerate(zip(days, proven, strict=True))
    ]


@given(moments, st.data(), agreed)
def test_the_newest_proven_archive_and_all_after_it_always_stay(
    days: list[int], data: st.DataObject, settings: Settings
) -> None:
    proven = data.draw(st.lists(st.booleans(), min_size=len(days), max_size=len(days)))
    found = archives(days, proven)
    erased = {one.id: 0 for one in found if data.draw(st.booleans())}
    kept = to_keep(found, settings, erased, 5_000 * DAY_MS)
    last = max((at for at, good in enumerate(proven) if good), default=None)
    if last is None:
        assert kept == {one.id for one in found}, "nothing is deleted where nothing was read back"
        return
    assert found[last].id in kept
    assert {one.id for one in found[last + 1 :]} - erased.keys() <= kept


@given(st.lists(st.integers(0, 400), min_size=1, max_size=60), agreed)
def test_each_of_the_last_days_with_an_archive_keeps_its_newest(days: list[int], settings: Settings) -> None:
    found = archives(sorted(days), [True] * len(days))
    kept = to_keep(found, settings, {}, 0)
    newest = {one.made_ms: one.id for one in found}
    latest = sorted(newest)[-settings.daily :]
    assert {newest[moment] for moment in latest} <= kept


@given(moments, agreed, st.integers(1, 4_000))
def test_a_clock_that_jumped_ahead_deletes_no_day_that_would_have_stayed(
    days: list[int], settings: Settings, jump: int
) -> None:
    """Days are counted, not measured: the same archives, some of them dated later by a jump, keep as many days."""
    found = archives(sorted(days), [True] * len(days))
    middle = len(days) // 2
    jumped = archives([*sorted(days)[:middle], *(day + jump for day in sorted(days)[middle:])], [True] * len(days))
    assert len(to_keep(jumped, settings, {}, 0)) >= min(
        len(found), settings.daily if len(set(days)) > settings.daily else 1
    )
