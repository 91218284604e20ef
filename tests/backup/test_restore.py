"""A centre comes back from a disk and a paper: its records, people, pictures and keys, and nothing that was
erased."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from diwan_backup import manifest as manifests
from diwan_backup.commands import backup
from diwan_backup.errors import NewerRelease, NotProven
from diwan_backup.init import init
from diwan_backup.manifest import FORMAT
from diwan_backup.pictures import bring
from diwan_backup.restore import DUE, check_target, restore_rows
from diwan_backup.source import open_source
from diwan_core.exchange import erasure, reopening
from diwan_core.register import Edit, Register
from diwan_core.register.erasure.erase import BOTH
from diwan_core.trust import NodeKeys
from diwan_core.trust.people.accounts import Accounts

from tests.backup.kit import PICTURES, Centre
from tests.exchange.network import case

pytestmark = pytest.mark.slow


def restore(centre: Centre, paper: str, *more: str, name: str = "a", to: str = "new") -> Result:
    """The command, as a technician runs it on a new machine."""
    place = [
        "restore",
        "centre",
        str(centre.place / f"{name}.borg"),
        "--to",
        str(centre.place / to),
        "--json",
        "--quiet",
    ]
    return CliRunner().invoke(backup, [*place, *more], input=paper + "\n")


def test_a_centre_comes_back_from_a_disk_and_a_paper(centre: Centre) -> None:
    with Register.open(centre.folder) as register:
        before = register.status()["records"]
    paper = centre.repository("a").paper_key
    centre.make("a")
    done = restore(centre, paper.lower().replace("-", " "))
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert (said["cases"], said["brought"], said["left"], said["closed"]) == (3, len(PICTURES), 0, True)
    new = centre.place / "new"
    with Register.open(new, role="writer") as register, register.store.read() as connection:
        assert register.status()["records"] == before
        assert register.status()["blobs"]["arriving"] == 0
        assert reopening.is_closed(connection)
    for name in ("keys/identity.pem", "keys/ca.pem", "console-authority/key.pem", "keys/backup/passphrase"):
        assert (new / name).read_bytes() == (centre.folder / name).read_bytes()
        assert (new / name).stat().st_mode & 0o077 == 0
    assert sorted(path.read_bytes() for path in (new / "blobs").glob("??/*")) == sorted(PICTURES)
    assert not (new / "backup" / DUE).exists()
    Accounts.open(new).close()
    with Register.open(new, role="writer") as register:
        register.save([Edit("case", case(place="On the new machine"))], author="officer")


def test_a_centre_comes_back_from_a_folder_of_any_name(centre: Centre) -> None:
    paper = centre.repository("a").paper_key
    centre.make("a")
    (centre.place / "a.borg").rename(centre.place / "USB Disk (März).borg")
    for lying in centre.place.glob("a.borg.*"):
        lying.rename(lying.with_name(lying.name.replace("a.borg", "USB Disk (März).borg")))
    done = restore(centre, paper, name="USB Disk (März)")
    assert done.exit_code == 0, done.output
    with centre.backups() as backups:
        begun = init(backups, str(centre.place / "Other Place"))
    assert begun.repository.name == "other-place"


def test_a_dry_run_says_what_would_come_back_and_changes_nothing(centre: Centre) -> None:
    paper = centre.repository("a").paper_key
    centre.make("a")
    before = sorted(os.listdir(centre.place))
    done = restore(centre, paper, "--dry-run")
    assert json.loads(done.stdout)["pictures"] == len(PICTURES)
    assert sorted(os.listdir(centre.place)) == before


def test_a_wrong_paper_opens_nothing_and_says_so_in_one_line(centre: Centre) -> None:
    centre.repository("a")
    centre.make("a")
    done = restore(centre, "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE-FFFFF-GGGGG-HHHHH")
    assert done.exit_code == 2
    assert "not the recovery key" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (centre.place / "new").exists()


def test_what_was_erased_after_the_archive_does_not_come_back(centre: Centre) -> None:
    paper = centre.repository("a").paper_key
    with Register.open(centre.folder, role="writer") as register:
        secret = register.save([Edit("case", case(place="Zanzibarquay 77"))], author="officer").records[0]
        register.attach(io.BytesIO(b"\x89PNG\r\n\x1a\nsecret face" * 999), subject=secret, media_type="image/png",
                        author="officer")  # fmt: skip
    old = centre.make("a")
    with Register.open(centre.folder, role="writer") as register:
        erasure.order(register, NodeKeys.load(centre.folder), secret, BOTH, "Article 17")
    centre.make("a")
    done = restore(centre, paper, "--archive", old.name)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["decisions"] > 0
    new = centre.place / "new"
    with Register.open(new) as register:
        found = register.get(secret)
        assert found is None or not found.values
    held = b"".join(path.read_bytes() for path in new.rglob("*") if path.is_file())
    assert b"Zanzibarquay" not in held
    assert b"secret face" not in held


def test_records_are_there_before_the_pictures_and_the_rest_goes_on_where_it_was(centre: Centre) -> None:
    paper = centre.repository("a").paper_key
    centre.make("a")
    assert restore(centre, paper, "--rows-only").exit_code == 0
    new = centre.place / "new"
    with Register.open(new) as register:
        assert register.status()["records"]["case"] == 3
        assert register.status()["blobs"] == {"complete": 0, "arriving": len(PICTURES), "unsent": len(PICTURES)}
    done = CliRunner().invoke(backup, ["restore", "pictures", "--dir", str(new), "--json", "--quiet"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {"brought": len(PICTURES), "left": 0, "damaged": [], "exit": 0}
    with Register.open(new) as register:
        assert register.status()["blobs"]["complete"] == len(PICTURES)
    assert CliRunner().invoke(backup, ["restore", "pictures", "--dir", str(new)]).output == "all pictures are here\n"


def test_a_folder_that_is_not_empty_is_left_alone(centre: Centre) -> None:
    paper = centre.repository("a").paper_key
    centre.make("a")
    (centre.place / "new").mkdir()
    (centre.place / "new" / "mine").write_text("mine")
    done = restore(centre, paper)
    assert done.exit_code == 2
    assert "is not empty" in done.stderr
    assert os.listdir(centre.place / "new") == ["mine"]


def test_a_log_left_beside_a_restored_database_is_not_read_into_it(centre: Centre) -> None:
    """A write-ahead log of the database that was there before would put its pages into the one that was put back."""
    from diwan_core.register.storage.copies import copy_database, fault_of, row_counts, use_wal

    copy = centre.place / "copy.db"
    copy_database(centre.folder / "register.db", copy)
    wanted = row_counts(copy)
    with Register.open(centre.folder, role="writer") as register:
        for number in range(30):
            register.save([Edit("case", case(place=f"Later {number}"))], author="officer")
        log = (centre.folder / "register.db-wal").read_bytes()
        assert log
    copy.with_name("copy.db-wal").write_bytes(log)
    use_wal(copy)
    assert fault_of(copy) == ""
    assert row_counts(copy) == wanted


def test_an_archive_of_a_newer_release_is_refused_in_one_line(centre: Centre) -> None:
    centre.repository("a")
    with centre.backups() as backups:
        from diwan_backup.snapshot import Snapshot

        with Snapshot(backups.folder, 1) as snapshot:
            newer = msgspec.structs.replace(snapshot.manifest, format=FORMAT + 1, release="9.9.9")
            dictionary = msgspec.structs.replace(snapshot.manifest, dictionary_version=99, release="9.9.9")
    for manifest in (newer, dictionary):
        raw, signature = manifests.signed_manifest(manifest, NodeKeys.load(centre.folder))
        with pytest.raises(NewerRelease, match=r"made by Diwan 9\.9\.9") as refused:
            manifests.read(raw, signature, NodeKeys.load(centre.folder).identity_public)
        assert "\n" not in str(refused.value)


def test_an_archive_of_another_node_is_not_restored(centre: Centre, tmp_path: Path) -> None:
    paper = centre.repository("a").paper_key
    centre.make("a")
    with open_source(str(centre.place / "a.borg"), paper, None, centre.place) as source:
        source.identity = bytes(32)
        with pytest.raises(NotProven, match="not signed by this node"):
            source.choose()


def test_a_picture_that_is_damaged_in_the_archive_is_named_and_the_others_come(centre: Centre) -> None:
    paper = centre.repository("a").paper_key
    path = sorted((centre.folder / "blobs").glob("??/*"))[0]
    path.write_bytes(b"x" * path.stat().st_size)
    centre.make("a")
    assert len(centre.verify("a").problems) == 1
    new = centre.place / "new"
    with open_source(str(centre.place / "a.borg"), paper, None, centre.place) as source:
        chosen = source.choose()
        check_target(new, chosen)
        restore_rows(source, chosen, new)
        brought = bring(new, source.borg, chosen.name, quiet=True)
    assert brought.damaged == [path.name]
    assert (brought.count, brought.left) == (len(PICTURES) - 1, 1)
    assert not (new / "blobs" / path.name[:2] / path.name).exists()


def test_the_recovery_key_counts_once_it_was_typed_back(centre: Centre) -> None:
    paper = centre.repository("a").paper_key
    wrong = CliRunner().invoke(backup, ["key", "check", "--dir", str(centre.folder)], input=paper[:-1] + "\n")
    assert wrong.exit_code == 2
    with centre.backups() as backups:
        assert backups.known().key_checked_ms == 0
    right = CliRunner().invoke(backup, ["key", "check", "--dir", str(centre.folder)], input=paper + "\n")
    assert right.exit_code == 0, right.output
    with centre.backups() as backups:
        assert backups.known().key_checked_ms > 0


def test_a_folder_made_for_it_is_filled_from_within(centre: Centre) -> None:
    """Whoever may not write beside the folder restores into it; what a run that was cut off left there is removed."""
    paper = centre.repository("a").paper_key
    centre.make("a")
    new = centre.place / "new"
    (new / ".restoring" / "keys").mkdir(parents=True)
    (new / "accounts.db").write_bytes(b"half")
    new.chmod(0o700)
    done = restore(centre, paper)
    assert done.exit_code == 0, done.output
    assert not (new / ".restoring").exists()
    with Register.open(new) as register:
        assert register.status()["records"]["case"] == 3


def test_restoring_asks_which_sealed_keys_where_none_lie_beside(centre: Centre) -> None:
    paper = centre.repository("a").paper_key
    centre.make("a")
    (centre.place / "a.borg.keys.sealed").rename(centre.place / "elsewhere")
    assert "--keys" in restore(centre, paper).stderr
    assert restore(centre, paper, "--keys", str(centre.place / "elsewhere")).exit_code == 0
