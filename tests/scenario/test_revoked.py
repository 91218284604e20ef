"""What the checker says of cards that were copied and keys that were revoked."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from diwan_lab.certificates import expired, has_ended
from diwan_lab.revoked import is_revoked, node_id, revocation
from diwan_lab.signatures import facts, identities

from .conftest import Remains

pytestmark = pytest.mark.slow


@pytest.fixture
def copied(remains: Remains, tmp_path: Path) -> Path:
    """A copy of the first post's card, used no more."""
    card = tmp_path / "clone1"
    shutil.copytree(remains.posts[0], card)
    remains.trust.retired.append(card)
    return card


def add_fact(remains: Remains, number: int, kind: str, about: dict[str, object]) -> None:
    entry = json.dumps({"entry": {"kind": kind, "facts": about}})
    with closing(sqlite3.connect(remains.central / "register.db", isolation_level=None)) as database:
        database.execute("INSERT INTO ledger (number, entry) VALUES (?, CAST(? AS BLOB))", (number, entry))


def test_a_copy_whose_rows_and_pictures_are_all_at_the_centre_is_no_loss(remains: Remains, copied: Path) -> None:
    verdict = remains.verdict()
    assert verdict.good, verdict.words
    assert copied.is_dir()


def test_a_change_that_only_the_copy_of_a_card_holds_is_lost(remains: Remains, copied: Path) -> None:
    with closing(sqlite3.connect(copied / "register.db", isolation_level=None)) as database:
        database.execute(
            "INSERT INTO journal SELECT (SELECT max(no)+1 FROM journal), epoch, 1000, record, verdict, meta, rest,"
            " nominal, salt, randomblob(32), signature, commitments, record_id FROM journal WHERE no="
            "(SELECT max(j.no) FROM journal j JOIN epoch e ON e.no=j.epoch WHERE e.own=1)"
        )
    verdict = remains.verdict()
    assert verdict.lost == 1
    assert any("clone1: row" in words for words in verdict.words)


def test_a_change_of_the_copy_that_is_in_quarantine_at_the_centre_has_not_arrived(
    remains: Remains, copied: Path
) -> None:
    with closing(sqlite3.connect(copied / "register.db")) as database:
        (epoch,) = database.execute("SELECT id FROM epoch WHERE own=1").fetchone()
    last = f"epoch=(SELECT no FROM epoch WHERE id='{epoch}') AND seq=2"
    remains.harm("central", f"UPDATE journal SET verdict=1 WHERE {last}")
    assert any(f"clone1: row {epoch}:2" in words for words in remains.verdict().words)


def test_a_picture_that_only_the_copy_of_a_card_holds_is_lost(remains: Remains, copied: Path) -> None:
    with closing(sqlite3.connect(copied / "register.db", isolation_level=None)) as database:
        name = "ab" * 32
        row = "SELECT ?, 5, media_type, 5, 1, 0, 0, added FROM blob LIMIT 1"
        columns = "sha256, size, media_type, have, own, stored, wanted, added"
        database.execute(f"INSERT INTO blob ({columns}) {row}", (name,))
    verdict = remains.verdict()
    assert (verdict.lost, verdict.words[0]) == (1, "LOST: clone1: picture abababababab is not at the centre")


def test_a_row_taken_under_keys_that_were_revoked_by_then_is_found(remains: Remains) -> None:
    gone = revocation(remains.central, remains.posts[1])
    remains.trust.revocations.append(gone)
    assert remains.verdict().from_revoked == 0, "all was there before"
    assert not is_revoked(remains.central, remains.posts[1])
    remains.trust.revocations[:] = [replace(gone, heads={epoch: seq - 1 for epoch, seq in gone.heads.items()})]
    verdict = remains.verdict()
    assert (verdict.from_revoked, verdict.good) == (1, False)
    remains.trust.revocations[:] = [replace(gone, heads={})]
    assert remains.verdict().from_revoked > 1, "an epoch that was opened later"


def test_what_earlier_keys_of_a_node_signed_is_its_own(remains: Remains) -> None:
    node = node_id(remains.posts[0])
    add_fact(remains, 100, "node", {"node": node, "identity": "AAAA", "scopes": ["national"]})
    assert identities(remains.central)[node][1:] == [bytes(3)]
    assert remains.verdict().chain_errors == 0


def test_a_certificate_that_ended_is_the_same_but_for_its_dates(remains: Remains) -> None:
    post = remains.posts[0]
    held = x509.load_pem_x509_certificate((post / "keys/node.crt").read_bytes())
    assert not has_ended(post)
    expired(remains.central, post)
    made = x509.load_pem_x509_certificate((post / "keys/node.crt").read_bytes())
    assert has_ended(post)
    assert (made.subject, made.public_key()) == (held.subject, held.public_key())
    authority = x509.load_pem_x509_certificate((remains.central / "keys/ca.crt").read_bytes())
    made.verify_directly_issued_by(authority)


def test_the_key_of_a_scope_made_after_a_revocation_is_not_for_the_revoked(remains: Remains, tmp_path: Path) -> None:
    former = tmp_path / "post1-before"
    (former / "keys").mkdir(parents=True)
    shutil.copy(remains.posts[0] / "node.toml", former)
    shutil.copytree(remains.posts[0] / "keys", former / "keys", dirs_exist_ok=True)
    remains.trust.former.append(former)
    assert remains.verdict().out_of_scope == 0
    about = [fact["facts"] for fact in facts(remains.central)]
    enrolled = next(fact for fact in about if fact.get("label", "").startswith("Post 1"))
    add_fact(remains, 0, "revoked", {"node": enrolled["node"], "identity": enrolled["identity"]})
    words = remains.verdict().words
    assert any(word.startswith("post1-before holds key") for word in words)
