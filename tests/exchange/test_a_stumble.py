"""What admission itself stumbles over is set aside; everything else that came with it is admitted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from diwan_core.exchange.centre import rows_in
from diwan_core.exchange.wire import topics
from diwan_core.register import DiskFull
from diwan_core.register.admission.admit import Admitting

from tests.exchange.network import case, network


def test_a_fault_in_admission_costs_one_parcel_and_not_its_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with network(tmp_path, posts=2) as net:
        net.settle()
        batch = []
        for post in net.posts:
            post.save(case())
            post.exchange.outbox.load(post.register.store.connection)
            for parcel in post.exchange.outbox.parcels(post.register.store.connection):
                batch.append((topics.up(post.register.config.id, topics.PARCEL), parcel))
        victim = net.posts[0].register.config.id

        class Stumbling(Admitting):
            def step(self, *arguments: Any) -> Any:
                admission = super().step(*arguments)
                if self._bundle.origin == victim:
                    raise KeyError("a mistake of ours")
                return admission

        with monkeypatch.context() as patched:
            patched.setattr(rows_in, "Admitting", Stumbling)
            net.inbox.handle(batch)
        assert net.register.count("case") == 1
        assert net.register.store.rows("SELECT sender, code FROM quarantine") == [(victim, "error")]
        net.posts[0].exchange.came_up()
        net.settle()
        assert net.register.count("case") == 2, "the post sends it again, and nothing was lost"


def test_a_full_disk_at_the_centre_acknowledges_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise DiskFull("the disk is full")

    with network(tmp_path, posts=1) as net:
        net.settle()
        net.posts[0].save(case())
        with monkeypatch.context() as patched:
            patched.setattr(rows_in, "Admitting", full)
            with pytest.raises(DiskFull):  # noqa: PT012  it raises while it is read
                for _ in range(5):
                    net.turn()
        assert net.posts[0].register.status()["journal"]["stored"] == 0
        net.posts[0].exchange.came_up()
        net.settle()
        assert net.register.count("case") == 1
