"""What the centre wrote since its last backup lies on a second disk within a minute, and comes back from there."""

from __future__ import annotations

from pathlib import Path

import pytest
from diwan_core.audit import verify_node
from diwan_core.exchange.carriers.folder import Stick
from diwan_core.exchange.centre import central_stick
from diwan_core.exchange.centre.journal_tail import write_tail
from diwan_core.exchange.reopening import close, reopen
from diwan_core.register import Edit, Register
from diwan_core.register.archived import mark_safe
from diwan_core.trust import NodeKeys

from tests.exchange.copies import alike, put_back, save_copy, write_on
from tests.exchange.network import Network, case, network, whole

pytestmark = pytest.mark.slow


def decided(net: Network, place: str) -> str:
    """A case that the centre reports itself."""
    return net.register.save([Edit("case", case(place=place))], author="analyst").records[0]


def tail(net: Network, disk: Path) -> int:
    moved = write_tail(net.register, NodeKeys.load(net.register.folder), Stick(disk))
    assert moved.left == [] and moved.written is not None
    return moved.written


@pytest.mark.parametrize("late", [False, True], ids=["first", "after somebody worked on"])
def test_what_the_centre_wrote_since_its_backup_comes_back_from_the_second_disk(tmp_path: Path, late: bool) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    with network(tmp_path, posts=2) as net:
        records = [*write_on(net.posts[0], range(2)), decided(net, "Before the backup")]
        net.settle()
        mark_safe(net.register.store, whole(net.register.store))
        folder = net.register.folder
        net.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        save_copy(folder, tmp_path / "backup")
        records += [decided(net, "After the backup"), *write_on(net.posts[1], range(3, 5))]
        net.register.save([Edit("case", {"place": "Changed after it"}, record=records[0])], author="analyst")
        net.settle()
        assert tail(net, disk) > 0
        assert tail(net, disk) == 0, "what is there is not written again"
        records.append(decided(net, "A minute later"))
        net.settle()
        assert tail(net, disk) > 0
        net.register.close()
        put_back(folder, tmp_path / "backup", in_place=False)
        with Register.open(folder, role="writer") as register:
            close(register.store)
            moved = central_stick.import_from_stick(register, NodeKeys.load(folder), Stick(disk))
            assert register.get(records[-1]) is None and moved.left, "closed: rows wait for the ledgers of the posts"
            reopen(register.store)
            if late:
                records += register.save([Edit("case", case(place="Before the tail"))], author="analyst").records
            central_stick.import_from_stick(register, NodeKeys.load(folder), Stick(disk))
            assert all(register.get(record) is not None for record in records[2:4])
        net.restart_centre()
        net.settle(600)
        records.append(decided(net, "After the restore"))
        net.settle(600)
        alike(net, records)
        assert net.register.status()["received"]["quarantined"] == 0
        assert "clone" not in net.register.status()["refused"]
        assert verify_node(net.register.folder).whole
