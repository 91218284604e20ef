"""Files of codes as they circulate: what is good is taken, each bad line is told with its reason, nothing stops it."""

from __future__ import annotations

from pathlib import Path

import pytest
from diwan_core.dictionary.code_lines import BadLine, NotACodeFile
from diwan_core.dictionary.headings import Heading, read_headings, read_tariff
from diwan_core.dictionary.locode import Place, read_places, table_of

HEAD = "country,location,name,nameWoDiacritics,subdivision,status,function,iata,lat,lon"


def places(tmp_path: Path, content: str | bytes) -> tuple[dict[str, tuple[str, str]], list[BadLine]]:
    file = tmp_path / "places.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    lines = list(read_places(file))
    good = {line.code: (line.name, line.position) for line in lines if isinstance(line, Place)}
    return good, [line for line in lines if isinstance(line, BadLine)]


def test_each_kind_of_bad_line_is_told_and_costs_no_other(tmp_path: Path) -> None:
    good, bad = places(
        tmp_path,
        f"{HEAD},geocoded\n"
        "ZZ,AAA,Exampletown,Exampletown,,AI,1-------,,97.06667,nan,false\n"
        "ZZ,AAB,Badlat,Badlat,,AI,1-------,,123.5,10.0,false\n"
        "ZZ,AA1,Badcode,Badcode,,AI,1-------,,10,10,false\n"
        'ZZ,AAC,"""Quote","broken""",x,,AI,1-------,,,\n'
        "ZZ,AAD,Short,Short,,AI,1-------,,\n"
        'ZZ,AAE,"Open,Open,,AI,1-------,,10,10,false\n'
        "ZZ,AAF,Good,Good,,AI,1-------,,10,10,false\n",
    )
    assert good == {"ZZAAA": ("Exampletown", ""), "ZZAAB": ("Badlat", ""), "ZZAAF": ("Good", "10,10")}
    assert [(line.line, line.taken) for line in bad] == [
        (2, True), (3, True), (4, False), (5, False), (6, False), (7, False),
    ]  # fmt: skip
    said = [line.reason for line in bad]
    assert "97.06667, nan" in said[0]
    assert "not a position on the earth" in said[1]
    assert "not a UN/LOCODE" in said[2]
    assert "wrong columns" in said[3]
    assert "too short" in said[4]
    assert "quotation mark" in said[5]


def test_a_latitude_as_text_costs_the_position_alone(tmp_path: Path) -> None:
    good, bad = places(tmp_path, f"{HEAD}\nZZ,AAA,Text,Text,,AI,1-------,,12N,13E\n")
    assert good == {"ZZAAA": ("Text", "")}
    assert "12N, 13E" in bad[0].reason


def test_files_joined_to_one_are_read_with_their_headers_marks_and_encodings(tmp_path: Path) -> None:
    first = f"{HEAD}\nJO,AQJ,Al 'Aqabah,Al 'Aqabah,,RL,1--4----,,29.5,35\n".encode("utf-8-sig")
    second = f"{HEAD},geocoded\r\nCO,ABQ,Abriaquí,Abriaqui,ANT,RL,--3-----,,6.6,-76.1,true\r\n".encode("cp1252")
    third = f"\ufeff{HEAD}\nMD,KIV,Chi\u0219in\u0103u,Chisinau,,RL,1-------,,47,28.8\n".encode()
    good, bad = places(tmp_path, first + second + third)
    assert bad == []
    assert good == {
        "JOAQJ": ("Al 'Aqabah", "29.5,35"), "COABQ": ("Abriaquí", ""), "MDKIV": ("Chi\u0219in\u0103u", "47,28.8"),
    }  # fmt: skip


def test_a_name_that_lost_letters_in_both_spellings_is_told(tmp_path: Path) -> None:
    good, bad = places(tmp_path, f"{HEAD}\nMD,KIV,Chi\ufffd,Chi\ufffd,,RL,1-------,,,\nMD,KIX,A\ufffd,Ab,,RL,1,,,\n")
    assert good == {"MDKIX": ("Ab", "")}
    assert "lost letters" in bad[0].reason


