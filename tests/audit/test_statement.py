"""A case without personal data, signed: nothing of what people wrote is in it, and a change of it is found out."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from diwan_core import node
from diwan_core.audit import BadCaseFile, export
from diwan_core.audit.commands import audit
from diwan_core.audit.statement import missing_rows, read_statement, write_statement
from diwan_core.dictionary import DICTIONARY
from diwan_core.leaving import NoTemplate
from diwan_core.register import Edit, Register, UnknownRecord
from diwan_core.trust import NodeKeys, fingerprint
from diwan_core.trust.network.keys import raw_public

from tests.exchange.network import case, network
from tests.leaving.canaries import documents, leaks

TODAY = date(2026, 11, 29)


@pytest.fixture
def centre(tmp_path: Path) -> Path:
    folder = tmp_path / "centre"
    node.create(folder, node.NodeConfig(role="central", id=node.mint_id(), label="Centre"))
    NodeKeys.create(folder)
    return folder


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(audit, [*map(str, words)])


def test_no_canary_is_in_any_statement(centre: Path, tmp_path: Path) -> None:
    with Register.open(centre, role="writer") as register:
        made = documents(DICTIONARY.type("case"), 40, seed=11)
        saved = register.save_many([[Edit("case", one)] for one in made], author="canary")
    assert not saved.refused
    path, given = tmp_path / "statement.json", b""
    for [record] in saved.records:
        write_statement(centre, record, path, TODAY, print)
        given += path.read_bytes()
        assert record not in path.read_text()
        assert node.load(centre).id not in path.read_text()
    assert leaks(given) == []
    assert b"CNRU" in given, "what is reduced is in it"
    assert path.stat().st_mode & 0o777 == 0o600


def test_it_is_checked_with_its_key_and_compared_with_the_whole_case(tmp_path: Path) -> None:
    with network(tmp_path, posts=1) as net:
        first, second = net.posts[0].save(case(place="Gate", direction="transit"), case(direction="transit"))
        net.settle()
        net.posts[0].edit(first, author="supervisor", direction="import")
        net.posts[0].exchange.flush(force=True)
        net.settle()
        folder = net.register.folder
        whole, other, path = tmp_path / "whole.zip", tmp_path / "other.zip", tmp_path / "statement.json"
        export(folder, first, whole)
        export(folder, second, other)
        made = run("export", first, "--dir", folder, "-o", path, "--without-personal-data")
        assert made.exit_code == 0 and "2 rows, signed" in made.output
        key = raw_public(NodeKeys.load(folder).identity_key)
    assert b"Gate" not in path.read_bytes() and b"import" in path.read_bytes()
    told = run("check", path)
    assert told.exit_code == 0 and fingerprint(key) in told.output and "SIGNED, NOT PROVEN" in told.output
    said = json.loads(run("check", path, "--json").output)
    assert said["values"]["direction"] == "import" and len(said["rows"]) == 2
    assert missing_rows(read_statement(path), whole) == []
    assert len(missing_rows(read_statement(path), other)) >= 1
    same = run("check", whole, "--statement", path)
    assert same.exit_code == 0 and "from rows that are in this file" in same.output
    different = run("check", other, "--statement", path)
    assert different.exit_code == 2 and "rows of the statement are not in the file" in different.output


def test_a_changed_statement_is_none(centre: Path, tmp_path: Path) -> None:
    with Register.open(centre, role="writer") as register:
        [record] = register.save([Edit("case", case())], author="amal").records
    path = tmp_path / "statement.json"
    write_statement(centre, record, path, TODAY, print)
    honest = path.read_bytes()
    row = read_statement(path).rows[0].encode()
    for old, new in ((b'"direction":"', b'"direction":"x'), (row, b"0" * 64), (b'"case"', b'"arrival"')):
        assert old in honest
        path.write_bytes(honest.replace(old, new))
        with pytest.raises(BadCaseFile, match="changed"):
            read_statement(path)
    for content in (b"{", b"{}", b"[]", b"", honest.replace(b"statement", b"sentiment", 1), b"{" * 9_000_000):
        path.write_bytes(content)
        with pytest.raises(BadCaseFile):
            read_statement(path)
    assert run("check", path).exit_code == 1


def test_what_does_not_leave_has_no_statement(centre: Path, tmp_path: Path) -> None:
    with Register.open(centre, role="writer") as register:
        person = {"name_as_written": "Karim", "status": "submitted"}
        [record] = register.save([Edit("person", person)], author="amal").records
    path = tmp_path / "statement.json"
    with pytest.raises(NoTemplate):
        write_statement(centre, record, path, TODAY, print)
    with pytest.raises(UnknownRecord):
        write_statement(centre, record[:-4] + "0000", path, TODAY, print)
    told = run("export", record, "--dir", centre, "-o", path, "--without-personal-data")
    assert told.exit_code == 1 and "not given out" in told.output and not path.exists()
