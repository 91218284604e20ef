"""The technician's menu: checks first, shows what it runs, runs nothing without a yes, and takes any wrong answer."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from diwan_provisioning.bundle import Target, signing
from diwan_provisioning.bundle.manifest import FILE, FORMAT, Manifest, described
from diwan_provisioning.menu import STEPS, menu
from diwan_provisioning.running import LOG, CannotRun, Run, find_bundle, run

from tests.provisioning.test_inventory import GOOD, KEY


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "technician"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "technician", "-f", path], check=True)
    return path


def public(key: Path) -> str:
    return key.with_suffix(".pub").read_text().strip()


@pytest.fixture
def country(tmp_path: Path, key: Path) -> Path:
    """A country whose technician has signed the bundle, of the release that runs here."""
    return country_with_bundle(tmp_path, key, version("diwan-provisioning"))


def country_with_bundle(tmp_path: Path, key: Path, release: str) -> Path:
    (tmp_path / "country.yml").write_text(GOOD.replace(KEY, public(key)))
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "apt-key.asc").write_text("a key")
    files = described(folder, ["apt-key.asc"])
    made = Manifest(FORMAT, release, "2026-11-29T00:00:00+00:00", (Target("trixie", "arm64"),), files)
    (folder / FILE).write_bytes(made.to_json())
    signing.sign(folder / FILE, key)
    return tmp_path


def typed(country: Path, *answers: str, code: int = 0) -> tuple[str, list[list[str]]]:
    """What the menu shows for these answers, and the commands it ran."""
    ran: list[list[str]] = []

    def run(argv: Sequence[str], _environment: Mapping[str, str]) -> int:
        ran.append(list(argv))
        return code

    @click.command()
    def command() -> None:
        menu(country, country / "bundle", run)

    done = CliRunner().invoke(command, input="\n".join([*answers, ""]))
    assert done.exit_code == 0, done.output
    return done.output, ran


def number(title: str) -> str:
    return str(next(at for at, step in enumerate(STEPS, 1) if step.title.startswith(title)))


def test_a_step_shows_its_command_and_runs_it_after_a_yes(country: Path) -> None:
    shown, ran = typed(country, number("Set up the centre"), "yes", "0")
    assert "playbooks/central.yml" in shown and len(ran) == 1
    assert ran[0][1:3] == ["-i", str(country / "country.yml")]
    log = (country / LOG).read_text()
    assert "begins:" in log and "ended with 0" in log
    assert typed(country, number("Set up the centre"), "no", "0")[1] == []


def test_one_post_can_be_chosen_by_its_name_and_an_unknown_one_is_named(country: Path) -> None:
    _, ran = typed(country, number("Set up posts"), "post-1", "yes", "0")
    assert ran[0][-2:] == ["--limit", "post-1"]
    shown, ran = typed(country, number("Set up posts"), "post-9", "0")
    assert ran == [] and "There are: central, post-1, post-2" in shown


@pytest.mark.parametrize("answer", ["99", "-1", "x", "1.5", "٣٣", "'; rm -rf /"])
def test_another_answer_is_named_and_asked_again(country: Path, answer: str) -> None:
    shown, ran = typed(country, answer, "0")
    assert "is not one of the numbers" in shown and ran == []


def test_a_wrong_inventory_stops_every_step(country: Path) -> None:
    (country / "country.yml").write_text(GOOD.replace("192.0.2.22", "192.0.2.21"))
    for at in range(1, len(STEPS) + 1):
        shown, ran = typed(country, str(at), "0")
        assert "is also that of post-1" in shown and ran == []


def test_without_a_bundle_it_says_where_it_looked(country: Path) -> None:
    (country / "bundle/bundle.json").unlink()
    shown, ran = typed(country, number("Set up the centre"), "0")
    assert "holds no bundle" in shown and ran == []


def test_a_failure_is_told_and_kept_in_the_log(country: Path) -> None:
    shown, _ = typed(country, number("Cut off"), "3flkvpyz5uy7e", "stolen", "yes", "0", code=2)
    assert "It failed (code 2)" in shown and "ended with 2" in (country / LOG).read_text()
    shown, ran = typed(country, number("Cut off"), "a b", "0")
    assert "Give one word" in shown and ran == []


def test_every_step_has_its_playbook() -> None:
    folder = Path(__file__).parents[2] / "provisioning/playbooks"
    assert all((folder / f"{step.playbook}.yml").exists() for step in STEPS if step.playbook)


def test_the_first_accounts_can_be_made_from_the_menu(country: Path) -> None:
    _, ran = typed(country, number("Make the first accounts"), "post-1", "yes", "0")
    assert ran[0][3].endswith("playbooks/people.yml") and ran[0][-2:] == ["--limit", "post-1"]


def test_secrets_whose_key_was_moved_to_a_stick_are_named_before_they_are_missed(
    country: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (country / "secrets.yml").write_text("$ANSIBLE_VAULT;1.1;AES256\n00\n")
    assert run(Run(country, country / "bundle", ["post"]), lambda *_: 0) == 0
    assert "secrets.yml is not read" in capsys.readouterr().err
    (country / "stick-key").write_text("k\n")
    with_key = Run(country, country / "bundle", ["post"], vault_key=country / "stick-key")
    assert run(with_key, lambda *_: 0) == 0
    assert capsys.readouterr().err == "" and str(country / "stick-key") in with_key.command()


def test_the_bundle_is_looked_for_in_the_folder_and_beside_it(country: Path) -> None:
    assert find_bundle(country) == country / "bundle"
    assert find_bundle(country / "land") == country / "bundle"
    assert find_bundle(country, country / "other") == country / "other"


@pytest.mark.parametrize("file", ["apt-key.asc", "bundle.json"])
def test_a_bundle_that_somebody_changed_is_refused_before_a_machine_is_touched(country: Path, file: str) -> None:
    with (country / "bundle" / file).open("a") as opened:
        opened.write(" ")
    shown, ran = typed(country, number("Set up the centre"), "yes", "0")
    assert "nothing was touched" in shown and "Done." not in shown and ran == []


def test_a_bundle_signed_by_a_stranger_says_whose_key_is_missing(country: Path) -> None:
    (country / "country.yml").write_text(GOOD)
    shown, ran = typed(country, number("Set up the centre"), "yes", "0")
    assert "not signed by a key you trust" in shown and "diwan_admin_keys" in shown and ran == []


def test_a_run_that_was_interrupted_says_how_it_goes_on(country: Path) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    with pytest.raises(CannotRun, match=f"running it again: `diwan provision run {country}`"):
        run(Run(country, country / "bundle", ["verify"]), interrupted)
    assert "interrupted" in (country / LOG).read_text()


def test_a_bundle_of_another_release_than_the_playbooks_is_named(
    tmp_path: Path, key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    older = country_with_bundle(tmp_path, key, "0.0.9")
    assert run(Run(older, older / "bundle", ["post"]), lambda *_: 0) == 0
    assert "is of release 0.0.9, and these playbooks are of" in capsys.readouterr().err
