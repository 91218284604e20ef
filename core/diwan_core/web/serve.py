"""Serves a console: one process, eight threads, little memory.

The process becomes a fresh interpreter that imports little but gunicorn before it makes the app. gunicorn reads
the requests; its process that watches over workers is left out: that one costs 24 MB, and starting the only
worker again is what systemd, or `diwan post run`, does. Who may take how much of the server is decided in
`diwan_core.web.server`. There is no access log: addresses and search words are nominal data.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from gunicorn.config import Config
from gunicorn.sock import create_sockets

from diwan_core import node, process_log
from diwan_core.processes.memory import ONE_HEAP
from diwan_core.proxies import TrustedProxies
from diwan_core.trust.consoles.console_tls import ConsoleTls
from diwan_core.web.kit.spool import INCOMING
from diwan_core.web.server import self_check
from diwan_core.web.server.limits import Limits
from diwan_core.web.server.worker import ConsoleWorker, Serving

if TYPE_CHECKING:
    from flask import Flask

CONSOLE_LIMITS: Final = Limits()
UNIX: Final = "unix:"
#: What gunicorn would believe of an environment that was not made for it.
NOT_OURS: Final = ("SCRIPT_NAME", "FORWARDED_ALLOW_IPS", "GUNICORN_CMD_ARGS", "WEB_CONCURRENCY")


class _Application:
    """The application as gunicorn asks for it."""

    def __init__(self, make_app: Callable[[Path], Flask], folder: Path) -> None:
        self._make_app = make_app
        self._folder = folder

    def wsgi(self) -> Flask:
        return self._make_app(self._folder)


def settings(host: str, port: int) -> dict[str, Any]:
    """gunicorn's settings; what is not named here is its default. A host `unix:PATH` is a Unix socket."""
    memory = Path("/dev/shm")  # noqa: S108  memory, so that a secret reaches no disk
    address = host if host.startswith(UNIX) else f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return {
        "bind": [address],
        # a file that every worker opens, if only to leave it empty: not on the card
        "worker_tmp_dir": str(memory) if memory.is_dir() else None,
        "accesslog": None,
        "errorlog": "-",
        "loglevel": "warning",
        "http_parser": "python",
        # the lengths are limited before gunicorn sees a request (diwan_core.web.server.head)
        "limit_request_line": 0,
        "limit_request_field_size": Limits.fields,
        "limit_request_fields": 60,
        # what a proxy says of the client is read by diwan_core.proxies; no header may set SCRIPT_NAME or PATH_INFO
        "forwarded_allow_ips": "",
        "forwarder_headers": "",
        "secure_scheme_headers": {},
    }


def serve(make_app: Callable[[Path], Flask], host: str, port: int, folder: Path) -> None:
    """Serve until SIGTERM or SIGINT; does not return. A port in use ends the process with gunicorn's exit code 1.

    When `make_app` is a function of a module, this process is replaced by a lean one that imports it anew; a function
    made on the spot is served from here."""
    if "<" in make_app.__qualname__:
        run(make_app, host, port, folder)
    name = f"{make_app.__module__}:{make_app.__qualname__}"
    # -P: what is imported never depends on the folder we happen to be in
    command = [sys.executable, "-P", "-m", __name__, name, host, str(port), str(folder)]
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    os.execve(sys.executable, command, {**ONE_HEAP, **inherited})  # noqa: S606  the process becomes the program


def run(
    make_app: Callable[[Path], Flask], host: str, port: int, folder: Path, limits: Limits = CONSOLE_LIMITS
) -> NoReturn:
    """Serve from this process."""
    process_log.configure()
    config = Config()
    for name, value in settings(host, port).items():
        config.set(name, value)
    log = config.logger_class(config)
    of_node = node.load(folder)
    tls = ConsoleTls(folder) if of_node.speaks_tls else None
    serving = Serving(folder / INCOMING, TrustedProxies.parse(of_node.trusted_proxies), tls, limits)
    sockets = create_sockets(config, log)
    worker = ConsoleWorker(sockets, _Application(make_app, folder), config, log, serving)
    self_check.start(sockets, tls=tls is not None)
    try:
        worker.init_process()
    finally:
        _closed(worker)
    sys.exit(0)


def _closed(worker: ConsoleWorker) -> None:
    """The worker ends: its console is closed, and the log of reads anchored."""
    for held in getattr(getattr(worker, "wsgi", None), "extensions", {}).values():
        if callable(close := getattr(held, "close", None)):
            close()


def _imported(name: str) -> Callable[[Path], Flask]:
    """The function of "package.module:function", imported when it is called."""
    module, _, function = name.partition(":")

    def make_app(folder: Path) -> Flask:
        made: Flask = getattr(importlib.import_module(module), function)(folder)
        return made

    return make_app


if __name__ == "__main__":
    _name, _host, _port, _folder = sys.argv[1:]
    run(_imported(_name), _host, int(_port), Path(_folder))
