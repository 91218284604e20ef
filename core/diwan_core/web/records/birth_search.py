"""The search for people by their date of birth, as far as it is known."""

from diwan_core.dictionary import RecordType
from diwan_core.reading import DateStyle, Value, read_date


def born_between(text: str) -> tuple[str, str] | None:
    """The first and the last day that "1970", "05/1970", "1965-1970" or a day means; None where it means none."""
    first, last = (read_date(text.strip()[:40], DateStyle(last=is_last)) for is_last in (False, True))
    if not isinstance(first, Value) or not isinstance(last, Value):
        return None
    return str(first.value), str(last.value)


def has_births(record_type: RecordType) -> bool:
    """Whether records of a type can be looked up by when somebody was born."""
    return "birth_date" in record_type.fields
