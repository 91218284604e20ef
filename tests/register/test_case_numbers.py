"""Each case has a number from the moment it is saved, with none left out; nobody else says it; and it is found as
people type it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from diwan_core.dictionary.case_numbers import CaseNumber, letters_of, post_of, read, series_of, typed
from diwan_core.dictionary.folding import fold
from diwan_core.register import Edit, Refused, Register
from diwan_core.register.records.case_numbers import ALIKE_MOST, note_enrolments, numbers_met_twice
from diwan_core.register.storage.state import forget_state

Case = Callable[..., dict[str, Any]]


def number_of(register: Register, record: str) -> CaseNumber:
    held = register.get(record)
    assert held is not None
    number = read(held.values["case_number"])
    assert number is not None
    assert number.letters == letters_of(record)
    return number


def save(register: Register, *documents: dict[str, Any]) -> list[CaseNumber]:
    return [number_of(register, register.save([Edit("case", one)], author="officer").records[0]) for one in documents]


def test_cases_are_numbered_in_order_and_those_refused_take_no_number(register: Register, case: Case) -> None:
    first, second = save(register, case(), case())
    sets = [[Edit("case", case())], [Edit("case", case(office=""))], [Edit("case", case()), Edit("case", case())]]
    outcome = register.save_many(sets, author="import")
    many = [number_of(register, record) for records in outcome.records for record in records]
    draft = register.drafting()
    rest = {name: value for name, value in case().items() if name != "narrative"}
    drafted = register.save_many([[draft("case", rest, {})]], author="import").records[0][0]
    numbers = [first, second, *many, number_of(register, drafted)]
    assert [number.serial for number in numbers] == [1, 2, 3, 4, 5, 6]
    assert {(number.post, number.series) for number in numbers} == {("AQABAPORT", "")}


def test_a_save_that_is_rolled_back_takes_no_number(
    register: Register, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(register, "_finish", power_cut)
        with pytest.raises(OSError, match="power"):
            register.save([Edit("case", case())], author="officer")
    assert save(register, case())[0].serial == 1


def power_cut(*_: object) -> bool:
    raise OSError("power")


def test_nobody_but_the_register_gives_or_changes_a_number(register: Register, case: Case) -> None:
    (record,) = register.save([Edit("case", case())], author="officer").records
    for wrong in (
        Edit("case", {"case_number": "AQABAPORT-2026-0009-KT"}, record=record),
        Edit("case", {"case_number": None}, record=record),
        Edit("case", case(case_number="AQABAPORT-2026-0009-AA")),
    ):
        with pytest.raises(Refused) as refused:
            register.save([wrong], author="officer")
        assert [problem.path for problem in refused.value.problems] == ["case_number"]
    assert number_of(register, record).serial == 1


def test_a_register_without_its_counter_goes_on_after_the_numbers_it_knows(register: Register, case: Case) -> None:
    (number,) = save(register, case())
    with register.store.write() as transaction:
        forget_state(transaction, f"case_number:{number.run}")
    assert save(register, case())[0].serial == 2


def test_a_post_enrolled_again_begins_a_series_of_its_own(register: Register, case: Case) -> None:
    save(register, case())
    with register.store.write() as transaction:
        note_enrolments(transaction, 2)
    assert [str(number)[-9:-3] for number in save(register, case(), case())] == ["-B0001", "-B0002"]


def test_a_save_works_out_no_other_nodes_beginning_again(
    register: Register, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    post_of.cache_clear()
    folded: list[str] = []

    def noted(text: str) -> str:
        folded.append(text)
        return fold(text)

    monkeypatch.setattr("diwan_core.dictionary.case_numbers.fold", noted)
    with register.store.write() as connection:
        for number in range(3):
            connection.execute(
                "INSERT INTO node (id, role, label, office, signing_key, sealing_key) "
                "VALUES (?, 'post', ?, '', x'00', x'00')",
                (f"{number}", f"Post {number}"),
            )
    register.save([Edit("case", case())], author="officer")
    assert sorted(folded) == ["Aqaba port", "Post 0", "Post 1", "Post 2"]
    register.save([Edit("case", case())], author="officer")
    assert len(folded) == 4


def test_numbers_that_two_cases_have_are_found(register: Register, case: Case, folder: Path) -> None:
    (number,) = save(register, case())
    other = "01936d2a-0000-7000-8000-00000000ffff"
    again = str(number._replace(letters=letters_of(other)))
    register.save([Edit("case", case(case_number=again), record=other, create=True)], author="officer")
    with register.store.read() as transaction:
        (twice,) = numbers_met_twice(transaction)
        assert numbers_met_twice(transaction, after=1) == [twice]
        assert numbers_met_twice(transaction, after=2) == []
    assert (twice.number, twice.records[1]) == (str(number)[:-3], other)


def test_a_number_is_found_as_people_type_it(register: Register, case: Case) -> None:
    (record,) = register.save([Edit("case", case())], author="officer").records
    save(register, case())
    number = str(number_of(register, record))
    year = number[10:14]
    for text in (
        number,
        number.lower(),
        number.replace("-", " "),
        number.replace("-", ""),
        number[:-3],
        f"aqabaport {year} 1",
        number.translate({48 + digit: 0x660 + digit for digit in range(10)}),
        number.translate({48 + digit: 0x6F0 + digit for digit in range(10)}),
    ):
        assert [row.id for row in register.search(text)] == [record], text
        assert [row.id for row in register.search_identifier(text)] == [record], text
        assert register.cases_numbered(text) == [record], text
        assert register.found(text).numbers == [1], text
    assert register.cases_numbered(number[:-2] + "AA") == []


@pytest.mark.parametrize(
    ("label", "office", "begins"),
    [
        ("Aqaba port", "JOAQJ", "AQABAPORT"),
        ("العقبة", "JOAQJ", "JOAQJ"),
        ("العقبة", "", "KX4PQ2"),
        ("Çöl-7", "", "COL7"),
    ],
)
def test_what_a_number_begins_with(label: str, office: str, begins: str) -> None:
    assert post_of(label, office, "kx4pq2abcdefg") == begins


def test_the_letters_of_series_follow_each_other() -> None:
    made = [series_of(count) for count in range(1, 703)]
    assert (made[0], made[1], made[25], made[26], made[-1]) == ("", "B", "Z", "AA", "ZZ")
    assert len(set(made)) == len(made)


@pytest.mark.parametrize("text", ["", "2026", "AQABA-2026", "JOAQJ", "عقبة ٢٠٢٦", "A" * 61, "MSKU 123456 7"])
def test_what_is_no_number_of_a_case(text: str) -> None:
    assert typed(text) is None


def test_of_a_number_that_very_many_cases_have_some_are_named(register: Register, case: Case) -> None:
    (number,) = save(register, case())
    ids = [f"01936d2a-0000-7000-8000-{place:012x}" for place in range(30)]
    given = [str(number._replace(letters=letters_of(id))) for id in ids]
    edits = [Edit("case", case(case_number=one), record=id, create=True) for one, id in zip(given, ids, strict=True)]
    register.save(edits, author="officer")
    with register.store.read() as transaction:
        (twice,) = numbers_met_twice(transaction)
    assert 2 <= len(twice.records) <= ALIKE_MOST
