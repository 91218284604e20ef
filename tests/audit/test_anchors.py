"""The log of reads is anchored in the journal: whoever cuts it off, alters it or puts an older one back is shown."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from diwan_core.audit import Finding, verify_node
from diwan_core.register.journal import log_anchors
from diwan_core.register.journal.row import ANCHOR
from diwan_core.trust.access_log.log import FILE, Look, ReadLog, head_of

from tests.exchange.network import Network, Post, case, network

pytestmark = pytest.mark.slow


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    """A centre and a post whose log of 30 rows is anchored at rows 10, 20 and 30, in two of the anchors with a save."""
    monkeypatch.setattr(log_anchors, "LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(log_anchors, "EVERY_ROWS", 10)
    with network(tmp_path, posts=2) as made:
        made.settle()
        (post, _) = made.posts
        for _ in range(3):
            look(post, 10)
            post.save(case())
        made.settle()
        yield made


def look(post: Post, times: int) -> None:
    log = ReadLog.open(post.register.folder)
    for number in range(times):
        log.note("amal", "officer", [Look("page", f"record-{number}", "case.page")])
    log.close()


def anchored(folder: Path) -> list[tuple[int, str]]:
    """(seq, rest) of the anchors in a node's journal."""
    with closing(sqlite3.connect(folder / "register.db")) as connection:
        return connection.execute(
            "SELECT seq, rest FROM journal WHERE json_extract(meta, '$[1]')=? ORDER BY no", (ANCHOR,)
        ).fetchall()


def tamper(folder: Path, *statements: str) -> list[Finding]:
    """Change the log as someone with the disk in hand would, and audit the node."""
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as connection:
        connection.execute("drop trigger read_kept")
        connection.execute("drop trigger read_fixed")
        for statement in statements:
            connection.execute(statement)
    return verify_node(folder).findings


def sealed_anew(folder: Path, first: int) -> None:
    """Compute the seals of all rows from one on, as the product would have."""
    log = ReadLog.reading(folder)
    rows = list(log.rows())
    log.close()
    before = rows[first - 2].seal
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as connection:
        for row in rows[first - 1 :]:
            before = row.sealed_after(before)
            connection.execute("update read set seal=? where no=?", (before, row.no))


def places(findings: list[Finding]) -> list[tuple[str, str | None]]:
    return [(finding.kind, finding.name) for finding in findings]


def test_a_log_that_nobody_touched_is_whole_and_its_anchors_reach_the_centre(net: Network) -> None:
    post, other = net.posts
    verified = verify_node(post.register.folder)
    assert verified.findings == []
    assert (verified.counts["anchors"], verified.counts["reads logged"]) == (3, 30)
    for register in (net.register, other.register):
        assert anchored(register.folder) == anchored(post.register.folder)
        assert verify_node(register.folder).findings == []


def test_an_anchor_is_no_record_and_nothing_to_find(net: Network) -> None:
    for register in (net.register, net.posts[0].register):
        assert register.count("case") == 3
        assert register.status()["records"] == {"case": 3}
        assert register.search("system") == []
        assert register.status()["quarantine"] == 0
        assert register.status()["received"]["quarantined"] == register.status()["received"]["waiting"] == 0


def test_a_tail_cut_off_is_missed_from_its_first_row(net: Network) -> None:
    folder = net.posts[0].register.folder
    found = tamper(folder, "delete from read where no>24")
    assert places(found) == [("log", "log of reads, row 25")]
    assert (found[0].epoch, found[0].seq) == (own_epoch(net.posts[0]), anchored(folder)[-1][0])
    assert "rows 25 to 30 are missing" in found[0].what


def test_rows_after_the_last_anchor_are_not_yet_proven(net: Network) -> None:
    """The window there is: what was logged since. An anchor at once, as the console writes one when it closes, shuts
    it."""
    post = net.posts[0]
    look(post, 5)
    assert post.register.anchor(at_once=True)
    assert places(tamper(post.register.folder, "delete from read where no>32")) == [("log", "log of reads, row 33")]


def test_a_removed_row_is_located(net: Network) -> None:
    found = tamper(net.posts[0].register.folder, "delete from read where no=7")
    assert places(found) == [("log", "log of reads, row 7")]
    assert found[0].what == "row 7 is missing"


@pytest.mark.parametrize(
    "statement",
    [
        "update read set person='nobody' where no=17",
        "update read set detail='another' where no=17",
        "update read set detail=null, salt=null where no=17",
        "update read set at=at+1 where no=17",
    ],
)
def test_an_altered_row_is_located(net: Network, statement: str) -> None:
    assert set(places(tamper(net.posts[0].register.folder, statement))) == {("log", "log of reads, row 17")}


def test_a_log_sealed_anew_after_an_alteration_does_not_pass_its_anchors(net: Network) -> None:
    post = net.posts[0]
    folder = post.register.folder
    tamper(folder, "update read set person='nobody' where no=17")
    sealed_anew(folder, 17)
    found = verify_node(folder).findings
    assert places(found) == [("log", "log of reads, row 11")]
    assert "among rows 11 to 20" in found[0].what
    assert (found[0].epoch, found[0].seq) == (own_epoch(post), anchored(folder)[1][0])


