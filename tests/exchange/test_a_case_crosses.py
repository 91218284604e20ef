"""A case reported at a post is in the national register, and at every other post, whatever the line does."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.exchange.network import Network, case, network, record_in

pytestmark = pytest.mark.slow


def documents(net: Network, record: str) -> list[object]:
    """What each node holds of a record."""
    registers = net.registers()
    return [(found := register.get(record)) and found.values for register in registers]


def test_a_case_reaches_the_centre_and_every_other_post(tmp_path: Path) -> None:
    with network(tmp_path, posts=3) as net:
        (record,) = net.posts[0].save(case(narrative="Found in ABRIAQUÍ"))
        net.settle()
        held = documents(net, record)
        assert all(document == held[0] and document is not None for document in held)
        assert [row.id for row in net.register.search("abriaqui")] == [record]
        assert record_in(net.posts[0].register, record).standing == "stored"


def test_rows_reach_their_own_author_by_receipt_and_not_by_echo(tmp_path: Path) -> None:
    with network(tmp_path, posts=2) as net:
        net.posts[0].save(*[case(time=f"10:{minute:02d}") for minute in range(30)])
        net.settle()
        assert net.posts[0].register.store.one("SELECT sum(duplicates) FROM epoch") == 0
        assert net.posts[0].register.store.one("SELECT count(*) FROM epoch") == 1


def test_an_edit_at_another_post_comes_back(tmp_path: Path) -> None:
    with network(tmp_path) as net:
        (record,) = net.posts[0].save(case())
        net.settle()
        net.posts[1].edit(record, author="supervisor", place="Warehouse 4")
        net.settle()
        assert record_in(net.posts[0].register, record).values["place"] == "Warehouse 4"
        assert [entry.author for entry in net.posts[0].register.history(record)] == ["officer", "supervisor"]


def test_two_edits_that_did_not_see_each_other_are_a_conflict_everywhere_and_the_same(tmp_path: Path) -> None:
    with network(tmp_path) as net:
        (record,) = net.posts[0].save(case())
        net.settle()
        net.posts[0].edit(record, place="Gate 1", author="first")
        net.posts[1].edit(record, place="Gate 2", author="second")
        net.settle()
        for register in (net.register, net.posts[0].register, net.posts[1].register):
            found = register.get(record)
            assert found is not None
            assert [alternative.value for alternative in found.conflicts["place"]] == ["Gate 2", "Gate 1"]
            assert found.values["place"] == "Gate 2"
        net.posts[0].edit(record, place="Gate 1")
        net.settle()
        for register in (net.register, net.posts[1].register):
            found = register.get(record)
            assert found is not None
            assert found.conflicts == {}
            assert found.values["place"] == "Gate 1"


@pytest.mark.parametrize("seed", range(6))
def test_a_line_that_loses_doubles_and_reorders_loses_nothing(tmp_path: Path, seed: int) -> None:
    with network(tmp_path, posts=2, seed=seed, loss=0.2, double=0.2, reorder=True) as net:
        records = []
        for turn in range(12):
            post = net.posts[turn % 2]
            records += post.save(case(time=f"{turn:02d}:00"), case(time=f"{turn:02d}:30"))
            net.turn()
            if turn == 6:
                net.restart_ingest()
        net.settle(3000)
        for record in records:
            held = documents(net, record)
            assert held[0] is not None
            assert all(document == held[0] for document in held)
        assert net.register.store.one("SELECT sum(applied) FROM epoch") == 24 + 2
        assert net.register.store.one("SELECT count(*) FROM quarantine") == 0


def test_a_hello_s_answer_does_not_repeat_what_was_sent_since(tmp_path: Path) -> None:
    with network(tmp_path, posts=1) as net:
        post = net.posts[0]
        net.settle()
        post.save(case(time="10:00"))
        post.exchange.handle([net.inbox.voice.wake()])
        for minute in range(1, 4):
            for topic, payload in post.exchange.outgoing():
                post.carrier.publish(topic, payload)
            post.save(case(time=f"10:0{minute}"))
        hello, *later = net.ingest_carrier.inbox
        assert len(later) == 3
        net.ingest_carrier.inbox = [hello]
        net.turn()
        net.ingest_carrier.inbox += later
        net.settle()
        assert net.register.status()["received"] == {"applied": 5, "duplicates": 0, "waiting": 0, "quarantined": 0}


def test_a_picture_follows_its_case_and_another_post_fetches_it_on_demand(tmp_path: Path) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 1000
    with network(tmp_path) as net:
        (record,) = net.posts[0].save(case())
        saved = net.posts[0].register.attach(
            io.BytesIO(picture), subject=record, media_type="image/png", author="officer"
        )
        net.posts[0].exchange.woken()
        net.settle()
        attachment = net.register.get(saved.records[0])
        assert attachment is not None
        name = attachment.values["sha256"]
        path = net.register.blob_path(name)
        assert path is not None
        assert path.read_bytes() == picture
        other = net.posts[1]
        assert other.register.blob_path(name) is None
        assert other.register.want_blob(name)
        other.exchange.woken()
        for _ in range(40):
            net.turn()
        path = other.register.blob_path(name)
        assert path is not None
        assert path.read_bytes() == picture


def test_a_post_that_joins_late_gets_the_present_state_and_goes_on_from_there(tmp_path: Path) -> None:
    with network(tmp_path, posts=2, snapshot_behind=10) as net:
        records = net.posts[0].save(*[case(time=f"11:{minute:02d}") for minute in range(40)])
        net.settle()
        net.posts[0].edit(records[0], place="Left")
        net.posts[1].edit(records[0], place="Right")
        net.settle()
        late = net.add_post("Late")
        net.settle()
        assert late.register.store.one("SELECT count(*) FROM journal") < 10, "its state, not the history of 42 changes"
        assert documents(net, records[0])[0] == record_in(late.register, records[0]).values
        assert "place" in record_in(late.register, records[0]).conflicts
        (new,) = net.posts[0].save(case(place="After"))
        late.edit(records[1], place="Edited by the latecomer")
        net.settle()
        assert late.register.get(new) is not None
        assert record_in(net.register, records[1]).values["place"] == "Edited by the latecomer"


def test_the_centre_authors_cases_too(tmp_path: Path) -> None:
    from diwan_core.register import Edit

    with network(tmp_path) as net:
        saved = net.register.save([Edit("case", case())], author="analyst")
        net.settle()
        assert all(document is not None for document in documents(net, saved.records[0]))


def test_a_case_reported_and_edited_before_the_line_stands_arrives_with_its_edits(tmp_path: Path) -> None:
    with network(tmp_path) as net:
        records = net.posts[0].save(case(), case(time="10:00"))
        net.posts[0].edit(records[0], place="Gate 1")
        net.posts[0].edit(records[1], place="Gate 2")
        net.posts[0].edit(records[0], place="Gate 3")
        net.settle()
        assert [document["place"] for document in documents(net, records[0])] == ["Gate 3"] * 3  # type: ignore[index]
        assert net.register.store.one("SELECT count(*) FROM quarantine") == 0
