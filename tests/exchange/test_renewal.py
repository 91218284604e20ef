"""Certificates are renewed by the node's own key, in time or after, and never for a revoked one."""

from __future__ import annotations

import itertools
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from diwan_appliance import renewal
from diwan_appliance.renewal import is_due
from diwan_appliance.renewal import renew as renew_at_post
from diwan_central.network.renewal import renew
from diwan_central.network.revocation import revoke
from diwan_central.setup import now
from diwan_core.trust import NodeKeys
from diwan_core.trust.errors import BadCertificate
from diwan_core.trust.network.certificates import read_certificate, signing_request
from diwan_core.trust.network.enrolled_keys import load_central
from diwan_core.trust.network.keys import keys_folder
from diwan_core.trust.network.tls import NODE_CERTIFICATE, client_context, reload_certificate

from tests.exchange.network import network


def test_a_certificate_is_renewed_before_and_after_its_end_but_not_too_often(tmp_path: Path) -> None:
    with network(tmp_path, posts=1) as net:
        centre, post = net.register.folder, net.posts[0].register.folder
        held = (keys_folder(post) / NODE_CERTIFICATE).read_bytes()
        assert not is_due(post)
        assert is_due(post, now() + timedelta(days=4 * 365))
        context = client_context(post)

        asked = signing_request(NodeKeys.load(post), net.posts[0].register.config.id)
        assert renew(centre, asked) == held, "a young one is given out again"
        for years in (4, 7):  # in time, and two years after the first one's end
            moment = now() + timedelta(days=365 * years)
            assert renew_at_post(post, lambda _, request, at=moment: renew(centre, request, at))  # type: ignore[misc]
            facts = read_certificate((keys_folder(post) / NODE_CERTIFICATE).read_bytes(), load_central(post).authority)
            assert facts.not_after - moment > timedelta(days=4 * 365)
        reload_certificate(context, post)
        net.posts[0].exchange.came_up()
        for _ in range(4):
            net.turn()
        assert net.register.store.one("SELECT count(*) FROM ledger") == 7
        assert net.posts[0].register.store.one("SELECT count(*) FROM ledger") == 7


def test_a_stranger_s_key_and_a_revoked_one_are_refused(tmp_path: Path) -> None:
    with network(tmp_path, posts=2) as net:
        centre, (first, second) = net.register.folder, net.posts
        stolen_name = signing_request(NodeKeys.load(second.register.folder), first.register.config.id)
        with pytest.raises(BadCertificate):
            renew(centre, stolen_name)
        with pytest.raises(BadCertificate):
            renew(centre, b"no request")
        revoke(centre, first.register.config.id, "stolen")
        with pytest.raises(BadCertificate, match="revoked"):
            renew(centre, signing_request(NodeKeys.load(first.register.folder), first.register.config.id))
        assert not renew_at_post(second.register.folder, lambda *_: (_ for _ in ()).throw(OSError("no line")))


def test_a_centre_that_was_not_reached_is_asked_again_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewal, "AGAIN_S", 0.01)
    monkeypatch.setattr(renewal, "is_due", lambda _folder: True)
    answers = itertools.chain([False, False], itertools.repeat(True))
    monkeypatch.setattr(renewal, "renew", lambda _folder: next(answers))
    renewed = threading.Event()
    with renewal.Renewer(tmp_path, renewed.set):
        assert renewed.wait(30), "not only twice a day"
