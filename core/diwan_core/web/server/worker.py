"""The loop of the server: it holds every waiting connection, and gives a thread only to a complete request."""

from __future__ import annotations

import logging
import socket
import ssl
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Final

from gunicorn.config import Config
from gunicorn.workers.base import Worker

from diwan_core.proxies import TrustedProxies, address_group
from diwan_core.web.server.admission import Admission
from diwan_core.web.server.body import CONTINUE, LargeBody, Memory, SmallBody
from diwan_core.web.server.connection import HANDSHAKE_RECORD, Connection, State, Want
from diwan_core.web.server.limits import Limits
from diwan_core.web.server.progress import Progress
from diwan_core.web.server.request import BadHead, Request
from diwan_core.web.server.thread_queue import ThreadQueue
from diwan_core.web.server.watching import Watching
from diwan_core.web.server.work import Work

log = logging.getLogger("diwan.web")

_ACCEPTED_AT_ONCE: Final = 32
_READ_AT_ONCE: Final = 16
"""Pieces read from one connection before the others have their turn."""


@dataclass(frozen=True)
class Serving:
    """The settings of a console's server beside gunicorn's. `spool` is a folder for bodies that wait; `tls` gives the
    context of new connections, None for plain HTTP."""

    spool: Path
    proxies: TrustedProxies = field(default_factory=TrustedProxies)
    tls: Callable[[], ssl.SSLContext] | None = None
    limits: Limits = field(default_factory=Limits)


