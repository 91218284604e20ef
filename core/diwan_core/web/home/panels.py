"""The panels that both consoles have, in the order in which a person reads them, and who sees them."""

from typing import Final

from diwan_core.web.home.tending import approvals, log_of_reads, machine, people
from diwan_core.web.home.weeks import weeks
from diwan_core.web.home.work import newest, warnings, work
from diwan_core.web.kit.gate import Person
from diwan_core.web.kit.panels import Panel
from diwan_core.web.kit.permissions import Action


def _follows_cases(person: Person) -> bool:
    """Whether somebody follows more cases than their own."""
    return person.may(Action.READ_RECORDS) and (person.may(Action.REVIEW) or not person.may(Action.REPORT))


PANELS: Final = (
    Panel(10, "home/machine.html", lambda person: person.may(Action.SEE_STATUS), machine),
    Panel(20, "home/work.html", lambda person: person.may(Action.READ_RECORDS), work),
    Panel(40, "home/warnings.html", lambda person: person.may(Action.WRITE_MESSAGES), warnings),
    Panel(60, "home/log.html", lambda person: person.may(Action.READ_LOG), log_of_reads),
    Panel(62, "home/approvals.html", lambda person: person.may(Action.SEE_APPROVALS), approvals),
    Panel(64, "home/people.html", lambda person: person.may(Action.MANAGE_PEOPLE), people),
    Panel(70, "home/weeks.html", _follows_cases, weeks),
    Panel(80, "home/newest.html", _follows_cases, newest),
)
