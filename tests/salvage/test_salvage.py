"""A post's register is damaged for real, salvaged, and nothing that was receipted or can be read is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from diwan_appliance.agent import settle_salvaged
from diwan_core import node
from diwan_core.register import Register
from diwan_core.register.storage.damage import mark
from diwan_core.salvage.pending import Pending
from diwan_core.salvage.salvage import Salvaged, salvage

from tests.exchange.copies import alike
from tests.exchange.network import Network, Post, case, network, record_in

from .damage_kit import copied_into_database, cut, overwrite_pages, overwrite_where

pytestmark = pytest.mark.slow


@dataclass
class Story:
    """A network in which a post has rows the centre has receipted, and rows it has not."""

    net: Network
    folder: Path
    """The post's."""
    receipted: list[str] = field(default_factory=list)
    unsent: list[str] = field(default_factory=list)
    edited: dict[str, str] = field(default_factory=dict)
    """Record -> its place as it was edited last, unsent."""

    @property
    def post(self) -> Post:
        """The post, while it runs."""
        return next(post for post in self.net.posts if post.register.folder == self.folder)


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    with network(tmp_path, posts=2) as net:
        post, other = net.posts
        told = Story(net, post.register.folder)
        for number in range(40):
            told.receipted += post.save(case(narrative=f"Receipted {number}. " + "n" * (number * 90 % 3000)))
            if number % 4 == 0:
                told.receipted += other.save(case(narrative=f"Of the other post, {number}"))
                net.settle()
            if number % 5 == 0:
                post.edit(told.receipted[0], place=f"Place {number}")
        net.settle()
        for number in range(60):
            told.unsent += post.save(case(narrative=f"Not sent {number}. " + "u" * (number * 110 % 3000)))
            if number % 6 == 0:
                post.edit(told.receipted[1], place=f"Unsent place {number}")
                post.edit(told.unsent[number // 2], place=f"Its place {number}")
                told.edited[told.receipted[1]] = f"Unsent place {number}"
                told.edited[told.unsent[number // 2]] = f"Its place {number}"
        yield told


def salvaged(story: Story) -> tuple[Post, Salvaged]:
    """The post after `diwan post salvage`."""
    folder = story.folder
    done = salvage(folder, folder, node.load(folder, role="post"), lambda _: None)
    return story.net.start(folder), done


def settle(net: Network, post: Post, turns: int = 400) -> None:
    """As the agent's loop does, until all has come to rest."""
    pending = Pending(post.register, post.clock)
    for _ in range(turns):
        net.turn()
        post.clock.now += 5
        if pending.left:
            settle_salvaged(post.exchange, pending, post.register.folder)
    net.settle(400)


def narrative(register: Register, record: str) -> Any:
    held = register.get(record)
    return None if held is None else held.values.get("narrative")


def check_all(story: Story, post: Post, lost: int) -> None:
    """Everything receipted is at the post and at the centre, and the two agree on all they hold."""
    net = story.net
    for record in story.receipted:
        assert narrative(post.register, record) == narrative(net.register, record) is not None
    here = [record for record in story.unsent if post.register.get(record) is not None]
    assert len(story.unsent) - len(here) <= lost
    alike(net, [*story.receipted, *here])
    status = net.register.status()["received"]
    assert status["waiting"] == status["quarantined"] == 0
    assert post.register.status()["journal"]["unsent"] == 0
    assert net.inbox.clones == []


def stop(story: Story) -> Path:
    folder = story.post.register.folder
    story.net.stop(story.post)
    copied_into_database(folder / "register.db")
    return folder


def test_a_register_without_damage_comes_out_as_it_went_in(story: Story) -> None:
    before = story.post.register.status()
    stop(story)
    post, done = salvaged(story)
    assert done.broken == done.rebuilt.beside == done.rebuilt.left_out == 0 and done.rebuilt.lost == []
    after = post.register.status()
    for counted in ("records", "journal", "conflicts", "ledger"):
        assert after[counted] == before[counted], counted
    settle(story.net, post)
    check_all(story, post, lost=0)
    for record, place in story.edited.items():
        held = story.net.register.get(record)
        assert held is not None and held.values["place"] == place


@pytest.mark.parametrize("seed", range(16))
def test_pages_written_over_cost_nothing_that_was_receipted(story: Story, seed: int) -> None:
    folder = stop(story)
    overwrite_pages(folder / "register.db", seed, (0.02, 0.1, 0.3)[seed % 3], sector=seed % 2 == 1)
    mark(folder, "as the process that met it would")
    post, done = salvaged(story)
    settle(story.net, post)
    check_all(story, post, lost=_rows(done))
    assert (done.aside / "register.db").exists()


def _rows(done: Salvaged) -> int:
    """How many unsent rows nothing was left of, by its own report."""
    count = 0
    for stretch in done.rebuilt.lost:
        first, _, last = stretch.rpartition(":")[2].partition("-")
        count += int(last) - int(first) + 1
    return count


@pytest.mark.parametrize("share", [0.0, 0.01, 0.4, 0.8])
def test_a_file_cut_off_costs_nothing_that_was_receipted(story: Story, share: float) -> None:
    folder = stop(story)
    cut(folder / "register.db", share)
    post, done = salvaged(story)
    settle(story.net, post)
    check_all(story, post, lost=len(story.unsent))
    if share == 0.8:
        assert done.rebuilt.rows > 90


def test_a_file_that_is_missing_is_filled_by_the_centre(story: Story) -> None:
    folder = stop(story)
    (folder / "register.db").unlink()
    post, done = salvaged(story)
    assert done.rebuilt.rows == 0
    settle(story.net, post)
    check_all(story, post, lost=len(story.unsent))
    new = post.save(case(narrative="After it all"))
    story.net.settle()
    assert narrative(story.net.register, new[0]) == "After it all"


def test_what_the_log_holds_is_read_from_it(story: Story) -> None:
    """As after kill -9, with the log not yet copied into the database, and damage in both."""
    folder = story.post.register.folder
    kept = {name: (folder / name).read_bytes() for name in ("register.db", "register.db-wal")}
    story.net.stop(story.post)
    for name, content in kept.items():
        (folder / name).write_bytes(content)
    assert len(kept["register.db-wal"]) > 1_000_000
    overwrite_pages(folder / "register.db-wal", 5, 0.01)
    post, done = salvaged(story)
    settle(story.net, post)
    check_all(story, post, lost=_rows(done))


def test_a_salvaged_post_opens_a_new_epoch_that_goes_on_from_the_last_row_it_has(story: Story) -> None:
    folder = stop(story)
    overwrite_pages(folder / "register.db", 3, 0.05)
    post, _ = salvaged(story)
    (head,) = post.register.store.rows("SELECT id, seq, hash FROM epoch WHERE own=1 AND seq>0 ORDER BY no DESC LIMIT 1")
    post.save(case(narrative="In the new epoch"))
    (opened,) = post.register.store.rows(
        "SELECT parent, parent_seq, parent_hash FROM epoch WHERE own=1 ORDER BY no DESC LIMIT 1"
    )
    assert opened == head
    settle(story.net, post)
    check_all(story, post, lost=60)


def test_a_power_cut_while_the_files_change_places_is_gone_on_from(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    from diwan_core.salvage import swap

    folder = stop(story)
    overwrite_pages(folder / "register.db", 4, 0.05)
    renamed = Path.rename

    def cut_at(path: Path, target: Path) -> Path:
        if path.parent.name == swap.WORK:
            raise OSError("the power is gone")
        return renamed(path, target)

    with monkeypatch.context() as cutting:
        cutting.setattr(Path, "rename", cut_at)
        with pytest.raises(OSError, match="power"):
            salvage(folder, folder, node.load(folder, role="post"), lambda _: None)
    assert not (folder / "register.db").exists() and swap.is_begun(folder)
    swap.finish(folder)
    assert not (folder / swap.WORK).exists()
    post = story.net.start(folder)
    settle(story.net, post)
    check_all(story, post, lost=60)


def test_rows_behind_one_that_is_lost_are_written_anew_once_the_centre_says_that_it_lacks_them(story: Story) -> None:
    folder = stop(story)
    assert overwrite_where(folder / "register.db", b"Not sent 20.")
    post, done = salvaged(story)
    assert done.rebuilt.beside > 30 and len(done.rebuilt.lost) == 1
    assert post.register.status()["journal"]["unsent"] < 40, "they are not in the journal"
    assert all(post.register.get(record) is None for record in story.unsent[40:])
    settle(story.net, post)
    check_all(story, post, lost=_rows(done))
    assert all(post.register.get(record) is not None for record in story.unsent[40:])
    for record, place in list(story.edited.items())[-3:]:
        held = story.net.register.get(record)
        assert held is not None and held.values["place"] == place and not held.conflicts
    epochs = post.register.store.one("SELECT count(*) FROM epoch WHERE own=1")
    assert epochs == 2, "they are in the epoch that is written now"


def test_rows_that_the_centre_had_after_all_are_not_written_twice(story: Story) -> None:
    """The receipts were on their way when the power went, and the page of the last one is lost as well."""
    folder = story.folder
    with story.post.register.store.read() as connection:
        before = connection.execute("SELECT seq, stored FROM epoch WHERE own=1").fetchone()
    assert before[0] > before[1]
    for topic, payload in story.post.exchange.outgoing():
        story.net.ingest_carrier.inbox.append((topic, payload))
    while story.net.ingest_carrier.inbox:
        story.net.inbox.handle(story.net.ingest_carrier.poll(0))
        for topic, payload in story.post.exchange.outgoing():
            story.net.ingest_carrier.inbox.append((topic, payload))
    story.net.inbox.receipts()  # nobody hears them
    held = story.net.register.store.one("SELECT seq FROM epoch WHERE origin=?", (node.load(folder).id,))
    assert held > before[1]
    stop(story)
    overwrite_where(folder / "register.db", b"Not sent 5.")
    post, done = salvaged(story)
    assert done.rebuilt.beside > 50
    settle(story.net, post)
    check_all(story, post, lost=0)
    told = story.net.register.store.rows(
        "SELECT count(*), count(DISTINCT record) FROM journal WHERE record IS NOT NULL"
    )
    cases = story.net.register.status()["records"]["case"]
    assert told[0][1] == cases == len(story.receipted) + len(story.unsent)


@pytest.mark.parametrize("seed", range(4))
def test_where_the_network_is_large_the_rest_comes_as_a_snapshot(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with network(tmp_path, posts=2, snapshot_behind=20) as net:
        post, other = net.posts
        told = Story(net, post.register.folder)
        for number in range(40):
            told.receipted += post.save(case(narrative=f"Receipted {number}. " + "n" * (number * 90 % 3000)))
            told.receipted += other.save(case(narrative=f"Of the other post, {number}"))
            net.settle()
            if number % 5 == 0:
                post.edit(told.receipted[0], place=f"Place {number}")
        net.settle()
        for number in range(30):
            told.unsent += post.save(case(narrative=f"Not sent {number}. " + "u" * (number * 110 % 3000)))
            post.edit(told.receipted[seed], place=f"Unsent {number}")
        folder = stop(told)
        overwrite_pages(folder / "register.db", seed, 0.1)
        back, done = salvaged(told)
        settle(net, back)
        check_all(told, back, lost=_rows(done))
        more = back.save(case(narrative="Afterwards"))
        net.settle()
        assert narrative(net.register, more[0]) == "Afterwards"


@pytest.mark.parametrize("seed", [1, 6, 11])
def test_a_post_that_joined_by_snapshot_keeps_the_records_it_had_and_gets_again_those_that_were_lost(
    tmp_path: Path, seed: int
) -> None:
    with network(tmp_path, posts=1, snapshot_behind=20) as net:
        first = net.posts[0]
        records = [record for number in range(40) for record in first.save(case(narrative=f"Before, {number}"))]
        net.settle()
        late = net.add_post()
        net.settle()
        told = Story(net, late.register.folder, receipted=records)
        assert late.register.store.one("SELECT count(*) FROM journal WHERE epoch<>1 AND verdict=0") is not None
        for number in range(10):
            late.edit(records[number], place=f"Edited at the late post, {number}")
            told.edited[records[number]] = f"Edited at the late post, {number}"
        folder = stop(told)
        overwrite_pages(folder / "register.db", seed, 0.02)
        back, done = salvaged(told)
        assert 25 < done.rebuilt.records < 40, "some were lost, the others are there before it has a line again"
        settle(net, back)
        check_all(told, back, lost=0)


def test_a_post_salvaged_while_rows_wait_that_its_snapshot_left_out_takes_them_when_they_come(tmp_path: Path) -> None:
    with network(tmp_path, posts=2, snapshot_behind=10) as net:
        first, second = net.posts
        net.settle()
        records = [record for number in range(15) for record in first.save(case(narrative=f"Before, {number}"))]
        net.settle()
        first.carrier.up = False
        first.edit(records[0], place="Gate 1")
        own = list(first.register.store.rows("SELECT id, seq FROM epoch WHERE own=1")[0])
        second.edit(records[0], place="Gate 2", seen=json.dumps({"*": [own]}))
        records += second.save(case(narrative="What came after it"))
        for _ in range(20):
            net.turn()
        late = net.add_post()
        net.settle()
        assert late.register.store.one("SELECT count(*) FROM state WHERE key GLOB 'left out:*'") == 1
        told = Story(net, late.register.folder, receipted=records)
        folder = stop(told)
        overwrite_pages(folder / "register.db", 1, 0.02)
        back, _ = salvaged(told)
        net.relay._behind = 10**9  # it is sent the history, and no other snapshot
        settle(net, back)
        first.carrier.up = True
        first.exchange.came_up()
        net.settle()
        assert all(record_in(post.register, records[0]).values["place"] == "Gate 2" for post in net.posts)
        check_all(told, back, lost=0)


def test_an_epoch_of_which_neither_its_row_nor_its_opening_is_left_is_known_by_its_signatures(story: Story) -> None:
    folder = stop(story)
    name = Register.open(folder).store.one("SELECT id FROM epoch WHERE own=1")
    database = folder / "register.db"
    assert overwrite_where(database, name.encode() + node.load(folder).id.encode())  # the table of epochs
    assert overwrite_where(database, b'"epoch":"' + name.encode())  # the opening row
    post, done = salvaged(story)
    assert done.rebuilt.beside > 60, "nothing says up to where the centre has it"
    settle(story.net, post)
    check_all(story, post, lost=_rows(done))


def test_pictures_are_held_against_their_names(story: Story) -> None:
    import io

    post = story.post
    whole = post.register.attach(
        io.BytesIO(b"a picture" * 1000), subject=story.receipted[0], media_type="image/png", author="officer"
    )
    broken = post.register.attach(
        io.BytesIO(b"another one" * 1000), subject=story.receipted[1], media_type="image/png", author="officer"
    )
    post.exchange.woken()
    story.net.settle()
    names = {
        saved.records[0]: str(record_in(post.register, saved.records[0]).values["sha256"]) for saved in (whole, broken)
    }
    folder = stop(story)
    path = folder / "blobs" / names[broken.records[0]][:2] / names[broken.records[0]]
    path.write_bytes(path.read_bytes()[:5000])
    overwrite_pages(folder / "register.db", 2, 0.1)
    back, done = salvaged(story)
    assert (done.pictures.whole, done.pictures.damaged) == (1, 1)
    assert (done.aside / "blobs" / path.name).exists()
    settle(story.net, back)
    check_all(story, back, lost=_rows(done))
    assert back.register.blob_path(names[whole.records[0]]) is not None
    back.register.want_blob(path.name)
    back.exchange.woken()
    story.net.settle(400)
    for _ in range(40):
        story.net.turn()
    assert path.exists(), "the centre has it"


def test_an_erasure_takes_the_damaged_file_with_it(story: Story) -> None:
    from diwan_core.register.erasure.purge import purge

    folder = stop(story)
    overwrite_pages(folder / "register.db", 2, 0.02)
    post, done = salvaged(story)
    assert done.aside.exists()
    purge(post.register.store, folder)
    assert not done.aside.exists()
