"""What is graded, as a pure function."""

from __future__ import annotations

from collections.abc import Mapping

from diwan_appliance.course.grading import Case, Did, grade, is_through
from diwan_appliance.course.tasks import EXPECTED, TASKS, Assignment, assignment

GIVEN = Assignment(quantity=120, corrected=131, country="KE", word="HERON-42")


def case(quantity: str = "120", now: str = "", *, pictures: int = 0, **changes: str) -> Case:
    plain = EXPECTED | {"goods.quantity": quantity, "leg.country": "KE"} | {
        path.replace("__", "."): value for path, value in changes.items()
    }  # fmt: skip
    first = {path: frozenset({value}) for path, value in plain.items()}
    return Case("amal", first, first | {"goods.quantity": frozenset({now or quantity})}, bool(now), pictures)


def passed(did: Did) -> Mapping[str, bool]:
    return {one.task: one.passed for one in grade(did, GIVEN)}


def test_all_four_tasks_done_are_through() -> None:
    done = Did((case(now="131", pictures=1),), frozenset({"THE HERON-42"}), True)
    assert is_through(grade(done, GIVEN)) and list(passed(done)) == list(TASKS)


def test_nothing_done_is_not_through_and_blames_nothing() -> None:
    assert not is_through(grade(Did(), GIVEN))
    assert [one.again for one in grade(Did(), GIVEN)] == [(), (), (), ()]


def test_what_is_wrong_in_a_report_is_named_by_its_fields() -> None:
    wrong = case("12", direction="export", leg__country="PE")
    report = grade(Did((wrong,)), GIVEN)[0]
    assert not report.passed and set(report.again) == {"direction", "leg.country", "goods.quantity"}
    nearest = grade(Did((wrong, case("12"))), GIVEN)[0]
    assert nearest.again == ("goods.quantity",)
    assert not passed(Did((case("12", pictures=3),)))["picture"], "a picture of another case"


def test_a_correction_is_of_the_case_that_was_right_before() -> None:
    assert not passed(Did((case(), case("131"))))["correct"], "a second report is no correction"
    late = grade(Did((case(now="130"),)), GIVEN)
    assert late[0].passed and not late[2].passed and late[2].again == ("goods.quantity",)
    assert passed(Did((case("120.0", now="131.00"),)))["correct"], "numbers count, not how they are written"


def test_a_search_needs_the_word_and_the_case_that_it_finds() -> None:
    for did in (
        Did(searched=frozenset({"HERON-42"})),
        Did(opened=True),
        Did(searched=frozenset({"HERON"}), opened=True),
    ):
        assert not passed(did)["search"]
    assert passed(Did(searched=frozenset({"HERON-42"}), opened=True))["search"]


def test_everybody_gets_numbers_of_their_own_and_keeps_them() -> None:
    people = [assignment("course", f"officer{number}", "X-1") for number in range(30)]
    assert people == [assignment("course", f"officer{number}", "X-1") for number in range(30)]
    assert len({one.quantity for one in people}) > 20
    assert all(20 <= one.quantity < one.corrected for one in people)
