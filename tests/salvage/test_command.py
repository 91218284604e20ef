"""`diwan post salvage` at a machine: what it says, what it refuses, and what the node says before and after."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from diwan_core.processes.lock import Lock
from diwan_core.register import Edit, Register, RegisterDamaged
from diwan_core.register.drafts import Draft, Drafts, new_id
from diwan_core.register.storage import unsynced
from diwan_core.register.storage.damage import is_marked
from diwan_core.trust.people.accounts import Accounts
from diwan_lab.command import diwan, program

from tests.exchange.network import case

from .damage_kit import copied_into_database, overwrite_pages

pytestmark = pytest.mark.slow


@pytest.fixture
def post(tmp_path: Path) -> Path:
    """A post that has no centre yet: nothing is lost but what was damaged."""
    folder = tmp_path / "post"
    diwan("post", "init", "--dir", folder, "--label", "Aqaba", "--office", "JOAQJ")
    with Register.open(folder, role="writer") as register:
        for number in range(80):
            register.save([Edit("case", case(narrative=f"{number} " + "n" * (number * 70 % 3000)))], author="officer")
    copied_into_database(folder / "register.db")
    return folder


def said(*words: str | Path) -> tuple[int, str]:
    done = subprocess.run([program(), *map(str, words)], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def count(folder: Path) -> int:
    with Register.open(folder) as register:
        return register.count("case")


def test_a_damaged_register_is_said_by_status_and_written_no_more_and_salvaged(post: Path) -> None:
    overwrite_pages(post / "register.db", 1, 0.2)
    code, text = said("post", "status", "--dir", post)
    assert code == 1 and "it is damaged" in text and f"diwan post salvage --dir {post}" in text
    assert is_marked(post)
    code, text = said("import", "sample:colombia", "--rows", "1:2", "--dir", post, "--errors", post / "errors.csv")
    assert code == 1 and "it is damaged" in text and "Traceback" not in text
    report = json.loads(diwan("post", "salvage", "--dir", post, "--json").splitlines()[-1])
    assert report["broken"] > 5 and Path(report["aside"], "register.db").exists()
    assert not is_marked(post)
    assert count(post) > 40
    findings = json.loads(diwan("post", "status", "--dir", post, "--json"))["findings"]
    assert {finding["code"] for finding in findings} <= {"salvaged_rows"}
    diwan("import", "sample:colombia", "--rows", "1:2", "--dir", post, "--errors", post / "errors.csv")


def test_what_waits_is_written_anew_on_demand(post: Path) -> None:
    overwrite_pages(post / "register.db", 1, 0.2)
    settings = post / "node.toml"  # as of a post that is enrolled: the centre may have what the receipts do not say
    told = settings.read_text()
    settings.write_text(
        told.replace('central_id = ""', 'central_id = "aaaaaaaaaaaaa"')
        .replace('broker_host = ""', 'broker_host = "127.0.0.1"')
        .replace("broker_port = 0", "broker_port = 8883")
    )
    report = json.loads(diwan("post", "salvage", "--dir", post, "--json", "--force").splitlines()[-1])
    assert report["beside"] > 0
    before = count(post)
    status = json.loads(diwan("post", "status", "--dir", post, "--json"))
    assert [finding["code"] for finding in status["findings"]] == ["salvaged_rows"]
    done = json.loads(diwan("post", "salvage", "--dir", post, "--finish", "--json"))
    assert done["anew"] + done["refused"] == report["beside"] and done["refused"] == 0
    assert count(post) > before
    assert json.loads(diwan("post", "status", "--dir", post, "--json"))["findings"] == []
    verified = json.loads(diwan("audit", "verify", "--dir", post, "--json"))
    assert verified["whole"], verified


def test_where_nothing_is_damaged_nothing_is_done(post: Path) -> None:
    before = (post / "register.db").read_bytes()
    assert "nothing was done" in diwan("post", "salvage", "--dir", post)
    assert (post / "register.db").read_bytes() == before


def test_a_marked_register_whose_pages_are_sound_gets_its_search_index_anew(post: Path) -> None:
    with closing(sqlite3.connect(post / "register.db", isolation_level=None)) as connection:
        connection.execute("UPDATE search_data SET block=x'01000000' WHERE id=1")  # the index is said to have no words
    with Register.open(post, role="writer") as register:
        record = register.store.one("SELECT id FROM record WHERE type='case'")
        change = Edit("case", {"narrative": "short"}, record)
        with pytest.raises(RegisterDamaged):
            register.save([change], author="officer")
    assert "its search index was made anew" in diwan("post", "salvage", "--dir", post)
    with Register.open(post, role="writer") as register:
        register.save([change], author="officer")
    assert count(post) == 80


def test_where_the_disk_did_not_confirm_a_write_the_machine_is_restarted_or_the_node_saved_elsewhere(
    post: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIWAN_BOOT_ID", "one boot")
    with Register.open(post, role="writer") as register:
        register.save([Edit("case", case())], author="officer")
        unsynced.mark(register.store.path, "disk I/O error")
    code, text = said("post", "salvage", "--dir", post, "--force")
    assert code == 1 and "Restart the machine" in text and "--onto" in text and "Traceback" not in text
    new = tmp_path / "new disk" / "post"
    diwan("post", "salvage", "--dir", post, "--onto", new)
    assert count(new) == 81 and not unsynced.is_marked(new)
    monkeypatch.setenv("DIWAN_BOOT_ID", "the next boot")
    assert "nothing was done" in diwan("post", "salvage", "--dir", post)
    assert count(post) == 81
    unsynced.forget_earlier_boots(post)  # of this process


@pytest.mark.parametrize("part", ["run", "agent", "web"])
def test_it_is_refused_while_the_node_runs(post: Path, part: str) -> None:
    lock = Lock(post, part)
    lock.take()
    try:
        code, text = said("post", "salvage", "--dir", post)
        assert code == 2 and "is running already" in text
    finally:
        lock.release()


def test_it_is_saved_onto_another_disk_with_all_that_can_be_read(post: Path, tmp_path: Path) -> None:
    overwrite_pages(post / "register.db", 1, 0.1)
    Drafts.open(post).close()
    Accounts.open(post).close()
    new = tmp_path / "new disk" / "post"
    before = {path.name: path.read_bytes() for path in post.iterdir() if path.is_file()}
    report = json.loads(diwan("post", "salvage", "--dir", post, "--onto", new, "--json").splitlines()[-1])
    assert report["folder"] == str(new) and report["unreadable"] == []
    assert count(new) > 40
    assert {path.name: path.read_bytes() for path in post.iterdir() if path.name in before} == before, "left as it was"
    assert (new / "keys").is_dir() and (new / "accounts.db").exists()
    code, text = said("post", "salvage", "--dir", post, "--onto", new)
    assert code != 0 and "is not empty" in text


def test_drafts_that_are_damaged_are_saved_too(post: Path) -> None:
    with closing(Drafts.open(post)) as drafts:
        kept = [
            drafts.keep(Draft(new_id(), "ali", "case", typed={"narrative": f"{number} " + "d" * 900})).draft
            for number in range(200)
        ]
    Accounts.open(post).close()
    for name in ("drafts.db", "accounts.db"):
        copied_into_database(post / name)
    overwrite_pages(post / "drafts.db", 3, 0.1)
    report = json.loads(diwan("post", "salvage", "--dir", post, "--force", "--json").splitlines()[-1])
    rows, tables = report["databases"]["drafts.db"]
    assert rows > 20 and tables >= 1
    assert "accounts.db" not in report["databases"]
    assert Path(report["aside"], "drafts.db").exists()
    with closing(Drafts.open(post)) as drafts:
        assert len([draft for draft in kept if drafts.get(draft.id, "ali") == draft]) > 20


def test_the_disk_that_gives_nothing_is_no_traceback(tmp_path: Path) -> None:
    folder = tmp_path / "post"
    diwan("post", "init", "--dir", folder, "--label", "Aqaba", "--office", "JOAQJ")
    (folder / "register.tail").touch()
    (folder / "register.db").unlink()
    os.mkdir(folder / "register.db")
    code, text = said("post", "salvage", "--dir", folder)
    assert "Traceback" not in text and code in (0, 1), text


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to mount a small disk")
@pytest.mark.parametrize("size", ["100k", "180k", "500k"])
def test_a_disk_too_small_for_the_new_register_is_named_and_the_old_one_stays(
    post: Path, tmp_path: Path, size: str
) -> None:
    overwrite_pages(post / "register.db", 1, 0.2)
    before = (post / "register.db").read_bytes()
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(small)], check=True)
    try:
        code, text = said("post", "salvage", "--dir", post, "--onto", small)
    finally:
        subprocess.run(["umount", str(small)], check=True)
    assert code == 1 and "Traceback" not in text
    assert "the disk is full" in text or "No space left on device" in text, text
    assert str(small) in text
    assert (post / "register.db").read_bytes() == before
