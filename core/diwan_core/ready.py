"""Waiting for descriptors with poll(2): select(2) refuses those from 1,024 on, and a process may have more open."""

import select
from collections.abc import Collection


def ready(reading: Collection[int], writing: Collection[int] = (), timeout_s: float | None = None) -> set[int]:
    """Those of `reading` that have something to read or whose other side has gone; none after `timeout_s` seconds.
    The wait also ends when one of `writing` takes bytes. ValueError: a descriptor is negative, as a closed socket's."""
    waited = select.poll()
    for descriptor in writing:
        waited.register(descriptor, select.POLLOUT)
    wanted = set(reading)
    for descriptor in wanted:
        waited.register(descriptor, select.POLLIN | (select.POLLOUT if descriptor in writing else 0))
    found = waited.poll(None if timeout_s is None else timeout_s * 1000)
    return {descriptor for descriptor, event in found if event != select.POLLOUT} & wanted
