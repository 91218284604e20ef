"""The start of a part of a node: a process that `diwan post run` or `diwan central run` keeps running."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from diwan_core import node, process_log
from diwan_core.health.findings import Findings
from diwan_core.processes.lock import Lock
from diwan_core.processes.memory import prepare_for_bulk
from diwan_core.processes.parent import end_with_parent
from diwan_core.processes.private import make_private, mend
from diwan_core.processes.spool import place, sweep
from diwan_core.register.storage.database import RegisterDamaged
from diwan_core.stumble import hide_messages

FAILS = "part_fails"


class Part:
    """A part that has begun: its node, and where it notes what it finds."""

    def __init__(self, name: str, folder: Path, config: node.NodeConfig, findings: Findings) -> None:
        self.name = name
        self.folder = folder
        self.config = config
        self.findings = findings

    def ready(self) -> None:
        """Tell whoever started this process that it works. Log lines go to standard error."""
        self.findings.clear(*filter(_is_of_start, self.findings.codes()))
        prepare_for_bulk()
        print(f"{self.name} is ready", flush=True)


@contextmanager
def begun(folder: Path, role: node.Role, name: str) -> Iterator[Part]:
    """Begin the part `name` of the node in `folder`: it ends with whoever started it, is the only one of its folder,
    and writes files for nobody else. Why it could not go on is noted as a finding.

    Raises NotANode, WrongRole, FolderNotUsable, AlreadyRunning, and what the part raises."""
    make_private()
    end_with_parent()
    config = node.load(folder, role=role)
    hide_messages()
    process_log.configure()
    lock = Lock(folder, name)
    lock.take()
    mend(folder)
    sweep(folder)
    os.environ["TMPDIR"] = str(place(folder))  # also for what libraries put aside
    findings = Findings(folder, name)
    # Of a process that is no more; why a part did not start holds until it has.
    findings.clear(*(code for code in findings.codes() if not _is_of_start(code)))
    try:
        yield Part(name, folder, config, findings)
    except Exception as error:
        if isinstance(error, RegisterDamaged):
            findings.note(f"register_{error.kind}", reason=_reason(error))
        else:
            findings.note(FAILS, reason=_reason(error))
        raise
    finally:
        lock.release()


def _is_of_start(code: str) -> bool:
    """Whether a finding says why a part did not start, or ended."""
    return code == FAILS or code.startswith("register_")


def _reason(error: Exception) -> str:
    """Our errors name a file and a remedy; another's text may quote what an officer typed, so its kind must do."""
    ours = type(error).__module__.startswith("diwan_")
    if isinstance(error, OSError) and not ours:
        return " ".join(part for part in (str(error.filename or ""), error.strerror or "") if part)
    return " ".join(str(error).split()) if ours else type(error).__name__
