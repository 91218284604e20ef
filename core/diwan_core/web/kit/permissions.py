"""The table of roles and actions (`diwan_core.roles`) as the consoles use it."""

from typing import Final

from diwan_core.roles import CASE_DATA, Action, allowed, allowed_own

__all__ = ["CASE_DATA", "SHOWS_RECORDS", "Action", "allowed", "allowed_own"]

#: Actions whose routes may show a record: they name the view under which the log of reads writes that down.
SHOWS_RECORDS: Final = CASE_DATA - {Action.EXPORT, Action.EXPORT_NOMINAL, Action.READ_LOG, Action.CONFIRM_POSTS}
