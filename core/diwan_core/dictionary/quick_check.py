"""A quick check of a new record in its JSON form: msgspec decodes it once into a declared shape, entirely in C.

Says yes only where the validator finds nothing wrong with the values of a new record, and where no field that its type
requires is missing. No means only that the validator has to look: it alone says what is wrong."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal

import msgspec

from .codelist import CodeList
from .field import Field
from .record import Part, RecordDeclaration

QUICK_FROM: Final = 500
"""New records of a type that a process leaves to the validator before it prepares its shape: who saves a few cases need
not hold every list of codes."""

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


class QuickCheck:
    """The question for one type of record."""

    def __init__(self, record: RecordDeclaration, lists: Mapping[str, CodeList], after: int = QUICK_FROM) -> None:
        """Nothing is prepared, and every answer is no, until it was asked `after` times."""
        self._record = record
        self._lists = lists
        self._asked, self._after = 0, after
        self._rest: msgspec.json.Decoder[Any] | None = None
        self._nominal: msgspec.json.Decoder[Any] | None = None

    def __call__(self, rest: bytes, nominal: bytes | None) -> bool:
        """Whether nothing is wrong, for all it knows, with a new record that has these halves."""
        if self._rest is None or self._nominal is None:
            self._asked += 1
            if self._asked > self._after:
                self._prepare()
            return False
        if not (_is_printable(rest) and (nominal is None or _is_printable(nominal))):
            return False
        try:
            self._rest.decode(rest)
            self._nominal.decode(nominal or b"{}")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        return True

    def _prepare(self) -> None:
        """Compile the shapes; this loads every closed list of codes of the type."""
        fields, parts = self._record.fields.values(), self._record.parts.values()
        self._rest = msgspec.json.Decoder(_shape(fields, parts, self._lists, nominal=False))
        self._nominal = msgspec.json.Decoder(_shape(fields, parts, self._lists, nominal=True))


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
    nominal: bool,
    *,
    of_part: bool = False,
) -> type[msgspec.Struct]:
    """The shape of one half of a record or of a part. A field that is required has no default."""
    required: list[tuple[str, Any]] = []
    others: list[tuple[str, Any, Any]] = []
    names: dict[str, str] = {}
    for item in fields:
        kind = _type_of(item, lists)
        if item.nominal != nominal or kind is None:
            continue
        name = f"field_{len(names)}"
        names[name] = item.name
        if item.repeated:
            others.append((name, _under_ids(kind), msgspec.UNSET))
        elif item.required and not (of_part and item.short):
            required.append((name, kind))
        else:
            others.append((name, kind | None, None))
    for part in parts:
        shape = _shape(part.fields.values(), (), lists, nominal=nominal, of_part=True)
        if shape.__struct_fields__:
            name = f"field_{len(names)}"
            names[name] = part.name
            others.append((name, _under_ids(shape), msgspec.UNSET))
    return msgspec.defstruct("Half", [*required, *others], rename=names, forbid_unknown_fields=True, gc=False)


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
