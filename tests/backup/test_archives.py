"""An archive holds all that belongs in it and no key, counts once it was read back, and is missed when it is gone."""

from __future__ import annotations

import re
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from diwan_backup.commands import backup
from diwan_backup.errors import BackupError, DamagedRepository, WrongPassphrase, WrongRepository
from diwan_backup.init import init
from diwan_backup.manifest import NAME
from diwan_backup.safety import advance
from diwan_backup.snapshot import PREFIX, Snapshot
from diwan_core.archives.record import RecordBroken
from diwan_core.archives.sets import SecretInSet, refuse_secret
from diwan_core.archives.verified import safe_heads
from diwan_core.register import Edit, Register
from diwan_core.register.storage.copies import copy_database, fault_of, row_counts

from tests.backup.kit import PICTURES, Centre
from tests.exchange.network import case

pytestmark = pytest.mark.slow


def test_an_archive_read_back_is_what_was_there(centre: Centre) -> None:
    centre.repository("a")
    made = centre.make("a")
    found = centre.verify("a")
    assert found.problems == found.missing == found.unknown == []
    assert found.files == made.files
    names = centre.borg("list", "--short", str(centre.place / "a.borg") + "::" + made.name).decode().splitlines()
    assert sum(name.startswith("blobs/") for name in names) == len(PICTURES)
    for name in ("register.db", "accounts.db", "node.toml", "keys/node.crt", "keys/central.json", NAME):
        assert PREFIX + name in names
    assert not any(name.endswith(("-wal", "-shm")) for name in names)
    assert not (centre.folder / "backup" / "staging").exists(), "no copy of the databases lies about"


def test_no_archive_holds_a_private_key_or_a_session(centre: Centre) -> None:
    token = bytes(range(7, 39))
    with closing(sqlite3.connect(centre.folder / "accounts.db")) as accounts, accounts:
        accounts.execute("INSERT INTO account VALUES ('huda','Huda','officer','v',0,0,1,0,'')")
        accounts.execute("INSERT INTO session VALUES (?, 'huda', 1, 1, '10.0.0.1')", (token,))
    centre.repository("a")
    made = centre.make("a")
    stream = centre.borg("export-tar", str(centre.place / "a.borg") + "::" + made.name, "-")
    secrets = [path for path in centre.folder.rglob("*") if path.is_file() and _is_private(path)]
    assert len(secrets) >= 8, "identity, sealing, authority, services, scope, consoles, broker, passphrase"
    for path in secrets:
        content = path.read_bytes()
        body = re.sub(rb"-----[^-]+-----|\s", b"", content) if b"PRIVATE KEY" in content else content
        assert body[:60] not in re.sub(rb"\s", b"", stream) if b"PRIVATE" in content else content not in stream, path
    assert token not in stream, "not even in a free page of the copied database"
    assert b"huda" in stream, "accounts themselves are kept"


def _is_private(path: Path) -> bool:
    return b"PRIVATE KEY" in path.read_bytes() or path.suffix == ".key" or path.name == "passphrase"


@pytest.mark.parametrize(
    "name", ["keys/identity.pem", "keys/backup/passphrase", "console-authority/key.pem", "x/y.key"]
)
def test_a_set_that_names_a_key_is_refused(name: str) -> None:
    from pathlib import PurePosixPath

    with pytest.raises(SecretInSet, match="must not be in a backup"):
        refuse_secret(PurePosixPath(name))


def test_a_copy_is_one_moment_while_people_write_and_needs_no_log(centre: Centre, tmp_path: Path) -> None:
    stop = threading.Event()
    began = threading.Event()

    def write() -> None:
        with Register.open(centre.folder, role="writer") as register:
            while not stop.is_set():
                register.save([Edit("case", case(place="Pier")), Edit("case", case(place="Quay"))], author="officer")
                began.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert began.wait(30)
        for number in range(5):
            copy_database(centre.folder / "register.db", tmp_path / f"copy-{number}.db")
    finally:
        stop.set()
        writer.join()
    for number in range(5):
        copy = tmp_path / f"copy-{number}.db"
        assert copy.stat().st_mode & 0o777 == 0o600
        assert not list(tmp_path.glob(f"copy-{number}.db-*"))
        assert fault_of(copy) == ""
        assert row_counts(copy)["record_case"] % 2 == 1, "three cases and pairs: a pair is never half there"


def test_what_is_only_in_the_log_is_in_the_copy(centre: Centre, tmp_path: Path) -> None:
    with Register.open(centre.folder, role="writer") as register:
        register.save([Edit("case", case(place="In the log"))], author="officer")
        assert (centre.folder / "register.db-wal").stat().st_size > 0
        copy_database(centre.folder / "register.db", tmp_path / "copy.db")
    assert row_counts(tmp_path / "copy.db")["record_case"] == 4


def test_rows_are_safe_in_verified_archives_on_two_media_of_which_one_is_detached(centre: Centre) -> None:
    centre.repository("a"), centre.repository("b"), centre.repository("home", detached=True)
    rows = sum(head for head in _heads(centre).values())
    for name in ("a", "b"):
        centre.make(name), centre.verify(name)
    assert advance(centre.folder) == 0, "both are in the building"
    centre.make("home")
    assert advance(centre.folder) == 0, "not read back"
    centre.verify("home")
    assert advance(centre.folder) == rows
    late = centre.save_case("Later")
    centre.make("home"), centre.verify("home")
    assert advance(centre.folder) == rows, "one medium is not enough"
    with Register.open(centre.folder) as register:
        assert register.get(late) is not None
    centre.make("b"), centre.verify("b")
    assert advance(centre.folder) > rows


