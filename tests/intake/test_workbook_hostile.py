"""Workbooks as attackers and broken programs make them: refused in words and in time, and the reader stays confined."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from diwan_core.intake.faults import Unreadable
from diwan_core.intake.sources import workbook
from diwan_core.intake.sources.sheet import SheetFile

from .conftest import Post
from .workbooks import CASES, cells_of, made, packed, parts_of, read

CELL = '<row><c r="A1"><v>1</v></c></row>'
QUICK_S = 2.0


def refusal_of(path: Path) -> str:
    with pytest.raises(Unreadable) as refused:
        read(path)
    return str(refused.value)


def refusal(path: Path) -> str:
    """Why a file is refused, which may take two seconds of processor time at the most."""
    before = os.times()
    said = refusal_of(path)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    assert used < QUICK_S, used
    assert not path.with_suffix(".cells").exists()
    return said


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    parts = parts_of(CELL)
    parts["xl/worksheets/sheet1.xml"] += " " * 289_000_000
    began = time.monotonic()
    path = packed(tmp_path / "bomb.xlsx", parts)
    assert path.stat().st_size < 1_000_000 and time.monotonic() > began
    assert "far more than it is long" in refusal(path)


def test_sizes_that_lie_do_not_let_a_bomb_in(tmp_path: Path) -> None:
    """A part that says it is 100 bytes long and unpacks to 50 MB is read to its 100 bytes and found damaged."""
    rows = "<row><c><v>1</v></c></row>" * 2_000_000
    path = made(tmp_path / "lie.xlsx", rows)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        sheet = archive.getinfo("xl/worksheets/sheet1.xml")
    size = struct.pack("<I", sheet.file_size)
    assert content.count(size) == 2, "in the part's own head and in the list at the end"
    path.write_bytes(content.replace(size, struct.pack("<I", 100)))
    assert "damaged" in refusal(path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("level", "closed"),
    [("<a>", ""), ("<a>", "</a>"), ("<a><b/>", ""), ("<c><v>1</v>", "</c>")],
    ids=["open", "closed", "with others between", "of cells"],
)
@pytest.mark.parametrize(
    "name", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml"]
)
def test_elements_nested_without_end_are_refused(tmp_path: Path, name: str, level: str, closed: str) -> None:
    parts = parts_of(CELL)
    levels = 12_000_000 // len(level + closed)
    parts[name] = parts[name].replace("</", level * levels + closed * levels + "</", 1)
    assert "nested" in refusal(packed(tmp_path / "deep.xlsx", parts))


@pytest.mark.slow
def test_a_workbook_that_needs_more_memory_than_there_is_is_refused(tmp_path: Path) -> None:
    shared = "".join(f"<si><t>{n}</t></si>" for n in range(6_000_000))
    said = refusal_of(made(tmp_path / "m.xlsx", CELL, shared=shared))
    assert "memory" in said or "far more" in said


LAUGHS = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "head",
    [
        LAUGHS,
        f"<?xml version='1.0'?>{LAUGHS}",
        f"<?xml version='1.0'?><!-- <a> -->{LAUGHS}",
        f"<?xml version='1.0'?><?a <b> ?>\n\n{LAUGHS}",
        f"{' ' * 100_000}{LAUGHS}",
        f"<?xml version='1.0'?><!--{'x' * 100_000}-->{LAUGHS}",
    ],
    ids=["bare", "declared", "behind a comment", "behind an instruction", "behind blanks", "behind a long comment"],
)
@pytest.mark.parametrize(
    "name", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml"]
)
def test_document_types_are_refused_wherever_they_hide(tmp_path: Path, head: str, name: str) -> None:
    parts = parts_of(CELL)
    parts[name] = head + parts[name]
    assert "document type" in refusal(packed(tmp_path / "laughs.xlsx", parts))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_document_types_in_wide_letters_are_refused(tmp_path: Path, encoding: str) -> None:
    parts = {name: content.encode() for name, content in parts_of(CELL).items()}
    wide = ("\ufeff" + LAUGHS + parts["xl/workbook.xml"].decode()).encode(encoding)
    assert "document type" in refusal(packed(tmp_path / "w.xlsx", {**parts, "xl/workbook.xml": wide}))
    plain = ("\ufeff" + parts["xl/workbook.xml"].decode()).encode(encoding)
    assert cells_of(packed(tmp_path / "v.xlsx", {**parts, "xl/workbook.xml": plain}))


def test_letters_that_would_hide_a_document_type_are_refused(tmp_path: Path) -> None:
    parts = {name: content.encode() for name, content in parts_of(CELL).items()}
    for encoding in ("cp037", "utf-7"):
        parts["xl/workbook.xml"] = f'<?xml version="1.0" encoding="{encoding}"?>'.encode() + b"<a/>"
        assert "an encoding that no spreadsheet" in refusal(packed(tmp_path / "e.xlsx", parts))


@pytest.mark.slow
def test_a_million_bordered_empty_rows_are_passed_over_with_a_sign_of_life(tmp_path: Path) -> None:
    empty = "".join(f'<c r="{letter}1" s="0"/>' for letter in "ABCDE")
    rows = "".join(f'<row r="{n}" spans="1:5" s="0" customFormat="1">{empty}</row>' for n in range(2, 1_048_577))
    path = made(tmp_path / "empty.xlsx", CELL + rows)
    told: list[float] = []
    began = time.monotonic()
    facts = workbook.to_cells(path, tmp_path / "out.cells", progress=told.append)
    took = time.monotonic() - began
    assert facts.rows == 1
    assert told and told == sorted(told) and told[-1] > 0.5
    assert len(told) > min(took, 20), "more often than once a second"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 and nothing", "cut off or damaged"),
        (b"", "not a workbook"),
        (b"<html>", "not a workbook"),
        (b"PK\x05\x06" + bytes(18), "not a workbook"),
        (b"\xd0\xcf\x11\xe0" + bytes(2000), "cut off or damaged"),
    ],
    ids=["cut", "empty", "html", "no parts", "old and empty"],
)
def test_what_is_no_workbook_is_refused_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "x.xlsx").write_bytes(content)
    assert words in refusal(tmp_path / "x.xlsx")


def test_an_archive_of_something_else_is_no_workbook(tmp_path: Path) -> None:
    assert "not a workbook" in refusal(packed(tmp_path / "a.xlsx", {"word/document.xml": "<w/>"}))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, share: float) -> None:
    content = (CASES / "01-workbook-true-numbers.xlsx").read_bytes()
    (tmp_path / "cut.xlsx").write_bytes(content[: int(len(content) * share)])
    assert "cut off or damaged" in refusal(tmp_path / "cut.xlsx")


def test_a_password_is_named_as_what_it_is(post: Post, tmp_path: Path) -> None:
    path = Path(shutil.copy(CASES / "locked.xlsx", tmp_path / "locked.xlsx"))
    assert "protected by a password: remove it in the spreadsheet program" in refusal(path)
    answer = post.run("import", path, "--mapping", CASES / "mapping-plain.toml")
    assert answer.code == 2 and "password" in answer.err


def test_broken_xml_is_refused_and_wrong_numbers_are_read_around(tmp_path: Path) -> None:
    assert "damaged" in refusal(made(tmp_path / "c.xlsx", "<row><c></row>"))
    odd = (
        '<row r="x"><c t="s"><v>-1</v></c><c s="x"><v>1</v></c><c s="99"><v>2</v></c><c t="s"><v>१</v></c>'
        "<c><v>nan</v></c><c><v>1_0</v></c><c><v>9e999</v></c></row>"
    )
    [cells] = cells_of(made(tmp_path / "e.xlsx", odd))
    assert [str(cell) for cell in cells] == ["", "1", "2", "", "nan", "1_0", "9e999"]


def test_many_merges_and_many_parts_are_refused(tmp_path: Path) -> None:
    merges = "".join(f'<mergeCell ref="A{n}:A{n + 1}"/>' for n in range(1, 200_003, 2))
    assert "merged" in refusal(made(tmp_path / "m.xlsx", CELL, after=f"<mergeCells>{merges}</mergeCells>"))
    parts = {**parts_of(CELL), **{f"a/{n}": "" for n in range(10_001)}}
    assert "very many parts" in refusal(packed(tmp_path / "p.xlsx", parts))


def test_the_reader_can_open_no_file_and_no_line(tmp_path: Path) -> None:
    """What a workbook that took the reader over could do: nothing beyond its own descriptors."""
    probe = (
        "import os, socket, sys\n"
        "from diwan_core.confined import enter\n"
        "from diwan_core.intake.sources import package, workbook_other, workbook_xlsx\n"
        "from diwan_core.intake.sources.workbook_worker import LIMITS\n"
        "workbook_xlsx.prepare()\n"
        "if not enter(LIMITS): print('no filter'); sys.exit()\n"
        "for attempt in (lambda: os.open('/etc/passwd', 0), socket.socket, os.fork, lambda: os.listdir('/')):\n"
        "    try: attempt(); print('did it')\n"
        "    except OSError as error: print(error.errno)\n"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    said = done.stdout.split("\n")
    assert said[0] == "no filter" or said[:4] == ["1", "1", "1", "1"], done.stderr


def test_a_sheet_file_that_is_only_a_part_is_refused(tmp_path: Path) -> None:
    read(made(tmp_path / "a.xlsx", CELL * 3))
    whole = (tmp_path / "a.cells").read_bytes()
    for content in (whole[:20], whole[:40], whole.replace(b'["n"', b'["q"', 1), b"diwan-sheet 1 000000000000000\n"):
        (tmp_path / "b.cells").write_bytes(content)
        with pytest.raises(Unreadable, match="only a part"):
            list(SheetFile(tmp_path / "b.cells").rows())
