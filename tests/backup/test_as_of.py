"""One record or one picture as it was on a day, unless the law has erased it since."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from diwan_backup.commands import backup
from diwan_core.exchange import erasure
from diwan_core.register import Edit, Register
from diwan_core.register.erasure.erase import BOTH
from diwan_core.trust import NodeKeys
from diwan_core.trust.access_log.log import ReadLog

from tests.backup.kit import PICTURES, Centre
from tests.exchange.network import record_in

pytestmark = pytest.mark.slow


def run(*arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(backup, ["restore", *arguments, "--json"], input=given)


def day(centre: Centre) -> str:
    """The day the centre's clock is at, by the machine's own zone."""
    return f"{datetime.fromtimestamp(centre.clock_ms / 1000, UTC).astimezone():%Y-%m-%dT%H:%M:%S}"


def first_case(centre: Centre) -> str:
    with Register.open(centre.folder) as register:
        return str(register.store.one("SELECT r.id FROM record_case t JOIN record r ON r.no=t.no ORDER BY t.no"))


def edit(centre: Centre, record: str, **values: object) -> None:
    with Register.open(centre.folder, role="writer") as register:
        register.save([Edit("case", values, record=record)], author="officer")


def test_a_record_is_shown_as_it_was_and_put_back_by_a_new_change(centre: Centre) -> None:
    centre.repository("a")
    record = first_case(centre)
    centre.make("a")
    then = day(centre)
    edit(centre, record, place="Somewhere else", narrative="Another story")
    centre.clock_ms += 86_400_000
    centre.make("a")
    where = ["--dir", str(centre.folder), "--as-of", then]
    done = run("record", record, *where)
    assert done.exit_code == 0, done.output
    old = json.loads(done.stdout)["record"]["values"]
    assert old["place"] == "Gate 0"
    with Register.open(centre.folder) as register:
        assert record_in(register, record).values["place"] == "Somewhere else"
    assert json.loads(run("record", record, *where, "--put-back").stdout)["changed"] is True
    with Register.open(centre.folder) as register:
        assert record_in(register, record).values == old
        assert len(register.history(record)) == 3, "nothing is forgotten"
    assert json.loads(run("record", record, *where, "--put-back").stdout)["changed"] is False
    assert not (centre.folder / "backup" / "as-of").exists()


def test_who_looks_into_a_backup_is_written_down(centre: Centre) -> None:
    centre.repository("a")
    record = first_case(centre)
    centre.make("a")
    done = run("record", record, "--dir", str(centre.folder), "--as-of", day(centre))
    assert done.exit_code == 0, done.output
    log = ReadLog.open(centre.folder)
    try:
        assert any(record in str(row) and "backup" in str(row) for row in log.rows())
    finally:
        log.close()


def test_what_was_erased_since_is_neither_shown_nor_put_back(centre: Centre) -> None:
    centre.repository("a")
    record, picture = first_case(centre), hashlib.sha256(PICTURES[0]).hexdigest()
    centre.make("a")
    with Register.open(centre.folder, role="writer") as register:
        erasure.order(register, NodeKeys.load(centre.folder), record, BOTH, "Article 17")
    where = ["--dir", str(centre.folder), "--as-of", day(centre)]
    assert run("record", record, *where).exit_code == 2
    refused = run("picture", picture, *where, "-o", str(centre.place / "picture"))
    assert refused.exit_code == 2
    assert "erased under the law" in refused.stderr
    assert not (centre.place / "picture").exists()


def test_a_picture_that_was_lost_is_put_back(centre: Centre) -> None:
    centre.repository("a")
    centre.make("a")
    name = hashlib.sha256(PICTURES[1]).hexdigest()
    path = centre.folder / "blobs" / name[:2] / name
    path.unlink()
    where = ["--dir", str(centre.folder), "--as-of", day(centre)]
    done = run("picture", name, *where, "--put-back", "-o", str(centre.place / "copy"))
    assert done.exit_code == 0, done.output
    assert path.read_bytes() == (centre.place / "copy").read_bytes() == PICTURES[1]


def test_a_day_before_the_first_archive_has_none(centre: Centre) -> None:
    centre.repository("a")
    centre.make("a")
    done = run("record", first_case(centre), "--dir", str(centre.folder), "--as-of", "2020-01-01")
    assert done.exit_code == 2
    assert "no archive of that day or before" in done.stderr


def test_keys_that_are_missing_come_back_with_the_paper(centre: Centre) -> None:
    paper = centre.repository("a").paper_key
    centre.make("a")
    lost = ["keys/ca.pem", "keys/backup/passphrase"]
    before = {name: (centre.folder / name).read_bytes() for name in lost}
    for name in lost:
        (centre.folder / name).unlink()
    sealed: Path = centre.place / "a.borg.keys.sealed"
    done = run("keys", "--dir", str(centre.folder), "--keys", str(sealed), given=paper + "\n")
    assert sorted(json.loads(done.stdout)["written"]) == sorted(lost)
    assert {name: (centre.folder / name).read_bytes() for name in lost} == before
    assert centre.verify("a").problems == []
