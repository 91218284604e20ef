"""Logs of reads travel by themselves from post to centre: signed, in stretches, no further than they are anchored."""

from __future__ import annotations

import shutil
import zlib
from contextlib import closing, suppress
from pathlib import Path

import msgspec
import pytest
from diwan_central.privacy import handed_in_logs
from diwan_central.privacy.handed_in_logs import KeptLogs, handed_in, reads_at_posts, take_log
from diwan_central.privacy.store import PrivacyStore
from diwan_central.setup import scope_key
from diwan_core.exchange import ledger
from diwan_core.exchange.carriers.folder import Stick
from diwan_core.exchange.centre import central_stick
from diwan_core.exchange.centre.inbox import Inbox
from diwan_core.exchange.post import own_log, post_stick
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.messages import VERSION, LogRows
from diwan_core.exchange.wire.signed import sign_message
from diwan_core.register.inspection.read_logs import anchors_of_node
from diwan_core.trust import NodeKeys
from diwan_core.trust.access_log import handed_in as of_trust
from diwan_core.trust.access_log.events import event
from diwan_core.trust.access_log.handed_in import LogRefused, opened_stretch, sealed_log, sealed_stretch
from diwan_core.trust.access_log.log import FILE, FIRST, AuditUnusable, ReadLog
from diwan_core.trust.access_log.log_row import Logged
from diwan_core.trust.network.enrolled_keys import load_central
from diwan_core.trust.network.seal import seal

from tests.exchange.network import Network
from tests.privacy.kit import keys

pytestmark = pytest.mark.slow

RECORD = "0198f0a0-0000-7000-8000-%012d"


@pytest.fixture
def kept(net: Network, monkeypatch: pytest.MonkeyPatch) -> Network:
    """A centre that keeps logs, and stretches of three rows."""
    for module in (own_log, of_trust):
        monkeypatch.setattr(module, "STRETCH", 3)
    net.inbox = Inbox(net.register, keys(net), net.clock, KeptLogs(net.register.folder, keys(net)))
    return net


def look(net: Network, first: int, last: int, person: str = "zephyrine.oldfield") -> None:
    """Somebody at the first post looks at records with these numbers, and searches between them."""
    log = ReadLog.open(net.posts[0].register.folder)
    for number in range(first, last + 1):
        log.note(person, "officer", [event("record.shown", record=RECORD % number, view="record.page")])
    log.note(person, "officer", [event("list.searched", types="person", words="Quagmire")])
    log.close()


def exchanged(net: Network) -> None:
    """The first post anchors its log and says hello until all is said."""
    post = net.posts[0]
    post.register.anchor(at_once=True)
    for _ in range(2):
        post.exchange.woken()
        post.exchange.came_up()
        net.settle()
        for _ in range(12):
            net.turn()


def here(net: Network) -> dict[str, int]:
    with PrivacyStore.open(net.register.folder) as store:
        return {log.node: log.rows for log in handed_in(store).values()}


def seen(net: Network, number: int) -> list[tuple[str, str]]:
    with PrivacyStore.open(net.register.folder) as store:
        return [(role, what) for _, _, role, what in reads_at_posts(store, RECORD % number, 9)]


def test_a_log_arrives_by_itself_and_names_no_officer_and_no_words(kept: Network) -> None:
    node = kept.posts[0].register.config.id
    look(kept, 1, 7)
    exchanged(kept)
    assert here(kept) == {node: 8}
    assert seen(kept, 1) == seen(kept, 7) == [("officer", "record.page")]
    look(kept, 8, 8)
    assert here(kept) == {node: 8}, "nothing travels that is not anchored"
    exchanged(kept)
    assert here(kept) == {node: 10}
    exchanged(kept)
    assert here(kept) == {node: 10} and seen(kept, 8) == [("officer", "record.page")]
    for path in kept.register.folder.glob("privacy.db*"):
        assert b"oldfield" not in path.read_bytes() and b"Quagmire" not in path.read_bytes()


def test_a_log_that_was_put_back_goes_on_as_another_and_nothing_is_lost(kept: Network, tmp_path: Path) -> None:
    folder = kept.posts[0].register.folder
    look(kept, 1, 4)
    exchanged(kept)
    ReadLog.open(folder).purge()
    shutil.copy(folder / FILE, tmp_path / "older")
    look(kept, 5, 5)
    exchanged(kept)
    assert seen(kept, 5)
    for path in folder.glob(f"{FILE}*"):
        path.unlink()
    shutil.copy(tmp_path / "older", folder / FILE)
    look(kept, 6, 9)
    exchanged(kept)
    for number in (1, 5, 6, 9):
        assert seen(kept, number) == [("officer", "record.page")], number
    assert here(kept) == {kept.posts[0].register.config.id: 10}


