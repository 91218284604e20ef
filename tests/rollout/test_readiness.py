"""How ready a site is, with reasons; and what an answer may be."""

from __future__ import annotations

import pytest
from diwan_central.rollout.answers import BadAnswer, read_answer, read_code, read_day
from diwan_central.rollout.questions import BY_KEY, QUESTIONS, STEPS, of_step
from diwan_central.rollout.readiness import ENOUGH, readiness

from .kit import good_answers


def stopping(**changes: str) -> set[str]:
    return {reason.question.key for reason in readiness(good_answers(**changes)).stops}


def test_a_site_that_lacks_nothing_has_a_hundred_points_and_no_reason() -> None:
    found = readiness(good_answers())
    assert (found.score, found.reasons, found.is_ready, found.is_complete) == (100, (), True, True)


def test_a_site_of_which_nothing_is_known_has_none_and_every_question_is_a_reason() -> None:
    found = readiness({})
    assert found.score == 0 and not found.is_ready
    assert {reason.question.key for reason in found.reasons} == {one.key for one in QUESTIONS if one.weight}
    assert {reason.why for reason in found.reasons} == {"unanswered"}
    assert sum(reason.lost for reason in found.reasons) == pytest.approx(100)


def test_what_stops_a_site_stands_first_and_keeps_it_from_being_ready_whatever_its_score() -> None:
    found = readiness(good_answers(legal="no", printer="no"))
    assert [reason.question.key for reason in found.reasons] == ["legal", "printer"]
    assert found.score >= ENOUGH and not found.is_ready


def test_few_hours_of_power_stop_a_site_unless_it_makes_its_own() -> None:
    assert stopping(power_hours="3", power_backup="ups") == {"power_hours"}
    assert stopping(power_hours="3", power_backup="solar") == set()


def test_no_line_stops_a_site_unless_a_stick_travels_every_month() -> None:
    none = {"line": "none", "line_speed": "0", "line_hours": "0"}
    assert stopping(**none, stick_days="0") == {"line"}
    assert stopping(**none, stick_days="90") == {"line"}
    assert stopping(**none, stick_days="7") == set()
    assert readiness(good_answers(**none, stick_days="7")).score < 100


def test_more_of_what_is_good_never_costs_points() -> None:
    scores = [readiness(good_answers(power_hours=str(hours), power_backup="none")).score for hours in range(25)]
    assert scores == sorted(scores) and scores[0] < scores[-1]
    heats = [readiness(good_answers(heat=str(heat))).score for heat in range(-20, 61)]
    assert heats == sorted(heats, reverse=True) and heats[0] > heats[-1]


def test_every_question_stands_in_a_step_and_what_counts_has_a_remedy() -> None:
    assert [one for step in STEPS for one in of_step(step)] == list(QUESTIONS)
    assert len(QUESTIONS) <= 28
    for question in QUESTIONS:
        assert bool(question.weight) == bool(question.remedy), question.key
        assert set(question.worth) <= set(question.choices), question.key
        assert question.kind != "number" or question.least < question.most, question.key


@pytest.mark.parametrize(
    ("key", "written", "kept"),
    [
        ("power_hours", " 9 ", "9"),
        ("power_hours", "٩", "9"),
        ("heat", "-5", "-5"),
        ("line", "Satellite", "satellite"),
        ("room", "Yes", "yes"),
        ("room", "نعم", "yes"),
        ("responsible", "Head\u202e of\tshift", "Head of shift"),
        ("legal", "", ""),
    ],
)
def test_answers_are_kept_in_one_form_however_they_are_written(key: str, written: str, kept: str) -> None:
    assert read_answer(BY_KEY[key], written) == kept


@pytest.mark.parametrize(
    ("key", "written", "told"),
    [
        ("power_hours", "25", "whole number from 0 to 24"),
        ("power_hours", "nine", "nine"),
        ("officers", "2.5", "whole number"),
        ("line", "pigeon", "Write one of: none, mobile, satellite, cable, ministry"),
        ("position", "somewhere", "somewhere"),
        ("position", "95, 200", "at most 90"),
        ("responsible", "x" * 200, "At most 120"),
    ],
)
def test_an_impossible_answer_is_refused_with_what_to_write(key: str, written: str, told: str) -> None:
    with pytest.raises(BadAnswer, match=told):
        read_answer(BY_KEY[key], written)


def test_numbers_of_sites_and_days_are_read_strictly() -> None:
    assert read_code(" nr-04 ") == "NR-04"
    for wrong in ("", "NR 04", "NR--4", "X" * 50, "Ä1"):
        with pytest.raises(BadAnswer):
            read_code(wrong)
    assert read_day("2027-02-28") == "2027-02-28" and read_day(" ") == ""
    for wrong in ("2027-02-30", "soon", "2027", "1999-01-01", "3/4/2027"):
        with pytest.raises(BadAnswer):
            read_day(wrong)
