"""What a person saves: all of it or nothing, checked, numbered, chained, signed, and there after a restart."""

from __future__ import annotations

import io
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from diwan_core.register import BlobTooLarge, Edit, Refused, Register, RegisterError
from diwan_core.register.journal.journal import CHECKPOINT_DOMAIN, CHECKPOINT_EVERY, checkpoint_message
from diwan_core.register.journal.row import chain_start
from diwan_core.register.journal.row_lines import decode_rows
from diwan_core.register.records.apply import Applier
from diwan_core.trust import NodeKeys, verify

Case = Callable[..., dict[str, Any]]


def journal(register: Register) -> list[tuple[int, bytes, bytes, bytes, bytes | None]]:
    """(seq, line, salt, hash, signature) of every row."""
    return [
        (seq, f"[{meta},{rest},{nominal or 'null'}]".encode(), salt, digest, signature)
        for seq, meta, rest, nominal, salt, digest, signature in register.store.rows(
            "SELECT seq, meta, rest, nominal, salt, hash, signature FROM journal ORDER BY no"
        )
    ]


def test_a_case_saved_is_there_after_a_restart(folder: Path, case: Case) -> None:
    with Register.open(folder, role="writer") as register:
        (record,) = register.save([Edit("case", case())], author="officer").records
    with Register.open(folder) as register:
        found = register.get(record)
        assert found is not None
        assert {**found.values, "case_number": ""} == {**case(), "case_number": ""}
        assert (found.author, found.origin, found.standing) == ("officer", register.config.id, "here")


def test_everything_wrong_is_named_at_once_and_nothing_is_kept(register: Register, case: Case) -> None:
    wrong = case(date="31.12.2026", direction="sideways", goods={"1": {"product_group": "tobacco", "quantity": "many"}})
    with pytest.raises(Refused) as refused:
        register.save([Edit("case", case()), Edit("case", wrong)], author="officer")
    assert {"date", "direction", "goods.1.quantity"} <= {problem.path for problem in refused.value.problems}
    assert register.count("case") == 0
    assert journal(register) == []


def test_of_many_change_sets_only_the_wrong_ones_are_left_out(register: Register, case: Case) -> None:
    sets = [[Edit("case", case(time=f"10:0{n}"))] for n in range(5)]
    sets[2] = [Edit("case", case(office=""))]
    outcome = register.save_many(sets, author="import")
    assert (outcome.saved, list(outcome.refused), outcome.records[2]) == (4, [2], [])
    assert register.count("case") == 4


@pytest.mark.parametrize("edited", [False, True])
def test_a_large_save_is_signed_every_so_many_rows_and_at_its_end(
    register: Register, case: Case, *, edited: bool
) -> None:
    (record,) = register.save([Edit("case", case())], author="officer").records
    sets = [[Edit("case", case())] for _ in range(CHECKPOINT_EVERY * 2 - 10)] + [[Edit("case", case())] * 20]
    sets += [[Edit("case", {"time": "10:01"}, record=record)]] if edited else []
    outcome = register.save_many(sets, author="officer")
    assert outcome.last is not None
    signed = [seq for seq, *_, signature in journal(register) if signature is not None]
    every, end = CHECKPOINT_EVERY, CHECKPOINT_EVERY * 2 + 10
    assert signed == [2, 2 + every, 2 + end, *([3 + end] if edited else [])], "never within a change set"
    assert register.store.one("SELECT applied FROM epoch WHERE own=1") == outcome.last[1]


def test_a_record_made_and_one_edited_in_one_call_are_as_they_were_before_it(register: Register, case: Case) -> None:
    """Each edit is of what was there before the call, whether its rows are applied one by one or at the end."""
    (first,) = register.save([Edit("case", case())], author="officer").records
    unborn = "019abcde-0000-7000-8000-00000000abcd"
    sets = [
        [Edit("case", case(), record=unborn, create=True)],
        [Edit("case", {"time": "10:01"}, record=unborn)],
        [Edit("case", {"time": "10:02"}, record=first)],
        [Edit("case", {"time": "10:03"}, record=first)],
    ]
    outcome = register.save_many(sets, author="import")
    assert list(outcome.refused) == [1]
    found = register.get(first)
    assert found is not None
    assert list(found.conflicts) == ["date"], "the two saw nothing of each other"
    sets = [[Edit("case", case(), create=True, record=unborn.replace("abcd", f"{number:04}"))] for number in (1, 2)]
    assert register.save_many(sets, author="import").saved == 2
    assert register.save_many(sets[:1] * 2, author="import").saved == 2, "one that is there is edited"


def test_a_post_may_not_author_what_only_the_centre_may(register: Register, case: Case) -> None:
    with pytest.raises(Refused, match="may not"):
        register.save([Edit("case", case(status="published"))], author="officer")
    with pytest.raises(Refused, match="may not be written here"):
        register.save([Edit("user", {"name": "x"})], author="officer")


def test_the_chain_runs_from_the_epoch_s_start_and_its_last_row_is_signed(register: Register, case: Case) -> None:
    for minute in range(3):
        register.save([Edit("case", case(time=f"10:0{minute}"))], author="officer")
    rows = journal(register)
    epoch = register.store.one("SELECT id FROM epoch")
    origin = register.config.id
    body, salts = b"\n".join(row[1] for row in rows), b"".join(row[2] for row in rows)
    chained = decode_rows(body, 1, salts, chain_start(origin, epoch))
    assert [row.hash for row in chained] == [row[3] for row in rows]
    identity = NodeKeys.load(register.folder).identity_public
    for seq, _, _, digest, signature in rows[1:]:
        assert signature is not None, "every commit is signed"
        assert verify(identity, CHECKPOINT_DOMAIN, checkpoint_message(origin, epoch, seq, digest), signature)


