"""A wrong declaration refuses to start, and says which one and why."""

import pytest
from diwan_core.dictionary import (
    DICTIONARY,
    CodeList,
    CodeTable,
    Dictionary,
    Field,
    FieldGroup,
    Part,
    RecordDeclaration,
    ShortField,
    UnknownCodeList,
    UnknownType,
    WrongDeclaration,
)
from diwan_core.dictionary.declared.common import POST_AND_CENTRAL, transitions
from diwan_core.dictionary.record import AnyOf, NotBefore, RequiredWhen

COLOUR = CodeList.of("colour", "Colours", "test", CodeTable({"en": {"red": "Red", "green": "Green"}}))


def field(name: str = "a", kind: str = "text", label: str = "A", **more: object) -> Field:
    classes = {"identifies": "nobody", "leaves": "never"} if kind == "text" and not more.get("nominal") else {}
    return Field(name, kind, label, **{**classes, **more})  # type: ignore[arg-type]


def record(*members: Field | FieldGroup | Part, name: str = "thing", **more: object) -> RecordDeclaration:
    return RecordDeclaration(
        name=name,
        label="Thing",
        members=members,
        **{"authority": POST_AND_CENTRAL, "transitions": transitions(POST_AND_CENTRAL), **more},  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"name": "Name"}, "lower_snake"),
        ({"name": "goods.1"}, "lower_snake"),
        ({"name": "author"}, "reserved"),
        ({"kind": "float"}, "unknown kind"),
        ({"label": ""}, "no label"),
        ({"kind": "code"}, "code list"),
        ({"codelist": "colour"}, "code list"),
        ({"kind": "reference"}, "targets"),
        ({"targets": ("case",)}, "targets"),
        ({"pattern": "("}, "example"),
        ({"pattern": "(", "example": "x"}, "not a regular expression"),
        ({"pattern": "[a-z]{2}", "example": "abc"}, "does not match"),
        ({"pattern": "[a-z]+", "example": "abc"}, "no upper length"),
        ({"pattern": "[a-z]{2,}", "example": "abc"}, "no upper length"),
        ({"kind": "date", "max_length": 10}, "max_length"),
        ({"max_length": 501}, "longtext"),
        ({"kind": "integer", "minimum": 5, "maximum": 4}, "contradict"),
        ({"repeated": True, "short": True}, "short form"),
        ({"repeated": True, "listed": True}, "column"),
        ({"nominal": True, "listed": True}, "nominal"),
        ({"nominal": True, "short": True}, "nominal"),
        ({"repeated": True, "required": True}, "required"),
        ({"kind": "date", "identifier": "plate"}, "identifier"),
        ({"retired": 1}, "retired"),
    ],
)
def test_a_wrong_field_is_refused_with_its_name_and_the_reason(wrong: dict[str, object], reason: str) -> None:
    with pytest.raises(WrongDeclaration, match=reason):
        field(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "needs", "reason"),
    [
        ((field("a"),), (), "at least two"),
        ((field("a"), field("b", nominal=True)), (), "mixes nominal"),
        ((field("a"), field("b", repeated=True)), (), "element by element"),
        ((field("a"), field("b")), (("a", "c"),), "outside the group"),
    ],
)
def test_a_wrong_group_is_refused(fields: tuple[Field, ...], needs: tuple[tuple[str, str], ...], reason: str) -> None:
    with pytest.raises(WrongDeclaration, match=reason):
        FieldGroup("pair", fields, needs)


def test_two_fields_or_parts_of_one_name_are_refused() -> None:
    for members in (
        (field("a"), field("a")),
        (field("a"), Part("a", "A", (field("x"),))),
        (field("a"), FieldGroup("pair", (field("a"), field("b")))),
        (FieldGroup("pair", (field("a"), field("b"))), FieldGroup("pair", (field("c"), field("d")))),
        (FieldGroup("c", (field("a"), field("b"))), field("c")),
    ):
        with pytest.raises(WrongDeclaration, match=r"twice|outside it"):
            record(*members)


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(WrongDeclaration, match="columns used twice: a"):
        record(field("a", listed=True), Part("p", "P", (field("a", listed=True),)))


def test_a_short_form_that_differs_from_the_flags_is_refused() -> None:
    with pytest.raises(WrongDeclaration, match="short"):
        record(field("a", short=True))
    with pytest.raises(WrongDeclaration, match="short"):
        record(field("a"), short_form=(ShortField("a"),))


def test_a_required_nominal_field_in_a_mixed_part_is_refused_since_each_half_is_checked_alone() -> None:
    with pytest.raises(WrongDeclaration, match="plain half"):
        Part("p", "P", (field("a", nominal=True, required=True), field("b")))


@pytest.mark.parametrize(
    "rule", [NotBefore("a", "b"), RequiredWhen("a", "x", ("nothing",)), AnyOf(("a", "nothing")), AnyOf(("a",))]
)
def test_a_rule_about_fields_that_are_not_there_is_refused(rule: object) -> None:
    with pytest.raises(WrongDeclaration):
        record(field("a"), field("b"), rules=(rule,))


