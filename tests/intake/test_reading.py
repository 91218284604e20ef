"""Files as they come: every row is given once, as cells or as a fault, whatever stands in the file."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from diwan_core.intake.faults import Unreadable
from diwan_core.intake.sources.reader import Read, Reader, Source
from hypothesis import given, settings
from hypothesis import strategies as st

CSV = Source()
JSONL = Source(format="jsonl")
JSON = Source(format="json")


def rows(path: Path, content: bytes | str, source: Source = CSV) -> list[Read]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with Reader(path, source) as reader:
        return list(reader)


def good(reads: list[Read]) -> list[dict[str, object]]:
    return [read.cells for read in reads if read.cells is not None]


def bad(reads: list[Read]) -> list[str]:
    return [read.fault.reason for read in reads if read.fault is not None]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rows.csv"


def test_a_byte_order_mark_and_crlf_are_no_part_of_the_cells(path: Path) -> None:
    assert rows(path, b"\xef\xbb\xbfa,b\r\n1,2\r\n") == [Read(1, 2, {"a": "1", "b": "2"}, None)]


def test_a_quoted_cell_may_hold_line_ends_and_the_line_number_is_where_the_row_begins(path: Path) -> None:
    found = rows(path, 'a,b\n1,"x\ny"\n2,z\n')
    assert [(read.row, read.line) for read in found] == [(1, 2), (2, 4)]
    assert good(found)[0]["b"] == "x\ny"


def test_a_ragged_row_costs_only_itself(path: Path) -> None:
    found = rows(path, "a,b\n1,2\n3\n4,5,6\n7,8,,\n9,10\n")
    assert [read["a"] for read in good(found)] == ["1", "7", "9"]
    assert bad(found) == ["the row has 1 cells, the header has 2", "the row has 3 cells, the header has 2"]


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_an_object_that_names_a_value_twice_is_refused_and_nothing_dropped(tmp_path: Path, form: str) -> None:
    objects = [
        '{"a": 1, "a": 2}',
        '{"a": {"b": 1, "b": 2}}',
        '{"a" : 1, "a" : 1}',
        '{"a": "x\\": 1", "b": "y\\":"}',
        '{"a": {"b": 3}}',
    ]
    text = "\n".join(objects) if form == "jsonl" else f"[{','.join(objects)}]"
    found = rows(tmp_path / f"rows.{form}", text, Source(format=form))
    assert bad(found) == [f"{name} occurs twice in one object" for name in "aba"]
    assert [read.row for read in found if read.fault is None] == [4, 5]


def test_blank_lines_are_no_rows(path: Path) -> None:
    assert [read.row for read in rows(path, "a,b\n\n1,2\n,\n3,4\n\n")] == [1, 2]


def test_an_unclosed_quotation_mark_costs_its_own_line_not_the_rest_of_the_file(path: Path) -> None:
    text = 'a,b\n1,2\n3,"four\n' + "".join(f"{n},x\n" for n in range(100))
    found = rows(path, text)
    assert len(good(found)) == 101
    assert len(bad(found)) == 1 and "quotation mark that is not closed" in bad(found)[0]
    assert next(read for read in found if read.fault).line == 3


def test_an_unclosed_quotation_mark_on_the_last_line_is_named(path: Path) -> None:
    assert bad(rows(path, 'a,b\n1,2\n3,"four')) == ["a quotation mark is opened and never closed"]


def test_text_behind_a_closed_quotation_mark_is_refused_not_altered(path: Path) -> None:
    found = rows(path, 'a,b\n"1"x,2\n3,4\n')
    assert len(good(found)) == 1 and len(bad(found)) == 1


def test_a_cell_of_a_megabyte_costs_only_its_row(path: Path) -> None:
    found = rows(path, "a,b\n1," + "x" * 1_000_000 + "\n2,y\n")
    assert good(found) == [{"a": "2", "b": "y"}]
    assert bad(found) == ["a cell is longer than 131,072 characters"]


def test_a_line_of_ten_megabytes_is_refused_without_being_kept(path: Path) -> None:
    found = rows(path, b"a,b\n1,2\n" + b"x" * 10_000_000 + b"\n3,4\n")
    assert [cells["a"] for cells in good(found)] == ["1", "3"]
    assert bad(found) == ["the line is longer than 4 MiB"]


def test_a_nul_byte_costs_only_its_line(path: Path) -> None:
    found = rows(path, b"a,b\n1,\x002\n3,4\n")
    assert good(found) == [{"a": "3", "b": "4"}]
    assert "NUL byte at position 3" in bad(found)[0]


def test_bytes_of_another_encoding_are_named_with_the_remedy(path: Path) -> None:
    found = rows(path, "a,b\n1,café\n2,tea\n".encode("latin-1"))
    assert good(found) == [{"a": "2", "b": "tea"}]
    assert bad(found)[0].startswith("byte 0xE9 at position 6 is not utf-8; save the file as UTF-8, or set encoding")


def test_a_fallback_encoding_is_used_and_counted(path: Path) -> None:
    path.write_bytes("a,b\n1,café\n2,tea\n".encode("latin-1"))
    with Reader(path, Source(fallback="latin-1")) as reader:
        assert good(list(reader))[0]["b"] == "café"
        assert reader.fallback_lines == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"  \n \n", "holds no rows"),
        (b"PK\x03\x04" + bytes(50), "ZIP archive or an Excel workbook"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "gzip archive"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 50, "old Excel workbook"),
        (b"%PDF-1.7 ...", "PDF"),
        ("a,b\n1,2\n".encode("utf-16"), "UTF-16"),
        (b"a\0b\0c\0d\0", "not text"),
        (b"a,b\r1,2\r3,4\r", "CR alone"),
    ],
)
def test_what_is_no_text_table_is_said_to_be_what_it_is(path: Path, content: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        rows(path, content)


def test_a_missing_file_a_folder_and_a_pipe_are_named(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="No such file"):
        Reader(tmp_path / "nothing.csv", CSV)
    with pytest.raises(Unreadable, match="is a folder"):
        Reader(tmp_path, CSV)


def test_a_file_named_gz_is_unpacked_as_it_is_read(tmp_path: Path) -> None:
    assert good(rows(tmp_path / "rows.csv.gz", gzip.compress(b"a,b\n1,2\n", mtime=0))) == [{"a": "1", "b": "2"}]


def test_an_archive_that_unpacks_to_far_more_than_it_is_long_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv.gz"
    with gzip.open(path, "wb") as archive:
        archive.write(b"a,b\n")
        for _ in range(300):
            archive.write(b"1," + b"x" * 1_000_000 + b"\n")
    count = 0
    with Reader(path, CSV) as reader, pytest.raises(Unreadable, match="far more than it is long"):  # noqa: PT012  it raises while it is read
        for _read in reader:
            count += 1
    assert 190 < count < 210


def test_a_broken_archive_gives_its_rows_then_says_that_it_breaks_off(tmp_path: Path) -> None:
    lines = "".join(f"{n},{n * 7919 % 10007}\n" for n in range(200_000))
    path = tmp_path / "rows.csv.gz"
    packed = gzip.compress(b"a,b\n" + lines.encode(), mtime=0)
    path.write_bytes(packed[: len(packed) // 2])
    count = 0
    with Reader(path, CSV) as reader, pytest.raises(Unreadable, match="breaks off"):  # noqa: PT012  it raises while it is read
        for read in reader:
            assert read.fault is None
            count += 1
    assert count > 50_000


def test_headers_that_stand_twice_are_known(path: Path) -> None:
    path.write_text("a,b,a\n1,2,3\n")
    with Reader(path, CSV) as reader:
        assert reader.duplicates == {"a": [1, 3]}


def test_json_numbers_keep_their_digits(tmp_path: Path) -> None:
    text = '[{"a": 1.50, "b": 1e-9, "c": 0.1, "d": 123456789012345678901234567890}]'
    assert good(rows(tmp_path / "rows.json", text, JSON)) == [
        {"a": "1.50", "b": "1e-9", "c": "0.1", "d": "123456789012345678901234567890"}
    ]
    line = '{"a": 1.50, "b": 1e-9, "n": null, "t": true}\n'
    assert good(rows(tmp_path / "rows.jsonl", line, JSONL)) == [{"a": "1.50", "b": "1e-9", "n": None, "t": True}]


@pytest.mark.parametrize("text", ['{"a": 1}', '"text"', "12", "{'a': 1}", "nonsense"])
def test_json_that_is_no_list_is_refused_with_words(tmp_path: Path, text: str) -> None:
    with pytest.raises(Unreadable, match="is not a JSON list"):
        rows(tmp_path / "rows.json", text, JSON)


def test_an_empty_list_has_no_rows(tmp_path: Path) -> None:
    assert rows(tmp_path / "rows.json", " [ ] \n", JSON) == []


def test_a_broken_element_costs_only_itself(tmp_path: Path) -> None:
    text = '[{"a": 1}, {"a": nope, "b": "}],{\\"" }, [1], 5, {"a": 2}]'
    found = rows(tmp_path / "rows.json", text, JSON)
    assert [cells["a"] for cells in good(found)] == ["1", "2"]
    assert len(bad(found)) == 3
    assert [read.row for read in found] == [1, 2, 3, 4, 5]


def test_json_nested_a_hundred_thousand_deep_costs_only_its_element(tmp_path: Path) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    found = rows(tmp_path / "rows.json", f'[{{"a": 1}}, {{"a": {deep}}}, {{"a": 2}}]', JSON)
    assert [cells["a"] for cells in good(found)] == ["1", "2"]
    assert bad(found) == ["the element is nested too deep"]
    found = rows(tmp_path / "rows.jsonl", f'{{"a": {deep}}}\n{{"a": 1}}\n', JSONL)
    assert len(good(found)) == 1 and bad(found) == ["the line is nested too deep"]


def test_half_a_character_costs_only_its_element(tmp_path: Path) -> None:
    text = '[{"a": "\\ud83d\\ude00"}, {"a": "\\ud800"}, {"\\udfff": 1}, {"a": "z"}]'
    found = rows(tmp_path / "rows.json", text, JSON)
    assert [cells["a"] for cells in good(found)] == ["\N{GRINNING FACE}", "z"]
    assert len(bad(found)) == 2
    found = rows(tmp_path / "rows.jsonl", '{"a": "\\ud800"}\n{"a": "z"}\n', JSONL)
    assert len(good(found)) == 1 and len(bad(found)) == 1


def test_an_element_longer_than_the_limit_is_refused_and_the_next_one_read(tmp_path: Path) -> None:
    text = '[{"a": "' + "x\\\\" * 2_000_000 + '", }, {"a": 2}]'
    found = rows(tmp_path / "rows.json", text, JSON)
    assert good(found) == [{"a": "2"}]
    assert bad(found) == ["the element is longer than 4 MiB"]


def test_a_list_that_breaks_off_gives_what_came_before(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text('[{"a": 1}, {"a": 2}, {"a"')
    seen = []
    with Reader(path, JSON) as reader, pytest.raises(Unreadable, match="breaks off in element 3"):  # noqa: PT012  it raises while it is read
        for read in reader:
            seen.append(read.cells)
    assert seen == [{"a": "1"}, {"a": "2"}]


def test_lines_that_are_no_objects_are_refused(tmp_path: Path) -> None:
    found = rows(tmp_path / "rows.jsonl", '{"a": 1}\n[1]\n\nnope\n{"a": NaN}\n{"a": 2}\n', JSONL)
    assert [cells["a"] for cells in good(found)] == [1, 2]
    assert [read.line for read in found] == [1, 2, 4, 5, 6]


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@settings(max_examples=60, deadline=None)
@given(table=st.lists(st.tuples(cells, cells.filter(lambda text: text.strip() != "")), max_size=20))
def test_whatever_a_csv_writer_writes_is_read_back(
    table: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    import csv

    path = tmp_path_factory.mktemp("csv") / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("a", "b"), *table])
    with Reader(path, CSV) as reader:
        assert [(read.cells or {}).get("b") for read in reader] == [b for _, b in table]


@settings(max_examples=60, deadline=None)
@given(
    table=st.lists(st.dictionaries(st.text(max_size=5), st.none() | st.booleans() | cells, max_size=4), max_size=20),
    indent=st.sampled_from([None, 1]),
)
def test_whatever_json_holds_is_read_back(
    table: list[dict[str, object]], indent: int | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("json") / "rows.json"
    path.write_text(json.dumps(table, indent=indent))
    with Reader(path, JSON) as reader:
        assert [read.cells for read in reader] == table


@settings(max_examples=150, deadline=None)
@given(
    content=st.binary(max_size=400),
    form=st.sampled_from(["csv", "json", "jsonl"]),
    prefix=st.sampled_from([b"", b"a,b\n", b"[{"]),
)
def test_no_bytes_whatever_break_the_reader(
    content: bytes, form: str, prefix: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("bytes") / "rows.csv"
    path.write_bytes(prefix + content)
    try:
        with Reader(path, Source(format=form)) as reader:
            numbers = [read.row for read in reader]
    except Unreadable:
        return
    assert numbers == list(range(1, len(numbers) + 1))
