"""What a parcel that was opened may hold, on parcels made by hand."""

import json

import msgspec
import pytest
from backports import zstd
from diwan_lab.opened import Scene, fault_of_feed, name_of

HELD, GONE = bytes(8), bytes([7] * 8)
SCENE = Scene([], {("national", name_of(HELD), 1)}, {name_of(HELD)})


def parcel(role: str, epoch: bytes, record: str, seq: int = 1) -> bytes:
    """A feed parcel with a row that the centre holds, and one more."""
    lines = [json.dumps([[id_, "type"], {}, None]).encode() for id_ in ("a record", record)]
    runs = [[b"", "post", HELD, 1, 1, bytes(32), None], [b"", role, epoch, seq, seq, bytes(32), None]]
    return msgspec.msgpack.encode([b"", b"", runs, b"", zstd.compress(b"\n".join(lines)), False])


@pytest.mark.parametrize(
    ("role", "epoch", "record", "may"),
    [
        ("central", GONE, "", True),
        ("central", GONE, "a record", False),
        ("central", HELD, "", False),
        ("post", GONE, "", False),
    ],
    ids=["anchor of the centre", "record of the centre", "anchor of an epoch that it holds", "row of a post"],
)
def test_only_an_anchor_that_is_gone_with_a_database_of_the_centre_may_be_unknown_to_it(
    role: str, epoch: bytes, record: str, *, may: bool
) -> None:
    """Nobody else writes or sends such a row, and it belongs to no record."""
    fault = fault_of_feed("national", parcel(role, epoch, record, seq=2), 0, [], SCENE)
    assert fault == (None if may else f"row {name_of(epoch)}:2 is not in national")
