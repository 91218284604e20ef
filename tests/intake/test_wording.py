"""A sentence is the same after a way through a file."""

import json
from pathlib import Path
from typing import get_args

import pytest
from diwan_core.dictionary import DICTIONARY, CodeTerm, Either, ProblemCode, Sentence, Term, sentence
from diwan_core.intake import faults
from diwan_core.intake.faults import Fault
from diwan_core.intake.wording import FaultLog, faults_in, pack_words, sentence_of

OFFICE = CodeTerm(DICTIONARY.codes("direction"), "import")
SENTENCES = [
    Sentence.plain("{not a place}"),
    sentence("nothing in it {{…}}"),
    sentence("{count} rows of {name}", count=3, name="{x}"),
    sentence("{field:lower}: {reason}", field=Term("Date"), reason=sentence("not {day}", day="today")),
    sentence("{meant}", meant=Either((Term("A"), OFFICE))),
    sentence("{says} {term} {list}", says=Sentence.plain("a"), term="b", list="c"),
]


@pytest.mark.parametrize("told", SENTENCES, ids=str)
def test_a_sentence_comes_back_with_all_that_stands_in_it(told: Sentence) -> None:
    back = sentence_of(json.loads(json.dumps(pack_words(told))))
    assert str(back) == str(told) and back.template == told.template and back.parameters == told.parameters


def test_refused_rows_come_back_as_they_were(tmp_path: Path) -> None:
    fault = Fault("Day", "=1+1", "not_a_date", SENTENCES[3], "date")
    whole = Fault(None, "", "cells", SENTENCES[2])
    with FaultLog(tmp_path / "errors.jsonl") as log:
        log.write(7, 8, [fault, whole])
    assert log.lines == 2
    assert list(faults_in(tmp_path / "errors.jsonl")) == [(7, 8, [fault, whole])]


def test_every_code_of_an_error_file_is_in_the_reference() -> None:
    text = (Path(__file__).parents[2] / "docs/reference/mappings.md").read_text("utf-8")
    own = get_args(get_args(faults.FaultCode)[1])
    assert own and [code for code in (*get_args(ProblemCode), *own) if f"`{code}`" not in text] == []
