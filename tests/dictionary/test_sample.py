"""The sample: invented, valid, varied, and the same every time."""

import json
import subprocess
import sys

import pytest
from diwan_core.dictionary import DICTIONARY, UnknownType, is_container_number
from diwan_core.dictionary.sample import documents


@pytest.mark.parametrize("name", sorted(DICTIONARY.types))
def test_every_type_has_valid_sample_documents_whole_and_in_halves(name: str) -> None:
    record = DICTIONARY.type(name)
    for document in documents(name, 60, seed=3):
        assert record.check(document, creating=True) == []
        assert record.check_halves(*record.split(document), creating=True) == []


def test_the_same_seed_gives_the_same_documents_in_another_process() -> None:
    program = (
        "import hashlib, json\n"
        "from diwan_core.dictionary import DICTIONARY\n"
        "from diwan_core.dictionary.sample import documents\n"
        "text = json.dumps([list(documents(name, 5, 7)) for name in DICTIONARY.types])\n"
        "print(hashlib.sha256(text.encode()).hexdigest())\n"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(runs) == 1
    assert list(documents("case", 3, 1)) != list(documents("case", 3, 2))


def test_cases_are_about_as_large_as_real_ones_and_differ() -> None:
    texts = [json.dumps(document, ensure_ascii=False) for document in documents("case", 300, 1)]
    assert 1000 < sum(map(len, texts)) / len(texts) < 3000
    assert len({json.loads(text)["narrative"] for text in texts}) == 300


def test_narratives_come_in_four_languages() -> None:
    narratives = " ".join(document["narrative"] for document in documents("case", 200, 1))
    for word in ("seized", "saisie", "incautada", "البضاعة"):
        assert word in narratives


def test_case_references_are_unique_and_containers_belong_to_nobody() -> None:
    cases = list(documents("case", 300, 1))
    assert len({case["national_reference"] for case in cases}) == 300
    numbers = [
        means["container_number"] for case in cases for means in case["means"].values() if "container_number" in means
    ]
    assert len(numbers) > 50
    assert all(number.startswith("ZZ") and is_container_number(number) for number in numbers)


def test_sample_cases_look_right_to_the_plausibility_checks_too() -> None:
    case = DICTIONARY.type("case")
    assert [warning for document in documents("case", 200, 1) for warning in case.warnings(document)] == []


def test_there_is_no_sample_of_an_unknown_type() -> None:
    with pytest.raises(UnknownType):
        list(documents("cases", 1))
