"""A post of an older release keeps an edition's record unread, and loads the edition after its update."""

from __future__ import annotations

import threading
from pathlib import Path

from diwan_core.health.findings import Findings
from diwan_core.register import Edit
from diwan_core.register.code_editions import editions
from diwan_core.register.code_loading import Loader
from diwan_core.register.codes.code_file import use_editions

from tests.exchange.network import case, network
from tests.exchange.test_older_dictionary import at_an_older_post

VALUES = {
    "code_list": "locode", "edition": "2026-1", "valid_from": "2026-01-01", "entries": 1, "size": 100,
    "sha256": "a" * 64, "status": "published",
}  # fmt: skip


def test_the_record_waits_for_the_update_and_is_there_after_it(tmp_path: Path) -> None:
    with network(tmp_path, posts=1) as net:
        (post,) = net.posts
        (record,) = post.save(case())
        net.settle()
        net.register.save([Edit("code_edition", VALUES)], author="import")
        list(net.relay.live())  # numbered in the scope, and lost on its way
        version, values, verdicts = at_an_older_post(net, post, record)
        assert (version, values["place"]) == (1, "Old shed")
        assert verdicts[2] == 1, "one row waits for a newer release, none is refused"
        assert 1 not in verdicts
        again = net.start(net.folder / "post1")
        net.settle()
        assert [edition.edition for edition in editions(again.register.store)] == ["2026-1"]
        Loader(again.register, Findings(again.register.folder, "agent"), threading.Event()).turn()
        assert again.register.store.one("SELECT wanted FROM blob WHERE sha256=?", ("a" * 64,)) == 1
    use_editions(tmp_path / "none")
