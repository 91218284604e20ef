"""Serve a console with gunicorn, in this process: one worker, eight threads, small memory.

The worker makes the app, so gunicorn's master never imports Flask or opens a database and stays small. There is no
access log: paths and search words are nominal data.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from flask import Flask
from gunicorn.app.base import BaseApplication

THREADS: Final = 8


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
    }


def serve(make_app: Callable[[Path], Flask], host: str, port: int, folder: Path) -> None:
    """Serve until SIGTERM or SIGINT; ends the process (gunicorn exits 0 when told to stop).

    `make_app` is called in the worker. A port in use ends the process with gunicorn's exit code 1."""
    _Server(make_app, folder, settings(host, port)).run()
