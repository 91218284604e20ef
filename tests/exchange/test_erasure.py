"""What the law has erased is gone from every file of every node, and the chains still verify."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from diwan_central.setup import scope_key
from diwan_core.audit import check, export, verify_node
from diwan_core.exchange import erasing, folder, folder_centre, ledger, topics
from diwan_core.exchange.carriers.folder import Stick
from diwan_core.exchange.parcel import ROWS, Header, RowsContent, read_header, read_rows, text_id, unpack
from diwan_core.register import Edit, Refused, Register
from diwan_core.register.erasure import BOTH, NOMINAL
from diwan_core.trust import NodeKeys
from diwan_core.trust.accounts import Accounts
from diwan_core.trust.reads import Look, ReadLog

from tests.exchange.network import Network, Post, case, network
from tests.exchange.test_put_back import put_back, save_copy

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


def test_a_picture_whose_file_outlived_a_database_put_back_goes_too(net: Network, tmp_path: Path) -> None:
    post = net.posts[0]
    post.save(case(place="Gate"))
    net.settle()
    post_folder, copy = post.register.folder, tmp_path / "copy"
    save_copy(post_folder, copy)
    record, _ = report(net)
    net.stop(post)
    order(net, record)
    put_back(post_folder, copy, in_place=False)
    again = net.start(post_folder)
    assert again.register.store.one("SELECT count(*) FROM blob") == 0, "its register knows no picture"
    assert any("the picture" in trace for trace in traces(again.register)), "its folder has one"
    net.settle()
    greet(net)
    assert traces(again.register) == []


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


def test_a_mirror_that_stays_in_the_post_is_written_anew_even_where_it_is_sealed(net: Network, tmp_path: Path) -> None:
    post, mount = net.posts[0], tmp_path / "mirror"
    Stick(mount_of(mount)).make()
    mirror = folder.Mirror(post.register, NodeKeys.load(post.register.folder), str(mount), post.clock)
    record, _ = report(net)
    assert mirror.turn()
    assert any(word in content for content in as_the_centre_reads(net, mount) for word in SECRETS)
    order(net, record)
    greet(net)
    post.clock.now += 60
    assert mirror.turn()
    for content in as_the_centre_reads(net, mount):
        assert not any(word in content for word in SECRETS)
        assert PICTURE[:500] not in content
    assert not mirror.turn(), "once is enough"
    folder_centre.imported(net.register, NodeKeys.load(net.register.folder), Stick(mount))
    assert verify_node(net.register.folder).findings == []


def mount_of(path: Path) -> Path:
    path.mkdir(exist_ok=True)
    return path


def as_the_centre_reads(net: Network, mount: Path) -> list[bytes]:
    """What the centre reads in the files of a stick."""
    centre, found = NodeKeys.load(net.register.folder), []
    for path in sorted(mount.rglob("[pb]-*.dwn")):
        payload = path.read_bytes()[21:-64]
        head, start = read_header(payload)
        content = unpack(payload, start, centre)
        found.append(read_rows(content, head)[1] if head.kind == ROWS else content)
    return found


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
    ((kept, reason),) = net.register.store.rows("SELECT payload, reason FROM quarantine")
    assert reason == "a fork (erased)"
    assert held_in(net, kept, SECRETS) == []
    assert held_in(net, kept, (b"Somebody else's",))


def test_a_sealed_parcel_quarantined_after_the_order_keeps_all_but_what_was_erased(net: Network) -> None:
    record, beside = report(net)
    one = net.posts[0]
    late = parcel_of(one)
    order(net, record)
    greet(net)
    net.register.store.connection.execute("UPDATE node SET revoked=1 WHERE id=?", (one.register.config.id,))
    net.inbox.handle([(topics.up(one.register.config.id, topics.PARCEL), late)])
    ((code, kept, reason),) = net.register.store.rows("SELECT code, payload, reason FROM quarantine")
    assert (code, reason.endswith("(erased)")) == ("revoked", True)
    assert kept != late
    assert held_in(net, kept, SECRETS) == []
    assert held_in(net, kept, (b"Somebody else's", record.encode(), beside.encode()))
    assert chain_of(net, kept) == chain_of(net, late), "what is left proves itself by the same signature"


def test_a_piece_of_an_erased_picture_is_not_kept_in_quarantine(net: Network) -> None:
    from diwan_core.exchange.parcel import PIECE, header, pack
    from diwan_core.exchange.quarantined import keepable
    from diwan_core.exchange.receipt import Piece, encode

    record, _ = report(net)
    order(net, record)
    keys = NodeKeys.load(net.register.folder)
    for content, left in ((PICTURE, False), (b"another", True)):
        piece = Piece(hashlib.sha256(content).digest(), len(content), 0, "image/png", content[:900])
        parcel = pack(header(PIECE, net.posts[0].register.config.id), encode(piece), keys.sealing_public)
        kept = keepable(net.register.store.connection, parcel, keys)
        assert kept == (parcel if left else None)


def test_what_nobody_here_can_open_stays_as_it_came(net: Network) -> None:
    from diwan_core.exchange.quarantined import keepable

    record, _ = report(net)
    late = parcel_of(net.posts[0])
    order(net, record)
    assert keepable(net.register.store.connection, late, NodeKeys.load(net.posts[1].register.folder)) == late
    assert keepable(net.register.store.connection, b"DWN?", NodeKeys.load(net.register.folder)) == b"DWN?"


def opened(net: Network, parcel: bytes) -> tuple[Header, RowsContent, bytes]:
    head, start = read_header(parcel)
    return head, *read_rows(unpack(parcel, start, NodeKeys.load(net.register.folder)), head)


def held_in(net: Network, parcel: bytes, words: tuple[bytes, ...]) -> list[bytes]:
    """Which of the words the rows of a sealed parcel hold."""
    return [word for word in words if word in opened(net, parcel)[2]]


def chain_of(net: Network, parcel: bytes) -> tuple[bytes, bytes]:
    """The hash of a parcel's last row, and its origin's signature."""
    from diwan_core.register.change import chain_start, decode_rows

    head, rows, lines = opened(net, parcel)
    start = chain_start(text_id(head.sender), text_id(head.epoch))
    marks = {head.first + at: kept for at, kept in rows.erased}
    return decode_rows(lines, head.first, rows.salts, start, marks)[-1].hash, rows.signature


def looked_for(register: Register, *words: str) -> ReadLog:
    """A node's log after these searches, an export and an import."""
    log = ReadLog.open(register.folder)
    log.note("analyst", "analyst", [Look("search", "", f"case: {word}") for word in words])
    export = "case csv, with personal data: " + urlencode({"q": "Zephyrine", "office": "JOAQJ"})
    log.note("analyst", "analyst", [Look("export", "", export), Look("import", "", "quagmire.xlsx")])
    log.note("analyst", "analyst", [Look("page", "0", "case.page")])
    return log


