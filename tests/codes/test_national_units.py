"""Units of the country are declared at the centre by a command, and corrected by it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from diwan_core.intake.cli.commands_codes import codes_group

from tests.exchange.network import Network, case, network


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=1) as made:
        made.settle()
        yield made


def run(folder: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(codes_group, [*words, "--dir", str(folder), "--json"])
    return done.exit_code, done.output


def test_a_unit_declared_at_the_centre_measures_at_a_post(net: Network) -> None:
    (post,) = net.posts
    goods = {"1": {"product_group": "other", "quantity": "10", "unit": "ZZ", "national_unit": "tola"}}
    (record,) = post.save(case(goods=goods))
    net.settle()
    centre = net.register.folder
    code, out = run(centre, "unit", "Tola", "11.6638038", "GRM", "--label", "Tola")
    assert code == 0 and json.loads(out)["new"] is True, out
    assert json.loads(run(centre, "unit", "tola", "11.66380380", "GRM")[1])["new"] is False
    net.restart_centre()
    net.settle()
    post.register.work_out_amounts()
    assert post.register.amounts(record)["1"].kilograms == "0.116638038"
    assert json.loads(run(centre, "unit", "tola", "12", "GRM")[1])["factor"] == "12"
    net.restart_centre()
    net.settle()
    post.register.work_out_amounts()
    assert post.register.amounts(record)["1"].kilograms == "0.12"
    assert [unit["factor"] for unit in json.loads(run(post.register.folder, "units")[1])] == ["12"]


@pytest.mark.parametrize(
    "words",
    [
        ("unit", "tola", "x", "GRM"),
        ("unit", "tola", "0", "GRM"),
        ("unit", "to la", "1", "GRM"),
        ("unit", "t", "1", "CT"),
    ],
)
def test_what_measures_nothing_is_refused(net: Network, words: tuple[str, ...]) -> None:
    assert run(net.register.folder, *words)[0] == 2


def test_a_post_declares_no_units(net: Network) -> None:
    assert run(net.posts[0].register.folder, "unit", "tola", "1", "GRM")[0] == 2