def test_a_record_nobody_may_author_is_refused() -> None:
    with pytest.raises(WrongDeclaration, match="nobody"):
        record(field(), authority=frozenset())


def test_an_unknown_code_list_or_reference_or_twin_is_refused_by_the_dictionary() -> None:
    with pytest.raises(WrongDeclaration, match=r"thing\.a.*unknown code list 'size'"):
        Dictionary(1, [record(field(kind="code", codelist="size"))], [COLOUR])
    with pytest.raises(WrongDeclaration, match=r"thing\.p\.a.*unknown record type 'other'"):
        Dictionary(
            1,
            [record(field("b"), Part("p", "P", (field(kind="reference", targets=("other",), identifies="nobody"),)))],
            [],
        )
    with pytest.raises(WrongDeclaration, match="declared twice"):
        Dictionary(1, [record(field()), record(field())], [])
    with pytest.raises(WrongDeclaration, match="declared twice"):
        Dictionary(1, [], [COLOUR, COLOUR])
    with pytest.raises(WrongDeclaration, match="after version 1"):
        Dictionary(1, [record(field(since=2))], [])


@pytest.mark.parametrize(
    "classes", [{}, {"identifies": "nobody"}, {"leaves": "never"}, {"kind": "longtext"}, {"kind": "position"}]
)
def test_a_field_whose_classes_do_not_follow_from_anything_is_refused_with_its_path(classes: dict[str, str]) -> None:
    bare = Field("a", **{"kind": "text", "label": "A", **classes})  # type: ignore[arg-type]
    with pytest.raises(WrongDeclaration, match=r"thing\.p\.a.*whom it identifies"):
        Dictionary(1, [record(field("b"), Part("p", "P", (bare,)))], [])


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"identifies": "everybody"}, "no class"),
        ({"leaves": "often"}, "no class"),
        ({"leaves": "free"}, "no text is free"),
        ({"nominal": True, "identifies": "nobody"}, "somebody"),
        ({"nominal": True, "leaves": "gated"}, "under an agreement or never"),
        ({"identifies": "officer", "leaves": "agreement"}, "officer never leaves"),
        ({"kind": "date", "leaves": "gated"}, "only texts"),
        ({"kind": "date", "identifies": "person", "leaves": "free"}, "not free"),
        ({"kind": "code", "codelist": "hs", "pattern": "[0-9]{2}", "example": "01", "open_list": True,
          "leaves": "free"}, "open"),
    ],
)  # fmt: skip
def test_classes_that_contradict_each_other_are_refused(wrong: dict[str, object], reason: str) -> None:
    with pytest.raises(WrongDeclaration, match=reason):
        field(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "classes"),
    [
        ({"nominal": True}, ("person", "agreement")),
        ({"nominal": True, "identifies": "business"}, ("business", "agreement")),
        ({"nominal": True, "identifies": "officer"}, ("officer", "never")),
        ({"identifies": "officer", "leaves": ""}, ("officer", "never")),
        ({"identifies": "", "leaves": "gated"}, ("person", "gated")),
        ({"kind": "integer"}, ("nobody", "free")),
        ({"kind": "time"}, ("nobody", "never")),
        ({"kind": "datetime"}, ("nobody", "coarsened")),
        ({"kind": "position", "identifies": "person"}, ("person", "coarsened")),
        ({"kind": "reference", "targets": ("thing",), "identifies": "person"}, ("person", "never")),
    ],
)
def test_one_class_follows_from_the_other_where_that_is_plain(
    given: dict[str, object], classes: tuple[str, str]
) -> None:
    made = field(**given)  # type: ignore[arg-type]
    assert (made.identifies, made.leaves) == classes


def test_the_digest_changes_with_what_documents_may_hold_and_not_with_words_for_people() -> None:
    def digest(*members: Field, lists: tuple[CodeList, ...] = (COLOUR,), version: int = 1) -> bytes:
        return Dictionary(version, [record(*members)], lists).digest

    plain = digest(field())
    assert len(plain) == 8
    assert digest(field(label="Other words", help="and help")) == plain
    assert digest(field(nominal=True)) != plain
    assert digest(field(identifies="business", leaves="agreement")) == plain
    assert digest(field(), field("b")) != plain
    assert digest(field(), version=2) != plain
    more = CodeList.of("colour", "Colours", "test", CodeTable({"en": {"red": "Red", "green": "Green", "blue": "Blue"}}))
    shade = field("shade", "code", codelist="colour")
    assert digest(shade) != digest(shade, lists=(more,))


def test_asking_for_an_unknown_type_or_list_says_so() -> None:
    with pytest.raises(UnknownType, match="no record type 'cases'"):
        DICTIONARY.type("cases")
    with pytest.raises(UnknownCodeList, match="no code list 'countries'"):
        DICTIONARY.codes("countries")
