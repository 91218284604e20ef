"""Import into a real register: every row has one outcome, and doing it again adds nothing."""

from __future__ import annotations

import csv
import gzip
import random
from pathlib import Path
from typing import Any

import pytest

from .conftest import OUTCOMES, Post

HEADER = "No,Day,Where,Pounds\n"


def errors(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def adds_up(summary: dict[str, Any]) -> bool:
    return bool(summary["rows"] == sum(summary[name] for name in OUTCOMES))


# The way keys are made and the shipped mappings' systems stand in registers: changing either imports everything again.
def test_the_keys_of_rows_without_their_own_never_change(post: Post) -> None:
    post.run("import", "sample:colombia", "--rows", "1:1")
    post.run("import", "sample:kcs", "--limit", "1")
    assert [(case["source_system"], case["source_key"]) for case in post.documents()] == [
        ("co-policia-drugs", "fed5cba3ce8fecaddbc922eecab7d466.1"),
        ("kr-kcs-synthetic", "38459034"),
    ]


def test_rows_that_look_alike_are_different_events(post: Post, tmp_path: Path) -> None:
    mapping = tmp_path / "nokey.toml"
    mapping.write_text('type = "case"\nsystem = "nokey"\n[fields]\nplace = { column = "Where" }\n')
    source = tmp_path / "rows.csv"
    source.write_text("Where,Day\nAqaba,1\nAqaba,1\nAqaba,2\nAqaba,1\n")
    assert post.run("import", source, "-m", mapping, "--json").json["imported"] == 4
    assert post.run("import", source, "-m", mapping, "--json").json["already_there"] == 4
    source.write_text("Day,Where,New\n1,Aqaba,\n1,Aqaba,\n1, Aqaba ,\n1,Aqaba,\n2,Aqaba,\n")  # one more, columns moved
    assert post.run("import", source, "-m", mapping, "--json").json["imported"] == 1


def test_a_part_of_the_rows_has_the_keys_it_has_in_the_whole_file(post: Post, tmp_path: Path) -> None:
    mapping = tmp_path / "nokey.toml"
    mapping.write_text('type = "case"\nsystem = "nokey"\n[fields]\nplace = { column = "Where" }\n')
    source = tmp_path / "rows.csv"
    source.write_text("Where\n" + "Aqaba\n" * 10)
    assert post.run("import", source, "-m", mapping, "--rows", "4:6", "--json").json["imported"] == 3
    summary = post.run("import", source, "-m", mapping, "--json").json
    assert (summary["imported"], summary["already_there"]) == (7, 3)


def test_limits_go_on_where_the_last_import_stopped(post: Post) -> None:
    counts = [post.run("import", "sample:kcs", "--limit", "100", "--json").json["imported"] for _ in range(4)]
    assert counts == [100, 100, 49, 0]


def test_the_first_rows_are_committed_before_a_thousand_are_read(post: Post, tmp_path: Path) -> None:
    mapping = tmp_path / "nokey.toml"
    mapping.write_text('type = "case"\nsystem = "nokey"\n[fields]\nplace = { column = "Where" }\n')
    source = tmp_path / "rows.csv"
    source.write_text("Where\n" + "".join(f"Gate {number}\n" for number in range(1, 3_001)))
    assert post.run("import", source, "-m", mapping, "--json").json["imported"] == 3_000
    with post.register() as register:
        rows = register.store.rows("SELECT last - first + 1 FROM import_batch ORDER BY first")
    assert [count for (count,) in rows] == [125, 250, 625, 1_000, 1_000]


def test_refused_rows_are_named_with_every_reason_and_good_rows_go_in(post: Post, simple: Path, tmp_path: Path) -> None:
    source = tmp_path / "log.csv"
    source.write_text(
        HEADER
        + "1,03/01/2018,Aqaba,10\n"
        + "2,31/02/2018,Aqaba,ten\n"
        + "3,04/01/2018,Aqaba\n"
        + f"4,05/01/2018,{'x' * 600},1\n"
        + "-,05/01/2018,Amman,1\n"
        + "1,06/01/2018,Amman,1\n"
        + "5,07/01/2018,=cmd|' /C calc'!A0,-1\n"
        + "6,08/01/2018,Irbid,-\n"
    )
    answer = post.run("import", source, "-m", simple, "--json")
    assert answer.code == 3
    summary = answer.json
    assert adds_up(summary) and (summary["rows"], summary["imported"], summary["refused"]) == (8, 2, 6)
    assert summary["error_file"] == "log-errors.csv"
    found = errors(Path("log-errors.csv"))
    assert [(line["row"], line["line"], line["column"], line["value"]) for line in found if line["row"] != "4"] == [
        ("2", "3", "Day", "31/02/2018"),
        ("2", "3", "Pounds", "ten"),
        ("3", "4", "", "3,04/01/2018,Aqaba"),
        ("5", "6", "No", ""),
        ("6", "7", "No", "1"),
        ("7", "8", "Pounds", "-1"),
    ]
    long = next(line for line in found if line["row"] == "4")
    assert long["column"] == "Where" and "600 characters" in long["reason"]
    assert [case.get("goods") for case in post.documents()] == [
        {"1": {"quantity": "4.5359237", "unit": "KGM"}},
        None,
    ]


def test_refused_rows_corrected_and_imported_again_are_the_only_new_ones(
    post: Post, simple: Path, tmp_path: Path
) -> None:
    source = tmp_path / "log.csv"
    source.write_text(HEADER + "1,03/01/2018,Aqaba,10\n2,bad,Aqaba,1\n")
    assert post.run("import", source, "-m", simple).code == 3
    source.write_text(HEADER + "1,03/01/2018,Aqaba,10\n2,04/01/2018,Aqaba,1\n")
    answer = post.run("import", source, "-m", simple, "--json")
    assert (answer.code, answer.json["imported"], answer.json["already_there"]) == (0, 1, 1)


def test_error_files_go_where_they_are_told_or_nothing_begins(post: Post, simple: Path, tmp_path: Path) -> None:
    source = tmp_path / "log.csv"
    source.write_text(HEADER + "1,bad,Aqaba,10\n")
    assert post.run("import", source, "-m", simple, "--errors", tmp_path / "e.csv").code == 3
    assert len(errors(tmp_path / "e.csv")) == 1
    answer = post.run("import", source, "-m", simple, "--errors", tmp_path / "no" / "e.csv")
    assert answer.code == 2 and "name another with --errors" in answer.err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04xxxxxxxxx", "workbook is cut off or damaged"),
        (gzip.compress(HEADER.encode(), mtime=0), "gzip"),
        (b"No;Day;Where;Pounds\n1;2;3;4\n", "set delimiter in the mapping"),
        (b"A,B\n1,2\n", "these columns are missing: No, Day, Where, Pounds; the file has A, B"),
        (b"No,Day,Where,Pounds,Day\n1,2,3,4,5\n", "the column Day stands 2 times"),
    ],
)
def test_a_file_that_cannot_be_used_changes_nothing(
    post: Post, simple: Path, tmp_path: Path, content: bytes, words: str
) -> None:
    source = tmp_path / "log.csv"
    source.write_bytes(content)
    answer = post.run("import", source, "-m", simple)
    assert answer.code == 2 and words in answer.err
    assert len(answer.err.strip().splitlines()) == 1
    assert words in post.run("import", source, "-m", simple, "--json").json["error"]
    assert post.documents() == []


