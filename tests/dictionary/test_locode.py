"""The importer of UN/LOCODE reads our sample's layout and the official one."""

from pathlib import Path

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.build_codes import main
from diwan_core.dictionary.code_lines import BadLine, NotACodeFile
from diwan_core.dictionary.locode import read_places, table_of

SAMPLE = "country,location,name,nameWoDiacritics,subdivision,status,function,iata,lat,lon"
OFFICIAL = (
    ',"JO",,".JORDAN",,,,,,,,\r\n'
    ',"JO","AQJ","Al \'Aqabah","Al \'Aqabah",,"1--4----","RL","0401",,"2932N 03500E",\r\n'
    '"=","AD",,"Escaldes = Les Escaldes","Escaldes = Les Escaldes",,,,,,,\r\n'
    ',"PE","CLL","Callao, Peru","Callao, Peru","CAL","1-------","AF","9501",,"1203S 07709W",\r\n'
    '"X","CO","ABQ","Abriaquí","Abriaqui","ANT","--3-----","RL","0901",,"",\r\n'
)


def places(tmp_path: Path, content: str | bytes) -> dict[str, tuple[str, str]]:
    file = tmp_path / "places.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return {place.code: (place.name, place.position) for place in read_places(file) if not isinstance(place, BadLine)}


def test_the_official_list_is_read_in_latin_1_and_in_utf_8_with_its_minutes_turned_to_degrees(tmp_path: Path) -> None:
    expected = {
        "JOAQJ": ("Al 'Aqabah", "29.53333,35"),
        "PECLL": ("Callao, Peru", "-12.05,-77.15"),
        "COABQ": ("Abriaquí", ""),
    }
    assert places(tmp_path, OFFICIAL.encode("latin-1")) == expected
    assert places(tmp_path, OFFICIAL.encode("utf-8")) == expected
    assert places(tmp_path, OFFICIAL.encode("utf-8-sig")) == expected


def test_a_place_to_be_removed_stays_valid_and_is_found_by_its_plain_name(tmp_path: Path) -> None:
    file = tmp_path / "places.csv"
    file.write_text(OFFICIAL, "utf-8")
    table = table_of(read_places(file))
    assert table.withdrawn == {"COABQ"}
    assert table.synonyms == {"COABQ": "Abriaqui"}


def test_coordinates_that_a_geocoder_added_are_left_out(tmp_path: Path) -> None:
    rows = f"{SAMPLE},geocoded\nJO,AQJ,A,A,,RL,1,,29.5,35.0,false\nJO,AMM,B,B,,RL,1,,31.9,35.9,true\n"
    assert places(tmp_path, rows) == {"JOAQJ": ("A", "29.5,35"), "JOAMM": ("B", "")}


def test_a_name_that_lost_a_letter_gives_way_to_the_plain_one(tmp_path: Path) -> None:
    file = tmp_path / "places.csv"
    file.write_text(f"{SAMPLE}\nMD,KIV,Chisin\ufffdu,Chisinau,,RL,1,,,\n", "utf-8")
    assert table_of(read_places(file)).labels["en"] == {"MDKIV": "Chisinau"}
    assert not any("\ufffd" in label for label in DICTIONARY.codes("locode").codes.values())


def test_the_shipped_sample_has_only_coordinates_of_un_locode_itself() -> None:
    codes = DICTIONARY.codes("locode")
    assert codes.position("JOAQJ") == "29.53333,35"
    assert codes.position("JOAMM") == ""


@pytest.mark.parametrize("content", ["", "a,b,c\n1,2,3\n", "{}"])
def test_another_file_is_refused_by_name(tmp_path: Path, content: str) -> None:
    with pytest.raises(NotACodeFile, match=r"places\.csv"):
        places(tmp_path, content)


def test_a_missing_file_is_one_line_not_a_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
