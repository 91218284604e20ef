"""Names and identifiers of imported lists are found however they are typed, by the search command."""

from __future__ import annotations

import pytest

from .conftest import Post
from .workbooks import CASES


def imported(post: Post, name: str, mapping: str) -> None:
    answer = post.run("import", CASES / name, "--mapping", CASES / f"mapping-{mapping}.toml", "--json")
    assert answer.code == 0 and answer.json["refused"] == 0, answer.err + answer.out


def found(post: Post, *words: str) -> int:
    return len(post.run("search", *words, "--json").json["found"])


NAMES = {
    "علی‌رضا نمونه": ("علیرضا", "علي رضا", "عليرضا", "علی‌رضا"),
    "ﺳﻤﻴﺮ ﺍﻟﻨﻮﺭﺱ": ("سمير النورس", "سمير", "نورس"),
    "Ka\u00adrim Testman": ("karim testman", "Karim Testman"),
    "Nguyễn Văn Mau": ("nguyen van mau", "NGUYỄN"),
    "İbrahim Örnek": ("ibrahim", "IBRAHIM ornek", "Oernek"),
    "Straße Muster": ("strasse muster", "STRASSE"),
    "Łukasz Đorđe": ("Lukasz Dorde", "Djordje"),
    "خالد التجربة": ("خالد", "تجربه", "خالد التجربة"),
    "عبد الله مثال": ("عبدالله", "عبد الله", "مثال عبدالله"),
    "عبدالرحمن فرضي": ("عبد الرحمن", "عبدالرحمن", "فرضى"),
    "Ｋａｒｉｍ Ｗｉｄｅ": ("wide", "Karim Wide"),
    "هێمن نموونە": ("هيمن", "نموونه"),
    "گل‌محمد آزمایشی": ("گلمحمد", "گل محمد", "ازمايشي"),
    "Ali\u200b Zeroman": ("ali zeroman", "zeroman"),
}
LETTERS = {
    "Łukasz": ("Lukasz", "LUKASZ"),
    "Đặng": ("Dang", "Đang", "Djang"),
    "Yıldız": ("Yildiz", "YILDIZ Ornek", "Oernek"),
    "Sørensen": ("Sorensen", "Soerensen", "SØRENSEN prove", "Proeve"),
    "Þór": ("Thor", "thor daemi"),
    "Đorđe": ("Dorde", "Djordje"),
    "Ħamid": ("Hamid", "hamid ezempju"),
    "Œuvrard": ("Oeuvrard",),
    "Ölmez": ("Olmez", "Oelmez", "olmez suphe", "Suephe"),
}


def test_names_with_invisible_and_presentation_letters_are_found(post: Post) -> None:
    imported(post, "29-names-with-invisible-letters.csv", "person")
    for written, ways in NAMES.items():
        for typed in (written, *ways):
            assert found(post, typed) == 1, (written, typed)


def test_letters_that_do_not_decompose_are_found_by_what_people_type(post: Post) -> None:
    imported(post, "30-letters-without-decomposition.csv", "person")
    for written, ways in LETTERS.items():
        for typed in (written, *ways):
            assert found(post, typed) == 1, (written, typed)


def test_what_was_written_is_kept(post: Post) -> None:
    imported(post, "30-letters-without-decomposition.csv", "person")
    names = {document["name_as_written"] for document in post.documents("person")}
    assert {"Łukasz Próbny", "Đặng Văn Mẫu", "Yıldız Örnek", "Sørensen Prøve", "Œuvrard Exemple"} <= names


@pytest.mark.parametrize("plain", ["12-34568", "1234568", "34569", "12 34570", "1234571", "۱۲-۳۴۵۹۹", "12ب34567"])
def test_identifiers_with_marks_nobody_sees_are_found_by_the_plain_number(post: Post, plain: str) -> None:
    imported(post, "17-marks-around-identifiers.csv", "plate")
    assert len(post.run("search", "--identifier", plain, "--json").json["found"]) == 1


def test_all_containers_written_alike_are_one_number(post: Post) -> None:
    imported(post, "17-marks-around-identifiers.csv", "plate")
    assert len(post.run("search", "--identifier", "CSQU3054383", "--json").json["found"]) == 7
