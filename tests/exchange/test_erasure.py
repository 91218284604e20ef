"""What the law has erased is gone from every file of every node, and the chains still verify."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_core.audit import check, export, verify_node
from diwan_core.exchange import erasure
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.parcel import ROWS
from diwan_core.register import Edit, Refused
from diwan_core.register.erasure.erase import NOMINAL, note_halves_dropped
from diwan_core.trust import NodeKeys

from tests.exchange.copies import put_back, save_copy
from tests.exchange.erased_kit import PARTY, SECRETS, greet, order, report, traces
from tests.exchange.network import Network, case, network, record_in

pytestmark = pytest.mark.slow


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2) as made:
        made.settle()
        yield made


def test_nothing_is_found_in_any_file_of_any_node_and_every_chain_verifies(net: Network) -> None:
    record, beside = report(net)
    assert all(traces(register) for register in (net.register, net.posts[0].register))
    order(net, record)
    greet(net)
    for register in net.registers():
        assert traces(register) == []
        verified = verify_node(register.folder)
        assert verified.findings == []
        assert verified.counts["erased rows"] >= 3
        assert register.search("Quagmire") == []
        found = register.get(record)
        assert found is not None
        assert found.values == {}
        assert found.conflicts == {}
        assert record_in(register, beside).values["narrative"] == "Somebody else's"
        assert register.store.one("SELECT count(*) FROM blob") == 0


def test_files_of_imports_go_too_whether_they_were_run_or_not_but_not_from_under_one_at_work(net: Network) -> None:
    record, _ = report(net)
    jobs = net.register.folder / "jobs"
    for name in ("never-run", "done", "interrupted", "at-work"):
        (jobs / name).mkdir(parents=True)
        (jobs / name / "table.csv").write_bytes(b"Zephyrine Oldfield")
    for name in ("interrupted", "at-work"):
        (jobs / name / "lock").touch()
    (jobs / "done" / "result.json").write_text("{}")
    with (jobs / "at-work" / "lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        order(net, record)
        greet(net)
        erasure.tidy(net.register, NodeKeys.load(net.register.folder))
        assert [path.name for path in jobs.iterdir()] == ["at-work"]


def test_only_what_names_people_can_be_erased_and_the_rest_stays_provable(net: Network, tmp_path: Path) -> None:
    record, _ = report(net)
    order(net, record, NOMINAL)
    greet(net)
    for register in net.registers():
        found = register.get(record)
        assert found is not None
        assert found.nominal == {}
        assert found.rest["goods"]["1"]["quantity"] == "12.5"
        assert verify_node(register.folder).findings == []
        assert traces(register, (b"Zephyrine", b"zephyrine")) == []
    net.posts[0].edit(record, place="Warehouse")
    net.settle()
    assert record_in(net.register, record).values["place"] == "Warehouse"
    with pytest.raises(Refused, match="erased under"):
        net.posts[0].edit(record, party=PARTY)


def test_the_case_file_says_under_what_it_was_erased(net: Network, tmp_path: Path) -> None:
    record, _ = report(net)
    order(net, record)
    path = tmp_path / "case.zip"
    export(net.register.folder, record, path)
    done = check(path)
    assert done.findings == []
    assert any("erased under Data Protection Act, order 12/2026" in statement for statement in done.statements)
    assert not any(word in path.read_bytes() for word in SECRETS)


def test_a_post_that_was_away_sends_and_gets_the_record_without_its_values(net: Network) -> None:
    record, _ = report(net)
    one, other = net.posts
    one.carrier.up = False
    one.edit(record, narrative="Quagmire again, said too late")
    (unsent,) = one.save(case(narrative="In between"))
    order(net, record)
    other.edit(other.save(case())[0], place="Elsewhere")
    net.settle()
    one.carrier.up = True
    one.exchange.came_up()
    net.settle()
    greet(net)
    for register in net.registers():
        assert traces(register) == []
        assert verify_node(register.folder).findings == []
        assert record_in(register, record).values == {}
        assert register.get(unsent) is not None


def test_a_picture_whose_file_outlived_a_database_put_back_goes_too(net: Network, tmp_path: Path) -> None:
    post = net.posts[0]
    post.save(case(place="Gate"))
    net.settle()
    post_folder, copy = post.register.folder, tmp_path / "copy"
    save_copy(post_folder, copy)
    record, _ = report(net)
    net.stop(post)
    order(net, record)
    put_back(post_folder, copy, in_place=False)
    again = net.start(post_folder)
    assert again.register.store.one("SELECT count(*) FROM blob") == 0, "its register knows no picture"
    assert any("the picture" in trace for trace in traces(again.register)), "its folder has one"
    net.settle()
    greet(net)
    assert traces(again.register) == []


def test_a_post_that_joins_later_gets_what_is_left_by_history_or_by_snapshot(tmp_path: Path) -> None:
    for behind in (5000, 3):
        with network(tmp_path / str(behind), posts=2, snapshot_behind=behind) as net:
            net.settle()
            record, beside = report(net)
            order(net, record)
            greet(net)
            late = net.add_post("Late")
            net.settle()
            greet(net)
            assert record_in(late.register, record).values == {}
            assert late.register.get(beside) is not None
            assert traces(late.register) == []
            assert verify_node(late.register.folder).findings == []


def test_a_node_cannot_keep_values_to_itself_by_calling_them_erased(net: Network) -> None:
    from diwan_core.exchange.wire.parcel import header, pack, rows_content
    from diwan_core.register.journal.row import commitments
    from diwan_core.register.journal.stretches import signed_stretch

    one = net.posts[0]
    one.carrier.up = False
    one.save(case(narrative="Kept to itself"))
    connection = one.register.store.connection
    number, epoch, head = connection.execute("SELECT no, id, signed FROM epoch WHERE own=1").fetchone()
    for no, salt, rest, nominal in connection.execute(
        "SELECT no, salt, rest, nominal FROM journal WHERE epoch=? AND seq>1", (number,)
    ).fetchall():
        kept = b"".join(commitments(salt, rest.encode(), nominal and nominal.encode()))
        connection.execute(
            "UPDATE journal SET rest=NULL, nominal=NULL, salt=NULL, commitments=? WHERE no=?", (kept, no)
        )
    rows = signed_stretch(connection, number, 0, head)
    assert rows is not None
    assert rows.signature is not None
    reader = connection.execute("SELECT sealing_key FROM node WHERE role='central'").fetchone()[0]
    about = header(ROWS, one.register.config.id, epoch=epoch, first=rows.first, last=rows.last)
    parcel = pack(about, rows_content(rows.signature, rows.salts, rows.lines, rows.erased), reader)
    net.inbox.handle([(topics.up(one.register.config.id, topics.PARCEL), parcel)])
    assert net.register.count("case") == 0
    assert net.register.store.one("SELECT code FROM quarantine") == "erasure"
    assert any("no erasure" in finding.what for finding in verify_node(one.register.folder).findings)


def test_a_new_case_may_still_be_reported(net: Network) -> None:
    record, _ = report(net)
    order(net, record)
    greet(net)
    net.posts[0].register.save([Edit("case", case(place="New"))], author="officer")
    with pytest.raises(Refused, match="erased under"):
        net.register.save([Edit("case", {"place": "Again"}, record=record)], author="analyst")


def test_files_are_not_written_anew_all_the_time_however_often_it_comes_due(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A post may move its records there and back: others drop them each time, and nobody saves meanwhile."""
    register, clock, began = net.posts[0].register, [0.0], list[float]()

    def slow(*_: object) -> bool:
        began.append(clock[0])
        clock[0] += 60.0
        return True

    monkeypatch.setattr(erasure, "tidy", slow)
    tidier = erasure.Tidier(register, NodeKeys.load(register.folder), lambda: clock[0])
    with register.store.write() as transaction:
        note_halves_dropped(transaction, ["case"])
    while clock[0] < 7200.0:
        tidier.turn()
        clock[0] += 10.0
    assert 60.0 * len(began) < 7200.0 / 10
