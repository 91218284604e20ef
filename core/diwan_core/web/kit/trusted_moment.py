"""Day and time as far as this machine knows them: a post has no battery for its clock (ADR 15)."""

from datetime import UTC, date, datetime

from diwan_core.register.journal import clock
from diwan_core.register.journal.trusted_time import wall_clock
from diwan_core.register.storage.wall_clock import wall_ms
from diwan_core.web.kit.console import register


def now() -> datetime:
    """The moment (UTC) by the clock that changes are stamped by, which is the centre's where the machine's own is
    wrong."""
    with register().store.read() as connection:
        return datetime.fromtimestamp(wall_ms(wall_clock(connection, clock.boot_identity())) / 1000, UTC)


def now_text() -> str:
    """That moment as records hold it."""
    return f"{now():%Y-%m-%dT%H:%M:%SZ}"


def today() -> date | None:
    """The local day by that clock; None where it cannot be: earlier than this release was made."""
    moment = now()
    return moment.astimezone().date() if moment.timestamp() * 1000 >= clock.BUILD_FLOOR_MS else None
