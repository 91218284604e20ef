"""Waiting for descriptors, whatever their numbers are."""

from __future__ import annotations

import fcntl
import os
import socket

import pytest
from diwan_core.ready import ready

from tests.processes.descriptors import descriptors_from


def test_what_can_be_read_or_has_ended_is_ready_and_nothing_else() -> None:
    (ours, theirs), (quiet, kept) = socket.socketpair(), socket.socketpair()
    with ours, theirs, quiet, kept:
        assert ready([ours.fileno(), quiet.fileno()], timeout_s=0.0) == set()
        theirs.send(b"x")
        assert ready([ours.fileno(), quiet.fileno()], timeout_s=60.0) == {ours.fileno()}
        kept.close()
        assert ready([ours.fileno(), quiet.fileno()], timeout_s=60.0) == {ours.fileno(), quiet.fileno()}


def test_a_wait_ends_when_bytes_can_be_written_and_says_nothing_is_to_be_read() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert ready([ours.fileno()], [ours.fileno()], 60.0) == set()
        theirs.send(b"x")
        assert ready([ours.fileno()], [ours.fileno()], 60.0) == {ours.fileno()}


def test_a_closed_socket_is_an_error() -> None:
    ours, theirs = socket.socketpair()
    ours.close()
    theirs.close()
    with pytest.raises(ValueError, match="negative"):
        ready([ours.fileno()], timeout_s=0.0)


def test_descriptors_beyond_those_of_select_are_waited_for() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, descriptors_from(1100):
        high = fcntl.fcntl(ours.fileno(), fcntl.F_DUPFD, 1024)
        try:
            theirs.send(b"x")
            assert ready([high], timeout_s=60.0) == {high}
        finally:
            os.close(high)


def test_a_descriptor_that_is_closed_and_a_time_that_has_passed_are_errors() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    os.close(writer)
    with pytest.raises(OSError, match="closed"):
        ready([reader], timeout_s=60.0)
    with pytest.raises(ValueError, match="waited for"):
        ready([], timeout_s=-0.001)