def test_words_people_searched_for_go_too_and_the_log_still_verifies(net: Network) -> None:
    """Spaced, accented, in part, in capitals: whatever could have found the record by an erased value."""
    record, _ = report(net)
    typed = (
        "Zephyrine", "ZEPHYR", "zéphyrine oldfield", "oldfield, z", "Zephyrine Oldfield's brother", "quagmire behind",
        "tramontane", "Ｚｅｐｈｙｒｉｎｅ",
    )  # fmt: skip
    others = ("kilo", "warehouse 17", "Aldous")
    logs = [looked_for(register, *typed, *others) for register in nodes(net)]
    for register in nodes(net):
        accounts = Accounts.open(register.folder)
        accounts.add("analyst", "analyst")
        accounts.views.keep("analyst", "case", "Mine", "q=Zephyrine&sort=date")
        accounts.views.keep("analyst", "case", "Theirs", "q=kilo")
        accounts.close()
        register.anchor(at_once=True)
    for post in net.posts:
        post.exchange.woken()
    net.settle()
    order(net, record)
    greet(net)
    for register, log in zip(nodes(net), logs, strict=True):
        assert traces(register, (*SECRETS, b"ldfield", b"ZEPHYR", "zéphyr".encode(), "Ｚ".encode())) == []
        rows = list(log.rows())
        gone = {row.no for row in rows if row.detail is None}
        assert gone == {*range(1, len(typed) + 1), len(typed) + len(others) + 1, len(typed) + len(others) + 2}
        assert [row.detail for row in rows if row.how == "search" and row.detail] == [f"case: {one}" for one in others]
        said = [(row.record, row.detail or "") for row in rows if row.how == "erasure"]
        assert {int(number) for _, numbers in said for number in numbers.split()} == gone
        assert record in {one for one, _ in said}
        assert log.verify() is None
        assert verify_node(register.folder).findings == []
        accounts = Accounts.open(register.folder)
        assert accounts.views.of("analyst", "case") == [("Theirs", "q=kilo")]
        accounts.close()
        log.close()


def test_words_go_with_the_half_that_is_erased(net: Network) -> None:
    record, _ = report(net)
    log = looked_for(net.register, "Oldfield", "gate")
    order(net, record, NOMINAL)
    assert [row.detail for row in log.rows() if row.how == "search"] == [None, "case: gate"]
    log.close()


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
