"""New sheets need two custodians, and count only when all were typed back; what was before stays until then."""

from __future__ import annotations

from pathlib import Path

import pytest
from diwan_core.health.backups import of_backups

from tests.backup.escrow_kit import Three, codes, confirm, in_force, make_sheets, sealed, told_any
from tests.backup.kit import Centre
from tests.custody.kit import Person, name, person, refused, told

pytestmark = pytest.mark.slow


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
    assert "the present state" in refused(*rotating, "--out", out, "--act", act), "an act counts once"


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
