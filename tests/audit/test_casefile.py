"""One case in one file: whoever has the file can check it, and whoever changed it is found out."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from diwan_core.audit import BadCaseFile, check, export
from diwan_core.audit.casefile import SEAL_DOMAIN, sealed_message
from diwan_core.audit.commands import audit
from diwan_core.register.journal.journal import CHECKPOINT_DOMAIN, checkpoint_message
from diwan_core.register.journal.row import row_hash
from diwan_core.trust import NodeKeys, fingerprint
from diwan_core.trust.access_log.events import event_of
from diwan_core.trust.access_log.log import ReadLog
from diwan_core.trust.network.enrolled_keys import load_central

from tests.exchange.network import Network, case, network

pytestmark = pytest.mark.slow

Made = tuple[Network, str, Path]
PICTURE = b"\x89PNG" + bytes(range(256)) * 300


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    """A case with an edit by another post and a picture, among others; and its file, from the centre."""
    with network(tmp_path, posts=2) as net:
        record = [*net.posts[0].save(case(time="08:00"), case(place="Gate", party=PARTY))][1]
        net.posts[0].save(case(narrative="Nobody else's business: Mosaic"))
        net.settle()
        net.posts[1].edit(record, author="supervisor", place="Warehouse")
        net.posts[0].register.attach(io.BytesIO(PICTURE), subject=record, media_type="image/png", author="officer")
        net.posts[0].save(case(narrative="Another matter"))
        net.posts[0].exchange.woken()
        net.settle()
        net.posts[0].exchange.flush(force=True)
        path = tmp_path / "case.zip"
        export(net.register.folder, record, path)
        yield net, record, path


STRANGER = "a" * 13
PARTY = {"1": {"role": "declarant", "name": "A. Person"}}


def repacked(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The file with some of its parts changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    target = path.with_name("changed.zip")
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target


def resealed(net: Network, path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The same, sealed again by the centre: what a node itself could forge, so that the rows must show it."""

    def sealed(parts: dict[str, bytes]) -> None:
        change(parts)
        others = ((name, hashlib.sha256(content).digest()) for name, content in parts.items() if name != "seal.json")
        signature = NodeKeys.load(net.register.folder).sign(SEAL_DOMAIN, sealed_message(others)).hex()
        parts["seal.json"] = json.dumps({"node": net.register.config.id, "signature": signature}).encode()

    return repacked(path, sealed)


def test_the_centres_file_is_proven_offline_and_tells_the_story(made: Made) -> None:
    net, record, path = made
    done = check(path)
    assert done.findings == []
    assert done.values[record]["place"] == "Warehouse"
    assert done.values[record]["party"]["1"]["name"] == "A. Person"
    assert [change["author"] for change in done.changes if change["record"] == record] == ["officer", "supervisor"]
    said = "\n".join(done.statements)
    assert "none was altered, removed or put in between" in said
    assert "The centre (Centre) signed" in said
    assert "byte for byte" in said
    assert done.fingerprint == fingerprint(load_central(net.register.folder).identity)


def test_the_posts_own_file_carries_the_centres_receipt(made: Made, tmp_path: Path) -> None:
    net, record, _ = made
    path = tmp_path / "post.zip"
    export(net.posts[0].register.folder, record, path)
    done = check(path)
    assert done.findings == []
    assert any("The centre (Centre) signed" in statement for statement in done.statements)


def test_the_same_state_gives_the_same_file_and_says_nothing_of_others(made: Made, tmp_path: Path) -> None:
    net, record, path = made
    again = tmp_path / "again.zip"
    export(net.register.folder, record, again)
    assert again.read_bytes() == path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        text = b"".join(archive.read(name) for name in archive.namelist())
    assert b"Mosaic" not in text
    assert b"Another matter" not in text


def change_rows(edit: Callable[[list[list[object]]], None]) -> Callable[[dict[str, bytes]], None]:
    """Change the lines of every epoch's part."""

    def change(parts: dict[str, bytes]) -> None:
        for name in [name for name in parts if name.startswith("rows/")]:
            rows = [json.loads(line) for line in parts[name].splitlines()]
            edit(rows)
            parts[name] = b"".join(json.dumps(row).encode() + b"\n" for row in rows)

    return change


def altered_value(rows: list[list[object]]) -> None:
    for row in rows:
        if isinstance(row[5], str):
            row[5] = row[5].replace("Warehouse", "Nowhere")


def left_out_value(rows: list[list[object]]) -> None:
    for row in rows:
        row[6] = None


