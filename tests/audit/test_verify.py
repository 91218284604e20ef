"""An audit finds what was altered, removed or put in beside the product, and where."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_core.audit import Finding, verify_node

from tests.exchange.network import Network, Post, case, network

pytestmark = pytest.mark.slow

Nodes = tuple[Network, Post, str]


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Nodes]:
    """A centre and two posts that have exchanged cases, edits, a conflict and a picture."""
    with network(tmp_path, posts=2) as net:
        records = net.posts[0].save(*[case(time=f"09:{minute:02d}", place="Gate") for minute in range(6)])
        net.settle()
        net.posts[0].edit(records[0], place="Left")
        net.posts[1].edit(records[0], place="Right")
        net.settle()
        net.posts[1].edit(records[1], narrative="Found behind the seat")
        net.posts[0].register.attach(
            io.BytesIO(b"\x89PNG" + bytes(70_000)), subject=records[0], media_type="image/png", author="officer"
        )
        net.posts[0].exchange.woken()
        net.settle()
        net.posts[0].exchange.flush(force=True)
        yield net, net.posts[0], records[0]


def findings(folder: Path) -> list[Finding]:
    return verify_node(folder).findings


def tamper(post: Post, *statements: str) -> list[Finding]:
    """Change a database as someone with the disk in hand would, and audit it."""
    for statement in statements:
        post.register.store.connection.execute(statement)
    return findings(post.register.folder)


def own(post: Post) -> int:
    return int(post.register.store.one("SELECT no FROM epoch WHERE own=1"))


def test_every_node_of_an_honest_network_is_whole(nodes: Nodes) -> None:
    net, post, _ = nodes
    for folder in (net.register.folder, post.register.folder, net.posts[1].register.folder):
        verified = verify_node(folder)
        assert verified.findings == []
        assert verified.counts["rows"] > 8
    assert verify_node(post.register.folder).counts["receipts"] == 1


def test_a_post_that_joined_by_snapshot_is_whole(tmp_path: Path) -> None:
    with network(tmp_path, posts=2, snapshot_behind=5) as net:
        records = net.posts[0].save(*[case(time=f"09:{minute:02d}") for minute in range(20)])
        net.posts[1].edit(net.posts[1].save(case())[0], place="Here")
        net.settle()
        late = net.add_post("Late")
        net.settle()
        net.posts[0].edit(records[3], place="After")
        late.edit(records[4], place="Late")
        net.settle()
        assert findings(late.register.folder) == []
        assert findings(net.register.folder) == []


@pytest.mark.parametrize(
    ("kind", "statement"),
    [
        ("altered", "UPDATE journal SET rest=replace(rest, 'Gate', 'Door') WHERE epoch={epoch} AND seq=3"),
        ("altered", "UPDATE journal SET meta=replace(meta, 'officer', 'another') WHERE epoch={epoch} AND seq=3"),
        ("altered", "UPDATE journal SET salt=zeroblob(16) WHERE epoch={epoch} AND seq=3"),
        ("altered", "UPDATE journal SET rest=NULL, nominal=NULL, salt=NULL WHERE epoch={epoch} AND seq=3"),
        ("removed", "DELETE FROM journal WHERE epoch={epoch} AND seq=3"),
        ("signature", "UPDATE journal SET signature=zeroblob(64) WHERE epoch={epoch} AND seq=7"),
    ],
)
def test_a_row_that_was_touched_is_located(nodes: Nodes, kind: str, statement: str) -> None:
    _, post, _ = nodes
    epoch = own(post)
    found = [item for item in tamper(post, statement.format(epoch=epoch)) if item.kind == kind]
    name = post.register.store.one("SELECT id FROM epoch WHERE own=1")
    assert [(item.epoch, item.seq) for item in found] == [(name, 7 if kind == "signature" else 3)]


def test_rows_cut_off_the_end_are_missed(nodes: Nodes) -> None:
    _, post, _ = nodes
    last = post.register.store.one("SELECT seq FROM epoch WHERE own=1")
    found = tamper(post, f"DELETE FROM journal WHERE epoch={own(post)} AND seq={last}")
    assert ("removed", last) in [(item.kind, item.seq) for item in found]


def test_rows_cut_off_with_the_head_set_back_are_missed_by_the_centres_receipt(nodes: Nodes) -> None:
    _, post, _ = nodes
    epoch, last = own(post), post.register.store.one("SELECT seq FROM epoch WHERE own=1")
    found = tamper(
        post,
        f"DELETE FROM journal WHERE epoch={epoch} AND seq={last}",
        f"UPDATE epoch SET seq=seq-1, signed=signed-1, applied=applied-1, hash=(SELECT hash FROM journal WHERE "
        f"epoch={epoch} AND seq={last - 1}) WHERE no={epoch}",
    )
    assert ("receipt", last) in [(item.kind, item.seq) for item in found]


def test_a_chain_computed_anew_does_not_pass_the_signatures(nodes: Nodes) -> None:
    from diwan_core.register.journal.row import chain_start, link

    _, post, _ = nodes
    connection, number = post.register.store.connection, own(post)
    connection.execute("UPDATE journal SET rest=replace(rest, 'Gate', 'Door') WHERE epoch=? AND seq=3", (number,))
    origin, epoch = connection.execute("SELECT origin, id FROM epoch WHERE no=?", (number,)).fetchone()
    digest = chain_start(origin, epoch)
    for seq, salt, meta, rest, nominal in connection.execute(
        "SELECT seq, salt, meta, rest, nominal FROM journal WHERE epoch=? ORDER BY seq", (number,)
    ).fetchall():
        digest = link(digest, salt, meta.encode(), rest.encode(), nominal and nominal.encode())
        connection.execute("UPDATE journal SET hash=? WHERE epoch=? AND seq=?", (digest, number, seq))
    connection.execute("UPDATE epoch SET hash=? WHERE no=?", (digest, number))
    kinds = {item.kind for item in findings(post.register.folder)}
    assert {"signature", "receipt"} <= kinds


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM mention", "is not in the index"),
        ("UPDATE mention SET day=20200101", "is not in the index"),
        ("INSERT INTO mention SELECT target, day + 1, record FROM mention", "that no record gives"),
    ],
)
def test_an_index_of_who_names_whom_that_no_record_explains_is_found(nodes: Nodes, statement: str, said: str) -> None:
    net, post, record = nodes
    post.edit(record, related_cases={"a": net.posts[1].save(case())[0]})
    net.settle()
    assert findings(post.register.folder) == []
    assert any(said in item.what for item in tamper(post, statement))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE record_case SET place='Somewhere else' WHERE rest IS NULL",
        "UPDATE record_case SET rest=replace(rest, 'Right', 'Wrong') WHERE rest IS NOT NULL",
        "UPDATE record_case SET rest='{{}}' WHERE no=(SELECT no FROM record WHERE id='{record}')",
        "DELETE FROM alternative WHERE value LIKE '%Left%'",
        "UPDATE record_case SET base=base+1 WHERE rest IS NULL",
    ],
)
def test_a_record_that_its_changes_do_not_explain_is_named(nodes: Nodes, statement: str) -> None:
    _, post, record = nodes
    if "place=" in statement:
        statement = "UPDATE record_case SET status='closed' WHERE rest IS NULL"
    assert any(item.kind == "record" for item in tamper(post, statement.format(record=record)))


def test_a_blob_a_ledger_entry_and_the_scopes_chain_are_looked_at(nodes: Nodes) -> None:
    net, post, _ = nodes
    name = post.register.store.one("SELECT sha256 FROM blob")
    path = post.register.blob_path(name)
    assert path is not None
    path.write_bytes(b"another")
    assert [item.name for item in findings(post.register.folder)] == [f"blob {name}"]
    assert ledger_damage(
        post, "UPDATE ledger SET entry=CAST(replace(CAST(entry AS TEXT), 'Post', 'Best') AS BLOB) WHERE number=3"
    )
    centre = net.register.store.connection
    centre.execute("UPDATE scope_run SET feed_hash=zeroblob(32) WHERE first=(SELECT min(first) FROM scope_run)")
    assert "feed" in {item.kind for item in findings(net.register.folder)}


def ledger_damage(post: Post, statement: str) -> list[Finding]:
    return [item for item in tamper(post, statement) if item.kind == "ledger"]


def test_the_command_says_so_and_ends_with_2(nodes: Nodes) -> None:
    import json

    from click.testing import CliRunner
    from diwan_core.audit.commands import audit

    _, post, _ = nodes
    whole = CliRunner().invoke(audit, ["verify", "--dir", str(post.register.folder), "--json"])
    assert whole.exit_code == 0
    assert json.loads(whole.output)["whole"] is True
    post.register.store.connection.execute("DELETE FROM journal WHERE seq=2")
    damaged = CliRunner().invoke(audit, ["verify", "--dir", str(post.register.folder)])
    assert damaged.exit_code == 2
    assert "row 2" in damaged.output


def test_a_damaged_database_file_is_a_finding_and_not_a_crash(nodes: Nodes, tmp_path: Path) -> None:
    import shutil

    _, post, _ = nodes
    post.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    copy = tmp_path / "copy"
    shutil.copytree(post.register.folder, copy, ignore=shutil.ignore_patterns("*.sock"))
    path = copy / "register.db"
    content = bytearray(path.read_bytes())
    for page in range(4096 * 8, len(content), 4096 * 5):
        content[page : page + 200] = bytes(200)
    path.write_bytes(content)
    assert any(finding.kind == "database" for finding in verify_node(copy).findings)
