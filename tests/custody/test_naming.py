"""Three custodians are named once, and afterwards only by two of themselves."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from diwan_core.custody import naming, standing
from diwan_core.exchange import ledger as ledgers
from diwan_core.register import Register
from diwan_core.register.storage.database import now_ms
from diwan_core.trust import NodeKeys
from diwan_core.trust.access_log.log import ReadLog
from diwan_core.trust.canonical import canonical
from diwan_core.trust.errors import LedgerRefused
from diwan_core.trust.network.custodian_acts import Custodian
from diwan_core.trust.network.ledger import DOMAIN, Ledger, read_entry
from diwan_core.trust.network.ledger_facts import CustodiansFact

from tests.custody.kit import PASSWORD, Person, name, person, refused, run, told

pytestmark = pytest.mark.slow

Three = tuple[Person, Person, Person]


def test_the_first_three_are_named_with_words_that_each_can_compare(centre: Path, three: Three) -> None:
    done = run("custodian", "name", *(one.public for one in three), "--dir", centre, given="y\n")
    assert done.exit_code == 0, done.output
    listed = told("custodian", "list", "--dir", centre)
    assert [one["name"] for one in listed["custodians"]] == [one.name for one in three]
    for one in listed["custodians"]:
        assert f"{one['name']}: {one['words']}" in done.stderr
    assert len({one["words"] for one in listed["custodians"]}) == 3
    assert standing.custodians_of(centre).names == tuple(one.name for one in three)
    events = [row.detail for row in ReadLog.open(centre).page()]
    assert any("custodians.named" in str(detail) for detail in events)


def test_nothing_is_named_where_somebody_did_not_compare_the_words(centre: Path, three: Three) -> None:
    assert run("custodian", "name", *(one.public for one in three), "--dir", centre, given="n\n").exit_code == 1
    assert told("custodian", "list", "--dir", centre)["custodians"] == []


def test_later_two_of_the_present_ones_must_agree(centre: Path, three: Three, tmp_path: Path) -> None:
    amina, brahim, chipo = three
    name(centre, three)
    didier, act = person(tmp_path, "Didier Koné"), tmp_path / "change.act"
    after = (amina.public, brahim.public, didier.public)
    assert "two custodians must agree" in refused("custodian", "name", *after, "--dir", centre, "--yes")
    told("custodian", "name", *after, "--dir", centre, "--ask", act)
    brahim.sign(act)
    one = refused("custodian", "name", *after, "--dir", centre, "--yes", "--act", act)
    assert "2 custodians" in one
    assert "Brahim Salem" in one
    brahim.sign(act)
    assert "2 custodians" in refused("custodian", "name", *after, "--dir", centre, "--yes", "--act", act)
    didier.sign(act)
    assert "2 custodians" in refused("custodian", "name", *after, "--dir", centre, "--yes", "--act", act), (
        "who is not a custodian yet cannot vote for it"
    )
    amina.sign(act)
    other = (amina.public, didier.public, chipo.public)
    assert "the present state" in refused("custodian", "name", *other, "--dir", centre, "--yes", "--act", act)
    name(centre, (amina, brahim, didier), "--act", act)
    assert [one["name"] for one in told("custodian", "list", "--dir", centre)["custodians"]][2] == "Didier Koné"
    again = refused("custodian", "name", *after, "--dir", centre, "--yes", "--act", act)
    assert "changed since the act was made" in again


def test_a_custodian_who_left_signs_nothing_more(centre: Path, three: Three, tmp_path: Path) -> None:
    amina, brahim, chipo = three
    name(centre, three)
    didier = person(tmp_path, "Didier Koné")
    first, second = tmp_path / "first.act", tmp_path / "second.act"
    told("custodian", "name", amina.public, brahim.public, didier.public, "--dir", centre, "--ask", first)
    amina.sign(first)
    brahim.sign(first)
    name(centre, (amina, brahim, didier), "--act", first)
    told("custodian", "name", *(one.public for one in three), "--dir", centre, "--ask", second)
    chipo.sign(second)
    amina.sign(second)
    words = refused("custodian", "name", *(one.public for one in three), "--dir", centre, "--yes", "--act", second)
    assert "has those of Amina Odeh" in words


def test_no_two_of_them_are_one(centre: Path, three: Three, tmp_path: Path) -> None:
    amina, brahim, _ = three
    alike = person(tmp_path, "amina  odeh", "alike")
    assert "look alike" in refused("custodian", "name", amina.public, brahim.public, alike.public, "--dir", centre)
    twice = tmp_path / "twice.public"
    held = json.loads(amina.public.read_text())
    twice.write_text(json.dumps({**held, "name": "Somebody else"}))
    assert "was changed" in refused("custodian", "name", brahim.public, amina.public, twice, "--dir", centre)
    assert "same key" in refused("custodian", "name", brahim.public, amina.public, amina.public, "--dir", centre)
    four = [one.public for one in three] + [alike.public]
    assert "not 4" in refused("custodian", "name", *four, "--dir", centre)


def test_a_key_opens_with_its_password_alone_and_lies_sealed_in_its_file(centre: Path, three: Three) -> None:
    name(centre, three)
    act = centre / "any.act"
    told("custodian", "name", *(one.public for one in three[:1]), "--dir", centre, "--ask", act)
    line = refused("custodian", "sign", act, "--key", three[0].key, "--yes", given="four brown goats on the quay\n")
    assert "does not open" in line
    assert three[0].key.stat().st_mode & 0o777 == 0o600
    assert "file that ends in .public" in refused("custodian", "sign", act, "--key", three[0].public, "--yes")
    assert PASSWORD not in three[0].key.read_text()


def test_who_has_the_centres_own_key_still_names_no_custodian_alone(centre: Path, three: Three) -> None:
    """Root at the centre can sign ledger entries. Every node counts such an entry, and believes in those before."""
    name(centre, three)
    keys = NodeKeys.load(centre)
    intruder = Custodian("Intruder", NodeKeys.create(centre / "intruder").identity_public)
    before = naming.load(centre)
    raw = forged(before, CustodiansFact((intruder,)), keys)
    after = Ledger(before.identity).accept([*entries(centre), raw])
    assert after.length == before.length + 1, "the chain goes on"
    assert after.custodians == before.custodians
    assert "did not agree" in after.doubted[after.length]
    with Register.open(centre, role="writer") as register:
        assert ledgers.take_entries(register, packed(before.length + 1, raw))
    listed = told("custodian", "list", "--dir", centre)
    assert len(listed["custodians"]) == 3
    assert listed["doubted"]


def test_a_post_cannot_write_custodians_into_the_ledger(centre: Path, three: Three, tmp_path: Path) -> None:
    name(centre, three)
    before = naming.load(centre)
    post = NodeKeys.create(tmp_path / "post")
    raw = forged(before, CustodiansFact((Custodian("Intruder", post.identity_public),)), post)
    with (
        Register.open(centre, role="writer") as register,
        pytest.raises(LedgerRefused, match="not signed by our centre"),
    ):
        ledgers.take_entries(register, packed(before.length + 1, raw))


def test_a_release_that_knows_no_custodians_still_reads_the_ledger(centre: Path, three: Three) -> None:
    """Its `named_node` looks for a member `node` in what it does not know, and must find none."""
    name(centre, three)
    raw = entries(centre)[-1]
    entry = read_entry(raw, naming.load(centre).identity)
    assert entry.kind == "custodians"
    assert "node" not in json.loads(raw)["entry"]["facts"]


def entries(centre: Path) -> list[bytes]:
    with Register.open(centre) as register:
        return [row[0] for row in register.store.rows("SELECT entry FROM ledger ORDER BY number")]


def forged(ledger: Ledger, fact: CustodiansFact, keys: NodeKeys) -> bytes:
    """An entry that follows, signed by somebody who does not ask this product."""
    inner = canonical(
        {
            "at": now_ms(), "facts": msgspec.to_builtins(fact), "kind": "custodians", "number": ledger.length + 1,
            "previous": ledger.head.hex(), "version": 1,
        }
    )  # fmt: skip
    return canonical({"entry": msgspec.Raw(inner), "signature": keys.sign(DOMAIN, inner)})


def packed(first: int, raw: bytes) -> bytes:
    return msgspec.msgpack.encode((first, [raw]))
