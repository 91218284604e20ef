"""The keys of a centre in three sheets: any two open them, one opens nothing, and none counts before it was typed
back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from diwan_core.custody import standing
from diwan_core.health.backups import of_backups
from diwan_core.health.words import say_finding, severity_of

from tests.backup.escrow_kit import Three, at_terminal, codes, confirm, in_force, make_sheets, sealed
from tests.backup.kit import Centre
from tests.custody.kit import name, refused, run, told

pytestmark = pytest.mark.slow


def test_the_backup_is_not_healthy_until_all_three_have_typed_their_words_back(
    with_custodians: Centre, three: Three
) -> None:
    centre = with_custodians
    assert "escrow_none" in codes(centre)
    words, made = make_sheets(centre, pdf=True)
    assert set(words) == {one.name for one in three}
    assert not made["not_printed"]
    for files in made["files"].values():
        page, paper = map(Path, files)
        assert paper.read_bytes().startswith(b"%PDF-")
        assert page.stat().st_mode & 0o077 == 0 == paper.stat().st_mode & 0o077
    before = sealed(centre).read_bytes()
    for count, (who, typed) in enumerate(words.items(), 1):
        (finding,) = [one for one in of_backups(centre.folder) if one.code == "escrow_unconfirmed"]
        assert who in str(say_finding(finding)[0])
        assert severity_of(finding) == "fault"
        assert run("backup", "status", "--dir", centre.folder).exit_code == 2
        done = confirm(centre, who, typed)
        assert len(done["waiting"]) == 3 - count
        assert not any(Path(file).exists() for file in made["files"][who]), "what was printed does not stay"
        assert (sealed(centre).read_bytes() == before) == (count < 3), "what was before opens until the last one"
    assert codes(centre) & {"escrow_none", "escrow_unconfirmed", "backup_key_unchecked", "custodians_few"} == set()
    assert [row["state"] for row in told("backup", "escrow", "status", "--dir", centre.folder)["sheets"]] == [
        "in use"
    ] * 3


def test_at_a_terminal_nothing_typed_is_shown_and_a_mistake_costs_its_line(
    with_custodians: Centre, three: Three
) -> None:
    centre = with_custodians
    words, _ = make_sheets(centre)
    who = three[0].name
    typed = words[who].split()
    lines = [" ".join(typed[:12]), "notaword " + typed[12], " ".join(typed[12:20]), " ".join(typed[20:])]
    program = str(Path(sys.executable).with_name("diwan"))
    command = [program, "backup", "escrow", "confirm", who, "--dir", str(centre.folder)]
    code, seen = at_terminal(command, lines)
    assert code == 1, seen
    assert "word 13, “notaword”" in seen
    assert "these are the words of the sheet of Amina Odeh" in seen
    assert typed[0] not in seen.split()
    assert typed[25] not in seen.split()


def test_each_types_their_own_words_and_of_the_present_set(with_custodians: Centre, three: Three) -> None:
    centre = with_custodians
    older, _ = make_sheets(centre, out="first")
    words, _ = make_sheets(centre, out="second")
    amina, brahim, _ = (one.name for one in three)
    confirming = ("backup", "escrow", "confirm", amina, "--dir", centre.folder)
    assert f"the sheet of {brahim}" in refused(*confirming, given=words[brahim])
    assert "older set" in refused(*confirming, given=older[amina])
    assert "there is no sheet for Nobody" in refused("backup", "escrow", "confirm", "Nobody", "--dir", centre.folder)
    assert len(standing.escrow(centre.folder).pending.unconfirmed) == 3  # type: ignore[union-attr]


@pytest.mark.parametrize("pair", [(0, 1), (1, 2), (2, 0)])
def test_two_sheets_bring_back_the_centre_and_the_third_may_be_lost(
    with_custodians: Centre, pair: tuple[int, int]
) -> None:
    centre = with_custodians
    words = list(in_force(centre).values())
    given = "\n".join(words[at] for at in pair)
    restored = told(
        "backup", "restore", "centre", centre.place / "a.borg", "--to", centre.place / "new", "--quiet", given=given
    )
    assert restored["cases"] == 3
    for each in ("identity.pem", "ca.pem", "sealing.pem", "backup/passphrase"):
        assert (centre.place / "new/keys" / each).read_bytes() == (centre.folder / "keys" / each).read_bytes()
    assert told("backup", "key", "check", "--dir", centre.folder, given=given)["files"] > 3


def test_a_centre_restored_from_before_its_newest_sheets_is_not_sealed_to_the_older_ones(
    with_custodians: Centre, three: Three
) -> None:
    """The archive remembers sheets that were destroyed since: nobody could open what is sealed to them."""
    centre = with_custodians
    in_force(centre)
    centre.make("a")
    act = centre.place / "rotate.act"
    told("backup", "escrow", "rotate", "--dir", centre.folder, "--ask", act)
    three[0].sign(act)
    three[1].sign(act)
    one, two, _ = in_force(centre, "rotate", "--act", act, out="new-sheets").values()
    new = centre.place / "new"
    told("backup", "restore", "centre", centre.place / "a.borg", "--to", new, "--quiet", given=f"{one}\n{two}\n")
    assert told("backup", "key", "check", "--dir", new, given=f"{one}\n{two}\n")["files"] > 3
    assert "escrow_other_key" in {finding.code for finding in of_backups(new)}


def test_open_writes_the_keys_for_their_owner_alone(with_custodians: Centre) -> None:
    centre = with_custodians
    first, second, _ = in_force(centre).values()
    out = centre.place / "opened"
    opening = ("backup", "escrow", "open", sealed(centre), "--out", out)
    assert "opens nothing" in refused(*opening, given=f"{first}\n")
    assert "same sheet twice" in refused(*opening, given=f"{first}\n{first}\n")
    assert not out.exists()
    files = told(*opening, given=f"{first}\n{second}\n")["files"]
    assert "keys/identity.pem" in files
    assert "console-authority/key.pem" in files
    for file in files:
        assert (out / file).read_bytes() == (centre.folder / file).read_bytes()
        assert (out / file).stat().st_mode & 0o777 == 0o600
    assert "not empty" in refused(*opening, given=f"{first}\n{second}\n")


def test_the_paper_key_opens_nothing_new_once_the_sheets_are_in_force(centre: Centre, three: Three) -> None:
    paper = centre.repository("a").paper_key
    centre.make("a")
    name(centre.folder, three)
    in_force(centre)
    restoring = ("backup", "restore", "centre", centre.place / "a.borg", "--to", centre.place / "new")
    assert "not the recovery key" in refused(*restoring, given=paper)


@pytest.mark.parametrize("point", ["escrow-in-force", "escrow-sealed"])
def test_a_power_cut_while_the_last_one_types_is_mended_by_typing_again(with_custodians: Centre, point: str) -> None:
    centre = with_custodians
    words, _ = make_sheets(centre)
    *first, (last, typed) = words.items()
    for who, each in first:
        confirm(centre, who, each)
    program = str(Path(sys.executable).with_name("diwan"))
    command = [program, "backup", "escrow", "confirm", last, "--dir", str(centre.folder)]
    died = subprocess.run(command, input=typed.encode(), env=os.environ | {"DIWAN_CRASH": point}, check=False)
    assert died.returncode == -signal.SIGKILL
    assert "escrow_unconfirmed" in codes(centre)
    assert confirm(centre, last, typed)["waiting"] == []
    given = "\n".join([typed, first[0][1]])
    told("backup", "escrow", "open", sealed(centre), "--out", centre.place / "opened", given=given)
    assert "escrow_unconfirmed" not in codes(centre)


def test_sheets_need_three_custodians_and_a_place_nobody_else_reads(centre: Centre, three: Three) -> None:
    out = centre.place / "sheets"
    making = ("backup", "escrow", "make", "--dir", centre.folder, "--out", out)
    assert "run `diwan backup init`" in refused(*making)
    centre.repository("a")
    assert "name them" in refused(*making)
    assert "custodians_few" in codes(centre)
    name(centre.folder, three[:1])
    assert "names 1" in refused(*making)
    (finding,) = [one for one in of_backups(centre.folder) if one.code == "custodians_few"]
    assert severity_of(finding) == "warning"
    three[0].sign(asked(centre, three))
    name(centre.folder, three, "--act", centre.place / "three.act")
    assert "is not a folder" in refused(*making)
    out.mkdir(mode=0o755)
    out.chmod(0o755)
    assert "others can read" in refused(*making)


def asked(centre: Centre, three: Three) -> Path:
    act = centre.place / "three.act"
    told("custodian", "name", *(one.public for one in three), "--dir", centre.folder, "--ask", act)
    return act


def test_neither_archive_nor_log_nor_state_holds_a_word_of_a_sheet(with_custodians: Centre) -> None:
    centre = with_custodians
    words = in_force(centre)
    for path in centre.folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            for typed in words.values():
                assert " ".join(typed.split()[4:9]).encode() not in content, path
