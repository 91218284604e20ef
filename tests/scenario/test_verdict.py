"""The verdict catches what it is there to catch: harm done by hand to the databases of a real network at rest."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from diwan_lab.erased import traces
from diwan_lab.members import broken_feeds, not_on_stick
from diwan_lab.officers import Told
from diwan_lab.opened import FRAME, MAGIC, ROWS, messages
from diwan_lab.verdict import in_clear

from .conftest import Remains

pytestmark = pytest.mark.slow


FIRST_CASE = "(SELECT no FROM journal WHERE verdict=0 AND json_extract(meta, '$[1]')='case' ORDER BY no LIMIT 1)"
FIRST_EDIT = "(SELECT no FROM journal WHERE nominal LIKE '%mark-post1%' ORDER BY no LIMIT 1)"


def test_nothing_is_wrong_with_a_network_at_rest(remains: Remains) -> None:
    verdict = remains.verdict()
    assert verdict.good, verdict.words
    assert verdict.acknowledged == len(remains.told) == 10
    assert (verdict.quarantined, verdict.conflicts) == (0, 0)


@pytest.mark.parametrize("which", [FIRST_CASE, FIRST_EDIT], ids=["a case", "an edit"])
def test_a_row_removed_at_the_centre_is_lost(remains: Remains, which: str) -> None:
    remains.harm("central", f"DELETE FROM journal WHERE no={which}")
    verdict = remains.verdict()
    assert verdict.lost >= 1
    assert verdict.chain_errors >= 1
    assert verdict.miscounted >= 1


def test_a_row_that_is_there_twice_is_doubled(remains: Remains) -> None:
    remains.harm(
        "central",
        "INSERT INTO journal SELECT (SELECT max(no)+1 FROM journal), epoch, 1000, record, verdict, meta, rest, nominal,"
        f" salt, hash, signature, commitments, record_id FROM journal WHERE no={FIRST_EDIT}",
    )
    assert remains.verdict().duplicated == 1


def test_a_case_created_twice_is_doubled(remains: Remains) -> None:
    remains.harm(
        "central",
        "INSERT INTO journal SELECT (SELECT max(no)+1 FROM journal), epoch, 1000, record, verdict, meta, rest, nominal,"
        f" salt, hash, signature, commitments, record_id FROM journal WHERE no={FIRST_CASE}",
    )
    assert remains.verdict().duplicated == 1


def test_a_record_that_differs_at_a_post_has_diverged(remains: Remains) -> None:
    remains.harm("post2", """UPDATE record_case SET rest='{"office":"XXXXX"}' WHERE no=1""")
    verdict = remains.verdict()
    assert (verdict.diverged, verdict.lost) == (1, 0)


def test_an_altered_row_breaks_its_chain_at_the_node_where_it_was_altered(remains: Remains) -> None:
    remains.harm("post1", f"UPDATE journal SET nominal=replace(nominal, 'gate', 'date') WHERE no={FIRST_EDIT}")
    verdict = remains.verdict()
    assert verdict.chain_errors == 1
    assert verdict.words[-1].startswith("post1:")


def test_a_chain_made_anew_from_an_altered_row_on_is_given_away_by_its_signatures(remains: Remains) -> None:
    remains.harm("central", "UPDATE journal SET signature=zeroblob(64) WHERE signature IS NOT NULL")
    verdict = remains.verdict()
    assert verdict.chain_errors >= 4
    assert any("did not sign" in word for word in verdict.words)


def test_a_counter_that_does_not_add_up_is_found(remains: Remains) -> None:
    remains.harm("central", "UPDATE epoch SET applied=applied-1, quarantined=quarantined+1 WHERE own=0 AND no=2")
    assert remains.verdict().miscounted == 1


def test_a_row_that_a_post_never_got_has_diverged_though_its_chain_goes_on(remains: Remains) -> None:
    row = f"WHERE epoch=(SELECT epoch FROM journal WHERE no={FIRST_EDIT})"
    seq = f"(SELECT seq FROM journal WHERE no={FIRST_EDIT})"
    with closing(sqlite3.connect(remains.folder / "post2" / "register.db", isolation_level=None)) as database:
        database.execute(f"INSERT INTO joint SELECT epoch, seq, hash FROM journal {row} AND seq={seq}-1")
        database.execute(f"INSERT INTO joint SELECT epoch, seq, hash FROM journal {row} AND seq={seq}")
        assert database.execute(f"DELETE FROM journal WHERE no={FIRST_EDIT}").rowcount == 1
    assert remains.verdict().good, "a snapshot may have brought it"
    remains.harm("post2", f"DELETE FROM joint {row}")
    verdict = remains.verdict()
    assert (verdict.diverged, verdict.chain_errors) == (1, 1)


def test_a_chain_that_goes_on_from_a_hash_the_centre_does_not_know_has_diverged(remains: Remains) -> None:
    remains.harm("post2", "INSERT INTO joint SELECT no, 1, zeroblob(32) FROM epoch WHERE own=0 LIMIT 1")
    verdict = remains.verdict()
    assert verdict.diverged == 1
    assert "is not the centre's" in verdict.words[-1]


def test_a_post_whose_feed_is_not_the_one_the_centre_signed_has_diverged(remains: Remains) -> None:
    remains.harm("post1", "UPDATE feed SET hash=zeroblob(32)")
    verdict = remains.verdict()
    assert (verdict.diverged, verdict.lost) == (1, 0)


def test_a_row_that_is_not_in_force_at_one_post_has_diverged(remains: Remains) -> None:
    remains.harm("post2", f"UPDATE journal SET verdict=1 WHERE no={FIRST_EDIT}")
    assert remains.verdict().diverged == 1


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE scope_run SET feed_hash=zeroblob(32) WHERE first=(SELECT max(first) FROM scope_run)",
        "UPDATE scope_run SET first_seq=first_seq-1 WHERE last=(SELECT max(last) FROM scope_run)",
        "DELETE FROM scope_run WHERE last=(SELECT max(last) FROM scope_run)",
    ],
    ids=["altered", "widened", "cut off"],
)
def test_a_scope_whose_log_is_not_its_chain_is_found(remains: Remains, harm: str) -> None:
    remains.harm("central", harm)
    assert remains.verdict().chain_errors >= 1


@pytest.mark.parametrize("said_of", ["attachment", "person"])
def test_a_row_that_has_more_numbers_than_it_may_is_found(remains: Remains, said_of: str) -> None:
    """Two more where the ledger keeps some of its type from others, or it goes with a letter and the ledger says
    anything: what it belongs to may have come after it, and a post may hear late of what the ledger says."""

    def number_again(which: str) -> list[str]:
        remains.harm(
            "central",
            "INSERT INTO scope_run (scope, first, last, epoch, first_seq, last_seq, feed_hash) "
            f"SELECT 'national', (SELECT max(last)+1 FROM scope_run), (SELECT max(last)+1 FROM scope_run), j.epoch, "
            f"j.seq, j.seq, zeroblob(32) FROM journal j JOIN record r ON r.no=j.record WHERE r.type='{which}' "
            "AND json_type(j.meta, '$[8]')='null' ORDER BY j.no LIMIT 1",
        )
        return [words for words in broken_feeds(remains.central) if "times" in words]

    assert len(number_again("attachment")) == 1
    said = json.dumps({"entry": {"kind": "reach", "facts": {"type": said_of, "nominal": "unit"}}})
    last = "(SELECT max(number) FROM ledger)"
    remains.harm("central", f"UPDATE ledger SET entry=CAST('{said}' AS BLOB) WHERE number={last}")
    assert [words for words in broken_feeds(remains.central) if "times" in words] == []
    assert number_again("attachment") == []
    assert len(number_again("attachment")) == 1
    assert len(number_again("case")) == 2


def test_a_picture_that_a_record_names_must_be_there_whoever_was_told(remains: Remains) -> None:
    (picture,) = (one.sha256 for one in remains.told if one.kind == "picture" and one.post == "post2")
    remains.told = []
    (remains.central / "blobs" / picture[:2] / picture).write_bytes(b"other bytes")
    assert any(word.startswith("LOST") and "names picture" in word for word in remains.verdict().words)


def test_a_picture_whose_bytes_are_gone_is_lost(remains: Remains) -> None:
    (picture,) = (one.sha256 for one in remains.told if one.kind == "picture" and one.post == "post1")
    (remains.central / "blobs" / picture[:2] / picture).unlink()
    assert remains.verdict().lost >= 1


def test_a_value_in_clear_on_the_wire_is_found(remains: Remains, tmp_path: Path) -> None:
    (tmp_path / "tap").write_bytes(b"diwan/1/up/x/p\0..." + remains.told[-1].mark.encode() + b"...\n")
    assert in_clear([tmp_path / "tap"]) == [remains.told[-1].mark]


def tapped(remains: Remains, topic: str) -> bytes:
    """The last payload that went out on a topic of this form."""
    found = [
        payload
        for tap in sorted((remains.folder / "tap").iterdir())
        for name, payload in messages(tap)
        if re.fullmatch(topic, name)
    ]
    return found[-1]


def test_every_sealed_message_opens_for_its_reader_and_for_nobody_else(remains: Remains) -> None:
    assert tapped(remains, r"diwan/1/up/\w+/p")
    assert tapped(remains, r"diwan/1/up/\w+/b")
    assert tapped(remains, r"diwan/1/scope/national/\w+")
    assert remains.verdict().out_of_scope == 0
    stolen = (remains.central / "keys/sealing.pem").read_bytes()
    (remains.folder / "post1" / "keys/sealing.pem").write_bytes(stolen)
    assert "post1 can open what is for central: they have one key" in remains.verdict().words


def test_rows_sealed_to_a_scope_they_are_not_in_are_found(remains: Remains) -> None:
    remains.harm("central", "DELETE FROM scope_run WHERE last=(SELECT max(last) FROM scope_run)")
    verdict = remains.verdict()
    assert verdict.out_of_scope >= 1
    assert any("is not in national" in word for word in verdict.words)


def test_a_key_of_a_scope_in_the_hands_of_a_node_that_is_no_member_is_found(remains: Remains) -> None:
    left = """replace(CAST(entry AS TEXT), '"scopes":["national"]', '"scopes":["other"]')"""
    last = "number=(SELECT max(number) FROM ledger)"
    remains.harm("central", f"UPDATE ledger SET entry=CAST({left} AS BLOB) WHERE {last}")
    assert remains.verdict().out_of_scope == 1


def test_what_names_people_is_not_for_readers_outside_the_country(remains: Remains) -> None:
    node = (remains.posts[1] / "node.toml").read_text()
    (name,) = re.findall(r'(?m)^id *= *"(\w+)"', node)
    remains.harm("central", f"UPDATE node SET role='partner' WHERE id='{name}'")
    words = remains.verdict().words
    assert any("holds what names people, and opens for post2" in word for word in words)


def test_a_parcel_for_somebody_else_is_found(remains: Remains) -> None:
    tap = remains.folder / "tap" / "post1.agent"
    parcel = tapped(remains, r"diwan/1/up/\w+/p")
    wrong = f"diwan/1/node/{'a' * 13}/b".encode()
    header = msgspec.msgpack.decode(parcel[4 : 4 + int.from_bytes(parcel[2:4], "big")])
    assert header[0] == ROWS
    tap.write_bytes(tap.read_bytes() + FRAME.pack(MAGIC, len(wrong), len(parcel)) + wrong + parcel)
    assert remains.verdict().out_of_scope == 1


def test_a_message_cut_off_by_a_death_hides_none_after_it(tmp_path: Path) -> None:
    whole = FRAME.pack(MAGIC, 3, 5) + b"a/1" + b"TAP\n!"
    (tmp_path / "tap").write_bytes(whole + FRAME.pack(MAGIC, 3, 500) + b"a/2cut" + whole + whole[:6])
    assert [topic for topic, _ in messages(tmp_path / "tap")] == ["a/1", "a/1"]


def test_values_that_an_erasure_left_behind_are_found_in_whatever_file(remains: Remains) -> None:
    edit = next(one for one in remains.told if one.kind == "edit")
    ordered = f"INSERT INTO erasure VALUES ('{edit.record}', 3, 'the law', 9)"
    remains.harm("central", ordered)
    words = remains.verdict().words
    assert "post1 has not carried out all erasures" in words
    assert any(word.startswith("central/register.db") and word.endswith(f"still holds {edit.mark}") for word in words)
    for post in ("post1", "post2"):
        remains.harm(post, ordered)
    for node in (remains.central, *remains.posts):
        with closing(sqlite3.connect(node / "register.db", isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode=DELETE")
    (remains.posts[0] / "notes.txt").write_text("x" * 5_000_000 + edit.mark)
    found = traces([remains.posts[0]], {edit.mark}, set())
    assert "post1/notes.txt still holds " + edit.mark in found
    assert any(trace.startswith("post1/register.db") for trace in found)


def test_an_order_to_erase_that_was_acknowledged_and_is_not_in_the_ledger_is_lost(remains: Remains) -> None:
    remains.told = [*remains.told, Told("erasure", "central", remains.told[0].record, "")]
    assert remains.verdict().lost == 1


def test_a_mirror_that_lacks_a_row_is_found(remains: Remains) -> None:
    epochs = "SELECT id, signed FROM epoch WHERE own=1"
    with closing(sqlite3.connect(remains.posts[0] / "register.db")) as database:
        ((epoch, signed),) = database.execute(epochs).fetchall()
    up = remains.folder / "stick" / "diwan" / "up" / "node"
    up.mkdir(parents=True)
    (up / f"p-{epoch}-0000000001-{signed - 1:010}.dwn").touch()
    assert not_on_stick(remains.folder / "stick", remains.posts[0]) == [f"post1: {epoch}:{signed} is not on its stick"]
    (up / f"p-{epoch}-{signed:010}-{signed:010}-000003.dwn").touch()
    assert not_on_stick(remains.folder / "stick", remains.posts[0]) == []


def test_a_mirror_lacks_nothing_that_its_post_knows_by_a_snapshot_only(remains: Remains) -> None:
    """`cards --seed 39000`: rows of a post that was put back came back by a snapshot, without the rows themselves."""
    own = "SELECT no, id, signed, hash FROM epoch WHERE own=1"
    with closing(sqlite3.connect(remains.posts[0] / "register.db", isolation_level=None)) as database:
        ((number, epoch, signed, last),) = database.execute(own).fetchall()
        database.execute("INSERT INTO joint (epoch, seq, hash) VALUES (?, ?, ?)", (number, signed, last))
        database.execute("DELETE FROM journal WHERE epoch=? AND seq=?", (number, signed))
    up = remains.folder / "stick" / "diwan" / "up" / "node"
    up.mkdir(parents=True)
    (up / f"p-{epoch}-0000000001-{signed - 2:010}.dwn").touch()
    lacking = [f"post1: {epoch}:{signed - 1} is not on its stick"]
    assert not_on_stick(remains.folder / "stick", remains.posts[0]) == lacking


def test_the_wire_was_listened_to(network: Remains) -> None:
    sizes = [
        (network.folder / "tap" / name).stat().st_size for name in ("post1.agent", "central.ingest", "central.relay")
    ]
    assert min(sizes) > 100