def test_a_pilot_may_count_one_medium(centre: Centre) -> None:
    centre.repository("a")
    centre.make("a"), centre.verify("a")
    assert advance(centre.folder) == 0
    centre.settle(media=1)
    assert advance(centre.folder) > 0


def test_nothing_beyond_a_picture_that_is_not_in_the_archive_is_safe(centre: Centre) -> None:
    centre.settle(media=1)
    centre.repository("a")
    lost = next((centre.folder / "blobs").glob("??/" + "?" * 64))
    lost.unlink()
    centre.make("a")
    assert centre.verify("a").problems == []
    with Snapshot(centre.folder, 1) as snapshot:
        assert snapshot.manifest.lacking == [lost.name]
    assert sum(safe_heads(centre.folder).values()) < sum(_heads(centre).values())


def test_an_archive_that_somebody_deleted_and_one_that_somebody_made_are_noticed(centre: Centre) -> None:
    centre.repository("a")
    first, _second = centre.make("a"), centre.make("a")
    place = str(centre.place / "a.borg")
    centre.borg("delete", f"{place}::{first.name}")
    centre.borg("create", f"{place}::strange", str(centre.folder / "node.toml"))
    found = centre.verify("a")
    assert found.problems == []
    assert found.missing == [first.name]
    assert found.unknown == ["strange"]
    with centre.backups() as backups:
        assert "gone from the repository" in backups.known().failures["a"].text


def test_an_archive_put_in_the_place_of_another_is_noticed(centre: Centre) -> None:
    centre.repository("a")
    made = centre.make("a")
    place = str(centre.place / "a.borg")
    centre.borg("delete", f"{place}::{made.name}")
    centre.borg("create", f"{place}::{made.name}", str(centre.folder / "node.toml"))
    found = centre.verify("a")
    assert found.problems == ["the archive itself is gone from its repository"]
    assert found.unknown == [made.name]


def test_a_changed_line_of_the_list_of_archives_is_found(centre: Centre) -> None:
    centre.repository("a")
    centre.make("a")
    path = centre.folder / "backup" / "archives.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], *lines[2:]]))
    with centre.backups() as backups, pytest.raises(RecordBroken, match="line 2"):
        backups.known()


def test_a_line_that_a_power_cut_cut_off_never_was(centre: Centre) -> None:
    centre.repository("a")
    centre.make("a")
    path = centre.folder / "backup" / "archives.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"number":99,"at')
    centre.verify("a")
    assert path.read_bytes().startswith(whole)
    with centre.backups() as backups:
        assert backups.known().last_verified("a") is not None


def test_the_wrong_passphrase_is_named_and_the_way_out_too(centre: Centre) -> None:
    centre.repository("a")
    centre.make("a")
    (centre.folder / "keys" / "backup" / "passphrase").write_bytes(b"something else")
    with pytest.raises(WrongPassphrase, match="diwan backup restore keys"):
        centre.verify("a")


def test_another_repository_at_the_same_place_is_refused(centre: Centre) -> None:
    centre.repository("a"), centre.repository("b")
    centre.make("a")
    (centre.place / "a.borg").rename(centre.place / "away")
    (centre.place / "b.borg").rename(centre.place / "a.borg")
    with pytest.raises(WrongRepository):
        centre.make("a")


def test_the_passphrase_is_in_no_argument_and_in_no_environment(
    centre: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = tmp_path / "looks"
    wrapper = tmp_path / "borg-watched"
    wrapper.write_text(f'#!/bin/sh\ncat /proc/$$/environ /proc/$$/cmdline >>{looks}\nexec borg "$@"\n')
    wrapper.chmod(0o700)
    monkeypatch.setenv("DIWAN_BORG", str(wrapper))
    centre.repository("a")
    centre.make("a")
    seen = looks.read_bytes()
    secret = (centre.folder / "keys" / "backup" / "passphrase").read_bytes()
    assert b"BORG_PASSPHRASE_FD" in seen
    assert secret not in seen
    assert secret not in (centre.folder / "backup" / "archives.jsonl").read_bytes()


def _heads(centre: Centre) -> dict[str, int]:
    with closing(sqlite3.connect(centre.folder / "register.db")) as register:
        return dict(register.execute("SELECT id, seq FROM epoch"))


def test_an_empty_folder_becomes_a_repository_and_one_with_other_files_does_not(centre: Centre) -> None:
    (centre.place / "a.borg").mkdir(parents=True)
    assert centre.repository("a").paper_key
    (centre.place / "b.borg").mkdir()
    (centre.place / "b.borg/letter.txt").write_text("somebody else's")
    with pytest.raises(BackupError, match="holds other files: name an empty or new folder"):
        centre.repository("b")
    (centre.place / "a.borg/config").unlink()
    with centre.backups() as backups, pytest.raises(DamagedRepository, match=r"is damaged: .*[^.]\. Run"):
        init(backups, str(centre.place / "a.borg"), "again")


def test_a_centre_without_a_repository_is_to_be_looked_at(centre: Centre) -> None:
    told = CliRunner().invoke(backup, ["status", "--dir", str(centre.folder)])
    assert (told.exit_code, told.output) == (1, "no repository yet: diwan backup init\n")
