"""What goods lines come to, of rows of a spreadsheet: what the file says is written down, the rest is worked out."""

from __future__ import annotations

import csv
from pathlib import Path

from diwan_core.dictionary.amounts import FIELDS

from tests.dictionary.quantities import ROWS
from tests.intake.conftest import Post

LINES = [(line, expected) for line, expected in ROWS if "quantity" in line and "national_unit" not in line]


def test_each_row_of_the_table_comes_to_its_amounts_through_an_import(post: Post, tmp_path: Path) -> None:
    file, mapping = tmp_path / "log.csv", tmp_path / "log.toml"
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, ["no", *FIELDS])
        writer.writeheader()
        writer.writerows({"no": number, **line} for number, (line, _expected) in enumerate(LINES))
    fields = "\n".join(f'goods.1.{name} = {{ column = "{name}" }}' for name in FIELDS if name != "value_date")
    mapping.write_text(
        'title = "Log"\ntype = "case"\nsystem = "log"\n[source]\nkey = ["no"]\n[constants]\nstatus = "draft"\n'
        f'date = "2026-11-20"\n[fields]\n{fields}\n'
    )
    answer = post.run("import", file, "--mapping", mapping, "--json")
    assert answer.json.get("imported") == len(LINES), answer.out
    with post.register() as register:
        for record in register.ids("case"):
            held = register.get(record)
            assert held is not None
            line, expected = LINES[int(held.values["source_key"])]
            found = register.amounts(record).get("1")
            said = (
                {} if found is None else {name: value for name, value in found._asdict().items() if value is not None}
            )
            assert said == expected, line
            assert held.values["goods"]["1"] == line, "nothing is written down that the file does not say"
