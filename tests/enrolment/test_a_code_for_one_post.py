"""A one-time code is made for one label, one office and, where a post comes back, one id, and gives nothing else."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from diwan_appliance import setup as post_setup
from diwan_central.cli import central
from diwan_central.network import central_enrolment
from diwan_central.network.central_enrolment import enrol, make_code
from diwan_central.network.revocation import revoke
from diwan_central.setup import now
from diwan_core import node
from diwan_core.exchange import ledger
from diwan_core.trust import NodeKeys
from diwan_core.trust.errors import BadName, CodeExpired, CodeUsed, IdTaken, LabelTaken, LedgerRefused
from diwan_core.trust.network.enrolment import make_request, receive_request
from diwan_core.trust.network.enrolment_codes import CodeFor, Codes, mint_code
from diwan_core.trust.network.ledger import append
from diwan_core.trust.people.accounts_db import Store
from diwan_core.trust.people.accounts_migrations import m001_accounts, m002_enrolment_codes, m003_saved_views
from sqlite_utils import Database, Migrations

from tests.enrolment.thief import Thief, an_earlier_release_writes
from tests.exchange.network import Network, mailbox, network

pytestmark = pytest.mark.slow

GATE = CodeFor("Gate 9", "JOAMM", made_by="technician")


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path / "network", posts=2) as made:
        yield made


def test_the_enrolling_node_gets_the_label_and_office_of_its_code_whatever_it_asks_for(
    net: Network, tmp_path: Path
) -> None:
    folder = net.register.folder
    thief = Thief(tmp_path / "thief")
    enrol(folder, thief.asks(make_code(folder, GATE), label="Post 1 JOAQJ", office="JOAQJ").request)
    fact = ledger.load(net.register).nodes[thief.node]
    assert (fact.label, fact.office) == ("Gate 9", "JOAMM")


def test_the_post_takes_the_name_that_its_code_gives_it(net: Network, tmp_path: Path) -> None:
    place = tmp_path / "late"
    post_setup.create(place, "The old warehouse", "JOAQJ", "127.0.0.1", 0)
    with mailbox(net.register.folder):
        done = post_setup.enrol(place, "http://centre.test", make_code(net.register.folder, GATE))
    assert (done.label, done.office) == ("Gate 9", "JOAMM")
    config = node.load(place)
    assert (config.label, config.office) == ("Gate 9", "JOAMM")


@pytest.mark.parametrize("is_revoked", [False, True], ids=["that lives", "that was revoked"])
def test_a_code_for_a_new_post_does_not_enrol_the_id_of_one(net: Network, tmp_path: Path, is_revoked: bool) -> None:
    folder, victim = net.register.folder, net.posts[0].register.config.id
    if is_revoked:
        revoke(folder, victim, "stolen")
    before = ledger.load(net.register)
    code = make_code(folder, GATE)
    with pytest.raises(IdTaken, match="was once"):
        enrol(folder, Thief(tmp_path / "thief", victim).asks(code).request)
    assert ledger.load(net.register) == before
    enrol(folder, Thief(tmp_path / "honest").asks(code).request)


def test_an_id_that_a_newer_centre_gave_to_something_unknown_is_taken_too(net: Network, tmp_path: Path) -> None:
    gateway = Thief(tmp_path / "gateway")
    an_earlier_release_writes(net.register, "gateway", gateway.fact_of_a_newer_release())
    with pytest.raises(IdTaken):
        enrol(net.register.folder, gateway.asks(make_code(net.register.folder, GATE)).request)


def test_an_id_that_begins_like_another_nodes_is_refused_since_people_see_only_its_beginning(
    net: Network, tmp_path: Path
) -> None:
    folder, code = net.register.folder, make_code(net.register.folder, GATE)
    for number, known in enumerate((net.register.config.id, net.posts[0].register.config.id)):
        lookalike = known[:6] + ("aaaaaaa" if known[6:] != "aaaaaaa" else "baaaaaa")
        with pytest.raises(IdTaken, match="begins like"):
            enrol(folder, Thief(tmp_path / str(number), lookalike).asks(code).request)


def test_a_code_for_a_post_that_comes_back_enrols_that_post_and_no_other(net: Network, tmp_path: Path) -> None:
    folder, back, other = net.register.folder, *(post.register.config.id for post in net.posts)
    revoke(folder, back, "lost")
    revoke(folder, other, "lost too")
    code = make_code(folder, CodeFor("", node=back, made_by="technician"))
    for place, id in (("new", ""), ("other", other), ("centre", net.register.config.id)):
        with pytest.raises(IdTaken):
            enrol(folder, Thief(tmp_path / place, id).asks(code).request)
    again = Thief(tmp_path / "again", back)
    enrol(folder, again.asks(code, label="Another name").request)
    fact = ledger.load(net.register).trusted(back)
    assert fact is not None
    assert (fact.label, fact.office, fact.identity) == ("Post 1", "JOAQJ", again.keys.identity_public)


def test_a_post_that_lives_comes_back_with_both_its_keys_or_not_at_all(net: Network, tmp_path: Path) -> None:
    folder, post = net.register.folder, net.posts[0]
    name, keys, other = post.register.config.id, NodeKeys.load(post.register.folder), Thief(tmp_path / "other")
    code = make_code(folder, CodeFor("", node=name, made_by="technician"))
    half = NodeKeys(keys.identity_key, other.keys._sealing)
    for wrong in (half, other.keys):
        request = make_request(code, wrong, node=name, label="Post 1", office="JOAQJ", dictionary=1)
        with pytest.raises(IdTaken, match="enrolled with other keys"):
            enrol(folder, request.request)
    enrol(folder, make_request(code, keys, node=name, label="Post 1", office="JOAQJ", dictionary=1).request)
    assert ledger.load(net.register).is_confirmed(name)


def test_no_code_is_made_for_the_centres_own_id_nor_for_a_stranger(net: Network) -> None:
    for id in (net.register.config.id, "aaaabbbbcccce"):
        with pytest.raises(BadName, match="not a post that was ever enrolled"):
            make_code(net.register.folder, CodeFor("", node=id))


@pytest.mark.parametrize(
    "label", ["Post 1", "POST-1", " post\u00a01 ", "Post\u200b 1", "Рost 1", "Pоst １", "Post l", "Pöst 1", "Centre"]
)
def test_a_label_that_looks_like_another_nodes_is_refused_for_a_revoked_one_too(net: Network, label: str) -> None:
    revoke(net.register.folder, net.posts[0].register.config.id, "stolen")
    with pytest.raises(LabelTaken, match="Choose another label"):
        make_code(net.register.folder, CodeFor(label, "JOAQJ"))


def test_of_two_codes_for_one_label_only_the_first_that_is_used_enrols(net: Network, tmp_path: Path) -> None:
    folder = net.register.folder
    first, second = (make_code(folder, CodeFor(label, "JOAMM")) for label in ("Gate 9", "gate-9"))
    enrol(folder, Thief(tmp_path / "one").asks(second).request)
    with pytest.raises(LabelTaken):
        enrol(folder, Thief(tmp_path / "two").asks(first).request)
    fact = Thief(tmp_path / "three").fact(net.authority(), "GATE 9")
    with pytest.raises(LedgerRefused, match="looks like it"):
        append(ledger.load(net.register), fact, 0, net.keys())


def test_an_enrolment_that_was_interrupted_at_the_centre_goes_on_with_the_same_request_and_no_other(
    net: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, code = net.register.folder, make_code(net.register.folder, GATE)
    post, thief = Thief(tmp_path / "post"), Thief(tmp_path / "thief")
    pending = post.asks(code)

    def power_cut(*_: object) -> None:
        raise OSError("the power is gone")

    with monkeypatch.context() as cut:
        cut.setattr(central_enrolment, "write_access", power_cut)
        with pytest.raises(OSError, match="power"):
            enrol(folder, pending.request)
    length = ledger.load(net.register).length
    with pytest.raises(CodeUsed):
        enrol(folder, thief.asks(code).request)
    assert enrol(folder, pending.request) == enrol(folder, pending.request)
    assert ledger.load(net.register).length == length, "the entry written before the power cut is the one answered"


def test_a_code_of_an_earlier_release_that_is_not_used_yet_is_refused_with_the_remedy(
    net: Network, tmp_path: Path
) -> None:
    folder = net.register.folder
    code = make_code(folder, GATE)
    with sqlite3.connect(folder / "accounts.db") as today:
        columns = "id, key, label, created, expires"
        *_, kept = today.execute(f"SELECT {columns} FROM enrolment_code ORDER BY created").fetchall()
    earlier = tmp_path / "earlier"
    earlier.mkdir()
    before = Database(sqlite3.connect(earlier / "accounts.db"))
    released = Migrations("accounts")
    for migration in (m001_accounts, m002_enrolment_codes, m003_saved_views):
        released()(migration)
    released.apply(before)
    before.execute(f"INSERT INTO enrolment_code ({columns}) VALUES (?, ?, ?, ?, ?)", list(kept))
    before.conn.commit()
    before.close()
    store = Store.open(earlier)
    with pytest.raises(CodeExpired, match="before the centre was updated"):
        receive_request(Codes(store), Thief(tmp_path / "post").asks(code).request, now())
    store.close()


def test_who_made_a_code_stays_known_when_the_code_itself_is_long_gone(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    kept = Codes(store)
    _, code = mint_code(now(), GATE, taken=kept.ids())
    kept.add(code)
    assert kept.reserve(code.id, bytes(32), "aaaabbbbcccce")
    year = 365 * 86_400_000
    later = dataclasses.replace(code, id="zzzz", created=code.created + year, expires=code.expires + year)
    kept.add(later)
    assert kept.makers_of("aaaabbbbcccce") == {"technician"}
    held = kept.get(code.id)
    assert held is not None
    assert held.key == bytes(64), "what enrols is gone"
    store.close()


def test_the_command_says_which_post_a_code_is_for(net: Network) -> None:
    run, folder = CliRunner(), str(net.register.folder)
    assert run.invoke(central, ["code", "--dir", folder]).exit_code == 2
    assert run.invoke(central, ["code", "--dir", folder, "--label", "Gate 9"]).exit_code == 2
    said = run.invoke(central, ["code", "--dir", folder, "--label", "Gate 9", "--office", "JOAMM", "--json"])
    assert json.loads(said.output)["label"] == "Gate 9"
    taken = run.invoke(central, ["code", "--dir", folder, "--label", "post 1", "--office", "JOAMM"])
    assert taken.exit_code == 1
    assert "Choose another label" in taken.output
    back = net.posts[0].register.config.id
    assert run.invoke(central, ["code", "--dir", folder, "--node", back]).exit_code == 0
