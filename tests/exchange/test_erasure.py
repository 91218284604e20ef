"""What the law has erased is gone from every file of every node, and the chains still verify."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_central.setup import scope_key
from diwan_core.audit import check, export, verify_node
from diwan_core.exchange import erasing, folder, folder_centre, ledger
from diwan_core.exchange.carriers.folder import Stick
from diwan_core.register import Edit, Refused, Register
from diwan_core.register.erasure import BOTH, NOMINAL
from diwan_core.trust import NodeKeys

from tests.exchange.network import Network, Post, case, network

PICTURE = b"\x89PNG" + bytes(range(256)) * 1200
SECRETS = (b"Zephyrine", b"zephyrine", b"ZEPHYRINE", b"Quagmire", b"quagmire", b"XK4711", b"Tramontane", b"tramontane")
PARTY = {"1": {"role": "declarant", "name": "Zephyrine Oldfield"}}


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2) as made:
        made.settle()
        yield made


def report(net: Network) -> tuple[str, str]:
    """A case that names a person, edited at both posts at once, with a picture; and a case beside it."""
    one, other = net.posts
    record, beside = one.save(
        case(narrative="Quagmire behind the seat", party=PARTY, place="Gate"), case(narrative="Somebody else's")
    )
    net.settle()
    one.edit(record, narrative="Quagmire and Tramontane")
    other.edit(record, narrative="Tramontane only", author="supervisor")
    one.register.attach(
        io.BytesIO(PICTURE), subject=record, media_type="image/png", author="officer", caption="Zephyrine herself"
    )
    one.exchange.woken()
    net.settle()
    return record, beside


def order(net: Network, record: str, halves: int = BOTH, basis: str = "Data Protection Act, order 12/2026") -> None:
    erasing.order(net.register, NodeKeys.load(net.register.folder), record, halves, basis)


def greet(net: Network) -> None:
    """Every post says hello, hears the ledger and does what it says."""
    for post in net.posts:
        post.exchange.came_up()
    for _ in range(6):
        net.turn()
    for post in net.posts:
        assert erasing.tidy(post.register, NodeKeys.load(post.register.folder))


def traces(register: Register, words: tuple[bytes, ...] = SECRETS) -> list[str]:
    """Files of a node that hold one of the words, as they lie on the disk."""
    found = []
    for path in register.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found += [f"{path.name}: {word!r}" for word in words if word in content]
            if PICTURE[:5000] in content or hashlib.sha256(PICTURE).hexdigest().encode() in content:
                found.append(f"{path.name}: the picture")
    return found


def nodes(net: Network) -> list[Register]:
    return [net.register, *(post.register for post in net.posts)]


def test_nothing_is_found_in_any_file_of_any_node_and_every_chain_verifies(net: Network) -> None:
    record, beside = report(net)
    assert all(traces(register) for register in (net.register, net.posts[0].register))
    order(net, record)
    greet(net)
    for register in nodes(net):
        assert traces(register) == []
        verified = verify_node(register.folder)
        assert verified.findings == []
        assert verified.counts["erased rows"] >= 3
        assert register.search("Quagmire") == []
        found = register.get(record)
        assert found is not None
        assert found.values == {}
        assert found.conflicts == {}
        assert register.get(beside).values["narrative"] == "Somebody else's"  # type: ignore[union-attr]
        assert register.store.one("SELECT count(*) FROM blob") == 0


def test_only_what_names_people_can_be_erased_and_the_rest_stays_provable(net: Network, tmp_path: Path) -> None:
    record, _ = report(net)
    order(net, record, NOMINAL)
    greet(net)
    for register in nodes(net):
        found = register.get(record)
        assert found is not None
        assert found.nominal == {}
        assert found.rest["goods"]["1"]["quantity"] == "12.5"
        assert verify_node(register.folder).findings == []
        assert traces(register, (b"Zephyrine", b"zephyrine")) == []
    net.posts[0].edit(record, place="Warehouse")
    net.settle()
    assert net.register.get(record).values["place"] == "Warehouse"  # type: ignore[union-attr]
    with pytest.raises(Refused, match="erased under"):
        net.posts[0].edit(record, party=PARTY)


def test_the_case_file_says_under_what_it_was_erased(net: Network, tmp_path: Path) -> None:
    record, _ = report(net)
    order(net, record)
    path = tmp_path / "case.zip"
    export(net.register.folder, record, path)
    done = check(path)
    assert done.findings == []
    assert any("erased under Data Protection Act, order 12/2026" in statement for statement in done.statements)
    assert not any(word in path.read_bytes() for word in SECRETS)


def test_a_post_that_was_away_sends_and_gets_the_record_without_its_values(net: Network) -> None:
    record, _ = report(net)
    one, other = net.posts
    one.carrier.up = False
    one.edit(record, narrative="Quagmire again, said too late")
    (unsent,) = one.save(case(narrative="In between"))
    order(net, record)
    other.edit(other.save(case())[0], place="Elsewhere")
    net.settle()
    one.carrier.up = True
    one.exchange.came_up()
    net.settle()
    greet(net)
    for register in nodes(net):
        assert traces(register) == []
        assert verify_node(register.folder).findings == []
        assert register.get(record).values == {}  # type: ignore[union-attr]
        assert register.get(unsent) is not None


def test_a_post_that_joins_later_gets_what_is_left_by_history_or_by_snapshot(tmp_path: Path) -> None:
    for behind in (5000, 3):
        with network(tmp_path / str(behind), posts=2, snapshot_behind=behind) as net:
            net.settle()
            record, beside = report(net)
            order(net, record)
            greet(net)
            late = net.add_post("Late")
            net.settle()
            greet(net)
            assert late.register.get(record).values == {}  # type: ignore[union-attr]
            assert late.register.get(beside) is not None
            assert traces(late.register) == []
            assert verify_node(late.register.folder).findings == []


def test_it_travels_by_stick_and_an_older_stick_brings_nothing_back(net: Network, tmp_path: Path) -> None:
    one, other = net.posts
    for post in net.posts:
        post.carrier.up = False
    (record,) = one.save(case(narrative="Quagmire", party=PARTY))
    old, new = tmp_path / "old", tmp_path / "new"
    key, centre = scope_key(net.register.folder, ledger.load(net.register)), NodeKeys.load(net.register.folder)

    def to_centre(post: Post, mount: Path) -> None:
        mount.mkdir(exist_ok=True)
        folder.exported(post.register, NodeKeys.load(post.register.folder), Stick(mount))
        folder_centre.imported(net.register, centre, Stick(mount))
        folder_centre.exported(net.register, centre, key, Stick(mount))

    def back(post: Post, mount: Path) -> None:
        folder.imported(post.register, NodeKeys.load(post.register.folder), Stick(mount))

    to_centre(one, old)
    to_centre(other, old)
    order(net, record)
    to_centre(one, new)
    to_centre(other, new)
    back(other, new)
    back(other, old)
    folder_centre.imported(net.register, centre, Stick(old))
    back(one, new)
    for register in nodes(net):
        erasing.tidy(register, NodeKeys.load(register.folder))
        assert traces(register) == []
        assert register.get(record).values == {}  # type: ignore[union-attr]
        assert verify_node(register.folder).findings == []


def test_sealed_parcels_in_quarantine_are_emptied_too(net: Network) -> None:
    record, _ = report(net)
    one = net.posts[0]
    parcel = parcel_of(one)
    with net.register.store.write() as connection:
        connection.execute(
            "INSERT INTO quarantine (received, sender, code, reason, payload) VALUES (1, ?, 'fork', 'a fork', ?)",
            (one.register.config.id, parcel),
        )
    order(net, record)
    assert net.register.store.rows("SELECT payload, reason FROM quarantine") == [(None, "a fork (erased)")]


def parcel_of(post: Post) -> bytes:
    """All rows of a post in one sealed parcel."""
    from diwan_core.exchange.parcel import ROWS, header, pack, rows_content
    from diwan_core.exchange.rows import signed_stretch

    connection = post.register.store.connection
    number, epoch, head = connection.execute("SELECT no, id, signed FROM epoch WHERE own=1").fetchone()
    rows = signed_stretch(connection, number, 0, head)
    assert rows is not None
    assert rows.signature is not None
    reader = connection.execute("SELECT sealing_key FROM node WHERE role='central'").fetchone()[0]
    about = header(ROWS, post.register.config.id, epoch=epoch, first=rows.first, last=rows.last)
    return pack(about, rows_content(rows.signature, rows.salts, rows.lines), reader)


def test_a_node_cannot_keep_values_to_itself_by_calling_them_erased(net: Network) -> None:
    from diwan_core.exchange import topics
    from diwan_core.exchange.parcel import ROWS, header, pack, rows_content
    from diwan_core.exchange.rows import signed_stretch
    from diwan_core.register.change import commitments

    one = net.posts[0]
    one.carrier.up = False
    one.save(case(narrative="Kept to itself"))
    connection = one.register.store.connection
    number, epoch, head = connection.execute("SELECT no, id, signed FROM epoch WHERE own=1").fetchone()
    for no, salt, rest, nominal in connection.execute(
        "SELECT no, salt, rest, nominal FROM journal WHERE epoch=? AND seq>1", (number,)
    ).fetchall():
        kept = b"".join(commitments(salt, rest.encode(), nominal and nominal.encode()))
        connection.execute(
            "UPDATE journal SET rest=NULL, nominal=NULL, salt=NULL, commitments=? WHERE no=?", (kept, no)
        )
    rows = signed_stretch(connection, number, 0, head)
    assert rows is not None
    assert rows.signature is not None
    reader = connection.execute("SELECT sealing_key FROM node WHERE role='central'").fetchone()[0]
    about = header(ROWS, one.register.config.id, epoch=epoch, first=rows.first, last=rows.last)
    parcel = pack(about, rows_content(rows.signature, rows.salts, rows.lines, rows.erased), reader)
    net.inbox.handle([(topics.up(one.register.config.id, topics.PARCEL), parcel)])
    assert net.register.count("case") == 0
    assert net.register.store.one("SELECT code FROM quarantine") == "erasure"
    assert any("no erasure" in finding.what for finding in verify_node(one.register.folder).findings)


def test_a_new_case_may_still_be_reported(net: Network) -> None:
    record, _ = report(net)
    order(net, record)
    greet(net)
    net.posts[0].register.save([Edit("case", case(place="New"))], author="officer")
    with pytest.raises(Refused, match="erased under"):
        net.register.save([Edit("case", {"place": "Again"}, record=record)], author="analyst")