def put_back(net: Network, copy: Path) -> None:
    folder = net.posts[0].register.folder
    for path in folder.glob(f"{FILE}*"):
        path.unlink()
    shutil.copy(copy, folder / FILE)


def test_what_an_old_stick_brings_again_does_not_end_the_log_of_a_post_that_was_put_back(
    kept: Network, tmp_path: Path
) -> None:
    post = kept.posts[0].register
    node = post.config.id
    look(kept, 1, 4)
    exchanged(kept)
    ReadLog.open(post.folder).purge()
    shutil.copy(post.folder / FILE, tmp_path / "older")
    look(kept, 5, 5)
    exchanged(kept)
    old, _ = sealed_stretch(post.folder, node, 5, 7)
    put_back(kept, tmp_path / "older")
    look(kept, 6, 9)
    exchanged(kept)
    anchors = [*anchors_of_node(kept.register.store, node), (1, "of another epoch")]
    KeptLogs(kept.register.folder, keys(kept)).take(node, old, anchors)
    look(kept, 10, 12)
    exchanged(kept)
    assert here(kept) == {node: 14}
    for number in (1, 5, 6, 9, 10, 12):
        assert seen(kept, number) == [("officer", "record.page")], number


def test_a_log_that_was_put_back_far_goes_on_behind_what_came_before(
    kept: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handed_in_logs, "_ENDS", 0)
    folder = kept.posts[0].register.folder
    look(kept, 1, 8)
    exchanged(kept)
    ReadLog.open(folder).purge()
    shutil.copy(folder / FILE, tmp_path / "older")
    look(kept, 9, 12)
    exchanged(kept)
    put_back(kept, tmp_path / "older")
    look(kept, 13, 19)
    exchanged(kept)
    for number in (1, 9, 12, 13, 19):
        assert seen(kept, number) == [("officer", "record.page")], number


def test_a_log_that_is_handed_in_takes_away_nothing_that_it_does_not_hold(kept: Network, tmp_path: Path) -> None:
    post = kept.posts[0].register
    look(kept, 1, 4)
    exchanged(kept)
    ReadLog.open(post.folder).purge()
    shutil.copy(post.folder / FILE, tmp_path / "older")
    look(kept, 5, 5)
    exchanged(kept)
    put_back(kept, tmp_path / "older")
    look(kept, 6, 9)
    post.anchor(at_once=True)
    kept.posts[0].exchange.woken()
    kept.settle()
    sealed, rows = sealed_log(post.folder, post.config.id)
    with PrivacyStore.open(kept.register.folder) as store:
        for _ in range(2):
            assert take_log(kept.register, store, keys(kept), sealed).rows == rows
    for number in (1, 5, 6, 9):
        assert seen(kept, number) == [("officer", "record.page")], number
    with PrivacyStore.open(kept.register.folder) as store:
        assert [run for (run,) in store.rows("select run from log_run")] == [1, 2]


def test_a_moment_that_no_calendar_has_is_not_taken(kept: Network) -> None:
    post = kept.posts[0].register
    row = Logged(1, 10**15, "x", "officer", "page", RECORD % 1, None, None, bytes(32), bytes(32))
    row = row._replace(seal=row.sealed_after(FIRST))
    content = zlib.compress(msgspec.msgpack.encode((post.config.id, [tuple(row)])))
    with pytest.raises(LogRefused):
        opened_stretch(
            post.config.id, seal(load_central(post.folder).sealing, content, of_trust.STRETCH_INFO), keys(kept)
        )


def test_no_log_keeps_the_looks_of_another_from_a_report(net: Network) -> None:
    with PrivacyStore.open(net.register.folder) as store:
        for node, looks in (("a" * 13, 1), ("b" * 13, 5)):
            store.write("insert into log_run values (?, 1, 9, x'', 9, 1, 1)", (node,))
            for number in range(looks):
                moment = 1_000 * looks + number
                store.write(
                    "insert into log_look values (?, 1, ?, ?, ?, 'officer', '')", (node, number, RECORD % 1, moment)
                )
        found = [node for node, *_ in reads_at_posts(store, RECORD % 1, 3)]
    assert found == ["b" * 13] * 3 + ["a" * 13]


