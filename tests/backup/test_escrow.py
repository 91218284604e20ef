"""The keys of a centre in three sheets: any two open them, one opens nothing, and none counts before it was typed
back."""

from __future__ import annotations

import itertools
import secrets
import sys
from pathlib import Path

import pytest
from diwan_backup.escrow import shares
from diwan_backup.escrow.shares import WrongWords
from diwan_core.custody import standing
from diwan_core.health.backups import of_backups
from diwan_core.health.words import said, severity_of
from shamir_mnemonic.wordlist import WORDLIST

from tests.backup.escrow_kit import Three, at_terminal, confirm, make_sheets, told_any
from tests.backup.kit import Centre
from tests.custody.kit import Person, name, person, refused, run, told

SECRET = secrets.token_bytes(32)


def codes(centre: Centre) -> set[str]:
    return {finding.code for finding in of_backups(centre.folder)}


def in_force(centre: Centre, *how: object, out: str = "sheets") -> dict[str, str]:
    words, _ = make_sheets(centre, *how, out=out)
    for who, typed in words.items():
        confirm(centre, who, typed)
    return words


def sealed(centre: Centre, name: str = "a") -> Path:
    return centre.place / f"{name}.borg.keys.sealed"


# The words alone


def test_any_two_of_three_give_the_secret_and_each_sheet_has_33_words() -> None:
    made = shares.split(SECRET)
    assert [one.number for one in made] == [1, 2, 3]
    assert {len(one.words.split()) for one in made} == {33}
    for one, other in itertools.permutations(made, 2):
        assert shares.join(one, other) == SECRET


def test_one_sheet_twice_opens_nothing() -> None:
    made = shares.split(SECRET)
    with pytest.raises(WrongWords, match="one sheet alone opens nothing"):
        shares.join(made[0], made[0])


def test_sheets_of_two_sets_are_told_apart_by_their_first_words() -> None:
    one, other = shares.split(SECRET)[0], shares.split(SECRET)[1]
    assert one.begins != other.begins
    with pytest.raises(WrongWords, match=f"{one.begins}.*{other.begins}"):
        shares.join(one, other)


def test_words_may_be_typed_with_numbers_in_any_case_and_by_their_first_four_letters() -> None:
    (made, *_) = shares.split(SECRET)
    words = made.words.split()
    assert shares.read(" ".join(f"{at}. {word.upper()}," for at, word in enumerate(words, 1))) == made
    assert shares.read("\n".join(word[:4] for word in words)) == made


def test_a_word_that_is_not_in_the_list_is_told_with_its_number_and_the_nearest_one() -> None:
    (made, *_) = shares.split(SECRET)
    words = made.words.split()
    right = next(at for at in range(33) if len(words[at]) > 5)
    wrong = words[right][:-2] + words[right][-1]
    with pytest.raises(WrongWords, match=f"word {right + 1}, “{wrong}”.*“{words[right]}”"):
        shares.read(" ".join([*words[:right], wrong, *words[right + 1 :]]))


def test_another_word_of_the_list_two_exchanged_and_one_missing_are_noticed() -> None:
    (made, *_) = shares.split(SECRET)
    words = made.words.split()
    other = next(word for word in WORDLIST if word != words[10])
    with pytest.raises(WrongWords, match="one word was taken for another"):
        shares.read(" ".join([*words[:10], other, *words[11:]]))
    swap = next(at for at in range(32) if words[at] != words[at + 1])
    words[swap], words[swap + 1] = words[swap + 1], words[swap]
    with pytest.raises(WrongWords, match="two changed places"):
        shares.read(" ".join(words))
    with pytest.raises(WrongWords, match="32 were typed"):
        shares.read(made.words.rpartition(" ")[0])


# The ceremony


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
        assert who in str(said(finding)[0])
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


# Rotation


def test_new_sheets_need_two_custodians_and_the_older_ones_open_no_newer_copy(
    with_custodians: Centre, three: Three
) -> None:
    centre = with_custodians
    older = in_force(centre)
    old_file = sealed(centre).read_bytes()
    act = centre.place / "rotate.act"
    out = centre.place / "sheets"
    rotating = ("backup", "escrow", "rotate", "--dir", centre.folder)
    assert "two custodians must agree" in refused(*rotating, "--out", out)
    assert "already" in refused("backup", "escrow", "make", "--dir", centre.folder, "--out", out)
    told(*rotating, "--ask", act)
    three[1].sign(act)
    assert "signatures of 2 custodians" in refused(*rotating, "--out", out, "--act", act)
    three[2].sign(act)
    newer = in_force(centre, "rotate", "--act", act, out="new-sheets")
    assert set(newer.values()).isdisjoint(older.values())
    opening = ("backup", "escrow", "open", sealed(centre), "--out", centre.place / "opened")
    one, two, *_ = older.values()
    assert "not the recovery key" in refused(*opening, given=f"{one}\n{two}\n")
    assert "different sets" in refused(*opening, given=f"{one}\n{list(newer.values())[1]}\n")
    kept = centre.place / "an-older-copy.sealed"
    kept.write_bytes(old_file)
    told("backup", "escrow", "open", kept, "--out", centre.place / "opened", given=f"{one}\n{two}\n")
    assert "another state" in refused(*rotating, "--out", out, "--act", act), "an act counts once"


def test_a_rotation_that_is_broken_off_leaves_the_sheets_before_in_force(with_custodians: Centre, three: Three) -> None:
    centre = with_custodians
    older = in_force(centre)
    act = centre.place / "rotate.act"
    told("backup", "escrow", "rotate", "--dir", centre.folder, "--ask", act)
    three[0].sign(act)
    three[1].sign(act)
    newer, _ = make_sheets(centre, "rotate", "--act", act, out="new-sheets")
    confirm(centre, three[0].name, newer[three[0].name])
    centre.make("a")
    one, two, *_ = older.values()
    told("backup", "escrow", "open", sealed(centre), "--out", centre.place / "opened", given=f"{one}\n{two}\n")
    assert "escrow_unconfirmed" in codes(centre)


def test_a_disk_that_was_away_is_named_until_it_has_a_newer_archive(with_custodians: Centre) -> None:
    centre = with_custodians
    centre.repository("b")
    centre.make("b")
    away = centre.place / "b.borg"
    words, _ = make_sheets(centre)
    away.rename(centre.place / "elsewhere")
    told_last = [confirm(centre, who, typed) for who, typed in words.items()][-1]
    assert told_last["away"] == ["b"]
    (finding,) = [one for one in of_backups(centre.folder) if one.code == "escrow_older_disks"]
    assert finding.facts["disks"] == "b"
    (centre.place / "elsewhere").rename(away)
    told_any("backup", "run", "--dir", centre.folder, "--repository", "b", "--quiet")
    assert "escrow_older_disks" not in codes(centre)


def test_a_custodian_who_left_leaves_a_finding_until_new_sheets_are_made(
    with_custodians: Centre, three: Three, tmp_path: Path
) -> None:
    centre = with_custodians
    in_force(centre)
    didier, act = person(tmp_path, "Didier Koné"), centre.place / "change.act"
    after: list[Person] = [three[0], three[1], didier]
    told("custodian", "name", *(one.public for one in after), "--dir", centre.folder, "--ask", act)
    three[0].sign(act)
    three[1].sign(act)
    name(centre.folder, after, "--act", act)
    (finding,) = [one for one in of_backups(centre.folder) if one.code == "escrow_holders"]
    assert finding.facts["names"] == three[2].name


# What is missing, and a pilot


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
    assert "is no folder" in refused(*making)
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