@pytest.mark.parametrize("part", [0, 1, 2])
def test_any_byte_changed_in_a_row_breaks_the_chain(register: Register, case: Case, part: int) -> None:
    register.save([Edit("case", case())], author="officer")
    rows = journal(register)
    epoch = register.store.one("SELECT id FROM epoch")
    lines = [row[1] for row in rows]
    lines[1] = [
        lines[1].replace(b'"officer"', b'"someone"'),
        lines[1].replace(b'"12.5"', b'"12.4"'),
        lines[1].replace(b"Cartons", b"Cartone"),
    ][part]
    salts = b"".join(row[2] for row in rows)
    assert decode_rows(b"\n".join(lines), 1, salts, chain_start(register.config.id, epoch))[-1].hash != rows[-1][3]


def test_a_reboot_opens_a_new_epoch_that_names_the_old_one(
    folder: Path, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    for boot in ("first", "second"):
        monkeypatch.setenv("DIWAN_BOOT_ID", boot)
        with Register.open(folder, role="writer") as register:
            register.save([Edit("case", case())], author="officer")
            register.save([Edit("case", case())], author="officer")
    with Register.open(folder) as register:
        rows = register.store.rows("SELECT id, seq, parent, parent_seq, parent_hash, hash FROM epoch ORDER BY no")
        (first, seq, *_, head), (second, _, parent, parent_seq, parent_hash, _) = rows
        assert first != second
        assert (parent, parent_seq, parent_hash) == (first, seq, head)


def test_a_database_put_back_from_a_copy_never_numbers_on(folder: Path, case: Case) -> None:
    with Register.open(folder, role="writer") as register:
        register.save([Edit("case", case())], author="officer")
    copy = folder / "copy"
    shutil.copy(folder / "register.db", copy)
    with Register.open(folder, role="writer") as register:
        register.save([Edit("case", case())], author="officer")
        lost = register.store.rows("SELECT id, seq FROM epoch")[0]
    for suffix in ("-wal", "-shm"):
        (folder / f"register.db{suffix}").unlink(missing_ok=True)
    copy.replace(folder / "register.db")
    with Register.open(folder, role="writer") as register:
        register.save([Edit("case", case())], author="officer")
        rows = register.store.rows("SELECT id, parent, parent_seq FROM epoch ORDER BY no")
        assert len(rows) == 2
        assert rows[1][0] != lost[0]
        assert rows[1][1:] == (lost[0], lost[1] - 1), "the parent is below what was written: a fork shows"


def test_an_edit_that_breaks_a_submitted_case_is_refused(register: Register, case: Case) -> None:
    (record,) = register.save([Edit("case", case())], author="officer").records
    with pytest.raises(Refused, match="office"):
        register.save([Edit("case", {"office": None}, record=record)], author="officer")
    with pytest.raises(Refused, match="is not here"):
        register.save([Edit("case", {"place": "x"}, record="00000000-0000-7000-8000-000000000000")], author="officer")


def test_a_group_is_changed_whole_and_a_removed_part_is_gone(register: Register, case: Case) -> None:
    goods = {
        "1": {"product_group": "drugs", "quantity": "1", "unit": "KGM"},
        "2": {"product_group": "tobacco", "quantity": "5", "unit": "NAR"},
    }
    (record,) = register.save([Edit("case", case(goods=goods))], author="officer").records
    register.save([Edit("case", {"goods": {"1": {"quantity": "2"}, "2": None}}, record=record)], author="supervisor")
    found = register.get(record)
    assert found is not None
    assert found.values["goods"] == {"1": {"product_group": "drugs", "quantity": "2", "unit": "KGM"}}
    entry = register.history(record)[-1]
    assert entry.author == "supervisor"
    assert entry.changes["goods.1.quantity"] == ("1", "2")
    assert entry.changes["goods.2.product_group"] == ("tobacco", None)


def test_a_picture_is_kept_byte_for_byte_with_the_record_that_names_it(register: Register, case: Case) -> None:
    (record,) = register.save([Edit("case", case())], author="officer").records
    content = bytes(range(256)) * 40
    saved = register.attach(io.BytesIO(content), subject=record, media_type="image/png", author="officer", caption="X")
    attachment = register.get(saved.records[0])
    assert attachment is not None
    path = register.blob_path(attachment.values["sha256"])
    assert path is not None
    assert path.read_bytes() == content
    assert [row.id for row in register.find("attachment", {"subject": record})] == saved.records
    with pytest.raises(BlobTooLarge):
        register.blobs.add(io.BytesIO(content), limit=100)
    assert list((register.folder / "blobs" / "part").iterdir()) == []


def test_a_failing_write_leaves_nothing_behind(register: Register, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(Applier, "finish", full)
        with pytest.raises(RegisterError, match="disk is full"):
            register.save([Edit("case", case())], author="officer")
    register.save([Edit("case", case())], author="officer")
    assert [row[0] for row in journal(register)] == [1, 2]
