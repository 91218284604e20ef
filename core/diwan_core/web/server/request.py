"""A request as gunicorn reads it, and its environment for the application (PEP 3333)."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, Protocol

from gunicorn.config import Config
from gunicorn.http.errors import ExpectationFailed, InvalidHTTPVersion, LimitRequestHeaders, ParseException
from gunicorn.http.message import Request as Parsed
from gunicorn.http.unreader import IterUnreader
from gunicorn.http.wsgi import Response, create, default_environ

from diwan_core.proxies import TrustedProxies
from diwan_core.web.server.answer import Output
from diwan_core.web.server.refused import REFUSED

NAME: Final = "Diwan"

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


class BadHead(Exception):
    """The head of a request cannot be understood, or asks for what is not offered here."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Writer(Protocol):
    """gunicorn's answer to a request: writes its head before the first bytes of the body."""

    headers_sent: bool

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: object = None) -> object: ...
    def write(self, data: bytes) -> None: ...
    def close(self) -> None: ...
    def should_close(self) -> bool: ...
    def force_close(self) -> None: ...


@dataclass(frozen=True)
class Origin:
    """The way a request came in: the address of the peer (empty for a Unix socket), the name of the listening socket,
    and whether TLS protects the connection."""

    peer: str
    server: Any
    secure: bool


class Request:
    """A request whose head is complete."""

    def __init__(self, config: Config, head: bytes, origin: Origin) -> None:
        """Raises BadHead."""
        try:
            # an origin that is not a tuple counts as trusted at gunicorn's, but there is nothing it could set
            parsed = Parsed(config, IterUnreader([head]), (origin.peer, 0))
        except LimitRequestHeaders as error:
            raise BadHead(431) from error
        except ExpectationFailed as error:
            raise BadHead(417) from error
        except InvalidHTTPVersion as error:
            raise BadHead(505) from error
        except (ParseException, OSError) as error:
            raise BadHead(400) from error
        if not parsed.path.startswith("/"):  # CONNECT, OPTIONS *
            raise BadHead(400)
        self._parsed = parsed
        self._config = config
        self._origin = origin
        self.expects_continue: bool = parsed._expected_100_continue
        parsed._expected_100_continue = False  # the server says it when it comes to read the body
        names = [name for name, _ in parsed.headers]
        if "TRANSFER-ENCODING" in names:  # no browser sends one, and a proxy need not pass it on
            raise BadHead(411)
        lengths = [value for name, value in parsed.headers if name == "CONTENT-LENGTH"]
        self.length: int = int(lengths[0]) if lengths else 0

    @property
    def method(self) -> str:
        return str(self._parsed.method)

    @property
    def target(self) -> str:
        """The path and query as they were sent."""
        return str(self._parsed.uri)

    def field(self, name: str) -> list[str]:
        """The values of a header field, by its name in capitals."""
        return [str(value) for found, value in self._parsed.headers if found == name]

    def client(self, proxies: TrustedProxies) -> str:
        """The address of the client, as the peer or a trusted proxy before us tells it."""
        return proxies.client(self._origin.peer, self.field("X-FORWARDED-FOR"))

    def call(self, output: Output, body: BinaryIO | io.BufferedIOBase, proxies: TrustedProxies) -> Call:
        """The call of the application for this request."""
        response, environ = create(self._parsed, output, (self._origin.peer, 0), self._origin.server, self._config)
        response.version = NAME
        environ["wsgi.input"] = body
        environ["wsgi.multithread"] = True
        environ["wsgi.url_scheme"] = self._scheme(proxies)
        del environ["wsgi.early_hints"], environ["gunicorn.socket"]
        return Call(environ, response)

    def _scheme(self, proxies: TrustedProxies) -> str:
        forwarded = self.field("X-FORWARDED-PROTO")
        if forwarded and proxies.trusts(self._origin.peer):
            return "https" if forwarded[-1].strip().lower() == "https" else "http"
        return "https" if self._origin.secure else "http"


@dataclass(frozen=True)
class Call:
    """One call of the application."""

    environ: Environ
    response: Writer


class _Refused:
    """The part of a refused request that gunicorn's answer needs."""

    method = "GET"
    version = (1, 1)
    uri = "/"
    query = ""
    body = None

    def should_close(self) -> bool:
        return True


def refusal(config: Config, status: int, head: bytes, output: Output, origin: Origin) -> Call:
    """The call that makes the page of a refused request. Of its head only the reader's language and cookies count."""
    refused = _Refused()
    environ: Environ = default_environ(refused, None, config)
    del environ["gunicorn.socket"]
    environ |= {
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "REMOTE_ADDR": origin.peer,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "0",
        "wsgi.input": io.BytesIO(),
        "wsgi.multithread": True,
        "wsgi.url_scheme": "https" if origin.secure else "http",
        REFUSED: status,
    }
    for line in head.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() in ("accept-language", "cookie") and value.isprintable():
            environ["HTTP_" + name.upper().replace("-", "_")] = value.strip()
    response = Response(refused, output, config)
    response.version = NAME
    return Call(environ, response)
