"""The checker notices what it is there to notice, on databases written by hand."""

import hashlib
import json
import sqlite3
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from diwan_lab.checker import amounts_left, broken_chains, disagreements, first_commit, is_level, take_account
from diwan_lab.signatures import DOMAIN, bad_checkpoints

TABLES = """
CREATE TABLE epoch (no INTEGER PRIMARY KEY, id TEXT, origin TEXT, own INTEGER, seq INTEGER, hash BLOB,
    applied INTEGER DEFAULT 0, duplicates INTEGER DEFAULT 0, waiting INTEGER DEFAULT 0, quarantined INTEGER DEFAULT 0);
CREATE TABLE journal (no INTEGER PRIMARY KEY, epoch INTEGER, seq INTEGER, record INTEGER, verdict INTEGER DEFAULT 0,
    meta TEXT, rest TEXT, nominal TEXT, salt BLOB, hash BLOB, commitments BLOB);
CREATE TABLE joint (epoch INTEGER, seq INTEGER, hash BLOB, PRIMARY KEY (epoch, seq));
CREATE TABLE record (no INTEGER PRIMARY KEY, id TEXT, type TEXT);
CREATE TABLE record_case (no INTEGER PRIMARY KEY, base INTEGER, rest TEXT, nominal TEXT);
CREATE TABLE alternative (record INTEGER, key TEXT, epoch TEXT, seq INTEGER);
CREATE TABLE state (key TEXT PRIMARY KEY, value);
CREATE TABLE amount (record INTEGER, line TEXT, kilograms TEXT, pieces TEXT, litres TEXT, cubic_metres TEXT,
    value TEXT, currency TEXT, national TEXT);
CREATE TABLE blob (sha256 TEXT PRIMARY KEY, size INTEGER, have INTEGER, own INTEGER);
"""
PICTURE = b"an invented picture"


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


class Node:
    """A data folder with `rows` cases in the journal of one epoch, and one picture."""

    def __init__(self, folder: Path, *, own: bool, rows: int = 3) -> None:
        self.folder = folder
        self.picture = folder / "blobs" / sha(PICTURE).hex()[:2] / sha(PICTURE).hex()
        self.picture.parent.mkdir(parents=True)
        self.picture.write_bytes(PICTURE)
        self.database = sqlite3.connect(folder / "register.db", isolation_level=None)
        self.database.executescript(TABLES)
        head = sha(b"diwan/1 epoch origin epoch")
        for seq in range(1, rows + 1):
            meta, rest, nominal, salt = (
                json.dumps(["r", "case", 5000 + seq << 16]),
                f'{{"n":{seq}}}',
                '{"p":1}',
                bytes([seq] * 16),
            )
            committed = sha(sha(b"rest" + salt)[:16] + rest.encode()) + sha(
                sha(b"nominal" + salt)[:16] + nominal.encode()
            )
            head = sha(head + committed + meta.encode())
            self.run("INSERT INTO record VALUES (?, ?, 'case')", seq, f"record-{seq}")
            self.run("INSERT INTO record_case VALUES (?, ?, ?, ?)", seq, seq, rest, nominal)
            self.run(
                "INSERT INTO journal (epoch, seq, record, meta, rest, nominal, salt, hash)"
                " VALUES (1, ?, ?, ?, ?, ?, ?, ?)",
                *(seq, seq, meta, rest, nominal, salt, head),
            )
        self.run(
            "INSERT INTO epoch (no, id, origin, own, seq, hash) VALUES (1, 'epoch', 'origin', ?, ?, ?)", own, rows, head
        )
        self.run("UPDATE epoch SET applied=?", 0 if own else rows)
        self.run("INSERT INTO blob VALUES (?, ?, ?, ?)", sha(PICTURE).hex(), len(PICTURE), len(PICTURE), own)

    def run(self, sql: str, *values: object) -> None:
        self.database.execute(sql, values)


@pytest.fixture
def post(tmp_path: Path) -> Node:
    return Node(tmp_path / "post1", own=True)


@pytest.fixture
def central(tmp_path: Path) -> Node:
    return Node(tmp_path / "central", own=False)


