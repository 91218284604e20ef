"""Code lists: complete, exact, quick to ask, read only when asked, and found by the words people use."""

import hashlib
import subprocess
import sys
import tracemalloc
from pathlib import Path

import diwan_core.dictionary as room
import pytest
from diwan_core.dictionary import DICTIONARY, CodeList, WrongDeclaration
from diwan_core.dictionary.build_codes import LISTS, build
from diwan_core.dictionary.code_table import CodeTable
from diwan_core.dictionary.codelist import MEANT_REMEMBERED
from diwan_core.dictionary.lists.packaged import content_of, index, pack, unpack
from diwan_core.dictionary.lists.plain import codes

DATA = Path(room.__file__).parent / "data"


def search(name: str, text: str, limit: int = 5) -> list[str]:
    return DICTIONARY.codes(name).search(text, limit)


def test_na_is_namibia() -> None:
    countries = DICTIONARY.codes("country")
    assert countries.has("NA")
    assert countries.label("NA") == "Namibia"
    assert countries.label("NA", "ar") == "ناميبيا"


def test_hs_codes_keep_their_leading_zero() -> None:
    headings = DICTIONARY.codes("hs")
    assert headings.has("010121")
    assert not headings.has("10121")
    assert headings.label("01") == "Animals; live"
    assert headings.parent("010121") == "0101"
    assert headings.parent("01") == ""


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("country", 251),
        ("currency", 307),
        ("hs", 6939),
        ("unit", 2136),
        ("package", 406),
        ("mode", 10),
        ("locode", 333),
    ],
)
def test_the_international_lists_are_whole(name: str, rows: int) -> None:
    assert len(DICTIONARY.codes(name)) == rows


def test_countries_have_names_in_six_languages_and_others_fall_back_to_english() -> None:
    countries = DICTIONARY.codes("country")
    for code in countries:
        assert all(countries.table.labels[language][code] for language in ("en", "fr", "ar", "es", "ru", "zh"))
    assert countries.label("DE", "fr") == "Allemagne"
    assert countries.label("DE", "pt") == "Germany"
    assert countries.label("??", "fr") == "??"


def test_an_old_currency_is_still_valid_in_old_cases_but_offered_last() -> None:
    currencies = DICTIONARY.codes("currency")
    assert currencies.has("DEM")
    assert "DEM" in currencies.table.withdrawn
    assert "EUR" not in currencies.table.withdrawn
    assert search("currency", "germany")[0] == "EUR"


@pytest.mark.parametrize(
    ("name", "typed", "expected"),
    [
        ("country", "namibie", "NA"),
        ("country", "Côte d'Ivoire", "CI"),
        ("country", "cote divoire", "CI"),
        ("country", "الأردن", "JO"),
        ("country", "الاردن", "JO"),
        ("country", "JOR", "JO"),
        ("country", "uk", "GB"),
        ("country", "jo", "JO"),
        ("unit", "kg", "KGM"),
        ("unit", "lb", "LBR"),
        ("unit", "pcs", "H87"),
        ("hs", "2402.20", "240220"),
        ("hs", "cigarettes", "240220"),
        ("hs", "horses live", "0101"),
        ("mode", "lorry", "3"),
        ("package", "carton", "CT"),
        ("package", "XBG", "BG"),
        ("locode", "aqabah", "JOAQJ"),
        ("locode", "walvis", "NAWVB"),
        ("sub_group", "hashish", "cannabis_resin"),
        ("sub_group", "حشيش", "cannabis_resin"),
        ("product_group", "cigarettes", "tobacco"),
        ("concealment_method", "doble fondo", "false_floor"),
        ("concealment_method", "double FLOOR", "false_floor"),
    ],
)
def test_the_word_people_type_finds_the_code_first(name: str, typed: str, expected: str) -> None:
    assert search(name, typed)[0] == expected


def test_search_without_a_word_lists_from_the_start_and_with_nonsense_finds_nothing() -> None:
    assert search("mode", "", 3) == ["0", "1", "2"]
    assert search("hs", "zzzqq") == []
    assert search("unit", "|" * 1000) == []


def test_every_code_is_found_by_itself() -> None:
    for name in ("country", "unit", "package", "mode", "product_group", "sub_group", "currency"):
        for code in list(DICTIONARY.codes(name))[:150]:
            assert search(name, code)[0] == code, (name, code)


def test_sub_groups_belong_to_product_groups() -> None:
    groups, sub_groups = DICTIONARY.codes("product_group"), DICTIONARY.codes("sub_group")
    assert {sub_groups.parent(code) for code in sub_groups} == set(groups)


def test_own_codes_are_short_lower_snake() -> None:
    international = {*LISTS, "admiralty", "script", "sex", "cites_appendix", "cites_source", "cites_term"}
    for codelist in DICTIONARY.lists.values():
        for code in codelist if codelist.name not in international else ():
            assert code.replace("_", "").isalnum() and code == code.lower() and len(code) <= 20, (codelist.name, code)


def test_the_admiralty_scale_grades_source_and_information() -> None:
    grades = DICTIONARY.codes("admiralty")
    assert len(grades) == 36
    assert grades.label("B2") == "Usually reliable; probably true"


def test_has_answers_for_anything() -> None:
    assert not any(DICTIONARY.codes("country").has(value) for value in (None, 1, ["NA"], {"NA"}, "", "na"))


def test_the_packaged_files_are_what_the_index_says() -> None:
    for name, entry in index().items():
        table = unpack((DATA / f"{name}.json.gz").read_bytes())
        assert hashlib.sha256(content_of(table)).hexdigest() == entry["content"], name
        assert table.digest() == entry["digest"] == DICTIONARY.codes(name).digest
        assert len(table.labels["en"]) == entry["rows"]
        assert entry["source"]


