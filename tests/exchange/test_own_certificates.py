"""The centre renews the certificates of its own services and of its broker."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from diwan_central import setup
from diwan_central.network.own_certificates import ServiceCertificate, renew_own
from diwan_core import world
from diwan_core.broker import BrokerSettings
from diwan_core.trust.names import SERVICES
from diwan_core.trust.network.ca import CertificateAuthority
from diwan_core.trust.network.certificates import read_certificate
from diwan_core.trust.network.keys import keys_folder
from diwan_core.trust.network.tls import client_context
from diwan_lab.ports import free_port

from tests.trust.broker_kit import client, needs_mosquitto, refused, running, wait_for

YEAR_S = 365.25 * 86_400


class SixYearsAgo(world.World):
    """This machine, when the centre was made."""

    def wall_s(self) -> float:
        return super().wall_s() - 6 * YEAR_S


def make(folder: Path, port: int = 8883) -> Path:
    """A centre in an empty folder."""
    setup.create(folder, "Centre", "127.0.0.1", port, "127.0.0.1", 0)
    return folder


def test_they_are_renewed_before_their_end_and_after_it_and_not_too_often(tmp_path: Path) -> None:
    folder = make(tmp_path / "central")
    authority = CertificateAuthority.load(folder).certificate
    paths = [keys_folder(folder) / f"{name}.crt" for name in SERVICES] + [folder / "broker/server.crt"]
    keys = [path.with_suffix(".pem" if path.parent.name == "keys" else ".key").read_bytes() for path in paths]
    for years, due in ((0, False), (3, False), (4, True), (4.5, False), (12, True)):
        at = setup.now() + timedelta(days=365.25 * years)
        assert renew_own(folder, at) == ([*SERVICES, "broker"] if due else [])
        for path in paths:
            assert read_certificate(path.read_bytes(), authority).not_after > at
    after = [path.with_suffix(".pem" if path.parent.name == "keys" else ".key").read_bytes() for path in paths]
    assert after == keys, "only the certificates are others"


@needs_mosquitto
def test_a_centre_whose_certificates_have_ended_gets_its_line_again_from_the_broker_that_runs(tmp_path: Path) -> None:
    """Five years after it was made the broker let in neither ingest nor relay, until somebody made the centre anew."""
    port = free_port()
    with world.using(SixYearsAgo()):
        folder = make(tmp_path / "central", port)
    settings = BrokerSettings("127.0.0.1", port)
    with running(folder / "broker", settings) as mosquitto:
        setup.note_broker(folder, mosquitto.process.pid)
        assert refused(client_context(folder, SERVICES[0]), port)
        certificates = [ServiceCertificate(folder, name) for name in SERVICES]
        for name, certificate in zip(SERVICES, certificates, strict=True):
            context = certificate.context()
            wait_for(lambda context=context: not refused(context, port), "the broker has read its certificate")  # type: ignore[misc]
            with client(context, port, name):
                certificate.turn()


def test_a_clock_outside_the_authority_s_life_keeps_no_service_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make(tmp_path / "central")
    held = client_context(folder, SERVICES[0])
    monkeypatch.setattr("diwan_central.network.own_certificates.now", lambda: setup.now() + timedelta(days=40 * 365))
    context = ServiceCertificate(folder, SERVICES[0]).context()
    assert context.minimum_version == held.minimum_version
