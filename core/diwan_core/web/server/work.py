"""The work of a thread for a request: call the application, and produce its answer as far as the client takes it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO, Final

from gunicorn.config import Config

from diwan_core.proxies import TrustedProxies
from diwan_core.web.server.body import LargeBody
from diwan_core.web.server.limits import Limits
from diwan_core.web.server.refused import MISDIRECTED
from diwan_core.web.server.request import Application, Call, Writer, refusal

if TYPE_CHECKING:
    from diwan_core.web.server.connection import Connection

_LARGE_READ: Final = 64 * 1024


class Answer:
    """An answer that is being made: `complete` once the application has nothing more to say."""

    def __init__(self, response: Writer, pieces: Iterable[bytes]) -> None:
        self._response = response
        self._pieces = pieces
        self._iterator: Iterator[bytes] = iter(pieces)
        self._closed = False
        self.complete = False

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection may be used again; asked when the answer is complete."""
        return not self._response.should_close()

    def go_on(self, connection: Connection, ahead: int) -> None:
        """Make more of it, until the client takes no more. Raises OSError where the client is gone."""
        for piece in self._iterator:
            self._response.write(piece)
            if connection.output.size >= ahead and connection.flush() is not None:
                return
        self._response.close()
        self.complete = True
        self.close()
        connection.flush()

    def close(self) -> None:
        """Let the application free what it holds; doing so twice does no harm."""
        close: Callable[[], None] | None = getattr(self._pieces, "close", None)
        if not self._closed and close is not None:
            self._closed = True
            close()


class Work:
    """Calls `application` for the requests of a console."""

    def __init__(self, application: Application, config: Config, proxies: TrustedProxies, limits: Limits) -> None:
        self._application = application
        self._config = config
        self._proxies = proxies
        self._limits = limits

    def go_on(self, connection: Connection, *, last: bool) -> None:
        """Begin the answer or make more of it; with `last` the connection is not used again. Raises OSError where the
        client is gone."""
        connection.context.run(self._go_on, connection, last)

    def _go_on(self, connection: Connection, last: bool) -> None:
        if connection.answer is None:
            call = self._call(connection)
            if last or connection.body_left or connection.misdirected:
                call.response.force_close()
            connection.answer = Answer(call.response, self._application(call.environ, call.response.start_response))
        connection.answer.go_on(connection, self._limits.answer_ahead)

    def _call(self, connection: Connection) -> Call:
        if connection.refused or connection.request is None:
            head = connection.reader.head
            return refusal(self._config, connection.refused or 400, head, connection.output, connection.origin)
        body: BinaryIO | io.BufferedIOBase = io.BytesIO()
        if isinstance(connection.large, LargeBody):
            body = io.BufferedReader(connection.large, _LARGE_READ)
        elif connection.small is not None:
            body = connection.small.file
            body.seek(0)
        call = connection.request.call(connection.output, body, self._proxies)
        if connection.misdirected:
            call.environ[MISDIRECTED] = True
        return call