def test_words_taken_out_as_if_by_an_erasure_are_located(net: Network) -> None:
    """The commitment is left, so the chain holds; but no erasure in the ledger orders it."""
    folder = net.posts[0].register.folder
    log = ReadLog.reading(folder)
    from diwan_core.trust.access_log.log_row import commitment

    row = log.page(before=18, limit=1)[0]
    log.close()
    kept = commitment(row.salt or b"", row.detail or "").hex()
    found = tamper(folder, f"update read set detail=null, salt=null, commitment=x'{kept}' where no=17")
    assert places(found) == [("log", "log of reads, row 17")]
    assert "no erasure" in found[0].what


@pytest.mark.parametrize("older", [0, 12])
def test_an_older_file_in_its_place_is_missed_and_the_centre_learns_of_it(
    net: Network, tmp_path: Path, older: int
) -> None:
    post = net.posts[0]
    folder = post.register.folder
    if older:
        tamper(folder, f"delete from read where no>{older}")
    else:
        for path in folder.glob(f"{FILE}*"):
            path.unlink()
    assert places(verify_node(folder).findings) == [("log", f"log of reads, row {older + 1}")]
    look(post, 1)
    post.save(case())
    net.settle()
    (found,) = verify_node(net.register.folder).findings
    assert (found.kind, found.origin, found.epoch) == ("log", post.register.config.id, own_epoch(post))
    assert found.seq == anchored(folder)[-1][0]
    assert f"{older + 1} rows are anchored here where 30 were before" in found.what
    ((code, sender, reason),) = net.register.store.rows("SELECT code, sender, reason FROM quarantine")
    assert (code, sender) == ("log", post.register.config.id), "said at once, where the centre's people look"
    assert "the end was cut off" in reason


def test_a_log_written_anew_from_the_start_is_shown_to_the_centre_where_it_says_another_seal(net: Network) -> None:
    post = net.posts[0]
    folder = post.register.folder
    for path in folder.glob(f"{FILE}*"):
        path.unlink()
    look(post, 30)
    post.register.anchor(at_once=True)
    post.exchange.woken()
    net.settle()
    for found in (verify_node(net.register.folder).findings, verify_node(folder).findings[:1]):
        assert "row 30 was anchored with another seal before" in found[0].what


def test_a_node_put_back_whole_is_not_blamed_for_the_anchors_it_lost(net: Network, tmp_path: Path) -> None:
    post = net.posts[0]
    folder = post.register.folder
    shutil.copytree(folder, tmp_path / "copy", ignore=shutil.ignore_patterns("*.sock"))
    look(post, 10)
    post.save(case())
    net.settle()
    net.stop(post)
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "copy", folder)
    back = net.start(folder)
    look(back, 1)
    back.save(case())
    net.settle()
    for register in (net.register, back.register):
        verified = verify_node(register.folder)
        assert verified.findings == []
    assert net.register.store.one("SELECT count(*) FROM quarantine") == 0
    assert any("restored or cloned" in note for note in verify_node(net.register.folder).notes)


def test_the_centres_own_log_is_anchored_in_what_every_post_holds(net: Network) -> None:
    folder = net.register.folder
    log = ReadLog.open(folder)
    log.note("basim", "analyst", [Look("search", "", "case: kilo")])
    log.close()
    rows, _ = head_of(folder)
    assert net.register.anchor()
    net.settle()
    for post in net.posts:
        assert any(rest.startswith(f'{{"rows":{rows},') for _, rest in anchored(post.register.folder))
    assert places(tamper(folder, "delete from read")) == [("log", "log of reads, row 1")]


def test_a_page_shown_is_not_a_change_and_nothing_is_anchored_twice(net: Network) -> None:
    post = net.posts[0]
    before = post.register.store.one("SELECT seq FROM epoch WHERE own=1")
    assert not post.register.anchor()
    look(post, 9)
    assert not post.register.anchor()
    look(post, 1)
    assert post.register.anchor() and not post.register.anchor(at_once=True)
    assert post.register.store.one("SELECT seq FROM epoch WHERE own=1") == before + 1


def test_a_row_that_only_looks_like_an_anchor_is_set_aside(net: Network) -> None:
    from diwan_core.register.journal.journal import Journal

    post = net.posts[0]
    original = Journal.anchor
    try:
        Journal.anchor = lambda self, head: original(self, {**head, "seal": "x"})  # type: ignore[method-assign]
        look(post, 10)
        post.save(case())
    finally:
        Journal.anchor = original  # type: ignore[method-assign]
    net.settle()
    assert net.register.store.rows("SELECT code, sender FROM quarantine") == [("rule", post.register.config.id)]
    assert net.register.count("case") == 4


def own_epoch(post: Post) -> str:
    return str(post.register.store.one("SELECT id FROM epoch WHERE own=1"))
