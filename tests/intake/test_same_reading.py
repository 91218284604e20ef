"""What a form takes for a number, a date or a position, an import takes to the same value; what a form asks about, an
import asks about. Neither has a reading of its own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.intake.faults import RowRefused
from diwan_core.intake.mapping.compiled_mapping import Compiled
from diwan_core.intake.mapping.mapping_file import parse
from diwan_core.reading import Ambiguous, Value
from diwan_core.web.forms.values import outcome_of
from hypothesis import example, given
from hypothesis import strategies as st

CASE = DICTIONARY.type("case")
SPACES = [" ", "\u00a0", "\u202f", "\u2009"]
SCRIPTS = ["0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९"]
MONTHS = ["Mar", "March", "mars", "marzo", "março", "марта", "مارس"]


def made(fields: str) -> Compiled:
    return Compiled(
        parse(
            'type = "case"\nsystem = "same"\n[source]\nkey = ["N"]\n[constants]\nstatus = "submitted"\n'
            f'goods.1.unit = "KGM"\n[fields]\n{fields}\n',
            "same",
            DICTIONARY,
        )
    )


NUMBER = made('goods.1.quantity = { column = "X" }')
DAY = made('date = { column = "X" }')


def imported(compiled: Compiled, text: str) -> dict[str, Any] | str:
    """The document of a row that holds this text; the code of the refusal."""
    try:
        return compiled.document({"N": "1", "X": text}, "1")
    except RowRefused as refused:
        return str(refused.faults[0].code)


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """A number as people and programs write one, right or wrong."""
    value = draw(st.decimals(min_value=0, max_value=10**9, places=draw(st.integers(0, 4))))
    mark, point = draw(st.sampled_from([*SPACES, "", ",", ".", "'", "’", "٬"])), draw(st.sampled_from(".,٫"))
    whole, _, rest = f"{value:f}".partition(".")
    text = f"{int(whole):,}".replace(",", mark) + (point + rest if rest else "")
    script = draw(st.sampled_from(SCRIPTS))
    return draw(st.sampled_from(["", " ", "+"])) + text.translate(str.maketrans("0123456789", script))


@st.composite
def dates(draw: st.DrawFn) -> str:
    """A day as people and programs write one."""
    day = draw(st.dates(date(1960, 1, 1), date(2026, 1, 1)))
    mark = draw(st.sampled_from("/-. "))
    order = draw(st.sampled_from([(day.day, day.month, day.year), (day.month, day.day, day.year),
                                  (day.year, day.month, day.day)]))  # fmt: skip
    width = draw(st.sampled_from(["{}", "{:02}"]))
    plain = mark.join(width.format(part) for part in order)
    named = f"{day.day} {MONTHS[draw(st.integers(0, len(MONTHS) - 1))]} {day.year}"
    text = draw(st.sampled_from([plain, plain, named, f"{plain} 14:30", f"{plain} 00:00:00", str(day.year)]))
    return text.translate(str.maketrans("0123456789", draw(st.sampled_from(SCRIPTS))))


@given(numbers() | st.text(alphabet="0123456789.,' eE%-+٫٬", min_size=1, max_size=12))
@example("48,000")
@example("1,00,000")
@example("12.5")
def test_a_number_of_a_form_is_the_number_of_an_import(text: str) -> None:
    form = outcome_of(CASE.parts["goods"].fields["quantity"], text)
    found = imported(NUMBER, text)
    if isinstance(form, Value):
        assert isinstance(found, dict), (found, form)
        assert Decimal(found["goods"]["1"]["quantity"]) == Decimal(str(form.value))
    elif isinstance(form, Ambiguous):
        assert found == "ambiguous"


@given(dates() | st.text(alphabet="0123456789/-. :T", min_size=1, max_size=16))
@example("5/3/2026")
@example("15/3/2026 14:30")
def test_a_date_of_a_form_is_the_date_of_an_import(text: str) -> None:
    form = outcome_of(CASE.fields["date"], text)
    found = imported(DAY, text)
    if isinstance(form, Value):
        assert isinstance(found, dict), (found, form)
        assert found["date"] == form.value
        for name, value in form.beside.items():
            assert found.get(f"date_{name}" if name != "time" else "time") == value
    elif isinstance(form, Ambiguous):
        assert found == "ambiguous"


@pytest.mark.parametrize("text", ["13,650 14,360", "32.1; 35.2", "1405/03/02", "1447-09-01", "2569-01-05"])
def test_what_a_form_refuses_an_import_refuses(text: str) -> None:
    for compiled, field in ((NUMBER, CASE.parts["goods"].fields["quantity"]), (DAY, CASE.fields["date"])):
        if not isinstance(outcome_of(field, text), Value):
            assert isinstance(imported(compiled, text), str)
