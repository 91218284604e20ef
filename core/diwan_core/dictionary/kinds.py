"""One quick test for each kind of value, and the words that explain why a value failed it.

The tests are on the path of every row of an import: where a function written in C can decide alone, it is called
directly (a pattern's `fullmatch`, a mapping's membership). Such a test may raise TypeError for a wrong JSON type,
which callers treat as no.
"""

import re
from collections.abc import Callable
from datetime import date as calendar_date
from datetime import datetime as calendar_datetime
from decimal import Decimal
from typing import Any, Final

from .codelist import CodeList
from .field import Field
from .problem import N_, CodeTerm, Either, Problem, ProblemCode, Term, problem

Accept = Callable[[Any], object]  # truthy = fine

# A line of text may not hold control characters (C0, C1, line separators), nor the bidirectional overrides and isolates
# that make a plate or a name read differently from what is stored (UAX #9; "Trojan Source", CVE-2021-42574), nor half
# a surrogate pair, which no encoder will carry. Marks (U+200E, U+200F, U+061C) and joiners belong to real names.
_BAD_IN_LINE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_BAD_IN_TEXT: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

_DATE: Final = re.compile(r"(?:1[89]|2[01])[0-9]{2}-[0-9]{2}-[0-9]{2}")
_TIME: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_DATETIME: Final = re.compile(_DATE.pattern + r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z")
# Canonical: no sign, no exponent, no zero that says nothing; 0 or 1e-9 … 1e12 exactly.
_DECIMAL: Final = re.compile(r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{0,8}[1-9])?|1000000000000")
_POSITION: Final = re.compile(
    r"-?(?:[1-8]?[0-9](?:\.[0-9]{1,7})?|90(?:\.0{1,7})?),-?(?:(?:1[0-7][0-9]|[1-9]?[0-9])(?:\.[0-9]{1,7})?|180(?:\.0{1,7})?)"
)
_REFERENCE: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")  # RFC 9562 §5.7
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_CODE_FROM_NEWER: Final = re.compile(r"[A-Za-z0-9_.+-]{1,60}")

_KNOWN_DATES_LIMIT: Final = 40_000  # a century of days; a hostile sender cannot make it grow beyond
_known_dates: set[str] = set()


def accepts(field: Field, codes: CodeList | None) -> Accept:
    """The test for one value of `field`."""
    match field.kind:
        case "text" if field.pattern:
            return re.compile(field.pattern, re.ASCII).fullmatch
        case "text":
            return _readable(field.limit, _BAD_IN_LINE)
        case "longtext":
            return _readable(field.limit, _BAD_IN_TEXT)
        case "code":
            if field.open_list or codes is None:
                return re.compile(field.pattern, re.ASCII).fullmatch
            return codes.codes.__contains__
        case "date":
            return is_date
        case "decimal":
            return _decimal(field.maximum)
        case "integer":
            return _integer(field.minimum, field.maximum)
        case "boolean":
            return _is_boolean
        case "datetime":
            return _is_datetime
        case "time":
            return _TIME.fullmatch
        case "position":
            return _POSITION.fullmatch
        case "reference":
            return _REFERENCE.fullmatch
        case "sha256":
            return _SHA256.fullmatch


def _readable(limit: int, bad_in: re.Pattern[str]) -> Accept:
    bad = bad_in.search

    def accept(value: Any) -> bool:
        return (
            type(value) is str
            and 0 < len(value) <= limit
            and (value.isprintable() or bad(value) is None)
            and not value.isspace()
        )

    return accept


def is_date(value: Any) -> bool:
    """Whether this is a day of the calendar, 1800 to 2199, as year-month-day."""
    if value in _known_dates:
        return True
    if _DATE.fullmatch(value) is None:
        return False
    try:
        calendar_date.fromisoformat(value)
    except ValueError:
        return False
    if len(_known_dates) < _KNOWN_DATES_LIMIT:
        _known_dates.add(value)
    return True


def _is_datetime(value: Any) -> bool:
    if _DATETIME.fullmatch(value) is None:
        return False
    try:
        calendar_datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _decimal(maximum: int) -> Accept:
    fullmatch = _DECIMAL.fullmatch
    if maximum >= 10**12:
        return fullmatch

    def accept(value: Any) -> bool:
        return fullmatch(value) is not None and Decimal(value) <= maximum

    return accept


def _integer(minimum: int, maximum: int) -> Accept:
    def accept(value: Any) -> bool:
        return type(value) is int and minimum <= value <= maximum

    return accept


def _is_boolean(value: Any) -> bool:
    return value is True or value is False


def holds(accept: Accept, value: object) -> bool:
    """Call a test safely: an error counts as no."""
    try:
        return bool(accept(value))
    except (TypeError, ValueError, RecursionError):
        return False


def shaped_like_a_code(value: object) -> bool:
    """Whether this could be a code of a list newer than ours."""
    return isinstance(value, str) and _CODE_FROM_NEWER.fullmatch(value) is not None


def show_value(value: object) -> str:
    """A value as a message may quote it: short, on one line, without characters that act on the text around it."""
    match value:
        case str():
            cut = value[:40] + ("…" if len(value) > 40 else "")
            return '"' + "".join(letter if letter.isprintable() else "�" for letter in cut) + '"'
        case bool():
            return Term(N_("yes")) if value else Term(N_("no"))
        case int():
            return str(value) if abs(value) <= 10**15 else Term(N_("a very large number"))
        case float():
            return Term(N_("a number with a decimal point"))
        case dict():
            return Term(N_("a group of values"))
        case list() | tuple():
            return Term(N_("a list"))
        case None:
            return Term(N_("nothing"))
        case _:
            return Term(N_("something unreadable"))


_EXPECTED: Final[dict[str, tuple[type, str]]] = {
    "text": (str, N_("text")),
    "longtext": (str, N_("text")),
    "code": (str, N_("a code written as text")),
    "date": (str, N_("a date written as text")),
    "time": (str, N_("a time written as text")),
    "datetime": (str, N_("a date and time written as text")),
    "decimal": (str, N_('a number written as text, such as "12.5", so that it stays exact')),
    "integer": (int, N_("a whole number")),
    "boolean": (bool, N_("yes or no (true or false)")),
    "position": (str, N_("a position written as text")),
    "reference": (str, N_("a record id written as text")),
    "sha256": (str, N_("a SHA-256 written as text")),
}

_FORMAT: Final[dict[str, str]] = {
    "date": N_("{field}: {value} is not a date. Write it as year-month-day, for example 2026-11-22."),
    "time": N_("{field}: {value} is not a time. Write hours and minutes, for example 14:05."),
    "datetime": N_("{field}: {value} is not a date and time. Write it in UTC, for example 2026-11-22T14:05:00Z."),
    "decimal": N_(
        "{field}: {value} is not a plain number. Use digits and a point, at most 12 digits before it and 9 after, "
        "for example 12.5, without needless zeros."
    ),
    "position": N_(
        '{field}: {value} is not a position. Write latitude,longitude in degrees, for example "31.95,35.93".'
    ),
    "reference": N_("{field}: {value} is not a record id. Choose the record from the list."),
    "sha256": N_("{field}: {value} is not a SHA-256. It has 64 hexadecimal digits in small letters."),
}


def explain(field: Field, codes: CodeList | None, value: object, path: str) -> Problem:
    """Why a value that failed its test was refused, and what to do."""
    label, seen = Term(field.label), show_value(value)
    wanted, words = _EXPECTED[field.kind]
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        template = N_("{field}: {value} cannot be used here. Give {expected}.")
        return problem(path, "type", template, field=label, value=seen, expected=Term(words))
    if isinstance(value, str) and not value.strip():
        template = N_("{field} is empty. Fill it in, or leave it out when it is not known.")
        return problem(path, "format", template, field=label)
    if field.kind == "integer":
        template = N_("{field}: {value} is out of range. Give a whole number from {least} to {most}.")
        return problem(path, "format", template, field=label, value=seen, least=field.minimum, most=field.maximum)
    if field.kind == "decimal" and holds(_DECIMAL.fullmatch, value):
        template = N_("{field}: {value} is too much. Give at most {most}.")
        return problem(path, "format", template, field=label, value=seen, most=field.maximum)
    if field.kind == "code" and not field.open_list and codes is not None:
        return _not_listed(path, label, seen, codes, str(value))
    if isinstance(value, str) and len(value) > field.limit:
        template = N_("{field}: {value} has {count} characters. Shorten it to at most {most}.")
        return problem(path, "too_long", template, field=label, value=seen, count=len(value), most=field.limit)
    if field.pattern:
        template = N_("{field}: {value} does not have the expected form. Write it like this: {example}")
        return problem(path, "format", template, field=label, value=seen, example=field.example)
    unsafe = N_("{field}: {value} holds characters that cannot be shown safely. Type it again without them.")
    return problem(path, "format", _FORMAT.get(field.kind, unsafe), field=label, value=seen)


def _not_listed(path: str, label: Term, seen: str, codes: CodeList, typed: str) -> Problem:
    code: ProblemCode = "unknown_code"
    name = Term(codes.label_en)
    near = codes.search(typed[:40], 3) or codes.search(typed[:3], 3)
    if not near:
        template = N_("{field}: {value} is not in the list '{list}'. Choose one from the list.")
        return problem(path, code, template, field=label, value=seen, list=name)
    meant = Either(tuple(CodeTerm(codes, item) for item in near))
    template = N_("{field}: {value} is not in the list '{list}'. Did you mean {codes}?")
    return problem(path, code, template, field=label, value=seen, list=name, codes=meant)
