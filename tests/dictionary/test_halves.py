"""A document splits into what may be shown and what identifies somebody, and comes together again."""

from diwan_core.dictionary import DICTIONARY

CASE = DICTIONARY.type("case")
PERSON = DICTIONARY.type("person")


def test_nominal_fields_go_to_the_nominal_half_also_inside_parts() -> None:
    rest, nominal = CASE.split(
        {"date": "2026-11-22", "narrative": "text", "means": {"1": {"kind": "lorry", "plate": "A 1"}}}
    )
    assert rest == {"date": "2026-11-22", "means": {"1": {"kind": "lorry"}}}
    assert nominal == {"narrative": "text", "means": {"1": {"plate": "A 1"}}}


def test_a_part_with_nothing_nominal_leaves_no_trace_in_the_nominal_half() -> None:
    assert CASE.split({"goods": {"1": {"brand": "Royal Crest"}}}) == ({"goods": {"1": {"brand": "Royal Crest"}}}, {})


def test_unknown_fields_count_as_nominal_wherever_they_stand() -> None:
    rest, nominal = CASE.split({"novelty": "x", "goods": {"1": {"brand": "B", "mood": "y"}}, "hold": {"1": {"a": "b"}}})
    assert rest == {"goods": {"1": {"brand": "B"}}}
    assert nominal == {"novelty": "x", "goods": {"1": {"mood": "y"}}, "hold": {"1": {"a": "b"}}}


def test_a_removed_part_is_removed_from_both_halves_so_each_merges_without_the_other() -> None:
    assert CASE.split({"party": {"1": None}}) == ({"party": {"1": None}}, {"party": {"1": None}})
    assert PERSON.split({"document": {"1": None}}) == ({}, {"document": {"1": None}})
    assert CASE.split({"goods": {"1": None}}) == ({"goods": {"1": None}}, {})
    assert CASE.check_halves({"party": {"1": None}}, {"party": {"1": None}}, creating=False) == []


def test_a_cleared_field_is_cleared_in_its_own_half() -> None:
    assert CASE.split({"date": None, "narrative": None}) == ({"date": None}, {"narrative": None})


def test_joining_gives_back_what_was_split_also_with_parts_in_one_half_only() -> None:
    document = {
        "date": "2026-11-22",
        "party": {
            "1": {"role": "driver", "name": "X"},
            "2": {"role": "carrier"},
            "3": {"name": "Y"},
            "4": {},
            "5": None,
        },
        "novelty": "x",
    }
    assert CASE.join(*CASE.split(document)) == document


def test_splitting_leaves_the_document_as_it_was() -> None:
    document = {"means": {"1": {"kind": "lorry", "plate": "A 1"}}}
    CASE.join(*CASE.split(document))
    assert document == {"means": {"1": {"kind": "lorry", "plate": "A 1"}}}


def test_search_words_of_the_two_halves_are_kept_apart_and_identifiers_come_with_their_kind() -> None:
    rest, nominal = CASE.split(
        {
            "national_reference": "JOAQJ-2026-7",
            "place": "Aqaba",
            "narrative": "Driver said nothing",
            "goods": {"1": {"brand": "Royal Crest"}, "2": None, "3": {"brand": None, "description": "loose"}},
            "party": {"1": {"role": "driver", "name": "Karim Almoradi", "identifier": "P123"}},
            "means": {"1": {"plate": "14-25833", "container_number": "CSQU3054383"}},
        }
    )
    text, nominal_text, identifiers = CASE.indexer(rest, nominal)
    assert text == "JOAQJ-2026-7 Aqaba Royal Crest loose"
    assert nominal_text == "Driver said nothing Karim Almoradi"
    assert set(identifiers) == {
        ("reference", "JOAQJ-2026-7"),
        ("document", "P123"),
        ("plate", "14-25833"),
        ("container", "CSQU3054383"),
    }


def test_search_words_do_not_depend_on_the_order_of_the_fields() -> None:
    """A full-text index forgets a text only when it is told exactly the text it was given."""
    one = {"place": "Aqaba", "agency": "Customs", "national_reference": "7"}
    other = dict(reversed(one.items()))
    assert CASE.indexer(one, {}) == CASE.indexer(other, {})


def test_repeated_identifiers_are_all_found() -> None:
    nominal = {"imeis": {"1": "350000000000001", "2": None, "3": "350000000000002"}, "aliases": {"1": "The Tailor"}}
    _, words, identifiers = PERSON.indexer({}, nominal)
    assert words == "The Tailor"
    assert identifiers == [("device", "350000000000001"), ("device", "350000000000002")]