def test_a_list_that_breaks_off_brings_what_came_before(post: Post, tmp_path: Path) -> None:
    mapping = tmp_path / "list.toml"
    mapping.write_text('type="case"\nsystem="list"\n[source]\nformat="json"\nkey=["k"]\n[fields]\nplace={column="p"}\n')
    source = tmp_path / "rows.json"
    source.write_text('[{"k": 1, "p": "x"}, {"k": 2, "p": "y", "more": 1}, {"k"')
    answer = post.run("import", source, "-m", mapping, "--json")
    assert answer.code == 2
    assert answer.json["imported"] == 2 and "breaks off in element 3" in answer.json["stopped"]
    assert answer.json["unused_columns"] == ["more"]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_done_to_a_file_every_row_has_one_outcome(
    post: Post, simple: Path, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    lines = [f"{n},{n % 28 + 1:02}/01/2018,place {n},{n}\n".encode() for n in range(60)]
    for _ in range(12):
        place = chance.randrange(len(lines))
        lines[place] = chance.choice(
            [
                b"\x00" + lines[place],
                lines[place].replace(b"place", b'"place'),
                lines[place].replace(b"place", b"\xe9"),
                b"x" * 200_000 + b"\n",
                b",,,\n",
                lines[place] * 2,
                b'"' + lines[place].strip() + b'"\n',
                lines[place].replace(b"/01/", b"/02/30/"),
                lines[place].replace(b"\n", b",\n"),
            ]
        )
    source = tmp_path / "log.csv"
    source.write_bytes(HEADER.encode() + b"".join(lines))
    first = post.run("import", source, "-m", simple, "--json").json
    again = post.run("import", source, "-m", simple, "--json").json
    assert adds_up(first) and adds_up(again)
    assert again["already_there"] == first["imported"] and again["imported"] == 0
    assert again["refused"] == first["refused"]
    assert first["imported"] >= 40
    refused = {line["row"] for line in errors(Path("log-errors.csv"))}
    assert len(refused) == first["refused"]


def test_pictures_are_tied_to_the_first_cases_and_differ(post: Post) -> None:
    assert post.run("import", "sample:colombia", "--rows", "1:5", "--pictures", "3", "--json").json["pictures"] == 3
    attachments = post.documents("attachment")
    assert len({item["sha256"] for item in attachments}) == 3
    with post.register() as register:
        cases = set(register.ids("case"))
        assert {item["subject"] for item in attachments} <= cases
        for item in attachments:
            path = register.blob_path(item["sha256"])
            assert path is not None and path.read_bytes().startswith(b"\x89PNG")


def test_the_summary_is_text_a_person_can_read(post: Post) -> None:
    answer = post.run("import", "sample:kcs")
    assert "imported            249" in answer.out
    assert "1034 rows left out: a declaration without fraud" in answer.out
    assert answer.err == ""  # no progress bar where there is no terminal


def test_wrong_usage_is_named(post: Post, tmp_path: Path) -> None:
    assert "--mapping" in post.run("import", tmp_path / "x.csv").err
    assert "no sample 'x'" in post.run("import", "sample:x", "-m", "cbp").err
    assert post.run("import", "sample:kcs", "--rows", "5:1").code == 2
    assert "No such file" in post.run("import", tmp_path / "x.csv", "-m", "cbp").err
    listed = post.run("import", "--list", "x").out
    assert "colombia" in listed and "sample:kcs" in listed


def test_a_folder_that_is_no_node_is_named(tmp_path: Path) -> None:
    answer = Post(tmp_path / "nothing").run("import", "sample:kcs", "--json")
    assert answer.code == 2 and "is not a node's folder" in answer.json["error"]


def test_a_trial_tells_what_would_happen_and_keeps_nothing(post: Post, simple: Path, tmp_path: Path) -> None:
    source = tmp_path / "log.csv"
    source.write_text(HEADER + "1,03/01/2018,Aqaba,10\n2,bad,Aqaba,1\n" + f"3,03/01/2018,{'x' * 600},1\n")
    answer = post.run("import", source, "-m", simple, "--check", "--json", "--errors", tmp_path / "e.csv")
    assert answer.code == 3 and answer.json["tried"]
    assert (answer.json["imported"], answer.json["refused"]) == (1, 2)
    assert answer.json["first"]["goods"] == {"1": {"unit": "KGM", "quantity": "4.5359237"}}
    assert post.documents() == []


def test_a_trial_counts_what_looks_mistyped(post: Post) -> None:
    warnings = post.run("import", "sample:kcs", "--check", "--json").json["warnings"]
    assert warnings["goods.1.hs_code: unknown_code"] > 0
    assert "nothing was kept" in post.run("import", "sample:kcs", "--check").out
