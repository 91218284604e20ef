"""Invented documents of any type, made from its declaration."""

from random import Random
from typing import Any, Final

from ..case_numbers import FIELD as CASE_NUMBER
from ..catalogue import Dictionary
from ..field import Field
from ..record import AnyOf, NotBefore, Part, ReportNeeds, RequiredWhen, ShortField
from ..record_type import RecordType
from . import made_up, words
from .narratives import HIDES, hide, language, narrative

_FILLED: Final = 0.6  # share of the optional fields that get a value


def document(dictionary: Dictionary, record: RecordType, random: Random) -> dict[str, Any]:
    """One valid document; about six in ten optional fields are filled."""
    values = _level(dictionary, record.fields.values(), record.groups, random)
    for name, part in record.parts.items():
        count = random.choices((0, 1, 2), (30, 50, 20))[0]
        if count:
            values[name] = {str(n): _part(dictionary, part, random) for n in range(1, count + 1)}
    for rule in record.rules_in_force():
        _obey(dictionary, record, rule, values, random)
    values["status"] = random.choice(("submitted", "validated", "published"))
    values.pop("exercise", None)
    values.pop(CASE_NUMBER, None)  # the register gives it
    return values


def _part(dictionary: Dictionary, part: Part, random: Random) -> dict[str, Any]:
    return _level(dictionary, part.fields.values(), part.groups, random)


def _level(dictionary: Dictionary, fields: Any, groups: Any, random: Random) -> dict[str, Any]:
    values = {
        item.name: value(dictionary, item, random) for item in fields if item.required or random.random() < _FILLED
    }
    for group in groups.values():
        for name, needed in group.needs:
            if name in values and needed not in values:
                del values[name]
    return values


def _obey(dictionary: Dictionary, record: RecordType, rule: Any, values: dict[str, Any], random: Random) -> None:
    match rule:
        case NotBefore(earlier, later):
            if earlier in values and later in values:
                values[earlier], values[later] = sorted((values[earlier], values[later]))
        case RequiredWhen(name, wanted, needs) if values.get(name) == wanted:
            for needed in needs:
                if needed not in values:
                    values[needed] = value(dictionary, record.fields[needed], random)
        case ReportNeeds(any_of, when) if all(one.holds(values.get(one.field)) for one in when):
            _fill_in(dictionary, record, any_of[0], values, random)
        case AnyOf(names) if not any(name in values for name in names):
            item = record.fields[names[0]]
            values[item.name] = value(dictionary, item, random)


def _fill_in(
    dictionary: Dictionary, record: RecordType, short: ShortField, values: dict[str, Any], random: Random
) -> None:
    """What a report needs first, where it is missing: in the first part, or one of its role."""
    fields = record.parts[short.part].fields if short.part else record.fields
    holder = values
    if short.part:
        parts = values.setdefault(short.part, {})
        held = (part for part in parts.values() if not short.role or part.get("role") == short.role)
        first: dict[str, Any] = next(held, {})
        holder = first or parts.setdefault(short.role[:9] or "1", {"role": short.role} if short.role else {})
    for name, needed in ((short.name, short.name), *_needs_of(record, short)):
        if name in holder or name == short.name:
            holder.setdefault(needed, value(dictionary, fields[needed], random))


def _needs_of(record: RecordType, short: ShortField) -> tuple[tuple[str, str], ...]:
    groups = record.parts[short.part].groups if short.part else record.groups
    return tuple(pair for group in groups.values() for pair in group.needs if pair[0] == short.name)


def value(dictionary: Dictionary, item: Field, random: Random) -> Any:
    """A value of one field; elements under their ids where it is repeated."""
    if item.repeated:
        return {str(n): scalar(dictionary, item, random) for n in range(1, random.choice((2, 2, 3)))}
    return scalar(dictionary, item, random)


def scalar(dictionary: Dictionary, item: Field, random: Random) -> Any:
    """One value, not repeated."""
    match item.kind:
        case "code":
            codes = dictionary.codes(item.codelist)
            return random.choice(tuple(codes)) if item.codelist != "country" else random.choice(words.FROM)
        case "reference":
            return made_up.record_id(random)
        case "date":
            return made_up.day(random)
        case "time":
            return made_up.clock(random)
        case "datetime":
            return made_up.moment(random)
        case "decimal":
            return made_up.amount(random, 1, min(item.maximum, 5000))
        case "integer":
            return random.randint(item.minimum, min(item.maximum, 2_000))
        case "boolean":
            return random.random() < 0.5
        case "position":
            return random.choice(words.PLACES)[3]
        case "sha256":
            return f"{random.getrandbits(256):064x}"
        case "longtext":
            return _prose(random)[: item.limit]
        case "text":
            return _words(item, random)


def _words(item: Field, random: Random) -> str:
    if item.pattern:
        return item.example
    if item.is_name:
        return made_up.firm(random) if "company" in item.label.lower() else made_up.person(random, language(random))
    match item.identifier:
        case "plate":
            made = made_up.plate(random)
        case "container":
            made = made_up.container(random)
        case "phone":
            made = f"+999 {made_up.digits(random, 3)} {made_up.digits(random, 6)}"
        case "email":
            made = f"{made_up.letters(random, 6).lower()}@example.org"
        case "":
            made = f"{random.choice(words.COVER)} {random.choice(words.PLACES)[2]}"
        case _:
            made = f"{made_up.letters(random, 2)}{made_up.digits(random, 7)}"
    return made[: item.limit].strip()


def _prose(random: Random) -> str:
    spoken = language(random)
    country, _, place, *_ = random.choice(words.PLACES)
    method = random.choice(tuple(HIDES[spoken]))
    named = random.choice(words.GOODS).named[spoken]
    return narrative(
        random,
        spoken,
        {
            "goods": named,
            "cover": random.choice(words.COVER),
            "quantity": made_up.amount(random, 1, 9000),
            "unit": "kg",
            "packages": str(random.randrange(1, 400)),
            "place": place,
            "origin": random.choice(words.FROM),
            "destination": country,
            "hide": hide(spoken, method),
            "plate": made_up.plate(random),
            "container": made_up.container(random),
            "firm": made_up.firm(random),
            "seal": made_up.digits(random, 7),
            "document": f"BL{made_up.digits(random, 9)}",
            "date": made_up.day(random),
            "hour": made_up.clock(random),
        },
    )
