"""What services tell systemd: that they are ready, and that they still work."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_core import systemd


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listening


def heard(manager: socket.socket) -> list[str]:
    messages = []
    while True:
        try:
            messages.append(manager.recv(100).decode())
        except BlockingIOError:
            return messages


def test_a_service_says_that_it_is_ready(manager: socket.socket) -> None:
    systemd.ready()
    assert heard(manager) == ["READY=1"]


def test_nothing_is_sent_where_no_service_manager_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not systemd.notify("READY=1")


def test_a_manager_that_has_gone_away_ends_no_service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    assert not systemd.notify("READY=1")


def test_the_watchdog_is_told_often_enough_and_not_at_every_turn(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    moments = [100.0, 101.0, 104.9, 105.0, 109.0, 110.0]
    turns = len(moments)
    watchdog = systemd.Watchdog(lambda: moments.pop(0))
    assert watchdog.interval_s == 10
    for _ in range(turns):
        watchdog.beat()
    assert heard(manager) == ["WATCHDOG=1"] * 3


def test_no_wait_is_longer_than_the_watchdog_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    assert systemd.Watchdog().within(900) == 10
    assert systemd.Watchdog().within(3) == 3


@pytest.mark.parametrize("process", ["1", "nonsense"])
def test_a_watchdog_meant_for_another_process_is_not_answered(
    process: str, manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    monkeypatch.setenv("WATCHDOG_PID", process)
    watchdog = systemd.Watchdog()
    watchdog.beat()
    assert watchdog.within(900) == 900
    assert heard(manager) == []
