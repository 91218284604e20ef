"""A new post sends, and reads nothing but the ledger and its receipts, until a person has confirmed its words."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_central.network.central_enrolment import enrol, make_code
from diwan_central.network.confirmation import MadeTheCode, NotWaiting, WrongWords, confirm, reject, words_of
from diwan_central.network.renewal import renew
from diwan_central.network.revocation import revoke
from diwan_central.setup import broker_folder, now, write_broker
from diwan_core.audit import check, export
from diwan_core.audit.verify import verify_node
from diwan_core.broker import ACCESS
from diwan_core.exchange import ledger
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.messages import VERSION, encode
from diwan_core.exchange.wire.snapshot import SnapshotAsk
from diwan_core.register.standing import CONFIRMED, NOT_ENROLLED, UNCONFIRMED, standing_of_post
from diwan_core.trust import NodeKeys
from diwan_core.trust.network.certificates import signing_request
from diwan_core.trust.network.enrolment_codes import CodeFor
from diwan_core.trust.people.accounts_db import Store

from tests.enrolment.thief import Thief, an_earlier_release_writes
from tests.exchange.copies import follow_ledger
from tests.exchange.network import Network, Post, case, network

PICTURE = b"\x89PNG" + bytes(range(256)) * 20


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path / "network", posts=1) as made:
        yield made


def heard(net: Network, post: Post, turns: int = 8) -> list[Message]:
    """All that is sent to a post in some turns."""
    found: list[Message] = []
    poll = post.carrier.poll

    def noted(*arguments: object) -> list[Message]:
        messages = list(poll(0))
        found.extend(messages)
        return messages

    post.carrier.poll = noted  # type: ignore[method-assign, assignment]
    for _ in range(turns):
        post.exchange.woken()
        net.turn()
    post.carrier.poll = poll  # type: ignore[method-assign]
    return found


def words_at(post: Post) -> str:
    """The words as people read them at the post."""
    return standing_of_post(post.register).words


def is_confirmed(net: Network, post: Post) -> bool:
    return ledger.load(net.register).is_confirmed(post.register.config.id)


def test_an_unconfirmed_post_is_admitted_and_hears_only_the_ledger_and_its_receipts(net: Network) -> None:
    old = net.posts[0]
    (record,) = old.save(case(narrative="For members only"))
    old.register.attach(io.BytesIO(PICTURE), subject=record, media_type="image/png", author="officer")
    net.settle()
    name = net.register.store.one("SELECT sha256 FROM blob")
    new = net.add_post("Gate 9", confirmed=False)
    follow_ledger(net)
    with new.register.store.write() as connection:
        connection.execute(
            "INSERT INTO blob (sha256, size, media_type, have, wanted, added) VALUES (?, 1, 'image/png', 0, 1, 1)",
            (name,),
        )
    new.carrier.publish(topics.up(new.register.config.id, topics.ASK), encode(SnapshotAsk(VERSION, 0, 0)))
    (own,) = new.save(case(narrative="From a gate nobody knows"))
    new.exchange.came_up()
    messages = heard(net, new)
    private = {topics.leaf(topic) for topic, _ in messages if topic.startswith("diwan/1/node/")}
    assert private == {topics.RECEIPT, topics.LEDGER}
    assert not new.reads_the_scope()
    assert new.register.get(record) is None
    assert new.register.store.one("SELECT stored=seq FROM epoch WHERE own=1") == 1, "what it saved is receipted"
    for register in (net.register, old.register):
        assert register.get(own) is not None
        marks = {node["id"]: node["confirmed"] for node in register.status()["nodes"]}
        assert marks[new.register.config.id] == 0
        assert marks[old.register.config.id] == 1
    assert standing_of_post(new.register).state == UNCONFIRMED


@pytest.mark.parametrize("snapshot_behind", [5000, 0], ids=["by its feed", "by snapshot"])
def test_from_its_confirmation_on_it_reads_without_a_restart(tmp_path: Path, snapshot_behind: int) -> None:
    with network(tmp_path, posts=1, snapshot_behind=snapshot_behind) as net:
        records = net.posts[0].save(case(time="08:00"), case(time="09:00"))
        net.settle()
        new = net.add_post("Gate 9", confirmed=False)
        records += new.save(case(time="10:00"))
        net.settle()
        assert new.register.count("case") == 1
        confirm(net.register.folder, new.register.config.id, words_at(new).upper().replace(" ", " - "), "analyst")
        follow_ledger(net)
        net.settle()
        records += net.posts[0].save(case(time="11:00")) + new.save(case(time="12:00"))
        net.settle()
        assert all(new.register.get(record) is not None for record in records)
        assert standing_of_post(new.register).state == CONFIRMED
        assert all(verify_node(post.register.folder).findings == [] for post in net.posts)


def test_a_key_that_was_lost_on_the_way_is_sent_again(net: Network) -> None:
    (record,) = net.posts[0].save(case())
    net.settle()
    new = net.add_post("Gate 9", confirmed=False)
    net.settle()
    confirm(net.register.folder, new.register.config.id, words_at(new), "analyst")
    follow_ledger(net)
    take = new.exchange._scope_key
    new.exchange._scope_key = lambda payload: None  # type: ignore[method-assign]
    for _ in range(6):
        net.turn()
    assert standing_of_post(new.register).state == CONFIRMED, "the ledger came"
    assert not new.reads_the_scope()
    new.exchange._scope_key = take  # type: ignore[method-assign]
    new.exchange.came_up()
    net.settle()
    assert new.register.get(record) is not None


def test_only_another_person_with_the_right_words_confirms(net: Network) -> None:
    folder, new = net.register.folder, net.add_post("Gate 9", confirmed=False)
    node, words = new.register.config.id, words_at(new)
    other = words_at(net.posts[0])
    for typed in ("", other, words.rsplit(" ", 1)[0], f"{words} {words}"):
        with pytest.raises(WrongWords):
            confirm(folder, node, typed, "analyst")
    with pytest.raises(MadeTheCode, match="Another person has to do it"):
        confirm(folder, node, words, "technician")
    with pytest.raises(NotWaiting):
        confirm(folder, "aaaabbbbcccce", words, "analyst")
    assert not is_confirmed(net, new)
    confirm(folder, node, words, "analyst")
    length = ledger.load(net.register).length
    confirm(folder, node, words, "technician")
    assert ledger.load(net.register).length == length, "to say it again changes nothing"
    with pytest.raises(WrongWords):
        confirm(folder, node, other, "analyst")


def test_nobody_confirms_where_it_is_not_known_who_made_the_code(net: Network) -> None:
    folder, new = net.register.folder, net.add_post("Gate 9", confirmed=False)
    for file in folder.glob("accounts.db*"):
        file.unlink()
    Store.open(folder).close()
    with pytest.raises(MadeTheCode, match="Make a new code for the same node"):
        confirm(folder, new.register.config.id, words_at(new), "analyst")
    net.enrol(new.register.folder)  # with the keys it has, by another code
    assert is_confirmed(net, new)


def test_one_that_is_rejected_is_revoked(net: Network) -> None:
    folder, new = net.register.folder, net.add_post("Gate 9", confirmed=False)
    reject(folder, new.register.config.id)
    assert ledger.load(net.register).trusted(new.register.config.id) is None
    with pytest.raises(NotWaiting, match="revoke it"):
        reject(folder, net.posts[0].register.config.id)


def test_the_brokers_list_lets_it_send_and_hear_nothing_of_a_scope(net: Network) -> None:
    write_broker(net.register.folder)
    new = net.add_post("Gate 9", confirmed=False)

    def rights() -> list[str]:
        blocks = (broker_folder(net.register.folder) / ACCESS).read_text().strip().split("\n\n")
        return next(block.splitlines()[1:] for block in blocks if block.startswith(f"user {node}\n"))

    node = new.register.config.id
    own = [f"topic write diwan/1/up/{node}/#", f"topic read diwan/1/node/{node}/#"]
    assert rights() == [*own, "topic read diwan/1/all/w"]
    confirm(net.register.folder, node, words_at(new), "analyst")
    scope = [f"topic deny diwan/1/scope/national/{node}/#", "topic read diwan/1/scope/national/#"]
    assert rights() == [*own, *scope, "topic read diwan/1/all/#"]


def test_a_renewed_certificate_confirms_nothing_and_takes_nothing_back(net: Network) -> None:
    folder, new = net.register.folder, net.add_post("Gate 9", confirmed=False)
    later = now().replace(year=now().year + 4)
    for post, sure in ((new, False), (net.posts[0], True)):
        request = signing_request(NodeKeys.load(post.register.folder), post.register.config.id)
        held = ledger.load(net.register).nodes[post.register.config.id].certificate.encode()
        assert renew(folder, request) == held != renew(folder, request, later)
        assert is_confirmed(net, post) is sure


def test_new_keys_have_to_be_confirmed_anew(net: Network, tmp_path: Path) -> None:
    folder, post = net.register.folder, net.posts[0]
    before = words_at(post)
    revoke(folder, post.register.config.id, "lost")
    back = Thief(tmp_path / "keys", post.register.config.id)
    code = make_code(folder, CodeFor("", node=back.node, made_by="technician"))
    enrol(folder, back.asks(code).request)
    known = ledger.load(net.register)
    assert known.trusted(back.node) is not None
    assert not known.is_confirmed(back.node)
    with pytest.raises(WrongWords):
        confirm(folder, back.node, before, "analyst")
    confirm(folder, back.node, words_of(known.nodes[back.node]), "analyst")
    assert ledger.load(net.register).members("national")[0].node == back.node


def test_a_post_that_is_enrolled_again_with_the_keys_it_has_stays_confirmed(net: Network) -> None:
    post = net.posts[0]
    net.enrol(post.register.folder, confirmed=False)
    assert is_confirmed(net, post)


def test_nodes_enrolled_by_the_first_release_count_as_confirmed(net: Network, tmp_path: Path) -> None:
    old = Thief(tmp_path / "old")
    an_earlier_release_writes(net.register, "node", old.fact(net.authority(), "An old post"))
    assert ledger.load(net.register).is_confirmed(old.node)
    with net.register.store.write() as connection:
        connection.execute("UPDATE node SET confirmed=0 WHERE id=?", (net.posts[0].register.config.id,))
    assert [found.kind for found in verify_node(net.register.folder).findings] == ["node"], "its mark was altered"
    ledger.begin(net.register)
    assert verify_node(net.register.folder).findings == []
    assert net.register.store.one("SELECT confirmed FROM node WHERE id=?", (old.node,)) == 1


def test_a_case_file_says_that_a_key_was_never_confirmed(net: Network, tmp_path: Path) -> None:
    new = net.add_post("Gate 9", confirmed=False)
    (record,) = new.save(case())
    net.settle()
    export(net.register.folder, record, tmp_path / "case.zip")
    done = check(tmp_path / "case.zip")
    assert done.proven
    assert {about["label"]: about["confirmed"] for about in done.keys} == {"Centre": True, "Gate 9": False}
    assert any("Nobody at the centre has confirmed" in statement for statement in done.statements)


def test_a_post_knows_its_words_before_it_is_enrolled(tmp_path: Path) -> None:
    from diwan_appliance import setup as post_setup
    from diwan_core.register import Register

    post_setup.create(tmp_path / "post", "Gate 9", "JOAMM", "127.0.0.1", 0)
    with Register.open(tmp_path / "post") as register:
        standing = standing_of_post(register)
    assert standing.state == NOT_ENROLLED
    assert len(standing.words.split()) == 6