def test_the_packaged_lists_take_little_room() -> None:
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 400_000


def test_lists_are_not_read_before_they_are_needed() -> None:
    """A post that never looks up a heading never holds 6,939 of them."""
    program = (
        "from diwan_core.dictionary import DICTIONARY as d\n"
        "case = d.type('case')\n"
        "assert case.check({'goods': {'1': {'hs_code': '240220', 'unit': 'KGM'}}}, creating=False) == []\n"
        "print([n for n, c in d.lists.items() if c.source != 'Diwan' and c._table is not None and len(c) > 100])\n"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "['unit']"


def test_a_list_file_is_read_back() -> None:
    modes = DICTIONARY.codes("mode")
    assert list(unpack(pack(modes.table)).labels["en"]) == list(modes)
    assert pack(modes.table) == pack(unpack(pack(modes.table)))


@pytest.mark.parametrize(
    ("rows", "reason"),
    [("a | A\na | B", "twice"), ("a", "cannot read"), ("a b | A", "cannot read"), ("", "empty")],
)
def test_a_list_that_cannot_be_read_is_refused(rows: str, reason: str) -> None:
    with pytest.raises(WrongDeclaration, match=reason):
        codes("wrong", "Wrong", rows)


def test_building_from_sources_keeps_what_spreadsheets_lose(tmp_path: Path) -> None:
    """The builder on sources of two or three rows each: NA, leading zeros, articles, the X of EN 16931."""
    source, target = tmp_path / "source", tmp_path / "target"
    target.mkdir()
    names = ",".join(f"official_name_{language}" for language in ("en", "fr", "ar", "es", "ru", "cn"))
    for name, text in {
        "iso-codes/country-codes.csv": f"ISO3166-1-Alpha-2,ISO3166-1-Alpha-3,CLDR display name,{names}\n"
        "NA,NAM,Namibia,Namibia,Namibie,ناميبيا,Namibia,Намибия,纳米比亚\n",
        "iso-codes/currency-codes.csv": "Entity,Currency,AlphabeticCode,NumericCode,MinorUnit,WithdrawalDate\n"
        "GERMANY,Euro,EUR,978,2,\nGERMANY,Mark,DEM,276,,2002-03\nANTARCTICA,No universal currency,,,,\n",
        "hs-codes/harmonized-system.csv": "section,hscode,description,parent,level\nI,01,Animals; live,TOTAL,2\n"
        "TOTAL,TOTAL,All,TOTAL,5\n",
        "unece-rec/rec19-transport-modes.csv": "code,name\n3,Road transport\n",
        "unece-rec/rec20-units.csv": 'code,name,description\n05,"lift",""\nKGM,kilogram,\n',
        "unece-rec/rec21-packages.csv": "code,name,description\nXBG,Bag,\n",
        "un-locode/un-locode_8_countries.csv": "country,location,name,nameWoDiacritics,subdivision,status,function,"
        "iata,lat,lon\nNA,WVB,Walvis Bay,Walvis Bay,,QQ,1-------,,,\n",
    }.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text, "utf-8")
    built = build(source, target)
    read = {name: unpack((target / f"{name}.json.gz").read_bytes()) for name in built}
    assert set(read) == set(LISTS)
    assert read["country"].labels["fr"]["NA"] == "Namibie"
    assert set(read["currency"].labels["en"]) == {"EUR", "DEM"}
    assert read["currency"].withdrawn == {"DEM"}
    assert list(read["hs"].labels["en"]) == ["01"]
    assert "05" in read["unit"].labels["en"]
    assert list(read["package"].labels["en"]) == ["BG"]


def test_a_code_is_found_by_its_label_with_the_letters_passport_zones_print() -> None:
    codes = CodeList.of("places", "Places", "test", CodeTable({"en": {"CHZRH": "Zürich", "DKAAR": "Århus"}}))
    for typed in ("zurich", "Zuerich", "ZÜRICH"):
        assert codes.search(typed) == ["CHZRH"], typed
    assert codes.search("aarhus") == codes.search("arhus") == ["DKAAR"]


def test_a_code_list_is_counted_and_walked_in_its_own_order() -> None:
    listed = CodeList.of("x", "X", "test", codes("x", "X", "b | B\na | A").table)
    assert (list(listed), len(listed)) == (["b", "a"], 2)


def test_a_code_of_a_packaged_list_is_held_once_wherever_it_stands() -> None:
    table = DICTIONARY.codes("hs").table
    own = {code: code for code in table.labels["en"]}
    assert all(own[code] is code and own[parent] is parent for code, parent in table.parents.items())


def test_a_list_that_was_searched_for_a_word_takes_little_memory() -> None:
    """The longest list: its rows 1.8 MB, what it is searched by 1.1 MB. Each row's folded names by themselves were
    3.6 MB more."""
    packed = (Path(room.__file__).parent / "data" / "hs.json.gz").read_bytes()
    tracemalloc.start()
    try:
        headings = CodeList.of("hs", "HS", "WCO", unpack(packed))
        assert headings.meant_by("aquamarine lorry", 40) == []
        held, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert headings.meant_by("tobacco", 1) != []
    assert held < 3_000_000


def test_a_list_remembers_only_some_of_the_words_that_records_were_searched_for() -> None:
    modes = DICTIONARY.codes("mode")
    for number in range(3 * MEANT_REMEMBERED):
        assert modes.meant_by(f"nothing like {number}", 40) == []
    assert len(modes._meant) <= MEANT_REMEMBERED
