"""All deadlines and limits of the server."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The limits for a client: time in seconds, sizes in bytes. The defaults are those of every console."""

    threads: int = 8
    large_at_once: int = 3
    """Requests with a large body are read by a thread while they arrive; so many threads at the most do that."""

    queued_s: float = 300.0
    """How long a large body waits for its turn."""

    connections: int = 128
    """Open connections in all: each may cost some 60 kB with TLS."""
    per_address: int = 24
    """Open connections of one address; a browser opens six to a host."""

    handshake_s: float = 20.0
    head_s: float = 30.0
    """From the first moment of a connection, or the first byte of a further request, to the end of its head."""
    idle_s: float = 60.0
    """How long a connection is kept for the next request."""
    window_s: float = 30.0
    window_bytes: int = 32 * 1024
    """Bodies and answers have no deadline as a whole; so much must pass in each window, or all that is left. A line of
    256 kbit/s shared by twenty people gives each of them 48 kB in that time."""

    line: int = 16 * 1024
    """The request line: a letter of Arabic takes six characters of an address."""
    fields: int = 32 * 1024
    """All header fields together."""
    skipped: int = 2 * 1024 * 1024
    """Of a head that is too large so much is read on, to find the reader's language and the end."""

    small_body: int = 2 * 1024 * 1024 + 64 * 1024
    """Bodies up to this size, forms above all, are read before a thread is given."""
    body_in_memory: int = small_body
    """A small body beyond this size waits in a nameless file, as does any once `bodies_in_memory` is used up."""
    bodies_in_memory: int = 8 * 1024 * 1024

    answer_ahead: int = 1024 * 1024
    """An answer is made so far ahead of what its client has taken; then its thread is free until the client has."""
    drained: int = 256 * 1024 * 1024
    """Of a body that nobody wants so much is read and thrown away, so that the browser comes to read the answer."""

    linger_s: float = 2.0
    """How long an answered connection waits for its client to close it."""

    grace_s: float = 10.0
    """How long requests under way may take when the server is told to stop."""
    tick_s: float = 1.0
    """How often deadlines are looked at."""
