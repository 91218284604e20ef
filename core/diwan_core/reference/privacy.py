"""docs/privacy.md: what leaves a post and the country, field by field, and why."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from diwan_core.dictionary import DICTIONARY, Field, RecordType
from diwan_core.dictionary.declared.common import ENVELOPE
from diwan_core.leaving.agreed import AGREED
from diwan_core.leaving.coarsen import PRIVATE_KINDS, PUBLIC_PLACES
from diwan_core.leaving.held_back import REASONS
from diwan_core.leaving.small_cells import FEW_CASES, FEW_ROWS
from diwan_core.leaving.templates import KEPT, TEMPLATES, WITHHELD

_FRAME: Final = Path(__file__).with_suffix(".md")

_REDUCED: Final = (
    (
        "position",
        "latitude and longitude to 0.1 degree (some 11 km), and only where the kind of place is public: "
        + ", ".join(sorted(PUBLIC_PLACES)),
    ),
    ("moment", "its day; the time of day never leaves"),
    (
        "customs office",
        "the code, where UN/LOCODE or a record of the centre (a unit or site) has it; nothing otherwise",
    ),
    ("unit", "the code, where the centre has such a unit; no person's name ever stands for it"),
    ("UN/LOCODE", "the code, where the list has it"),
    ("code of goods (HS)", "as many digits as the list knows: the whole code, or its heading, or its chapter"),
    ("container number", "the four letters of its owner, where the check digit is right"),
    ("air waybill", "the three digits of the airline, where the check digit is right; of any other document nothing"),
    ("flight", "the two letters of the airline; of a voyage nothing"),
    (
        "numbers of conveyances that mostly belong to one person",
        "nothing, however reduced: " + ", ".join(sorted(PRIVATE_KINDS)),
    ),
    (
        "text that may name somebody",
        "nothing, until a person has read and released exactly this text; a change voids that",
    ),
)

_BY_LEAVES: Final = {
    "free": "leaves: it identifies nobody",
    "coarsened": "leaves reduced",
    "gated": "leaves once it was released: people may name somebody in it",
}
_STAYS: Final = {
    "reference": "stays: an id links records that a reader should not be able to link",
    "officer": "stays: officers are persons, and their names are a matter of safety",
    "person": "stays: it can lead to a person",
    "business": "stays: it leads to a business or, with the day, to a consignee; an agreement may name it",
    "nobody": "stays: it concerns the work of the administration",
}


def page() -> str:
    """The whole page, Markdown: `privacy.md` of this folder, and in it what the declarations say."""
    reduced = "\n".join(f"| {kind} | {left} |" for kind, left in _REDUCED)
    held = "\n".join(f"| {reason} | nothing: it is not in the file, and counted as held back |" for reason in REASONS)
    held += "\n| of a case, the line of the person who reported it | nothing of the line, also under an agreement |"
    return _FRAME.read_text("utf-8").format(
        reduced=reduced,
        fields="\n".join(_fields()).rstrip(),
        held=held,
        agreed=_agreed(),
        office=FEW_CASES,
        rows=FEW_ROWS,
    )


def _agreed() -> str:
    return ", ".join(f"`{type}.{column}`" for type, columns in AGREED.items() for column in columns)


def _fields() -> Iterator[str]:
    yield "### In every record"
    yield ""
    yield from _table(DICTIONARY.type("case"), [("", field) for field in ENVELOPE])
    own = {field.name for field in ENVELOPE}
    for declared in DICTIONARY.types.values():
        yield f"### {declared.label}"
        yield ""
        if declared.name in WITHHELD:
            why = WITHHELD[declared.name]
            yield f"`{declared.name}`: **no record of this type leaves without personal data.** {why}"
        else:
            yield f"`{declared.name}`: leaves in the columns named here."
        yield ""
        yield from _table(
            declared, [(part, field) for part, field in declared.every_field() if part or field.name not in own]
        )


def _table(declared: RecordType, fields: list[tuple[str, Field]]) -> Iterator[str]:
    yield "| field | what it is | identifies | half | in a file without personal data |"
    yield "|---|---|---|---|---|"
    for part, field in fields:
        path = ".".join(filter(None, (part, field.name)))
        half = "nominal" if field.nominal else "plain"
        yield f"| {path} | {field.label} | {field.identifies} | {half} | {_fate(declared, path, field)} |"
    yield ""


def _fate(declared: RecordType, path: str, field: Field) -> str:
    if path in TEMPLATES.get(declared.name, ()):
        return _BY_LEAVES[field.leaves]
    if path in KEPT.get(declared.name, {}):
        return f"stays: {KEPT[declared.name][path]}"
    if field.kind == "reference":
        return _STAYS["reference"]
    if field.leaves == "free" and declared.name in WITHHELD:
        return "stays, with its record"
    return _STAYS[field.identifies]