def test_a_stretch_that_is_altered_misses_a_row_or_is_not_signed_is_not_taken(kept: Network) -> None:
    post = kept.posts[0].register
    node, own = post.config.id, NodeKeys.load(post.folder)
    look(kept, 1, 5)
    exchanged(kept)
    look(kept, 6, 9)
    post.anchor(at_once=True)
    kept.posts[0].exchange.woken()
    kept.settle()
    centre = kept.register.config.id
    later, _ = sealed_stretch(post.folder, node, 8, 11)
    gap = sign_message(LogRows(VERSION, later), node, centre, own.sign)
    other, _ = sealed_stretch(post.folder, "0" * 13, 6, 9)
    forged = sign_message(LogRows(VERSION, sealed_stretch(post.folder, node, 6, 9)[0]), node, centre, keys(kept).sign)
    for payload in (gap, sign_message(LogRows(VERSION, other), node, centre, own.sign), forged, b"\x93\x01"):
        kept.inbox.handle([(topics.up(node, topics.LOG), payload)])
        assert here(kept) == {node: 6}
    again = sign_message(LogRows(VERSION, sealed_stretch(post.folder, node, 0, 3)[0]), node, centre, own.sign)
    for _ in range(3):
        kept.inbox.handle([(topics.up(node, topics.LOG), again)])
    assert here(kept) == {node: 6}, "what came before changes nothing"


def test_a_log_travels_on_sticks_too(kept: Network, tmp_path: Path) -> None:
    post, stick = kept.posts[0], Stick(tmp_path / "stick")
    stick.mount.mkdir()
    logs = KeptLogs(kept.register.folder, keys(kept))
    key = scope_key(kept.register.folder, ledger.load(kept.register))
    own = NodeKeys.load(post.register.folder)
    look(kept, 1, 7)
    post.register.anchor(at_once=True)
    post.carrier.up = False
    for _ in range(2):
        post_stick.export_to_stick(post.register, own, stick)
        moved = central_stick.import_from_stick(kept.register, keys(kept), stick, logs)
        assert not moved.left
        central_stick.export_to_stick(kept.register, keys(kept), key, stick, logs=logs)
        post_stick.import_from_stick(post.register, own, stick)
    assert here(kept) == {post.register.config.id: 8}
    post_stick.export_to_stick(post.register, own, stick)
    assert not [*stick.mount.rglob("g-*-*.dwn")] or all("up" not in path.parts for path in stick.mount.rglob("g-*.dwn"))


def test_no_log_takes_the_room_that_records_need(kept: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    look(kept, 1, 3)
    with monkeypatch.context() as full:
        full.setattr(handed_in_logs, "has_room", lambda folder, size: False)
        exchanged(kept)
        assert here(kept) == {}
    exchanged(kept)
    assert here(kept) == {kept.posts[0].register.config.id: 4}


def damage(folder: Path) -> None:
    """Make a page of the log unreadable that neither its end nor its beginning needs."""
    ReadLog.open(folder).purge()
    for path in folder.glob(f"{FILE}-*"):
        path.unlink()
    whole = (folder / FILE).read_bytes()
    for page in range(1, len(whole) // 4096):
        (folder / FILE).write_bytes(whole[: page * 4096] + b"\xff" * 4096 + whole[(page + 1) * 4096 :])
        with suppress(AuditUnusable), closing(ReadLog.reading(folder)) as log:
            assert log.stretch(0, 3) and log.seal_of(121)
            with suppress(AuditUnusable):
                log.stretch(0, 121)
                continue
            return
    raise AssertionError("no page of this log is in its middle alone")


def test_a_log_that_is_damaged_keeps_nothing_else_from_the_centre(kept: Network, tmp_path: Path) -> None:
    post, stick = kept.posts[0], Stick(tmp_path / "stick")
    stick.mount.mkdir()
    exchanged(kept)
    look(kept, 1, 120)
    post.register.anchor(at_once=True)
    damage(post.register.folder)
    post_stick.export_to_stick(post.register, NodeKeys.load(post.register.folder), stick)
    logs = KeptLogs(kept.register.folder, keys(kept))
    assert central_stick.import_from_stick(kept.register, keys(kept), stick, logs).missing == []
    assert kept.register.store.one("SELECT max(rows) FROM anchored") == 121
    for _ in range(2):
        post.exchange.woken()
        post.exchange.came_up()
        kept.settle()
        for _ in range(60):
            kept.turn()
    assert here(kept) == {}, "what came before the damage has no anchor"


def test_a_centre_that_keeps_no_logs_is_sent_none(net: Network) -> None:
    look(net, 1, 3)
    exchanged(net)
    assert here(net) == {}
