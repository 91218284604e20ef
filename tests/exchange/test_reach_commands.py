"""What an administrator types to say how far names travel, and which posts are a unit."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner
from diwan_central.cli import central

from tests.exchange.network import network
from tests.exchange.reach_kit import settle


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(central, words)
    assert done.exit_code == code, done.output
    return done.output


def test_reach_and_units_are_shown_and_changed(tmp_path: Path) -> None:
    with network(tmp_path, posts=2) as net:
        settle(net)
        where = ("--dir", str(net.register.folder))
        assert "case: all\n" in run("reach", *where)
        assert run("scope", "list", *where) == "national: Post 1, Post 2\n"
        assert "unit-north" in run("scope", "add", "North", "Post 1", net.posts[1].register.config.id, *where)
        assert "unit-north: Post 1, Post 2" in run("scope", "list", *where)
        assert "case: unit\nperson: unit\n" in run("reach", "case", "person", "--nominal", "unit", *where)
        run("scope", "remove", "north", "Post 2", *where)
        assert "unit-north: Post 1\n" in run("scope", "list", *where)


def test_what_cannot_be_is_refused_with_words(tmp_path: Path) -> None:
    with network(tmp_path, posts=1) as net:
        where = ("--dir", str(net.register.folder))
        assert "not heard to have a release" in run("reach", "case", "--nominal", "centre", *where, code=1)
        settle(net)
        assert "not a record type" in run("reach", "unit", "--nominal", "centre", *where, code=1)
        assert "for one post alone: case" in run("reach", "case", "--nominal", "addressed", *where, code=1)
        assert "message: addressed" in run("reach", "message", "--nominal", "addressed", *where)
        assert "give record types" in run("reach", "case", *where, code=2)
        assert "no code of a unit" in run("scope", "add", "../x", "Post 1", *where, code=1)
        assert "no confirmed post" in run("scope", "add", "north", "Nobody", *where, code=1)
        assert "no member of unit-north" in run("scope", "remove", "north", "Post 1", *where, code=1)
        net.add_post("New", confirmed=False)
        assert "no confirmed post" in run("scope", "add", "north", "New", *where, code=1)
