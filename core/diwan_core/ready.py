"""Waiting for descriptors with poll(2): select(2) refuses those from 1,024 on, and a process may have more open."""

import errno
import select
from collections.abc import Collection


def ready(reading: Collection[int], writing: Collection[int] = (), timeout_s: float | None = None) -> set[int]:
    """Those of `reading` that have something to read or whose other side has gone; none after `timeout_s` seconds.
    The wait also ends when one of `writing` takes bytes. Raises ValueError for a negative descriptor, as a closed
    socket's, and a negative time, which poll would take for no limit; OSError for a descriptor that is closed."""
    if timeout_s is not None and timeout_s < 0:
        raise ValueError(f"{timeout_s} s cannot be waited for")
    waited = select.poll()
    for descriptor in writing:
        waited.register(descriptor, select.POLLOUT)
    wanted = set(reading)
    for descriptor in wanted:
        waited.register(descriptor, select.POLLIN | (select.POLLOUT if descriptor in writing else 0))
    found = waited.poll(None if timeout_s is None else timeout_s * 1000)
    if closed := [descriptor for descriptor, event in found if event & select.POLLNVAL]:
        raise OSError(errno.EBADF, f"descriptors {closed} are closed")
    return {descriptor for descriptor, event in found if event != select.POLLOUT} & wanted
