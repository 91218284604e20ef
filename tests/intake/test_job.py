"""What stops an import or export is said so that it can be told in any language."""

import errno

import pytest
from diwan_core.intake.faults import Unreadable
from diwan_core.intake.run.job_process import reason_of
from diwan_core.register import DiskFull, RegisterBusy, RegisterError


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (Unreadable("{name} is empty", name="x.csv"), "x.csv is empty"),
        (RegisterBusy("locked"), "busy for too long"),
        (DiskFull("no room"), "disk of this machine is full"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk of this machine is full"),
        (OSError(errno.EIO, "Input/output error"), "failed: Input/output error. Call"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_why_a_job_ended_comes_as_a_sentence(error: Exception, says: str) -> None:
    told = reason_of(error)
    assert says in told and told.template


def test_what_has_no_words_of_ours_comes_as_it_is() -> None:
    told = reason_of(RegisterError("the register {is} damaged"))
    assert told == "the register {is} damaged" and not told.template
