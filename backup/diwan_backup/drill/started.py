"""Runs the console of a scratch node on a free port of this machine, for the length of a block."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from diwan_core import node

from diwan_backup.errors import BackupError

HOST: Final = "127.0.0.1"
_START_S: Final = 60.0
_TRIES: Final = 3


@contextmanager
def console(folder: Path) -> Iterator[int]:
    """Start the console of a node; its port. Raises BackupError where it does not come up."""
    for attempt in range(_TRIES):
        port = _free_port()
        _speak_on(folder, port)
        process = _start(folder)
        try:
            if _comes_up(process, port):
                yield port
                return
        finally:
            _end(process)
        if attempt + 1 == _TRIES:
            raise BackupError(f"the restored console does not start: {_last_line(folder)}")


def answer(port: int, path: str) -> tuple[int, bytes]:
    """The answer of the console: status and page."""
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    with closing(connection):
        connection.request("GET", path)
        got = connection.getresponse()
        return got.status, got.read()


def _speak_on(folder: Path, port: int) -> None:
    import dataclasses

    config = node.load(folder)
    node.save(
        folder,
        dataclasses.replace(
            config, web_host=HOST, web_port=port, web_tls="off", trusted_proxies="", broker_folder="", web_names=""
        ),
    )


def _start(folder: Path) -> subprocess.Popen[bytes]:
    program = Path(sys.executable).with_name("diwan")
    argv = [str(program), node.load(folder).role, "web", "--dir", str(folder)]
    with (folder / "console.log").open("wb") as log:
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=_environment())


def _environment() -> dict[str, str]:
    left_out = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
    return {name: value for name, value in os.environ.items() if name not in left_out}


def _comes_up(process: subprocess.Popen[bytes], port: int) -> bool:
    end = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < end:
        try:
            if answer(port, "/healthz")[0] == 200:
                return True
        except OSError:
            time.sleep(0.1)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with closing(socket.socket()) as taken:
        taken.bind((HOST, 0))
        return int(taken.getsockname()[1])


def _last_line(folder: Path) -> str:
    lines = (folder / "console.log").read_text(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else "it said nothing"
