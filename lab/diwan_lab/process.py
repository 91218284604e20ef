"""One real process of a temporary network: started with a log, watched, ended or killed, and never left behind.

Each process leads a group of its own, so that Ctrl-C in the terminal reaches only us and we end the others in order;
and the kernel sends it SIGTERM should we die ourselves (prctl(2), PR_SET_PDEATHSIG), so that kill -9 of the
demonstration leaves nothing running either. That signal follows the *thread* that started the process: start from the
main thread.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class ProcessFailed(Exception):
    """A process ended by itself or did not become ready; the message holds the end of its log."""


class Process:
    """A process by name, restartable; its output is appended to `log`."""

    def __init__(self, name: str, argv: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.argv = list(argv)
        self.log = log
        self.environment = dict(os.environ if environment is None else environment)
        """Of its next start."""
        self._popen: subprocess.Popen[bytes] | None = None
        self._log_start = 0
        self.exit_code: int | None = None
        """How its last run ended; None while it runs and before its first start."""

    @property
    def pid(self) -> int | None:
        """Process id, None when it does not run."""
        if self._popen is None:
            return None
        self.exit_code = self._popen.poll()
        return self._popen.pid if self.exit_code is None else None

    def start(self) -> None:
        """Start it; nothing happens when it runs already. Raises ProcessFailed when the program is missing."""
        if self.pid is not None:
            return
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            try:
                self._popen = subprocess.Popen(
                    self.argv,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=_die_with(os.getpid()),
                    env=self.environment,
                )
            except OSError as error:
                raise ProcessFailed(f"{self.name} cannot be started: {self.argv[0]}: {error.strerror}") from error

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return once `ready` says so. Raises ProcessFailed when the process ends before, or after `seconds`."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.pid is None:
                raise ProcessFailed(f"{self.name} ended{self._how()} instead of becoming ready.\n{self.tail()}")
            if time.monotonic() > deadline:
                raise ProcessFailed(f"{self.name} was not ready after {seconds:.0f} s.\n{self.tail()}")
            time.sleep(0.03)

    def ask_to_end(self) -> None:
        """Send SIGTERM, without waiting; `stop` waits."""
        if (pid := self.pid) is not None:
            os.kill(pid, signal.SIGTERM)

    def stop(self, seconds: float = 10.0) -> None:
        """End it gently, and with force after `seconds`; also whatever it left in its group."""
        if self._popen is None:
            return
        self.ask_to_end()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(seconds)
        self.kill()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to it and its group; nothing happens when it does not run."""
        if (pid := self.pid) is not None:
            os.killpg(pid, number)

    def kill(self) -> None:
        """kill -9 of the process and its group: what a power cut does to it."""
        if self._popen is None:
            return
        with contextlib.suppress(ProcessLookupError):  # the whole group is gone already
            os.killpg(self._popen.pid, signal.SIGKILL)
        self.exit_code = self._popen.wait()
        self._popen = None  # its number may be given to someone else from now on

    def printed(self) -> str:
        """What it has printed since its last start."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def tail(self, lines: int = 12) -> str:
        """The end of what it has printed since its last start."""
        return "\n".join(f"  {self.name}: {line}" for line in self.printed().splitlines()[-lines:])

    def _how(self) -> str:
        if (code := self.exit_code) is None:
            return ""
        return f" (signal {-code})" if code < 0 else f" (exit code {code})"


def _die_with(parent: int) -> Callable[[], None]:
    """What the child does between fork and exec: ask for SIGTERM on our death, unless we are dead already."""

    def prepare() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return prepare