def test_nothing_is_missing_when_the_centre_holds_the_same_rows_and_bytes(post: Node, central: Node) -> None:
    account = take_account(central.folder, [post.folder])
    assert (account.missing, account.records, account.changes_sent, account.changes_applied) == (0, 3, 3, 3)
    assert account.pictures == 1
    assert is_level(central.folder, [post.folder])


def test_a_row_that_never_arrived_is_missing(post: Node, central: Node) -> None:
    central.run("DELETE FROM journal WHERE seq=2")
    assert take_account(central.folder, [post.folder]).missing_rows == 1


def test_a_row_that_arrived_with_other_content_is_missing(post: Node, central: Node) -> None:
    central.run("UPDATE journal SET hash=? WHERE seq=3", bytes(32))
    assert take_account(central.folder, [post.folder]).missing_rows == 1


@pytest.mark.parametrize("verdict", [1, 2], ids=["quarantined", "waiting"])
def test_a_row_that_was_not_applied_is_missing(post: Node, central: Node, verdict: int) -> None:
    central.run("UPDATE journal SET verdict=? WHERE seq=3", verdict)
    assert take_account(central.folder, [post.folder]).missing_rows == 1


def test_a_picture_whose_bytes_differ_is_missing(post: Node, central: Node) -> None:
    central.picture.write_bytes(PICTURE[:-1])
    assert take_account(central.folder, [post.folder]).missing_pictures == 1


def test_the_centre_is_not_level_while_a_picture_is_half_there(post: Node, central: Node) -> None:
    central.run("UPDATE blob SET have=have-1")
    assert not is_level(central.folder, [post.folder])


def test_the_centre_is_not_level_while_it_has_applied_less_than_a_post_wrote(post: Node, central: Node) -> None:
    central.run("UPDATE epoch SET applied=2")
    assert not is_level(central.folder, [post.folder])


def test_a_chain_that_verifies_is_not_complained_about(post: Node) -> None:
    assert broken_chains(post.folder) == []


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ("UPDATE journal SET nominal='{\"p\":2}' WHERE seq=2", "row 2 is not what its origin wrote"),
        ("UPDATE journal SET meta=replace(meta, 'case', 'ease') WHERE seq=1", "row 1 is not what its origin wrote"),
        ("DELETE FROM journal WHERE seq=2", "row 2 is missing"),
        ("DELETE FROM journal WHERE seq=3", "the head differs"),
    ],
)
def test_alteration_and_removal_are_found_and_located(post: Node, harm: str, words: str) -> None:
    post.run(harm)
    assert len(broken_chains(post.folder)) == 1
    assert words in broken_chains(post.folder)[0]


def test_an_erased_half_still_verifies_by_its_commitments(post: Node) -> None:
    salt = bytes([2] * 16)
    kept = sha(sha(b"rest" + salt)[:16] + b'{"n":2}') + sha(sha(b"nominal" + salt)[:16] + b'{"p":1}')
    left = sha(b"rest" + salt)[:16]
    post.run("UPDATE journal SET nominal=NULL, salt=?, commitments=? WHERE seq=2", left, kept)
    assert broken_chains(post.folder) == []
    post.run("UPDATE journal SET rest='{\"n\":9}' WHERE seq=2")
    assert "what is left of row 2" in broken_chains(post.folder)[0]


def test_rows_that_were_never_sent_here_break_no_chain_where_the_hash_before_the_next_one_is_known(post: Node) -> None:
    """As at a post, where the centre quarantined row 2 and publishes row 3 with the hash before it."""
    ((before,),) = post.database.execute("SELECT hash FROM journal WHERE seq=2").fetchall()
    post.run("DELETE FROM journal WHERE seq=2")
    assert "row 2 is missing" in broken_chains(post.folder)[0]
    post.run("INSERT INTO joint VALUES (1, 2, ?)", before)
    assert broken_chains(post.folder) == []
    post.run("UPDATE joint SET hash=zeroblob(32)")
    assert "row 3 is not what its origin wrote" in broken_chains(post.folder)[0]


