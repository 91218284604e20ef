"""Runs borg as a process: its environment, its passphrase, its progress, and its errors.

The passphrase goes through a pipe (`BORG_PASSPHRASE_FD`), so it stands in no argument, no environment and no log.
borg gets an environment of its own, so that variables a person has set for another borg have no effect."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from diwan_core.archives.settings import Repository

from diwan_backup.borg_home import marked
from diwan_backup.borg_words import in_our_words
from diwan_backup.errors import BorgMissing

PROGRAM: Final = "DIWAN_BORG"
"""Environment variable that names another borg, for tests of both versions."""
LOCK_WAIT_S: Final = 20
Message = dict[str, Any]
Hear = Callable[[Message], object]


@dataclass
class Done:
    """How a run of borg ended."""

    code: int
    out: bytes
    messages: list[Message] = field(default_factory=list)

    @property
    def json(self) -> Any:
        """The output, read as JSON."""
        return json.loads(self.out)


class Borg:
    """borg for one repository of one node. `home` is where it keeps its cache, `passphrase` opens the repository."""

    def __init__(self, repository: Repository, home: Path, passphrase: bytes) -> None:
        self.repository = repository
        self.may_have_moved = False
        """Whether a repository that was at another place before is welcome: only where a person names the place."""
        self.home = home
        self.ssh_key: Path | None = None
        """Another key towards another machine than the node's own, which may only append there."""
        self._passphrase = passphrase

    def environment(self, pipe: int) -> dict[str, str]:
        """The environment of borg: nothing of ours but the number of the pipe."""
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "BORG_BASE_DIR": str(self.home),
            "BORG_PASSPHRASE_FD": str(pipe),
            "BORG_RSH": _ssh(self.home, self.ssh_key),
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "no",
            "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes" if self.may_have_moved else "no",
            "BORG_CHECK_I_KNOW_WHAT_I_AM_DOING": "YES",  # `repair` asks by itself before it begins
            "BORG_EXIT_CODES": "legacy",
        }

    @contextmanager
    def started(
        self, command: str, *arguments: str, cwd: Path | None = None, given: bool = False, hear: Hear | None = None
    ) -> Iterator[tuple[subprocess.Popen[bytes], list[Message]]]:
        """A run whose output the caller reads, and what it says meanwhile. It is ended where the caller leaves early.
        Raises BorgMissing."""
        with marked(self.home), self._process(command, *arguments, cwd=cwd, given=given, hear=hear) as running:
            yield running

    @contextmanager
    def _process(
        self, command: str, *arguments: str, cwd: Path | None, given: bool, hear: Hear | None
    ) -> Iterator[tuple[subprocess.Popen[bytes], list[Message]]]:
        read, write = os.pipe()
        argv = [_program(), command, "--log-json", "--lock-wait", str(LOCK_WAIT_S), *arguments]
        try:
            os.write(write, self._passphrase)
            os.close(write)
            process = subprocess.Popen(
                argv, stdin=subprocess.PIPE if given else subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, cwd=cwd, env=self.environment(read), pass_fds=(read,),
            )  # fmt: skip
        except FileNotFoundError as error:
            raise BorgMissing("borg is not installed: apt install borgbackup") from error
        finally:
            os.close(read)
        messages: list[Message] = []

        def add(message: Message) -> None:
            if message.get("type") in ("archive_progress", "progress_percent", "progress_message"):
                if hear is not None:
                    hear(message)
            else:
                messages.append(message)

        assert process.stderr is not None
        listener = threading.Thread(target=_listen, args=(process.stderr, add), daemon=True)
        listener.start()
        try:
            yield process, messages
        except BaseException:
            process.terminate()
            raise
        finally:
            for stream in (process.stdin, process.stdout):
                if stream is not None and not stream.closed:
                    _close(stream)
            process.wait()
            listener.join()
            process.stderr.close()

    def run(
        self,
        command: str,
        *arguments: str,
        cwd: Path | None = None,
        given: bytes | None = None,
        hear: Hear | None = None,
    ) -> Done:
        """Run borg to its end. `hear` is told how far it is. Raises BackupError unless borg is content:
        a warning of borg's counts as a failure too."""
        with self.started(command, *arguments, cwd=cwd, given=given is not None, hear=hear) as (process, messages):
            if given is not None:
                assert process.stdin is not None
                threading.Thread(target=_feed, args=(process.stdin, given), daemon=True).start()
            assert process.stdout is not None
            out = process.stdout.read()
            code = process.wait()
        done = Done(code, out, list(messages))
        if code:
            raise in_our_words(self.repository, command, done.code, done.messages)
        return done

    def names(self, archive: str = "") -> str:
        """How borg's commands name the repository, or one archive in it."""
        place = self.repository.location
        return f"{place}::{archive}" if archive else place


def _program() -> str:
    named = os.environ.get(PROGRAM) or "borg"
    found = shutil.which(named)
    if found is None:
        raise BorgMissing("borg is not installed: apt install borgbackup")
    return found


def _ssh(home: Path, other: Path | None = None) -> str:
    """SSH with a key and a list of hosts of its own; a host's first answer is believed, another one later is not."""
    options = {
        "BatchMode": "yes",
        "ConnectTimeout": "20",
        "ServerAliveInterval": "30",
        "StrictHostKeyChecking": "accept-new",
        "UserKnownHostsFile": str(home / "known_hosts"),
    }
    words = ["ssh", *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]
    key = other or home.parent.parent / "keys" / "backup" / "ssh"
    if key.exists():
        words += ["-i", str(key), "-o", "IdentitiesOnly=yes"]
    return shlex.join(words)


def _listen(stream: IO[bytes], add: Callable[[Message], object]) -> None:
    for line in stream:
        try:
            message = json.loads(line)
        except ValueError:
            message = {"type": "log_message", "levelname": "WARNING", "message": line.decode(errors="replace").strip()}
        if isinstance(message, dict):
            add(message)


def _feed(stream: IO[bytes], given: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):
        stream.write(given)
    _close(stream)


def _close(stream: IO[bytes]) -> None:
    with contextlib.suppress(BrokenPipeError):
        stream.close()
