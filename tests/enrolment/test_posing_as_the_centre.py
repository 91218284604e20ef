"""A one-time code in a thief's hands does not make him the centre, now or in a ledger that an earlier release wrote."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_central.network.central_enrolment import enrol, make_code
from diwan_central.setup import broker_folder, write_access
from diwan_core.audit import check, export
from diwan_core.audit.casefile import SEAL_DOMAIN, sealed_message
from diwan_core.audit.verify import verify_node
from diwan_core.broker import ACCESS
from diwan_core.exchange import ledger
from diwan_core.trust import TrustError, fingerprint
from diwan_core.trust.network.ca import CertificateAuthority
from diwan_core.trust.network.enrolled_keys import load_central
from diwan_core.trust.network.enrolment_codes import CodeFor
from diwan_core.trust.network.ledger_facts import RevokedFact

from tests.enrolment.thief import Thief, an_earlier_release_writes
from tests.exchange.network import Network, case, network

RECORD = "019a0000-0000-7000-8000-000000000001"


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path / "network", posts=1) as made:
        yield made


def thief_as_centre(net: Network, place: Path) -> Thief:
    return Thief(place / "thief", net.register.config.id)


def believed(net: Network, place: Path) -> Thief:
    """A thief whom a centre of the first release took in under its own id."""
    thief = thief_as_centre(net, place)
    fact = thief.fact(CertificateAuthority.load(net.register.folder))
    an_earlier_release_writes(net.register, "node", fact)
    return thief


def forged(net: Network, thief: Thief, path: Path) -> Path:
    """A case file with a case that the centre never wrote, signed and sealed by the thief in the centre's name."""
    epoch, lines = thief.rows(RECORD, {"type": "seizure", "date": "2026-11-20", "place": "Nowhere"})
    first = {"id": epoch, "origin": thief.node, "first": 1, "before": _start(thief.node, epoch), "receipt": None}
    about = {"format": "diwan/1 case", "record": RECORD, "records": [RECORD], "exported_by": thief.node}
    entries = [row[0] for row in net.register.store.rows("SELECT entry FROM ledger ORDER BY number")]
    parts = {
        "case.json": json.dumps({**about, "epochs": [first]}).encode(),
        "ledger.jsonl": b"".join(entry + b"\n" for entry in entries),
        f"rows/{epoch}.jsonl": b"".join(json.dumps(line).encode() + b"\n" for line in lines),
    }
    message = sealed_message((name, hashlib.sha256(content).digest()) for name, content in parts.items())
    signature = thief.keys.sign(SEAL_DOMAIN, message).hex()
    parts["seal.json"] = json.dumps({"node": thief.node, "signature": signature}).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def _start(origin: str, epoch: str) -> str:
    return hashlib.sha256(f"diwan/1 epoch {origin} {epoch}".encode()).hexdigest()


def test_a_code_does_not_enrol_a_node_under_the_centres_own_id(net: Network, tmp_path: Path) -> None:
    folder, before = net.register.folder, ledger.load(net.register)
    thief = thief_as_centre(net, tmp_path)
    with pytest.raises(TrustError):
        enrol(folder, thief.asks(make_code(folder, CodeFor("Gate 9"))).request)
    assert ledger.load(net.register) == before
    centre = net.register.store.rows("SELECT signing_key FROM node WHERE id=?", (thief.node,))[0][0]
    assert centre == load_central(folder).identity


def test_a_forged_case_file_with_a_key_under_the_centres_id_is_not_proven(net: Network, tmp_path: Path) -> None:
    thief = believed(net, tmp_path)
    genuine = fingerprint(load_central(net.register.folder).identity)
    done = check(forged(net, thief, tmp_path / "forged.zip"), genuine)
    assert not done.proven
    assert {finding.kind for finding in done.findings} >= {"signature"}
    assert any("is hostile" in statement and net.register.config.id in statement for statement in done.statements)


def test_a_genuine_case_file_says_which_entry_vouches_for_each_key_and_is_proven_beside_the_hostile_entry(
    net: Network, tmp_path: Path
) -> None:
    post = net.posts[0]
    (record,) = post.save(case(place="Gate"))
    net.settle()
    believed(net, tmp_path)
    path = tmp_path / "case.zip"
    export(net.register.folder, record, path)
    done = check(path)
    assert done.proven, done.findings
    keys = {(about["node"], about["entry"], about["kind"]) for about in done.keys}
    assert keys == {(net.register.config.id, 1, "central"), (post.register.config.id, 3, "node")}
    said = "\n".join(done.statements)
    assert "is vouched for by ledger entry 3 (enrolment, " in said
    assert "(founding entry, " in said


def test_a_hostile_entry_on_the_disk_gives_no_key_to_anybody_and_is_named_by_the_audit(
    net: Network, tmp_path: Path
) -> None:
    thief = believed(net, tmp_path)
    held = ledger.load(net.register)
    assert held.trusted(thief.node) is None
    assert held.central is not None
    assert held.central.identity != thief.keys.identity_public
    assert list(held.hostile) == [held.length]
    found = [finding for finding in verify_node(net.register.folder).findings if finding.kind == "ledger"]
    assert len(found) == 1
    assert "the centre's own id" in found[0].what


def test_a_post_that_is_sent_a_hostile_entry_goes_on_keeps_the_centres_key_and_says_so(
    net: Network, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    post = net.posts[0]
    net.settle()
    believed(net, tmp_path)
    late = net.add_post("Post 2")
    post.exchange.came_up()
    late.save(case(place="Gate"))
    net.settle()
    for _ in range(5):
        net.turn()
    for register in (post.register, late.register):
        assert len(ledger.load(register).hostile) == 1
        keys = register.store.rows("SELECT signing_key, role FROM node WHERE id=?", (net.register.config.id,))
        assert keys == [(load_central(net.register.folder).identity, "central")]
    assert caplog.text.count("is hostile: it gives a key to") == 2


def test_a_hostile_certificate_is_kept_out_by_the_brokers_lists_and_may_be_revoked(
    net: Network, tmp_path: Path
) -> None:
    thief = believed(net, tmp_path)
    write_access(net.register.folder)
    assert thief.node not in (broker_folder(net.register.folder) / ACCESS).read_text()
    held = ledger.load(net.register)
    (entry,) = held.hostile.values()
    assert entry.serial in held.revoked_serials()
    an_earlier_release_writes(net.register, "revoked", RevokedFact(thief.node, thief.keys.identity_public, "thief"))
    assert entry.serial in ledger.load(net.register).revoked_serials()