def another_author(rows: list[list[object]]) -> None:
    for row in rows:
        row[1] = str(row[1]).replace("supervisor", "director")


def removed_row(rows: list[list[object]]) -> None:
    del rows[len(rows) // 2]


def removed_signatures(rows: list[list[object]]) -> None:
    for row in rows:
        row[4] = None


@pytest.mark.parametrize("edit", [altered_value, left_out_value, another_author, removed_row, removed_signatures])
def test_a_changed_row_is_found_out(made: Made, edit: Callable[[list[list[object]]], None]) -> None:
    net, _, path = made
    assert check(resealed(net, path, lambda _: None)).proven
    kinds = {item.kind for item in check(resealed(net, path, change_rows(edit))).findings}
    assert kinds & {"altered", "removed", "signature"}


def test_another_picture_another_ledger_or_another_centre_is_found_out(made: Made, tmp_path: Path) -> None:
    net, _, path = made

    def swap(parts: dict[str, bytes]) -> None:
        for name in parts:
            if name.startswith("blobs/"):
                parts[name] = b"another picture"

    def cut(parts: dict[str, bytes]) -> None:
        lines = parts["ledger.jsonl"].splitlines(keepends=True)
        parts["ledger.jsonl"] = b"".join([lines[0], *lines[2:]])

    assert [item.kind for item in check(resealed(net, path, swap)).findings] == ["blob"]
    assert [item.kind for item in check(resealed(net, path, cut)).findings] == ["ledger"]
    shown = fingerprint(load_central(net.register.folder).identity)
    assert check(path, shown.upper()).proven
    assert [item.kind for item in check(path, "aaaa-bbbb-cccc-dddd-eeee").findings] == ["authority"]


def test_bytes_that_are_no_such_file_are_refused_in_words(made: Made, tmp_path: Path) -> None:
    _, _, path = made
    whole = path.read_bytes()
    broken = tmp_path / "broken.zip"
    for content in (b"", b"PK", whole[:200], whole[: len(whole) // 2], whole[:300] + b"\xff" * 50 + whole[350:]):
        broken.write_bytes(content)
        try:
            assert not check(broken).proven
        except BadCaseFile as error:
            assert str(error)  # noqa: PT017  either way is right, and this one says why


def test_what_a_node_itself_forges_is_found_out(made: Made) -> None:
    """Another origin's checkpoint, another epoch's receipt, a row of one epoch in another, a case that is not here."""
    net, _, path = made
    other = NodeKeys.load(net.posts[1].register.folder)

    def epochs(parts: dict[str, bytes]) -> list[dict[str, Any]]:
        return list(json.loads(parts["case.json"])["epochs"])

    def another_s_checkpoint(parts: dict[str, bytes]) -> None:
        about = next(part for part in epochs(parts) if part["origin"] == net.posts[0].register.config.id)
        rows = [json.loads(line) for line in parts[f"rows/{about['id']}.jsonl"].splitlines()]
        digest = bytes.fromhex(about["before"])
        for row in rows:
            digest = row_hash(digest, row[1].encode(), bytes.fromhex(row[2]), bytes.fromhex(row[3]))
            message = checkpoint_message(about["origin"], about["id"], row[0], digest)
            row[4] = row[4] and other.sign(CHECKPOINT_DOMAIN, message).hex()
        parts[f"rows/{about['id']}.jsonl"] = b"".join(json.dumps(row).encode() + b"\n" for row in rows)

    def exchanged(parts: dict[str, bytes], *members: str) -> None:
        case = json.loads(parts["case.json"])
        one, two = case["epochs"][:2]
        for member in members:
            one[member], two[member] = two[member], one[member]
        parts["case.json"] = json.dumps(case).encode()

    def another_s_rows(parts: dict[str, bytes]) -> None:
        names = sorted(name for name in parts if name.startswith("rows/"))
        parts[names[0]], parts[names[1]] = parts[names[1]], parts[names[0]]

    def another_case(parts: dict[str, bytes]) -> None:
        case = json.loads(parts["case.json"])
        parts["case.json"] = json.dumps({**case, "record": "0" * 8 + case["record"][8:]}).encode()

    for change, kind in (
        (another_s_checkpoint, "signature"),
        (lambda parts: exchanged(parts, "receipt"), "receipt"),
        (lambda parts: exchanged(parts, "origin"), "signature"),
        (another_s_rows, "signature"),
        (another_case, "record"),
    ):
        assert kind in {item.kind for item in check(resealed(net, path, change)).findings}, kind


def test_a_file_of_a_centre_of_one_s_own_making_bears_another_fingerprint(made: Made, tmp_path: Path) -> None:
    net, _, path = made
    with network(tmp_path / "forged", posts=1) as forged:
        (record,) = forged.posts[0].save(case(narrative="Never happened"))
        forged.settle()
        file = tmp_path / "forged.zip"
        export(forged.register.folder, record, file)
    shown = fingerprint(load_central(net.register.folder).identity)
    assert check(file).fingerprint != shown == check(path).fingerprint
    assert [item.kind for item in check(file, shown).findings] == ["authority"]


def test_a_byte_changed_in_any_part_is_found_out(made: Made) -> None:
    """The case's own id, who wrote the file and what it says of itself are vouched for by no row: by the seal."""
    _, _, path = made
    with zipfile.ZipFile(path) as archive:
        whole = {name: archive.read(name) for name in archive.namelist()}
    chance = Random(7)
    for name, content in whole.items():
        for at in chance.sample(range(len(content)), min(len(content), 30)):
            altered = bytearray(content)
            altered[at] ^= chance.choice((0x01, 0x20))

            def change(parts: dict[str, bytes], name: str = name, altered: bytes = bytes(altered)) -> None:
                parts[name] = altered

            try:
                assert not check(repacked(path, change)).proven, (name, at)
            except BadCaseFile as error:
                assert str(error)  # noqa: PT017  either way is right, and this one says why


def test_a_file_without_its_seal_or_with_a_stranger_s_is_not_proven(made: Made, tmp_path: Path) -> None:
    net, record, path = made

    def another(parts: dict[str, bytes]) -> None:
        parts["case.json"] = parts["case.json"].replace(net.register.config.id.encode(), STRANGER.encode())
        parts["seal.json"] = parts["seal.json"].replace(net.register.config.id.encode(), STRANGER.encode())

    with pytest.raises(BadCaseFile, match=r"seal\.json is missing"):
        check(repacked(path, lambda parts: parts.__delitem__("seal.json")))
    assert [item.kind for item in check(repacked(path, another)).findings] == ["seal"]
    mine = tmp_path / "mine.zip"
    export(net.posts[0].register.folder, record, mine)
    with zipfile.ZipFile(mine) as archive:
        seal = archive.read("seal.json")
    assert [item.kind for item in check(repacked(path, lambda parts: parts.update({"seal.json": seal}))).findings] == [
        "seal"
    ]


def test_a_file_that_unpacks_to_a_thousand_times_its_size_takes_no_memory(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, path = made
    monkeypatch.setattr("diwan_core.audit.casefile.MAX_WHOLE", 1 << 20)
    for name in ("case.json", "ledger.jsonl"):
        with pytest.raises(BadCaseFile, match="too large"):
            check(repacked(path, lambda parts, name=name: parts.update({name: bytes(3 << 20)})))  # type: ignore[misc]

    def one_long_line(parts: dict[str, bytes]) -> None:
        for name in [name for name in parts if name.startswith("rows/")]:
            parts[name] = b" " * (5 << 20)

    with pytest.raises(BadCaseFile, match="too large"):
        check(repacked(path, one_long_line))
    monkeypatch.setattr("diwan_core.audit.casefile.MAX_PART", 1000)
    with pytest.raises(BadCaseFile, match="unpack"):
        check(path)


def test_the_commands_write_and_check_it(made: Made, tmp_path: Path) -> None:
    net, record, _ = made
    path = tmp_path / "by-command.zip"
    run = CliRunner()
    folder = str(net.register.folder)
    assert run.invoke(audit, ["export", record, "--dir", folder, "-o", str(path)]).exit_code == 0
    row = ReadLog.open(net.register.folder).page()[0]
    held = event_of(row.detail)
    assert held is not None and held.code == "case.exported_by_command", "who took it is known"
    assert (row.how, row.record) == ("export", record)
    said = run.invoke(audit, ["check", str(path)])
    assert said.exit_code == 0
    assert said.output.rstrip().endswith("PROVEN")
    damaged = repacked(path, change_rows(altered_value))
    told = run.invoke(audit, ["check", str(damaged), "--json"])
    assert told.exit_code == 2
    assert json.loads(told.output)["proven"] is False
    missing = run.invoke(audit, ["export", "0" * 8 + "-0000-0000-0000-" + "0" * 12, "--dir", folder, "-o", str(path)])
    assert missing.exit_code == 1
