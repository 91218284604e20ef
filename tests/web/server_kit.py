"""The server of a console in a process of its own, with limits of the test's choosing, and clients made of sockets.

Run as a program it serves a small application whose answers say what arrived."""

from __future__ import annotations

import dataclasses
import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from diwan_core import node
from diwan_core.node import NodeConfig
from diwan_core.web.serve import run
from diwan_core.web.server.limits import Limits
from diwan_core.web.server.refused import REFUSED
from diwan_lab.ports import free_port
from flask import Flask, Response, request, send_file, stream_with_context

BIG = 6_000_000
"""Bytes of a large answer: more than all buffers between two processes hold."""
PATIENCE_S = 30.0
"""How long a client waits for what must come."""
HOUR = 3600.0


def make_app(folder: Path) -> Flask:
    """An application with one page of each kind that matters to a server."""
    app = Flask("tested")
    (folder / "big").write_bytes(b"x" * BIG)

    @app.before_request
    def refused() -> Response | None:
        status = request.environ.get(REFUSED)
        return None if status is None else Response(f"refused: {request.headers.get('Accept-Language')}\n", status)

    @app.get("/")
    def hello() -> Response:
        return Response(f"hello {request.args.get('n', '')}\n")

    @app.get("/file")
    def file() -> Response:
        return send_file(folder / "big", mimetype="text/plain")

    @app.get("/stream")
    def stream() -> Response:
        def pieces() -> Iterator[str]:
            for _ in range(BIG // 10_000):
                yield "x" * (10_000 - len(request.path)) + request.path

        return Response(stream_with_context(pieces()))

    @app.post("/take")
    def take() -> Response:
        size = 0
        while piece := request.stream.read(100_000):
            size += len(piece)
        return Response(f"took {size}\n")

    @app.post("/refuse")
    def refuse() -> Response:
        return Response("not wanted\n", 413)

    @app.get("/seen")
    def seen() -> dict[str, str]:
        return {
            "script": request.environ["SCRIPT_NAME"],
            "path": request.path,
            "scheme": request.scheme,
            "peer": request.remote_addr or "",
        }

    return app


@contextmanager
def serving(folder: Path, limits: Mapping[str, float], trusted_proxies: str = "") -> Iterator[Served]:
    """The application served from `folder` with these limits beside the usual ones."""
    folder.mkdir(exist_ok=True)
    if not (folder / node.FILE).exists():
        node.create(
            folder, NodeConfig("post", node.mint_id(), "Aqaba port", trusted_proxies=trusted_proxies, web_tls="off")
        )
    port = free_port()
    command = [sys.executable, __file__, str(port), str(folder), json.dumps(dict(limits))]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2])
    served = Served(port, process)
    try:
        served.wait()
        yield served
    finally:
        process.kill()
        process.wait()


@dataclasses.dataclass(frozen=True)
class Served:
    """A server under test."""

    port: int
    process: subprocess.Popen[bytes]

    def wait(self) -> None:
        for _ in range(2400):
            try:
                with self.client() as client:
                    assert client.ask("/").startswith("HTTP/1.1 200")
                return
            except ConnectionRefusedError:
                try:
                    self.process.wait(0.05)
                except subprocess.TimeoutExpired:
                    continue
                raise
        raise TimeoutError("the server did not begin to answer")

    def client(self, source: str = "127.0.0.1", receive: int = 0) -> Client:
        """A client with this address and, where it is given, a buffer of so many bytes for what it receives."""
        sock = socket.socket()
        sock.settimeout(PATIENCE_S)
        if receive:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        sock.bind((source, 0))
        sock.connect(("127.0.0.1", self.port))
        return Client(sock)


class Client:
    """One connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def send(self, data: bytes | str) -> None:
        self.sock.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def ask(self, path: str, *fields: str, method: str = "GET", body: bytes = b"") -> str:
        """Send a request and give the answer."""
        lines = [f"{method} {path} HTTP/1.1", "Host: test", *fields]
        if method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        return self.answer()

    def answer(self) -> str:
        """The next answer, whose length is declared; or all until the end."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self.sock.recv(65536)
            if not piece:
                return data.decode("latin-1")
            data += piece
        head, _, rest = data.partition(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        length = int(lengths[0].split(b":")[1]) if lengths else 0
        while len(rest) < length:
            piece = self.sock.recv(65536)
            if not piece:
                break
            rest += piece
        return (head + b"\r\n\r\n" + rest).decode("latin-1")

    def is_closed_by_server(self) -> bool:
        """Wait for the server to close it, whatever it says before; False where it does not."""
        try:
            while self.sock.recv(65536):
                pass
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False
        return True


if __name__ == "__main__":
    chosen = {name: type(getattr(Limits, name))(value) for name, value in json.loads(sys.argv[3]).items()}
    run(make_app, "127.0.0.1", int(sys.argv[1]), Path(sys.argv[2]), limits=dataclasses.replace(Limits(), **chosen))
