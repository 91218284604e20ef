"""Today's date as far as this machine knows it: a post has no battery for its clock (ADR 15)."""

from datetime import date, datetime

from diwan_core.register.journal import clock
from diwan_core.register.journal.trusted_time import wall_clock
from diwan_core.register.storage.wall_clock import wall_ms
from diwan_core.web.kit.console import register


def today() -> date | None:
    """The local day by the clock that changes are stamped by, which is the centre's where the machine's own is wrong;
    None where it cannot be: earlier than this release was made."""
    with register().store.read() as connection:
        now = wall_ms(wall_clock(connection, clock.boot_identity()))
    return datetime.fromtimestamp(now / 1000).date() if now >= clock.BUILD_FLOOR_MS else None  # noqa: DTZ006  the day on the wall here
