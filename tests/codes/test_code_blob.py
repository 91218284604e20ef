"""The blob of an edition is read as what a stranger made: whatever is wrong with it, the edition before stays."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from diwan_core.dictionary import CodeTable
from diwan_core.register.codes.code_blob import (
    MOST_BYTES,
    MOST_UNPACKED,
    BadEdition,
    Entry,
    entries_of,
    pack,
)
from diwan_core.register.codes.code_file import LoadedCodes, file_of, load, loaded_edition

TABLE = CodeTable(
    {"en": {"JOAQJ": "Al 'Aqabah", "COABQ": "Abriaquí", "JOOLD": "Oldport"}},
    {},
    {"JOAQJ": "Aqaba"},
    {"JOAQJ": "29.53333,35"},
    frozenset({"JOOLD"}),
)


def blob(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "blob"
    path.write_bytes(content)
    return path


def lines(*entries: object) -> bytes:
    return gzip.compress("".join(f"{json.dumps(entry)}\n" for entry in entries).encode(), mtime=0)


def test_what_is_packed_is_read_in_order_and_packs_the_same_way_again(tmp_path: Path) -> None:
    content = pack(TABLE)
    assert content == pack(TABLE)
    assert list(entries_of(blob(tmp_path, content), 3)) == [
        Entry("COABQ", "Abriaquí"),
        Entry("JOAQJ", "Al 'Aqabah", "Aqaba", "29.53333,35"),
        Entry("JOOLD", "Oldport", withdrawn=1),
    ]


@pytest.mark.parametrize(
    ("content", "count", "why"),
    [
        (pack(TABLE), 2, "more"),
        (pack(TABLE), 4, "holds 3"),
        (pack(TABLE), 0, "claims"),
        (pack(TABLE), 10**9, "claims"),
        (pack(TABLE)[:-9], 3, "cut short|damaged"),
        (pack(TABLE) + b"x", 3, "follows"),
        (pack(TABLE) + pack(TABLE), 3, "follows"),
        (b"", 3, "cut short"),
        (b"PK\x03\x04", 3, "damaged"),
        (lines(["JOAQJ", "A"], ["JOAQJ", "B"]), 2, "order"),
        (lines(["JOAQJ"]), 1, "not an entry"),
        (lines(["JO AQJ", "A"]), 1, "not an entry"),
        (lines(["JOAQJ", 1]), 1, "not an entry"),
        (lines(["JOAQJ", "A", "", "", "", 2]), 1, "not an entry"),
        (lines(["JOAQJ", "A", "", "", "", 1, 1]), 1, "not an entry"),
        (lines({"JOAQJ": "A"}), 1, "not an entry"),
        (lines(["JOAQJ", "A\u202eB"]), 1, "control"),
        (lines(["J" * 13, "A"]), 1, "too long"),
        (lines(["JOAQJ", "A" * 9_000]), 1, "too long"),
    ],
)
def test_a_blob_that_is_no_edition_is_refused(tmp_path: Path, content: bytes, count: int, why: str) -> None:
    with pytest.raises(BadEdition, match=why):
        list(entries_of(blob(tmp_path, content), count))


def test_a_blob_that_unpacks_without_end_is_left_after_its_bound(tmp_path: Path) -> None:
    packer = zlib.compressobj(1, wbits=31)
    label = "x" * 500
    count = MOST_UNPACKED // 500
    bomb = b"".join(packer.compress(f'["{number:08d}","{label}"]\n'.encode()) for number in range(count))
    path = blob(tmp_path, bomb + packer.flush())
    assert path.stat().st_size < MOST_BYTES
    with pytest.raises(BadEdition, match="unpacks to more"):
        list(entries_of(path, count))
    endless = blob(tmp_path, gzip.compress(b"[" * (20 * 1024 * 1024), mtime=0))
    with pytest.raises(BadEdition, match="too long"):
        list(entries_of(endless, 400_000))


def test_an_edition_is_found_by_code_beginning_of_words_and_other_words(tmp_path: Path) -> None:
    load(tmp_path, "locode", "a" * 64, entries_of(blob(tmp_path, pack(TABLE)), 3), lambda: None)
    codes = LoadedCodes(tmp_path, "locode")
    assert codes.count() == 3
    assert codes.search("aqaba", 5) == ["JOAQJ"]
    assert codes.search("ABRIAQUI", 5) == ["COABQ"]
    assert codes.search("jo", 5) == ["JOAQJ", "JOOLD"], "withdrawn last"
    assert codes.search("", 5) == ["COABQ", "JOAQJ"]
    assert codes.search("nothing \"' AND OR * (", 5) == []
    assert (codes.label("JOAQJ"), codes.position("JOAQJ")) == ("Al 'Aqabah", "29.53333,35")
    assert codes.label("XXXXX") is None
    assert codes.prefixes() == {"CO", "JO"}


def test_a_bad_edition_leaves_the_one_that_is_loaded(tmp_path: Path) -> None:
    load(tmp_path, "locode", "a" * 64, entries_of(blob(tmp_path, pack(TABLE)), 3), lambda: None)
    with pytest.raises(BadEdition):
        load(tmp_path, "locode", "b" * 64, entries_of(blob(tmp_path, pack(TABLE)), 4), lambda: None)
    assert loaded_edition(tmp_path, "locode") == "a" * 64
    assert [path.name for path in (tmp_path / "codes").iterdir()] == ["locode.db"]


def test_a_damaged_table_is_no_loaded_edition_and_stops_no_search(tmp_path: Path) -> None:
    load(tmp_path, "locode", "a" * 64, entries_of(blob(tmp_path, pack(TABLE)), 3), lambda: None)
    path = file_of(tmp_path, "locode")
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    assert loaded_edition(tmp_path, "locode") == ""
    codes = LoadedCodes(tmp_path, "locode")
    assert codes.search("aqaba", 5) == []
    assert codes.label("JOAQJ") is None
    path.write_bytes(b"nothing")
    assert loaded_edition(tmp_path, "locode") == ""


LOADING = """
import sys
from pathlib import Path
from diwan_core.register.codes.code_blob import entries_of
from diwan_core.register.codes.code_file import load
load(Path(sys.argv[1]), "locode", "b" * 64, entries_of(Path(sys.argv[2]), 3), lambda: None)
"""


def test_a_power_cut_while_loading_leaves_the_old_edition_and_the_next_start_loads_the_new(tmp_path: Path) -> None:
    load(tmp_path, "locode", "a" * 64, entries_of(blob(tmp_path, pack(TABLE)), 3), lambda: None)
    command = [sys.executable, "-c", LOADING, str(tmp_path), str(tmp_path / "blob")]
    killed = subprocess.run(command, env=os.environ | {"DIWAN_CRASH": "codes-made"}, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert loaded_edition(tmp_path, "locode") == "a" * 64
    assert subprocess.run(command, check=False).returncode == 0
    assert loaded_edition(tmp_path, "locode") == "b" * 64
    assert [path.name for path in (tmp_path / "codes").iterdir()] == ["locode.db"]
