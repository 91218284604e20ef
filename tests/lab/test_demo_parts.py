"""The demonstration's parts that need no network: dealing the samples, keeping the folder, finding ports."""

import gzip
import json
import os
import socket
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from diwan_core import node
from diwan_core.trust.people.accounts import Accounts
from diwan_core.trust.people.passwords import Cost
from diwan_lab import loading
from diwan_lab.cluster import choose_ports, move_ports
from diwan_lab.command import CommandFailed, diwan, grouped_secret
from diwan_lab.demo import changed_passwords, demo, how_to_reset, table
from diwan_lab.kept import Account, FolderRefused, Notes, occupied, read_notes
from diwan_lab.ports import HOST, PortInUse
from diwan_lab.showcase import CASES, write_showcase

POSTS = [Path(f"post{number}") for number in (1, 2, 3, 4, 5, 6, 7)]


@pytest.mark.parametrize("posts", [1, 3, 7])
def test_every_row_of_every_sample_goes_to_exactly_one_post(posts: int) -> None:
    jobs = [job for dealt in loading.deal_samples(POSTS[:posts], pictures=2).values() for job in dealt]
    for name, rows in loading.SAMPLES.items():
        parts = sorted(job.rows for job in jobs if job.mapping == name and job.rows)
        assert [row for first, last in parts for row in range(first, last + 1)] == list(range(1, rows + 1))
    assert sum(job.pictures for job in jobs) == 2 * posts


def test_the_showcase_is_taken_whole_and_is_of_these_days(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text('office = "JOAQJ"\n')
    table, mapping = write_showcase(tmp_path, tmp_path, 2, date(2026, 11, 22))
    said = diwan("import", table, "--mapping", mapping, "--check", "--json")
    result = json.loads(said.splitlines()[-1])
    assert (result["imported"], result["refused"]) == (CASES, 0)
    assert result["first"]["date"] == "2026-11-22" and result["first"]["means"]["1"]["plate"] == "12-24567"


def test_the_samples_have_the_rows_we_deal() -> None:
    folder = loading.ROOT / "core/diwan_core/intake/samples"
    with gzip.open(folder / "colombia.json.gz") as file:
        assert len(json.load(file)) == loading.SAMPLES["colombia"]
    for name in ("cbp", "kcs"):
        with gzip.open(folder / f"{name}.csv.gz", "rt", encoding="utf-8-sig") as lines:
            assert sum(1 for _ in lines) - 1 == loading.SAMPLES[name]


def test_shares_add_up_and_differ_by_one_at_most() -> None:
    assert loading.shares(10, 3) == [3, 3, 4]
    assert sum(loading.shares(3_001, 7)) == 3_001


def test_any_free_port_means_all_different(tmp_path: Path) -> None:
    ports, held = choose_ports(posts=5, first=0)
    with held:
        assert len({ports.broker, ports.central, *ports.posts}) == 7


def test_a_port_that_was_chosen_is_nobody_elses_until_its_server_has_it(tmp_path: Path) -> None:
    _, held = choose_ports(posts=0, first=0)
    port = held.numbers[0]
    with held:
        # What another program gets that asks for any free port, so often that it would meet this one.
        assert port not in {number for _ in range(40) for number in any_free(1000)}
        with socket.create_server((HOST, port)) as server, socket.create_connection((HOST, port)):
            assert server.getsockname() == (HOST, port)


def any_free(count: int) -> list[int]:
    """Ports the kernel gives when none is named."""
    opened = [socket.socket() for _ in range(count)]
    try:
        for one in opened:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind((HOST, 0))
        return [one.getsockname()[1] for one in opened]
    finally:
        for one in opened:
            one.close()


def test_a_port_in_use_is_named_with_the_remedy() -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=rf"port {port} is in use.*--port 0"):
            choose_ports(posts=1, first=port)


def test_a_kept_node_gets_new_ports_and_nothing_else_changes(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text('role = "post"\nlabel = "web_port = 1"\nweb_port = 8601\ncentral_url = ""\n')
    move_ports(tmp_path, web_port=9001, central_url="http://127.0.0.1:9000")
    expected = 'role = "post"\nlabel = "web_port = 1"\nweb_port = 9001\ncentral_url = "http://127.0.0.1:9000"\n'
    assert (tmp_path / "node.toml").read_text() == expected


def test_notes_survive_and_only_the_owner_reads_the_passwords(tmp_path: Path) -> None:
    notes = Notes(posts=2, records=10, accounts=[Account("post1", "officer", "officer", "abcd-efgh")])
    notes.save(tmp_path)
    assert read_notes(tmp_path) == notes
    assert (tmp_path / "demo.json").stat().st_mode & 0o077 == 0


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(FolderRefused, match="other things"), occupied(tmp_path):
        pass
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_two_demonstrations_do_not_share_a_folder(tmp_path: Path) -> None:
    with occupied(tmp_path):
        Notes().save(tmp_path)
        with pytest.raises(FolderRefused, match="running"), occupied(tmp_path):
            pass


def test_damaged_notes_are_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text("{half")
    with pytest.raises(FolderRefused, match="cannot be understood"):
        read_notes(tmp_path)


def test_a_folder_that_cannot_be_made_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = CliRunner().invoke(demo, ["--once", "--dir", str(tmp_path / "file" / "below")])
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    assert "--dir" in done.stderr


@pytest.mark.parametrize("options", [["--posts", "0"], ["--records", "-1"], ["--port", "70000"], ["--colour", "red"]])
def test_bad_options_are_refused_before_anything_is_started(options: list[str], tmp_path: Path) -> None:
    done = CliRunner().invoke(demo, [*options, "--dir", str(tmp_path / "data")])
    assert done.exit_code == 2
    assert not os.listdir(tmp_path)


def test_a_one_time_secret_is_found_in_what_was_printed() -> None:
    assert grouped_secret("Code for Post 1 (valid 7 days): ABCD-EFGH-2345-MNOP-QRST\n") == "ABCD-EFGH-2345-MNOP-QRST"
    with pytest.raises(CommandFailed):
        grouped_secret("nothing here")


def test_a_table_is_as_wide_as_its_widest_cell() -> None:
    assert table(("a", "bb"), [("ccc", "d")]).splitlines() == ["  a    bb", "  ---  --", "  ccc  d"]


def test_a_password_that_was_changed_is_told_with_how_to_reset_it(tmp_path: Path) -> None:
    node.create(tmp_path / "post1", node.NodeConfig("post", node.mint_id(), "Gate", "JOAQJ"))
    with closing(Accounts.open(tmp_path / "post1", cost=Cost(memory_kib=64, iterations=1))) as people:
        one_time = {name: people.add(name, name) for name in ("administrator", "supervisor")}
        people.change_password("supervisor", one_time["supervisor"], "seven grey herons at dawn")
    accounts = [Account("post1", name, name, password) for name, password in one_time.items()]
    assert changed_passwords(tmp_path, accounts) == {accounts[1]}
    told = how_to_reset(tmp_path, accounts[1])
    assert f"./diwan post user reset supervisor --dir {tmp_path / 'post1'}" in told and "approve NUMBER" in told