def test_an_epoch_joined_by_snapshot_stands_where_the_snapshot_says(post: Node) -> None:
    ((head,),) = post.database.execute("SELECT hash FROM epoch").fetchall()
    post.run("DELETE FROM journal")
    assert "the head differs" in broken_chains(post.folder)[0]
    post.run("INSERT INTO joint VALUES (1, 3, ?)", head)
    assert broken_chains(post.folder) == []


def test_nodes_agree_whatever_the_order_of_keys_and_a_difference_is_named(post: Node, central: Node) -> None:
    post.run('UPDATE record_case SET rest=\'{"a":1,"b":2}\' WHERE no=1')
    central.run('UPDATE record_case SET rest=\'{"b":2,"a":1}\' WHERE no=1')
    assert disagreements([central.folder, post.folder]) == {}
    central.run("UPDATE record_case SET nominal=NULL WHERE no=2")
    assert disagreements([central.folder, post.folder]) == {"record-2": "state: one at central; one at post1: p"}


def test_a_record_nobody_has_edited_is_its_creating_row(post: Node, central: Node) -> None:
    central.run("UPDATE record_case SET rest=NULL, nominal=NULL")
    assert disagreements([central.folder, post.folder]) == {}
    post.run("UPDATE record_case SET rest='{\"n\":9}' WHERE no=1")
    assert list(disagreements([central.folder, post.folder])) == ["record-1"]


@pytest.mark.parametrize(("key", "left"), [("unindexed", "2:7:900"), ("amounts_left", "1:3"), ("amounts_units", 2)])
def test_amounts_are_compared_once_they_are_worked_out(post: Node, central: Node, key: str, left: str | int) -> None:
    nodes = [central.folder, post.folder]
    central.run("INSERT INTO amount (record, line, kilograms) VALUES (2, 'a', '4')")
    assert disagreements(nodes) == {"record-2": "amounts: one at central; none at post1"}
    post.run("INSERT INTO state VALUES (?, ?)", key, left)
    assert (amounts_left(post.folder), amounts_left(central.folder)) == (True, False)
    assert disagreements(nodes) == {}
    if key == "unindexed":
        post.run("UPDATE state SET value='0:7'")  # nothing is pending any more
    else:
        post.run("DELETE FROM state")
    assert not amounts_left(post.folder)
    assert disagreements(nodes) == {"record-2": "amounts: one at central; none at post1"}
    post.run("INSERT INTO amount (record, line, kilograms) VALUES (2, 'a', '4')")
    assert disagreements(nodes) == {}


def test_the_first_commit_of_a_run_is_read_from_the_rows_clock(post: Node) -> None:
    assert first_commit(post.folder, since_ms=0) == 5001
    assert first_commit(post.folder, since_ms=5002) == 5002
    assert first_commit(post.folder, since_ms=6000) is None


def test_a_checkpoint_is_of_a_key_that_its_origin_once_had_whichever_signed_the_one_before(tmp_path: Path) -> None:
    """The key that signed last in an epoch is tried first; a key of another origin's never counts."""
    made = [Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in range(3)]
    public = [key.public_key().public_bytes_raw() for key in made]
    with sqlite3.connect(tmp_path / "register.db", isolation_level=None) as database:
        database.executescript(TABLES)
        database.execute("ALTER TABLE journal ADD COLUMN signature BLOB")
        for epoch, origin in ((1, "one"), (2, "two")):
            database.execute("INSERT INTO epoch (no, id, origin, own) VALUES (?, 'epoch', ?, 0)", (epoch, origin))
        for no, (epoch, origin, key) in enumerate(
            ((1, "one", 0), (1, "one", 0), (1, "one", 1), (1, "one", 2), (2, "two", 1), (2, "two", 2)), start=1
        ):
            signature = made[key].sign(DOMAIN + b"\0" + f"{origin} epoch {no} ".encode() + b"head")
            database.execute(
                "INSERT INTO journal (no, epoch, seq, hash, signature) VALUES (?, ?, ?, ?, ?)",
                (no, epoch, no, b"head", signature),
            )
    bad = bad_checkpoints(tmp_path, {"one": public[:2], "two": public[2:]})
    assert bad == ["epoch:4 has a checkpoint that one did not sign", "epoch:5 has a checkpoint that two did not sign"]
