"""Records with a word in every text of every type by which it is known wherever it turns up: a canary.

Texts with a shape of their own (a container number, an office, a code of goods) hold a canary of that shape. All other
numbers are made of the digits 0 to 5, so that none of them looks like one."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY, Field, RecordDeclaration, container_check_digit
from diwan_core.dictionary.case_numbers import FIELD as CASE_NUMBER

#: Any of these in what leaves is a leak. Compared in lower case.
TOKENS: Final = (
    b"canar",  # every text; offices, places, user names and ids of parts too
    b"987698",  # numbers: containers, ships, waybills, telephones, codes of goods, positions
    b"a9876",  # a flight
    b"cafecafe",  # ids of records, digests of files
    b"03:47",  # the time of day
)
_NUMBERS: Final = {
    "container": f"CNRU987698{container_check_digit('CNRU987698')}",
    "consignment": f"512-9876987{9876987 % 7}",
    "voyage": "CA9876",
    "vessel": "9876987",
    "phone": "+962 7 987698769",
    "device": "987698769876987",
}
_SHAPED: Final = {
    "office": "CANARY-1", "expected_office": "CANARY-1", "user_name": "canary.1", "code": "CANARY-1",
}  # fmt: skip
_OF_LIST: Final = {"hs": "0798769876", "locode": "CANAR"}
_PART: Final = "canarycanary2"


def canary(field: Field, chance: Random) -> Any:
    """A value of a field that may not leave as it is, or one that says nothing of anybody."""
    match field.kind:
        case "text" | "longtext" if field.pattern:
            return _of_pattern(field)
        case "text" | "longtext":
            number = _NUMBERS.get(field.identifier, "")
            text = f"Canary {chance.randrange(10**6)} {field.name}"
            return number[: field.limit] if number and chance.random() < 0.8 else text[: field.limit]
        case "code" if field.open_list:
            return _of_pattern(field)
        case "code":
            return chance.choice(list(DICTIONARY.codes(field.codelist)))
        case "date":
            return "2025-04-03"  # the same everywhere: some may not lie before others
        case "time":
            return "03:47"
        case "datetime":
            return "2025-04-03T03:47:00Z"
        case "decimal" | "integer":
            number = chance.choice("12345")
            return int(number) if field.kind == "integer" else number
        case "boolean":
            return chance.random() < 0.5
        case "position":
            return "8.9876981,9.9876981"
        case "reference":
            return "cafecafe-cafe-7afe-8afe-cafecafecafe"
        case "sha256":
            return "cafe" * 16


def _of_pattern(field: Field) -> str:
    return _OF_LIST.get(field.codelist) or _SHAPED.get(field.name) or field.example


def document(declared: RecordDeclaration, chance: Random) -> dict[str, Any]:
    """A record of a type in which every field is set."""
    fields = [field for field in declared.fields.values() if field.name != CASE_NUMBER]  # the register gives it
    found: dict[str, Any] = {field.name: _held(field, chance) for field in fields}
    for part in declared.parts.values():
        keys = [_PART, "1", f"canarycanary{chance.choice('34567')}"][: chance.randint(1, 3)]
        found[part.name] = {key: {field.name: _held(field, chance) for field in part.fields.values()} for key in keys}
    if declared.name in ("unit", "site"):
        found["office"] = "JOAQJ"  # what the centre writes there is a known office: it may leave with other records
    return {**found, "status": "submitted", "exercise": False, "handling": chance.choice(("clear", "green", "amber"))}


def _held(field: Field, chance: Random) -> Any:
    value = canary(field, chance)
    return {_PART: value, "1": canary(field, chance)} if field.repeated else value


def documents(declared: RecordDeclaration, count: int, seed: int) -> Iterator[dict[str, Any]]:
    """So many records of a type, the same for the same seed."""
    chance = Random(f"{declared.name} {seed}")
    for _ in range(count):
        yield document(declared, chance)


def leaks(content: bytes) -> list[bytes]:
    """The canaries in some bytes, with what stands around them."""
    text = content.lower()
    places = ((token, text.find(token)) for token in TOKENS)
    return [content[max(0, at - 40) : at + 20] for _, at in places if at >= 0]
