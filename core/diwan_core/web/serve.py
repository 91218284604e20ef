"""Serve a console with gunicorn: one worker, eight threads, small memory.

The process becomes a fresh interpreter that imports gunicorn and nothing else of ours; its worker makes the app. So the
master, which only waits, costs a third of what it would after a command line, Flask and the register were imported into
it. There is no access log: addresses and search words are nominal data.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from gunicorn.app.base import BaseApplication

if TYPE_CHECKING:
    from flask import Flask

THREADS: Final = 8
#: glibc gives every thread a heap of its own, up to eight per core, and none is ever returned: two are enough.
MALLOC: Final = {"MALLOC_ARENA_MAX": "2", "MALLOC_TRIM_THRESHOLD_": "131072"}


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    def __init__(self, make_app: Callable[[Path], Flask], folder: Path, settings: dict[str, Any]) -> None:
        self._make_app = make_app
        self._folder = folder
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._make_app(self._folder)


def _ended(_server: Any, worker: Any) -> None:
    """A worker ends: its console is closed, and the log of reads anchored."""
    for held in getattr(getattr(worker, "wsgi", None), "extensions", {}).values():
        if callable(close := getattr(held, "close", None)):
            close()


def settings(host: str, port: int) -> dict[str, Any]:
    """gunicorn's settings; what is not named here is its default."""
    memory = Path("/dev/shm")
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return {
        "bind": [address],
        "workers": 1,
        "worker_class": "gthread",
        "threads": THREADS,
        "timeout": 60,
        "graceful_timeout": 10,
        "keepalive": 5,
        # the heartbeat file: on a card it would be a write every second, for ever
        "worker_tmp_dir": str(memory) if memory.is_dir() else None,
        "control_socket_disable": True,
        "accesslog": None,
        "errorlog": "-",
        "loglevel": "warning",
        # nginx in front gets patient with slow clients; these bound what reaches us
        "limit_request_line": 4094,
        "limit_request_fields": 60,
        "proc_name": "diwan-web",
        "forwarded_allow_ips": "127.0.0.1,::1",
        "worker_exit": _ended,
    }


def serve(make_app: Callable[[Path], Flask], host: str, port: int, folder: Path) -> None:
    """Serve until SIGTERM or SIGINT; does not return. A port in use ends the process with gunicorn's exit code 1.

    `make_app` is called in the worker. When it is a function of a module, this process is replaced by a lean one that
    imports it anew; a function made on the spot is served from here."""
    if "<" in make_app.__qualname__:
        _run(make_app, host, port, folder)
    name = f"{make_app.__module__}:{make_app.__qualname__}"
    # -P: what is imported never depends on the folder we happen to be in
    command = [sys.executable, "-P", "-m", __name__, name, host, str(port), str(folder)]
    os.execve(sys.executable, command, {**MALLOC, **os.environ})


def _run(make_app: Callable[[Path], Flask], host: str, port: int, folder: Path) -> NoReturn:
    _Server(make_app, folder, settings(host, port)).run()
    sys.exit(0)


def _imported(name: str) -> Callable[[Path], Flask]:
    """The function of "package.module:function", imported when it is called."""
    module, _, function = name.partition(":")

    def make_app(folder: Path) -> Flask:
        made: Flask = getattr(importlib.import_module(module), function)(folder)
        return made

    return make_app


if __name__ == "__main__":
    _name, _host, _port, _folder = sys.argv[1:]
    _run(_imported(_name), _host, int(_port), Path(_folder))
