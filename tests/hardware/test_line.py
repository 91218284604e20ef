"""The line to the centre, measured through the TLS port of a real console."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_hardware.check import drift, line
from diwan_hardware.check.drift import Reading
from diwan_hardware.check.result import Outcome
from diwan_hardware.load import shipped

from tests.web.tls_kit import Secured, secured

pytestmark = pytest.mark.slow
POST = shipped()["post-standard"]


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with secured(tmp_path_factory.mktemp("line")) as made:
        yield made


def quiet(_text: str) -> None:
    """Nobody is told."""


def test_round_trip_loss_and_throughput_are_measured_over_tls(console: Secured, tmp_path: Path) -> None:
    authority = tmp_path / "authority.pem"
    authority.write_bytes(console.authority.certificate)
    found = line.measure("127.0.0.1", console.port, authority, quiet, seconds=1.0)
    assert 0 < found.round_trip_ms < 1000
    assert found.loss_percent == 0 and found.failed == 0
    assert found.throughput_kbit_s > 1000
    assert len(found.fingerprint) == 16


def test_the_measured_line_is_judged_and_names_the_certificate(console: Secured) -> None:
    found = line.test(POST, f"127.0.0.1:{console.port}", "", quiet)
    assert {each.name: each.outcome for each in found} == {
        "round_trip_ms": Outcome.PASS, "loss_percent": Outcome.PASS, "throughput_kbit_s": Outcome.PASS,
    }  # fmt: skip
    assert "certificate " in found[0].text


def test_a_console_of_another_authority_is_not_believed(console: Secured, tmp_path: Path) -> None:
    from tests.web.tls_kit import authority_in

    other = tmp_path / "other.pem"
    other.write_bytes(authority_in(tmp_path / "other").certificate)
    with pytest.raises(ssl.SSLCertVerificationError):
        line.measure("127.0.0.1", console.port, other, quiet, seconds=1.0)
    (found,) = line.test(POST, f"127.0.0.1:{console.port}", str(other), quiet)
    assert found.outcome is Outcome.FAIL and "cannot be reached" in found.text


def test_nobody_there_and_somebody_else_there_fail_with_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def answer() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                connection.sendall(b"220 mail.example ESMTP\r\n")
                connection.close()

        threading.Thread(target=answer, daemon=True).start()
        (found,) = line.test(POST, f"127.0.0.1:{port}", "", quiet)
        assert found.outcome is Outcome.FAIL and found.remedy
    (gone,) = line.test(POST, f"127.0.0.1:{port}", "", quiet)
    assert gone.outcome is Outcome.FAIL and "cannot be reached" in gone.text


def test_the_centre_s_clock_is_read_far_better_than_its_seconds(console: Secured) -> None:
    found = drift.read("127.0.0.1", console.port, "")
    now, raw = time.time(), time.clock_gettime(time.CLOCK_MONOTONIC_RAW)
    assert found.uncertain < 0.25
    assert abs((now - found.centre) - (raw - found.machine)) <= found.uncertain + 0.05


@pytest.mark.parametrize(
    ("hours", "late_s", "outcome"),
    [(24, 1.0, Outcome.PASS), (24, -8.0, Outcome.WARN), (24, 30.0, Outcome.FAIL), (0.1, 0.0, Outcome.UNKNOWN)],
)
def test_drift_is_judged_where_the_check_was_long_enough(hours: float, late_s: float, outcome: Outcome) -> None:
    took = hours * 3600
    found = drift.judged(POST, Reading(1e9, 50.0, 0.05), Reading(1e9 + took, 50.0 + took + late_s, 0.05))
    assert found.outcome is outcome
    if outcome is not Outcome.UNKNOWN:
        assert found.value == pytest.approx(abs(late_s) / (took + late_s) * 1e6)


def test_a_centre_that_is_not_there_tells_no_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(OSError, match=r"refused|reset"):
        drift.read("127.0.0.1", port, "")
