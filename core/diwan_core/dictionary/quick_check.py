"""A quick check of a new record in its JSON form: msgspec decodes it once into a declared shape, entirely in C.

Says yes only where the validator finds nothing wrong with the values of a new record, and where no field that its type
requires is missing. No means only that the validator has to look: it alone says what is wrong."""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec

from .codelist import CodeList
from .field import Field
from .record import Part, RecordDeclaration

QUICK_FROM: Final = 500
"""New records of a type that a process leaves to the validator before it prepares its shape: who saves a few cases need
not hold every list of codes. After so many that the shape has no fields for it is prepared anew."""

_SMALL_ID: Any = Literal[tuple(str(number) for number in range(1, 100))]
"""Ids of parts that forms and imports give; of a minted one the validator judges."""
_DAY: Final = (
    "(?:1[89]|2[01])[0-9]{2}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
"""Days of the calendar from 1800 to 2199; of the leap day the validator judges."""
_PATTERNS: Final = {
    "date": _DAY,
    "datetime": _DAY + "T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z",
    "time": "(?:[01][0-9]|2[0-3]):[0-5][0-9]",
    "position": "-?(?:[1-8]?[0-9])(?:[.][0-9]{1,7})?,-?(?:1[0-7][0-9]|[1-9]?[0-9])(?:[.][0-9]{1,7})?",
    "reference": "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "sha256": "[0-9a-f]{64}",
}

_REFUSALS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_Names = dict[str, dict[str, int]]
"""The names of fields that records had, each with its place in the order in which they came: under "" those of the
record itself, under the name of a part those within it."""
_decode = msgspec.json.Decoder().decode


class _Halves(NamedTuple):
    """What decodes the two halves of a new record into their shapes."""

    rest: Callable[[bytes], Any]
    nominal: Callable[[bytes], Any]


class QuickCheck:
    """The question for one type of record."""

    def __init__(self, record: RecordDeclaration, lists: Mapping[str, CodeList], after: int = QUICK_FROM) -> None:
        """Nothing is prepared, and every answer is no, until it was asked `after` times."""
        self._record = record
        self._lists = lists
        self._asked, self._after = 0, after
        self._narrow: _Halves | None = None
        self._whole: _Halves | None = None
        self._met: _Names = {}

    def __call__(self, rest: bytes, nominal: bytes | None) -> bool:
        """Whether nothing is wrong, for all it knows, with a new record that has these halves."""
        if self._narrow is None:
            self._meet(rest, nominal)
            return False
        if not (_is_printable(rest) and (nominal is None or _is_printable(nominal))):
            return False
        try:
            self._narrow.rest(rest)
            self._narrow.nominal(nominal or b"{}")
        except _REFUSALS:
            return self._asked_whole(rest, nominal)
        return True

    def _asked_whole(self, rest: bytes, nominal: bytes | None) -> bool:
        """The same by the shape with all fields of the type. This loads every closed list of codes of it."""
        if self._whole is None:
            self._whole = self._halves(None)
        try:
            self._whole.rest(rest)
            self._whole.nominal(nominal or b"{}")
        except _REFUSALS:
            return False
        self._meet(rest, nominal)
        return True

    def _meet(self, rest: bytes, nominal: bytes | None) -> None:
        """Remember which fields records have; prepare the shape for them once so many have come."""
        try:
            for half in (rest, nominal or b"{}"):
                self._note_names(_decode(half))
        except _REFUSALS:
            pass  # no record: the validator says so
        self._asked += 1
        if self._asked > self._after:
            self._narrow, self._asked = self._halves(self._met), 0

    def _note_names(self, half: Any) -> None:
        """Add the names of a half's fields to those met, and of each part the names within it: of declared ones, since
        others could be endless."""
        if not isinstance(half, dict):
            return
        fields, parts, own = self._record.fields, self._record.parts, self._met.setdefault("", {})
        for name, value in half.items():
            if name in fields or name in parts:
                own.setdefault(name, len(own))
            if name in parts and isinstance(value, dict):
                inner, declared = self._met.setdefault(name, {}), parts[name].fields
                for within in value.values():
                    for one in within if isinstance(within, dict) else ():
                        if one in declared:
                            inner.setdefault(one, len(inner))

    def _halves(self, met: _Names | None) -> _Halves:
        fields, parts = self._record.fields.values(), self._record.parts.values()
        return _Halves(*(
            msgspec.json.Decoder(_shape(fields, parts, self._lists, met, nominal=nominal)).decode
            for nominal in (False, True)
        ))  # fmt: skip


def _is_printable(half: bytes) -> bool:
    """Whether each text in a half can be printed and holds more than spaces: a blank one would begin with a space. In
    JSON a control character stands behind a backslash, all but DEL, so that of ASCII no single one is looked at."""
    if b"\\" in half or b'" ' in half:
        return False
    return b"\x7f" not in half if half.isascii() else half.decode().isprintable()


def _shape(
    fields: Iterable[Field],
    parts: Iterable[Part],
    lists: Mapping[str, CodeList],
    met: _Names | None,
    *,
    nominal: bool,
    part_of: str = "",
) -> type[msgspec.Struct]:
    """The shape of one half of a record or of a part. A field that is required has no default. With `met` it has only
    the fields that were met, and the required ones, in the order in which they came: a field is found by going through
    them from the last one on, and one that is not there costs time too."""
    found: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    places = None if met is None else met.get(part_of, {})
    for item in fields:
        needed = item.required and not (item.repeated or (part_of and item.short))
        if item.nominal != nominal or (places is not None and item.name not in places and not needed):
            continue
        kind = _type_of(item, lists)
        if kind is None:
            continue
        if needed:
            found.append((item.name, kind))
        elif item.repeated:
            found.append((item.name, _under_ids(kind), msgspec.UNSET))
        else:
            found.append((item.name, kind | None, None))
    for part in parts:
        if places is None or part.name in places:
            shape = _shape(part.fields.values(), (), lists, met, nominal=nominal, part_of=part.name)
            if shape.__struct_fields__:
                found.append((part.name, _under_ids(shape), msgspec.UNSET))
    if places is not None:
        found.sort(key=lambda one: places.get(one[0], 0))
    names = {f"field_{at}": one[0] for at, one in enumerate(found)}
    declared: list[Any] = [(f"field_{at}", *one[1:]) for at, one in enumerate(found)]
    return msgspec.defstruct("Half", declared, rename=names, forbid_unknown_fields=True, kw_only=True, gc=False)


def _under_ids(kind: Any) -> Any:
    """Values of a type under the ids of their parts, where the half holds any."""
    mapping: Any = dict
    return mapping[_SMALL_ID, kind | None] | msgspec.UnsetType


def _type_of(item: Field, lists: Mapping[str, CodeList]) -> Any:
    """The type of a field's value; None where there is none that says the same as the validator's test."""
    match item.kind:
        case "text" | "longtext" if not item.pattern:
            return Annotated[str, msgspec.Meta(min_length=1, max_length=item.limit)]
        case "code" if not item.open_list and (codes := lists.get(item.codelist)) is not None:
            # What a draft needs is another question.
            return Literal[tuple(code for code in codes.codes if (item.name, code) != ("status", "draft"))]
        case "text" | "code":
            return _matching(item.pattern)
        case "decimal":
            return _matching(_decimals_up_to(item.maximum))
        case "boolean":
            return bool
        case "integer":
            return None  # msgspec takes 1.0 for a whole number
        case _:
            return _matching(_PATTERNS[item.kind])


def _decimals_up_to(maximum: int) -> str:
    """Decimals of so few digits that none is too large."""
    digits = min(12, len(str(maximum)) - 1)
    return f"(?:0|[1-9][0-9]{{0,{digits - 1}}})(?:[.][0-9]{{0,8}}[1-9])?" if digits else "0"


def _matching(pattern: str) -> Any:
    return Annotated[str, msgspec.Meta(pattern=rf"\A(?a:{pattern})\Z")]
