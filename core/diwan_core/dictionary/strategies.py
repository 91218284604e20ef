"""Hypothesis strategies: documents that are valid by declaration, and documents nobody should ever send.

For tests only: this is the one module that imports hypothesis, and nothing imports this module.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from hypothesis import strategies as st

from . import DICTIONARY, Field, FieldGroup, Part, RecordType
from .case_numbers import FIELD as CASE_NUMBER
from .record import AnyOf, NotBefore, RequiredWhen

Strategy = st.SearchStrategy[Any]

# Letters of every script, digits, marks and signs; no controls, surrogates, unassigned or separators other than space.
_LINE: Final = st.characters(
    categories=("L", "M", "N", "P", "S", "Zs"),
    exclude_characters="\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
)
_TEXT: Final = st.one_of(_LINE, st.sampled_from("\n\t\u200e\u200f\u200c"))
_HEX: Final = "0123456789abcdef"


def lines(limit: int) -> st.SearchStrategy[str]:
    return st.text(_LINE, min_size=1, max_size=min(limit, 60)).filter(lambda text: not text.isspace())


def decimals(maximum: int) -> st.SearchStrategy[str]:
    """Canonical decimals, 0 and 1e-9 … maximum."""
    return st.decimals(min_value=0, max_value=min(maximum, 10**12), places=9, allow_nan=False).map(
        lambda number: f"{number:f}".rstrip("0").rstrip(".")
    )


def record_ids() -> st.SearchStrategy[str]:
    def shaped(digits: str, variant: str) -> str:
        return f"{digits[:8]}-{digits[8:12]}-7{digits[12:15]}-{variant}{digits[15:18]}-{digits[18:]}"

    return st.builds(shaped, st.text(_HEX, min_size=30, max_size=30), st.sampled_from("89ab"))


def values(item: Field) -> Strategy:
    """Valid values of one field, not repeated."""
    match item.kind:
        case "text" | "code" if item.pattern:
            return st.from_regex(item.pattern, fullmatch=True, alphabet=st.characters(codec="ascii"))
        case "text":
            return lines(item.limit)
        case "longtext":
            return st.text(_TEXT, min_size=1, max_size=min(item.limit, 200)).filter(lambda text: not text.isspace())
        case "code":
            return st.sampled_from(sorted(DICTIONARY.codes(item.codelist)))
        case "date":
            return st.dates(min_value=date(1800, 1, 1), max_value=date(2199, 1, 1)).map(str)
        case "time":
            return st.times().map(lambda time: f"{time:%H:%M}")
        case "datetime":
            return st.datetimes(min_value=datetime(1800, 1, 1), max_value=datetime(2199, 1, 1)).map(  # noqa: DTZ001  a local time as people write it
                lambda moment: f"{moment:%Y-%m-%dT%H:%M:%SZ}"
            )
        case "decimal":
            return decimals(item.maximum)
        case "integer":
            return st.integers(item.minimum, item.maximum)
        case "boolean":
            return st.booleans()
        case "position":
            degrees = st.tuples(st.integers(-89, 89), st.integers(-179, 179))
            return degrees.map(lambda pair: f"{pair[0]},{pair[1]}.25")
        case "reference":
            return record_ids()
        case "sha256":
            return st.text(_HEX, min_size=64, max_size=64)


def documents(type: str, *, creating: bool = True) -> st.SearchStrategy[dict[str, Any]]:
    """Valid documents of a type, as people write them. With creating=False they are changes: fields may be absent or
    cleared with None."""
    record = DICTIONARY.type(type)
    wholes = st.fixed_dictionaries(
        {},
        optional={
            **{name: _field(item, creating) for name, item in record.fields.items() if name != CASE_NUMBER},
            **{name: _parts(part, creating) for name, part in record.parts.items()},
        },
    )
    return wholes.map(lambda document: _consistent(record, document, creating))


def hostile(type: str) -> st.SearchStrategy[Any]:
    """Anything at all where a document is expected: wrong shapes, unknown names, deep nesting, monstrous values."""
    record = DICTIONARY.type(type)
    names = st.one_of(st.sampled_from([*record.fields, *record.parts]), st.text(max_size=70), st.integers())
    return st.one_of(_anything, st.dictionaries(names, st.one_of(_anything, _like_parts(record)), max_size=8))


_nasty: Final[Strategy] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(
        [
            float("nan"), float("inf"), 10**300, -1, "", " ", "\x00", "a\u202eb", "\ud800", "x" * 30_000, "\u2066",
            "1e5", "1_000", "٣", "0.10", "+1", "-0", "2026-02-30", "2026-W01-1", "20261122", "24:00", "12:60",
            "NaN", "null", b"x",
        ]
    ),
)  # fmt: skip
_anything: Final[Strategy] = st.recursive(
    _nasty,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
)


def _like_parts(record: RecordType) -> Strategy:
    inner = sorted({name for part in record.parts.values() for name in part.fields}) or ["x"]
    ids = st.one_of(st.sampled_from(["1", "2", "abcdefghijklm", "A", "", "x" * 14]), st.integers())
    return st.dictionaries(ids, st.one_of(_nasty, st.dictionaries(st.sampled_from(inner), _anything)), max_size=3)


def nested(depth: int) -> dict[str, Any]:
    """A document nested deeper than any interpreter can recurse."""
    document: dict[str, Any] = {}
    for _ in range(depth):
        document = {"goods": document, "x": [document]}
    return document


def _field(item: Field, creating: bool) -> Strategy:
    one = values(item)
    if item.repeated:
        return st.dictionaries(_ids, one if creating else st.one_of(st.none(), one), min_size=1, max_size=3)
    return one if creating or item.group else st.one_of(st.none(), one)


def _parts(part: Part, creating: bool) -> Strategy:
    one = st.fixed_dictionaries(
        {name: values(item) for name, item in part.fields.items() if item.required},
        optional={name: _field(item, creating) for name, item in part.fields.items() if not item.required},
    ).map(lambda found: _whole_groups(part.groups.values(), found))
    return st.dictionaries(_ids, one if creating else st.one_of(st.none(), one), min_size=1, max_size=2)


_ids: Final = st.one_of(st.sampled_from(["1", "2", "3"]), st.from_regex(r"[a-z2-7]{13}", fullmatch=True))


def _whole_groups(groups: Iterable[FieldGroup], found: dict[str, Any]) -> dict[str, Any]:
    for group in groups:
        for name, needed in group.needs:
            if needed not in found:
                found.pop(name, None)
    return found


def _consistent(record: RecordType, document: dict[str, Any], creating: bool) -> dict[str, Any]:
    """Bring a document of valid values in line with its type's rules."""
    _whole_groups(record.groups.values(), document)
    for rule in record.rules_in_force():
        if isinstance(rule, NotBefore) and rule.earlier in document and rule.later in document:
            pair = sorted((document[rule.earlier], document[rule.later]))
            document[rule.earlier], document[rule.later] = pair
    if creating and _incomplete(record, document):
        document["status"] = "draft"
    return document


def _incomplete(record: RecordType, document: Mapping[str, Any]) -> bool:
    """Whether something a submitted record needs is missing; a draft may be as incomplete as it likes."""
    if any(item.required and name not in document for name, item in record.fields.items()):
        return True
    if record.short_form and "source_key" not in document:
        return True
    for rule in record.rules_in_force():
        match rule:
            case AnyOf(names) if not any(name in document for name in names):
                return True
            case RequiredWhen(name, wanted, needs) if document.get(name) == wanted:
                if not all(needed in document for needed in needs):
                    return True
    return False
