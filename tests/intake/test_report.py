"""Before a run a report says what would become of every row; the same counts come true when it is run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from diwan_core.register import Register
from diwan_core.register.journal import clock, trusted_time
from diwan_core.register.storage.wall_clock import wall_ms

from .conftest import Post

CASES = Path(__file__).parent / "cases"


def checked(post: Post, file: str | Path, mapping: str | Path, *more: str) -> dict[str, Any]:
    answer = post.run("import", file, "--mapping", mapping, "--check", "--json", *more)
    found: dict[str, Any] = answer.json
    return found


def written(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


MAPPING = """
type = "case"
system = "report"
[source]
key = ["No"]
[constants]
status = "submitted"
goods.1.product_group = "drugs"
goods.1.unit = "KGM"
[fields]
date = { column = "Day" }
goods.1.hs_code = { column = "HS" }
goods.1.quantity = { column = "Kilos" }
"""


def test_41_the_first_record_shown_is_the_first_that_will_be_imported(post: Post, tmp_path: Path) -> None:
    file = written(tmp_path, "first.csv", "id,day,c\n1,2026-01-02,Atlantis\n2,2026-01-03,DZ\n")
    report = checked(post, file, CASES / "mapping-41.toml")
    assert report["refused"] == 1 and report["first"]["source_key"] == "2"


def test_41_the_three_letters_of_a_country_are_its_code(post: Post) -> None:
    report = checked(post, CASES / "41-check-shows-a-refused-row.csv", CASES / "mapping-41.toml")
    assert report["refused"] == 0 and report["first"]["country"] == "DZ"


def test_42_rows_that_look_alike_are_kept_and_named(post: Post) -> None:
    report = checked(post, CASES / "42-three-identical-rows.csv", CASES / "mapping-42.toml")
    assert (report["imported"], report["alike"], report["alike_rows"]) == (4, 2, [[1, 2, 3]])
    text = post.run("import", CASES / "42-three-identical-rows.csv", "--mapping", CASES / "mapping-42.toml", "--check")
    assert "2 rows look like an earlier row in every cell: rows 1, 2, 3" in text.out
    run = post.run("import", CASES / "42-three-identical-rows.csv", "--mapping", CASES / "mapping-42.toml", "--json")
    assert (run.json["imported"], run.json["alike"], run.json["alike_rows"]) == (4, 2, [[1, 2, 3]])


def test_42_rows_that_look_alike_are_named_where_they_were_imported_too(post: Post) -> None:
    run = post.run("import", CASES / "42-three-identical-rows.csv", "--mapping", CASES / "mapping-42.toml")
    assert "2 rows look like an earlier row in every cell: rows 1, 2, 3" in run.out
    assert f" --dir {post.folder}" in run.out, "the command that takes it back can be copied"


def test_43_what_a_condition_leaves_out_is_summed_by_value(post: Post) -> None:
    report = checked(post, CASES / "43-blank-by-another-word.csv", CASES / "mapping-43.toml")
    assert [(left["rows"], left["values"]) for left in report["left_out"]] == [(2, {"": 1, "individual": 1})]
    text = post.run("import", CASES / "43-blank-by-another-word.csv", "--mapping", CASES / "mapping-43.toml", "--check")
    assert "(blank) × 1, individual × 1" in text.out


def test_what_can_be_read_in_two_ways_is_asked_once_for_the_column_with_its_rows(post: Post, tmp_path: Path) -> None:
    rows = 'No,Day,HS,Kilos\n1,05/03/2026,2402,12.5\n2,15/03/2026,2402,"48,000"\n3,2026-03-05,2402,"1,500"\n'
    file, mapping = written(tmp_path, "asked.csv", rows), written(tmp_path, "asked.toml", MAPPING)
    report = checked(post, file, mapping)
    assert {question["column"]: question["rows"] for question in report["questions"]} == {"Day": 1, "Kilos": 2}
    kilos = next(question for question in report["questions"] if question["column"] == "Kilos")
    assert kilos["examples"] == [[2, "48,000"], [3, "1,500"]] and set(kilos["styles"]) == {".", ","}
    answer = post.run("import", file, "--mapping", mapping)
    assert answer.code == 3 and "ASKED: column Kilos: 2 rows" in answer.out and 'decimal = ","' in answer.out
    assert post.documents() == []  # nothing was decided in silence
    said = MAPPING.replace('column = "Day"', 'column = "Day", format = "DD/MM/YYYY"')
    mapping.write_text(said.replace('column = "Kilos"', 'column = "Kilos", decimal = ","'))
    answer = post.run("import", file, "--mapping", mapping, "--json")
    assert answer.json["imported"] == 2  # 12.5 is no number where a comma begins the decimals
    assert [case["goods"]["1"]["quantity"] for case in post.documents()] == ["48", "1.5"]


def test_the_command_answers_once_for_all_columns_that_ask(post: Post, tmp_path: Path) -> None:
    rows = 'No,Day,HS,Kilos\n1,05/03/2026,2402,"12,5"\n2,11/14/2026,2402,"48,000"\n3,2026-03-05,2402,"1,500"\n'
    file, mapping = written(tmp_path, "asked.csv", rows), written(tmp_path, "asked.toml", MAPPING)
    options = ("--dates", "month-first", "--decimal", "comma", "--json")
    assert post.run("import", file, "--mapping", mapping, *options).json["imported"] == 3
    cases = post.documents()
    assert [case["goods"]["1"]["quantity"] for case in cases] == ["12.5", "48", "1.5"]
    assert [case["date"] for case in cases] == ["2026-05-03", "2026-11-14", "2026-03-05"]


def test_an_answer_is_remembered_in_the_proposed_mapping(post: Post, tmp_path: Path) -> None:
    file = written(tmp_path, "both.csv", 'Case no,Date,Quantity\n1,05/03/2026,"48,000"\n2,06/03/2026,"1,500"\n')
    text = post.run("mapping", "new", file, "--dates", "day-first", "--decimal", "point").out
    assert 'format = "DD/MM/YYYY"' in text and 'decimal = "."' in text
    assert "can be exchanged" not in text and "two ways" not in text
    assert "can be exchanged" in post.run("mapping", "new", file).out


def test_sums_days_headings_and_mistyped_cells_are_said(post: Post, tmp_path: Path) -> None:
    rows = (
        "No,Day,HS,Kilos\n1,2026-01-02,240220,2.5\n2,1960-01-02,990099,3\n3,2199-01-02,10121,1\n4,2026-02-02,010121,1\n"
    )
    report = checked(post, written(tmp_path, "sums.csv", rows), written(tmp_path, "sums.toml", MAPPING))
    assert report["refused"] == 1 and report["refused_for"] == [{"column": "HS", "code": "format", "rows": 1}]
    assert report["sums"] == [{"product_group": "drugs", "unit": "KGM", "lines": 3, "sum": "6.5"}]
    assert report["dates"]["date"]["outside"] == 1 and report["dates"]["date"]["examples"] == [[2, "1960-01-02"]]
    assert report["other_headings"] == {"990099": 1}
    run = post.run("import", tmp_path / "sums.csv", "--mapping", tmp_path / "sums.toml")
    assert "1 HS code of another edition: 990099 × 1" in run.out
    assert "010121" in (Path("sums-errors.csv")).read_text("utf-8-sig")


def test_the_report_knows_what_is_here_already_and_what_has_changed_at_the_source(post: Post, tmp_path: Path) -> None:
    mapping = written(tmp_path, "known.toml", MAPPING)
    file = written(tmp_path, "known.csv", "No,Day,HS,Kilos\n1,2026-01-02,2402,2\n2,2026-01-03,2402,3\n")
    post.run("import", file, "--mapping", mapping)
    file.write_text(
        "No,Day,HS,Kilos\n1,2026-01-02,2402,2\n2,2026-01-03,2402,4\n3,2026-01-04,2402,5\n3,2026-01-04,2402,6\n"
    )
    report = checked(post, file, mapping)
    assert (report["imported"], report["already_there"], report["changed"]) == (1, 2, 1)
    assert report["changed_rows"] == [[2, "2", ["goods.1.quantity"]]]
    assert report["key_twice"] == 1 and report["key_twice_rows"] == [[4, "3"]]
    run = post.run("import", file, "--mapping", mapping, "--json").json
    assert (run["imported"], run["already_there"]) == (1, 2)


def test_a_report_of_persons_knows_which_are_here(post: Post, tmp_path: Path) -> None:
    mapping = CASES / "mapping-person.toml"
    file = written(tmp_path, "persons.csv", "No,Name\n1,Karim Testman\n")
    post.run("import", file, "--mapping", mapping)
    file.write_text("No,Name\n1,Karim Testmann\n2,Sami Probe\n")
    report = checked(post, file, mapping)
    assert (report["imported"], report["already_there"], report["changed"]) == (1, 1, 1)


def test_a_column_of_a_second_file_brings_all_rows_of_its_key(post: Post, tmp_path: Path) -> None:
    mapping = written(
        tmp_path,
        "joined.toml",
        'type = "person"\nsystem = "joined"\n[source]\nkey = ["id"]\n'
        '[[join]]\nname = "alt"\ncolumn = "id"\nkey = "ref"\n'
        '[constants]\nstatus = "submitted"\n[fields]\nname_as_written = { column = "name" }\n'
        'aliases = { column = "alt.alias" }\nnotes = { column = "alt.remark" }\n',
    )
    first = written(tmp_path, "first.csv", "id,name\n1,Karim Testman\n2,Sami Probe\n")
    second = written(tmp_path, "second.csv", "ref,alias,remark\n1,The Baker,short\n1,Abu Test,tall\n9,Nobody,\n")
    missing = post.run("import", first, "--mapping", mapping)
    assert missing.code == 2 and "--join alt=FILE" in missing.err
    answer = post.run("import", first, "--mapping", mapping, "--join", f"alt={second}", "--json")
    assert answer.code == 0 and answer.json["imported"] == 2, answer.out
    persons = post.documents("person")
    assert persons[0]["aliases"] == {"1": "The Baker", "2": "Abu Test"} and persons[0]["notes"] == "short\ntall"
    assert "aliases" not in persons[1]


def test_a_file_without_a_header_line_is_read_by_numbers_or_by_given_names(post: Post, tmp_path: Path) -> None:
    file = written(tmp_path, "headless.csv", "7,2026-01-02,2402,2\n8,2026-01-03,2402,3\n")
    named = MAPPING.replace('key = ["No"]', 'key = ["No"]\nheader = false\nnames = ["No", "Day", "HS", "Kilos"]')
    answer = post.run("import", file, "--mapping", written(tmp_path, "named.toml", named), "--json")
    assert answer.json["imported"] == 2, answer.out
    numbered = (
        named.replace('names = ["No", "Day", "HS", "Kilos"]\n', "").replace('"No"', '"1"').replace('"Day"', '"2"')
    )
    numbered = numbered.replace('"HS"', '"3"').replace('"Kilos"', '"4"').replace("report", "numbered")
    answer = post.run("import", file, "--mapping", written(tmp_path, "numbered.toml", numbered), "--json")
    assert answer.json["imported"] == 2, answer.out


def test_years_of_two_digits_are_said(post: Post, tmp_path: Path) -> None:
    said = MAPPING.replace('column = "Day"', 'column = "Day", format = "DD/MM/YYYY"')
    file = written(tmp_path, "short.csv", "No,Day,HS,Kilos\n1,02/01/26,2402,2\n")
    answer = post.run("import", file, "--mapping", written(tmp_path, "short.toml", said), "--json")
    assert answer.json["two_digit_years"] == {"Day": 1} and post.documents()[0]["date"] == "2026-01-02"


DAYS = "No,Day,HS,Kilos\n1,2026-03-02,293911,1\n2,2131-03-03,293911,1\n"


def test_days_to_come_are_told_where_the_clock_is_not_sure(post: Post, tmp_path: Path) -> None:
    file, mapping = written(tmp_path, "days.csv", DAYS), written(tmp_path, "m.toml", MAPPING)
    for words in (["--check"], []):
        report = post.run("import", file, "--mapping", mapping, "--json", *words).json
        assert (report["to_come"], report["to_come_rows"], report["refused"]) == (1, [2], 0), words
    text = post.run("import", file, "--mapping", mapping, "--check").out
    assert "1 row has a day still to come by the clock of this machine, which is not sure; check both: rows 2" in text


def test_a_trial_refuses_the_days_to_come_that_the_import_refuses(post: Post, tmp_path: Path) -> None:
    file, mapping = written(tmp_path, "days.csv", DAYS), written(tmp_path, "m.toml", MAPPING)
    with Register.open(post.folder, role="writer") as register, register.store.write() as connection:
        identity = clock.boot_identity()
        trusted_time.note(connection, identity, wall_ms() - clock.monotonic_ms())
    for words in (["--check"], []):
        report = post.run("import", file, "--mapping", mapping, "--json", *words).json
        assert (report["imported"], report["refused"], report["to_come"]) == (1, 1, 0), words
        assert [reason["code"] for reason in report["refused_for"]] == ["to_come"]
