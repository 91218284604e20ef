"""Makes a process end when the process that started it ends, however that happens (prctl(2), PR_SET_PDEATHSIG).

The kernel sends the signal when the *thread* that started the process ends: start such a process from a thread that
outlives it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from typing import Final

PARENT: Final = "DIWAN_PARENT"
"""Environment variable: process id of whoever must not die before the process that is given it."""
_PR_SET_PDEATHSIG: Final = 1


def with_parent(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a child that calls `end_with_parent`."""
    return {**environment, PARENT: str(os.getpid())}


def end_with_parent(number: int = signal.SIGTERM) -> None:
    """Be sent this signal when the process named in the environment ends; a process that was given no name goes on by
    itself. Ends at once when that process has ended before this was asked for, which leaves no moment in between."""
    named = os.environ.pop(PARENT, "")
    if not named:
        return
    import ctypes  # 0.8 MB, which a part that systemd starts does without

    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(number), 0, 0, 0)
    if str(os.getppid()) != named:
        os._exit(1)
