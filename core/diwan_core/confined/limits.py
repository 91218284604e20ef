"""The limits of a confined process, and the call with which it gives up all other rights for good.

Two layers. Resource limits hold everywhere. On the machines we ship for, a system-call filter (`calls`) leaves the
process what computing needs: reading and writing what is open, memory, threads. It can open no file and no socket and
start no program, so input that takes it over can neither read the node's data nor send it anywhere.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
from dataclasses import dataclass
from pathlib import Path

from diwan_core.confined import calls
from diwan_core.processes.parent import end_with_parent


@dataclass(frozen=True)
class Limits:
    """The limits of one confined process."""

    cpu_seconds: int
    """Processor time, after which it is killed (SIGXCPU)."""
    extra_bytes: int
    """Address space beyond what Python and the libraries take before the input is looked at."""
    file_bytes: int
    """The largest file it may write; a write beyond it fails with EFBIG."""
    files: int = 32
    """Descriptors it may hold."""


def enter(limits: Limits, *, fonts: int | None = None) -> bool:
    """Confine this process for good. Called when all libraries are loaded, before the input is touched.

    `fonts` is the descriptor of a socket to a `fonts.FontOpener`, which then opens font files for this process and
    nothing else. False where the kernel offers no filter (an emulator): then only the limits hold."""
    end_with_parent(signal.SIGKILL)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + limits.extra_bytes,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_bytes,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits.files,) * 2)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writing too much is an error of the write, with a reason
    with contextlib.suppress(PermissionError):  # a service manager may forbid it
        os.nice(5)
    return calls.shut_in(fonts)