class ConsoleWorker(Worker):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's worker without a process that watches over it: it tells no one that it lives, and does not end with
    whoever started it."""

    def __init__(self, sockets: list[socket.socket], application: object, config: Config, logger: object,
                 serving: Serving) -> None:  # fmt: skip
        super().__init__(1, 0, sockets, application, config.timeout, config, logger)
        self.serving = serving
        self._limits = serving.limits
        self._held: dict[Connection, None] = {}
        self._admission = Admission(self._limits)
        self._queue = ThreadQueue(self._limits)
        self._memory = Memory(self._limits)
        self._looked = 0.0

    def notify(self) -> None:
        """Do nothing, since no process watches this one."""

    # --- the loop ----------------------------------------------------------------------------------------------------

    def init_process(self) -> None:
        self._watching = Watching()
        self._pool = ThreadPoolExecutor(self._limits.threads, thread_name_prefix="request")
        super().init_process()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM: finish what is under way, then end."""
        self.alive = False
        self._watching.call(lambda: None)

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:
        """SIGINT, SIGQUIT: end at once."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        super().handle_quit(sig, frame)

    def run(self) -> None:
        self._work = Work(self.wsgi, self.cfg, self.serving.proxies, self._limits)
        for listener in self.sockets:
            self._watching.listen(listener.sock)
        while self.alive:
            self._turn()
        self._watching.stop_listening()
        over = time.monotonic() + self._limits.grace_s
        self._close_all(State.OPENED, State.HANDSHAKE, State.HEAD, State.IDLE, State.LINGERING)
        while self._held and time.monotonic() < over:
            self._turn()
        self._close_all(*State)
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._watching.close()

    def _turn(self) -> None:
        for ready in self._watching.wait(self._limits.tick_s):
            if isinstance(ready, socket.socket):
                self._accept(ready)
            elif ready in self._held:
                self._go_on(ready)
        now = time.monotonic()
        if now - self._looked >= self._limits.tick_s:
            self._looked = now
            for connection in list(self._held):
                self._look_at_deadline(connection, now)

    def _look_at_deadline(self, connection: Connection, now: float) -> None:
        match connection.state:
            case State.QUEUED if connection.has_large_body:
                if now >= connection.due:
                    self._queue.drop(connection)
                    self._refuse(connection, 503)
            case State.QUEUED | State.WORKING:
                return
            case State.BODY | State.ANSWERING | State.LINGERING if connection.progress is not None:
                if connection.progress.too_slow(now):
                    self._close(connection)
            case _:
                if now >= connection.due:
                    self._close(connection)

    def _close_all(self, *states: State) -> None:
        for connection in list(self._held):
            if connection.state in states:
                self._close(connection)

    # --- connections come and go -------------------------------------------------------------------------------------

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                sock, name = listener.accept()
            except BlockingIOError:
                return
            except OSError as error:  # no descriptor is left, or the client is gone already
                log.warning("a connection could not be accepted: %s", error.strerror)
                self._make_room()
                return
            peer = str(name[0]) if isinstance(name, tuple) else ""
            self._admit(sock, peer, listener.getsockname())

    def _make_room(self) -> None:
        """Descriptors are used up: close what nobody misses, or the loop would spin on those who wait."""
        self._close_all(State.IDLE, State.LINGERING)
        time.sleep(0.05)

    def _admit(self, sock: socket.socket, peer: str, server: object) -> None:
        proxied = self.serving.proxies.trusts(peer)
        group = address_group(peer)
        admitted, other = self._admission.to_close(group, self._held, proxied=proxied)
        if other is not None:
            self._close(other)
        if not admitted:
            sock.close()
            return
        connection = Connection(sock, peer, group, server, self._limits, proxied=proxied)
        self._held[connection] = None
        self._admission.opened(connection)
        self._become(connection, State.HEAD if self.serving.tls is None else State.OPENED, self._limits.head_s)
        self._watching.watch(connection, Want.READABLE)

    def _become(self, connection: Connection, state: State, seconds: float = 0.0) -> None:
        connection.state = state
        connection.since = time.monotonic()
        connection.due = connection.since + seconds

    def _close(self, connection: Connection) -> None:
        if connection not in self._held:
            return
        del self._held[connection]
        self._watching.forget(connection)
        self._queue.drop(connection)
        self._uncount(connection)
        self._admission.closed(connection)
        connection.close()
        if connection.answer is not None:
            self._pool.submit(connection.context.run, connection.answer.close)

    # --- a request comes in ------------------------------------------------------------------------------------------

    def _go_on(self, connection: Connection) -> None:
        """Take the next step of a connection that is ready for it."""
        try:
            match connection.state:
                case State.OPENED:
                    self._open(connection)
                case State.HANDSHAKE:
                    self._shake(connection)
                case State.HEAD | State.IDLE:
                    self._read_head(connection)
                case State.BODY:
                    self._read_body(connection)
                case State.ANSWERING:
                    self._send(connection)
                case State.LINGERING:
                    self._linger(connection)
        except OSError:  # gone, not TLS, or the disk is full of bodies that wait
            self._close(connection)

    def _open(self, connection: Connection) -> None:
        first = connection.first_byte()
        if first is None or self.serving.tls is None:
            return
        if first != HANDSHAKE_RECORD:
            connection.misdirected = True
            self._become(connection, State.HEAD, self._limits.head_s)
            self._read_head(connection)
            return
        self._watching.forget(connection)  # the socket becomes another object
        connection.start_tls(self.serving.tls())
        self._become(connection, State.HANDSHAKE, self._limits.handshake_s)
        self._shake(connection)

    def _shake(self, connection: Connection) -> None:
        want = connection.shake()
        if want is not None:
            self._watching.watch(connection, want)
            return
        self._become(connection, State.HEAD, self._limits.head_s)
        self._watching.watch(connection, Want.READABLE)
        self._read_head(connection)

    def _read_head(self, connection: Connection) -> None:
        reader = connection.reader
        for _ in range(_READ_AT_ONCE):
            data = connection.receive()
            if isinstance(data, Want):
                self._watching.watch(connection, data)
                return
            if not data:
                self._close(connection)
                return
            if connection.state is State.IDLE:
                self._become(connection, State.HEAD, self._limits.head_s)
            reader.feed(data)
            if reader.done:
                connection.rest = reader.rest + connection.rest
                self._head_is_here(connection)
                return
        self._again(connection)

    def _again(self, connection: Connection) -> None:
        """Others have their turn first; TLS may hold bytes that its socket does not show any more."""
        self._watching.call(partial(self._go_on_if_held, connection))

    def _go_on_if_held(self, connection: Connection) -> None:
        if connection in self._held:
            self._go_on(connection)

    def _head_is_here(self, connection: Connection) -> None:
        reader = connection.reader
        if reader.refused:
            self._refuse(connection, reader.refused)
            return
        try:
            request = Request(self.cfg, reader.head, connection.origin)
        except BadHead as error:
            self._refuse(connection, error.status)
            return
        connection.request = request
        if connection.proxied:
            connection.client_group = address_group(request.client(self.serving.proxies))
            if not self._admission.asks(connection):
                self._refuse(connection, 429)
                return
            connection.counted = True
        if request.length > self._limits.small_body:
            connection.large = LargeBody(
                connection, request.length, self._limits, expects_continue=request.expects_continue
            )
            self._give_to_thread(connection)
        elif request.length:
            self._begin_body(connection, request)
        else:
            self._give_to_thread(connection)

    def _begin_body(self, connection: Connection, request: Request) -> None:
        try:
            connection.small = SmallBody(request.length, self._memory, self.serving.spool)
        except OSError:
            self._refuse(connection, 507)
            return
        self._become(connection, State.BODY)
        connection.progress = Progress(self._limits, time.monotonic())
        if request.expects_continue:
            connection.output.add(CONTINUE)
            connection.flush()
        self._watching.watch(connection, Want.READABLE)
        self._read_body(connection)

    def _read_body(self, connection: Connection) -> None:
        body, progress = connection.small, connection.progress
        if body is None or progress is None:
            return
        for _ in range(_READ_AT_ONCE):
            data = connection.receive(min(body.left, 64 * 1024))
            if isinstance(data, Want):
                self._watching.watch(connection, data)
                return
            if not data:
                self._close(connection)
                return
            progress.note(len(data))
            try:
                body.add(data)
            except OSError:
                self._refuse(connection, 507)
                return
            if not body.left:
                self._give_to_thread(connection)
                return
        self._again(connection)

    # --- a thread works on it ----------------------------------------------------------------------------------------

    def _refuse(self, connection: Connection, status: int) -> None:
        connection.refused = status
        self._give_to_thread(connection)

    def _give_to_thread(self, connection: Connection) -> None:
        self._watching.forget(connection)
        self._become(connection, State.QUEUED, self._limits.queued_s)
        self._queue.add(connection)
        self._fill_threads()

    def _fill_threads(self) -> None:
        while (connection := self._queue.take()) is not None:
            self._become(connection, State.WORKING)
            future = self._pool.submit(self._work.go_on, connection, last=not self.alive)
            future.add_done_callback(partial(self._hand_back, connection))

    def _hand_back(self, connection: Connection, future: Future[None]) -> None:
        self._watching.call(partial(self._worked, connection, future))

    def _worked(self, connection: Connection, future: Future[None]) -> None:
        self._queue.done(connection)
        self._fill_threads()
        error = future.exception()
        if error is not None:
            if not isinstance(error, OSError):  # the client is gone
                trace = "".join(traceback.format_tb(error.__traceback__))
                log.error("an answer could not be made: %s\n%s", type(error).__name__, trace)
            self._close(connection)
            return
        self._become(connection, State.ANSWERING)
        connection.progress = Progress(self._limits, time.monotonic())
        self._go_on(connection)

    # --- the answer goes out -----------------------------------------------------------------------------------------

    def _send(self, connection: Connection) -> None:
        want = connection.flush()
        if want is not None:
            self._watching.watch(connection, want)
        elif connection.answer is not None and not connection.answer.complete:
            self._give_to_thread(connection)
        else:
            self._answered(connection)

    def _answered(self, connection: Connection) -> None:
        self._uncount(connection)
        if connection.small is not None:
            connection.small.close()
        if connection.answer is None or not connection.answer.keeps_alive or not self.alive:
            self._hear_out(connection)
            return
        connection.begin_request(connection.rest)
        self._become(connection, State.IDLE, self._limits.idle_s)
        self._watching.watch(connection, Want.READABLE)
        if connection.has_more:  # the next request is here already, and its socket does not show that
            self._again(connection)

    def _uncount(self, connection: Connection) -> None:
        if connection.counted:
            connection.counted = False
            self._admission.answered(connection)

    def _hear_out(self, connection: Connection) -> None:
        """Close once the client has the answer. One that is still sending reads it only when it is through: closed
        before, the connection would be reset and the answer lost."""
        left = connection.body_left - len(connection.rest)
        connection.half_close()
        connection.progress = Progress(self._limits, time.monotonic()) if left > 0 else None
        self._become(connection, State.LINGERING, self._limits.linger_s)
        self._watching.watch(connection, Want.READABLE)
        self._linger(connection)

    def _linger(self, connection: Connection) -> None:
        for _ in range(_READ_AT_ONCE):
            size = connection.discard()
            if isinstance(size, Want):
                return
            if not size or connection.lingered > self._limits.drained:
                self._close(connection)
                return
            if connection.progress is not None:
                connection.progress.note(size)
        self._again(connection)
