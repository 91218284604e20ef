"""A real network that was ended at rest, for the checker to look at; each test harms a copy of its own."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import pytest
from diwan_lab.command import diwan, grouped_secret
from diwan_lab.diary import NAME, Diary
from diwan_lab.officers import USER, Acknowledged, Officer, Told, wait_until
from diwan_lab.revoked import Trust
from diwan_lab.verdict import Verdict, is_at_rest, judge
from diwan_lab.watching import Watcher
from diwan_lab.weather import Weather


@dataclass
class Remains:
    """The data folders of a network that was ended at rest, and what its officers were told."""

    folder: Path
    told: list[Told]
    trust: Trust = field(default_factory=Trust)

    @property
    def central(self) -> Path:
        return self.folder / "central"

    @property
    def posts(self) -> list[Path]:
        return [self.folder / "post1", self.folder / "post2"]

    def harm(self, node: str, sql: str) -> None:
        with closing(sqlite3.connect(self.folder / node / "register.db", isolation_level=None)) as database:
            assert database.execute(sql).rowcount > 0, "the harm must be done"

    def verdict(self) -> Verdict:
        return judge(self.central, self.posts, self.told, (self.folder / "tap").glob("*"), self.trust)


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Remains:
    folder = tmp_path_factory.mktemp("network") / "n"
    weather = Weather(folder, posts=2)
    folder.mkdir()
    weather.diary = diary = Diary(folder / NAME)
    with weather as cluster, Watcher(cluster, diary, Lock()):
        book = Acknowledged(folder / "told.jsonl", diary)
        for post in cluster.posts:
            secret = grouped_secret(diwan("post", "user", "add", USER, "--role", "officer", "--dir", post))
            officer = Officer(post.name, cluster.url(post.name), secret, book, seed=1, pause=0.0)
            for act in (officer.report, officer.report):
                act()
            for record in book.records[-2:]:
                officer.finish_edit(record, officer.begin_edit(record))
            book.records = book.records[-2:]
            officer.photograph()
        cluster.stop("post1.web", "post2.web", "central.web")  # each anchors its log of reads
        assert wait_until(lambda: is_at_rest(cluster.central, cluster.posts), 60)
    assert [one.kind for one in book.told].count("picture") == 2
    return Remains(folder, book.told)


@pytest.fixture
def remains(network: Remains, tmp_path: Path) -> Iterator[Remains]:
    copy = tmp_path / "n"
    shutil.copytree(network.folder, copy, ignore=shutil.ignore_patterns("*.sock"))
    yield Remains(copy, network.told)
    shutil.rmtree(copy)