def test_the_official_form_in_windows_1252_has_its_countries_and_references_left_out_in_silence(tmp_path: Path) -> None:
    content = (
        ',"JO",,".JORDAN",,,,,,,,\r\n"=","AD",,"Escaldes = Les Escaldes","Escaldes = Les Escaldes",,,,,,,\r\n'
        ',"FR","OE1","Œuilly","Oeuilly",,"--3-----","RL","0401",,"4917N 00325E",\r\n'
        ',"FR","OEU","Œuilly","Oeuilly",,"--3-----","RL","0401",,"4917N 00325E",\r\n'
        ',"FR","OEV","Bad","Bad",,"--3-----","RL","0401",,"4977N 00325E",\r\n'
    )
    good, bad = places(tmp_path, content.encode("cp1252"))
    assert good == {"FROEU": ("Œuilly", "49.28333,3.41667"), "FROEV": ("Bad", "")}
    assert [line.line for line in bad] == [3, 5]


def test_no_bytes_stop_the_reader(tmp_path: Path) -> None:
    content = f"{HEAD}\n".encode() + b"\x00\xff\xfe,\x81\x8d\n" + b"Z" * 30_000 + b"\nJO,AQJ,A,A,,RL,1,,,\n"
    good, bad = places(tmp_path, content)
    assert list(good) == ["JOAQJ"]
    assert len(bad) == 2


def headings(file: Path) -> tuple[list[tuple[str, str, str]], list[str]]:
    lines = list(read_headings(file))
    good = [(line.code, line.text, line.parent) for line in lines if isinstance(line, Heading)]
    return good, [line.reason for line in lines if isinstance(line, BadLine)]


def test_headings_are_read_with_dots_line_breaks_and_semicolons_and_a_lost_zero_is_told(tmp_path: Path) -> None:
    file = tmp_path / "hs.csv"
    file.write_text('code;description\n01;Live animals\n0101.21;"Horses,\npure-bred"\n10130;Asses\n0102;\n', "utf-8")
    good, bad = headings(file)
    assert good == [("01", "Live animals", ""), ("010121", "Horses, pure-bred", "0101")]
    assert "dropped the zero" in bad[0]
    assert "no description" in bad[1]


@pytest.mark.parametrize(
    "content",
    [
        "sep=;\ncode;description\n010121;Horses, pure-bred, alive\n",
        "010121\tHorses, pure-bred, alive\n",
        '\n"010121","Horses, pure-bred, alive"\n',
        "Code;Description\n010121;Horses, pure-bred, alive\n",
    ],
)
def test_the_mark_between_cells_is_the_one_that_comes_first(tmp_path: Path, content: str) -> None:
    file = tmp_path / "hs.csv"
    file.write_text(content, "utf-8")
    assert headings(file) == ([("010121", "Horses, pure-bred, alive", "0101")], [])


def test_national_codes_have_eight_to_twelve_digits_below_a_heading_that_is_known(tmp_path: Path) -> None:
    file = tmp_path / "tariff.csv"
    file.write_text(
        "HS Code,Description\n240220,Cigarettes\n2402.20.10,With cloves\n240220901234,Others\n24022,x\n99999999,No\n",
        "utf-8",
    )
    lines = list(read_tariff(file, {"240220"}.__contains__))
    assert [(line.code, line.parent) for line in lines if isinstance(line, Heading)] == [
        ("24022010", "240220"), ("240220901234", "240220"),
    ]  # fmt: skip
    assert [line.line for line in lines if isinstance(line, BadLine)] == [2, 5, 6]


@pytest.mark.parametrize("content", ["", "  \n", "<html>\n</html>\n"])
def test_what_is_no_list_of_goods_is_refused_by_name(tmp_path: Path, content: str) -> None:
    file = tmp_path / "hs.csv"
    file.write_text(content, "utf-8")
    with pytest.raises(NotACodeFile, match=r"hs\.csv"):
        list(read_headings(file))


def test_a_code_given_twice_keeps_its_first_name_and_is_found_by_both(tmp_path: Path) -> None:
    file = tmp_path / "places.csv"
    file.write_text(f"{HEAD}\nJO,AQJ,Aqaba,Aqaba,,RL,1,,,\nJO,AQJ,Akaba,Akaba,,RL,1,,,\n", "utf-8")
    table = table_of(read_places(file))
    assert table.labels["en"] == {"JOAQJ": "Aqaba"}
    assert table.synonyms == {"JOAQJ": "Akaba"}
