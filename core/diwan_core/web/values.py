"""Between what a person types and what a document holds, one field at a time, both ways.

Reading is forgiving about form (Arabic digits, a decimal comma, the label of a code in place of the code) and never
judges: what cannot be understood passes on as typed, and the dictionary's validator says what is wrong with it.
"""

import re
from datetime import UTC, datetime, timezone
from typing import Final

from diwan_core.dictionary import DICTIONARY, CodeList, Field

#: A field's value as a document holds it; a mapping where the field is repeated.
Scalar = str | bool | int

_ARABIC_POINT: Final = "٫"
_DIGITS: Final = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹٫،", "01234567890123456789.,")
_GROUPING: Final = re.compile("(?<=[0-9])[ \u00a0\u2009\u202f\u066c'\u2019](?=[0-9]{3}(?![0-9]))")
_DECIMAL: Final = re.compile(r"\+?(-?)0*([0-9]+)(?:\.([0-9]*))?\Z", re.ASCII)
#: Thousands set apart by one sign and decimals by the other, or three groups and more: 1,234.5 and 1.234.567
_GROUPED: Final = re.compile(
    r"[1-9][0-9]{0,2}(?:(?:,[0-9]{3})+\.[0-9]*|(?:\.[0-9]{3})+,[0-9]*|(?:,[0-9]{3}){2,}|(?:\.[0-9]{3}){2,})"
)
#: One sign before three digits: 48,000 is 48 thousand to some and 48 to others. With a point only where the last digit
#: says nothing, as no number of ours is ever shown.
_EITHER: Final = re.compile(r"([1-9][0-9]{0,2})(?:,([0-9]{3})|\.([0-9]{2}0))")
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}\Z", re.ASCII)
_POSITION: Final = re.compile(r"\+?(-?[0-9]{1,3})(\.[0-9]+)?,\+?(-?[0-9]{1,3})(\.[0-9]+)?", re.ASCII)
_DECIMALS_KEPT: Final = 7
_CODE_AT_END: Final = re.compile(r"\(([^()]{1,20})\)\s*\Z")
_LOCAL: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?\Z", re.ASCII)

#: Lists up to this long are a drop-down; up to the next, a text box that suggests; longer ones have a look-up page.
DROP_DOWN: Final = 45
SUGGESTED: Final = 400


def read_decimal(text: str) -> str:
    """Plain notation of a number as typed: "1 234,50" → "1234.5"; anything else comes back as it was, and so does what
    can be read in two ways (`either_number`)."""
    if either_number(text):
        return text
    plain = _GROUPING.sub("", text.translate(_DIGITS))
    if _GROUPED.fullmatch(plain):
        last = max(plain.rfind(","), plain.rfind("."))
        alone = "," not in plain or "." not in plain
        plain = re.sub("[,.]", "", plain if alone else plain[:last]) + ("" if alone else "." + plain[last + 1 :])
    elif plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    found = _DECIMAL.match(plain)
    if found is None:
        return text
    sign, whole, fraction = found[1], found[2], (found[3] or "").rstrip("0")
    number = f"{whole}.{fraction}" if fraction else whole
    return number if number == "0" else sign + number


def either_number(text: str) -> tuple[str, str] | None:
    """The two numbers that "48,000" may mean, the smaller first; None where only one can be meant."""
    if _ARABIC_POINT in text:  # that sign has one meaning
        return None
    found = _EITHER.fullmatch(text.strip().translate(_DIGITS))
    if found is None:
        return None
    thousands, rest = found[1], found[2] or found[3]
    decimals = rest.rstrip("0")
    return (f"{thousands}.{decimals}" if decimals else thousands), thousands + rest


def read_position(text: str) -> str:
    """A place the way telephones and maps give it: "31.953949123°, 35.910635" as "31.9539491,35.910635"."""
    found = _POSITION.fullmatch(re.sub(r"[\s°]", "", text))
    if found is None:
        return text
    north, east = ((found[at] + (found[at + 1] or "")[: 1 + _DECIMALS_KEPT]) for at in (1, 3))
    return f"{north},{east}"


def read_patterned(field: Field, text: str) -> str:
    """What a pattern asks for, typed the way it is printed: "jo aqj" → "JOAQJ", "2402.20" → "240220"."""
    for meant in (text, text.upper(), re.sub(r"[\s.]", "", text.upper())):
        if re.fullmatch(field.pattern, meant, re.ASCII):
            return meant
    return text


def read_code(list_name: str, text: str, language: str) -> str:
    """The code meant by "Jordan (JO)", "Jordan", "JO" or "jo"; the text itself when none or several are meant.

    Where people type (not in a drop-down, which sends codes), a word they would use beats a code that looks like it:
    "kg" is a kilogram (KGM), not a keg (KG)."""
    codes = DICTIONARY.codes(list_name)
    if len(codes) <= DROP_DOWN and codes.has(text):
        return text
    named = _CODE_AT_END.search(text)
    if named and codes.has(named[1]):
        return named[1]
    wanted = text.casefold()
    meant = {code for code in codes.search(text, 20) if wanted in _words_for(codes, code, language)}
    if len(meant) == 1:
        return meant.pop()
    return next((code for code in (text, text.upper()) if codes.has(code)), text)


def _words_for(codes: CodeList, code: str, language: str) -> set[str]:
    synonyms = codes.table.synonyms.get(code, "").split(",")
    return {word.strip().casefold() for word in (codes.label(code, language), codes.label(code), *synonyms)} - {""}


def read_moment(text: str, here: timezone | None) -> str:
    """A local "2026-11-22T14:05" as UTC "2026-11-22T12:05:00Z"; `here` is the post's offset, None the machine's own."""
    if not _LOCAL.match(text):
        return text
    try:
        local = datetime.fromisoformat(text)
        moment = local.replace(tzinfo=here) if here else local.astimezone()
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        return text


def read(field: Field, typed: str, language: str = "en", here: timezone | None = None) -> Scalar | None:
    """The value of one control; None when nothing was typed."""
    text = typed.replace("\r\n", "\n").strip()
    if not text:
        return None
    match field.kind:
        case "code" if field.codelist:
            code = read_code(field.codelist, text, language)
            return read_patterned(field, code) if field.pattern else code
        case "decimal":
            return read_decimal(text)
        case "integer":
            plain = _GROUPING.sub("", text.translate(_DIGITS))
            if re.fullmatch(r"[1-9][0-9]{0,2}([,.])[0-9]{3}(?:\1[0-9]{3})*", plain):
                plain = re.sub("[,.]", "", plain)  # what cannot have decimals
            return int(plain) if _INTEGER.match(plain) else text
        case "boolean":
            return {"yes": True, "no": False}.get(text, text)
        case "date" | "time":
            return text.translate(_DIGITS)
        case "position":
            return read_position(text.translate(_DIGITS))
        case "datetime":
            return read_moment(text.translate(_DIGITS), here)
        case _:
            return read_patterned(field, text) if field.pattern else text


def typed(field: Field, value: object, language: str = "en", here: timezone | None = None) -> str:
    """What a control shows for a value: the inverse of `read`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    if field.kind == "code" and field.codelist:
        return code_text(field.codelist, text, language)
    if field.kind == "datetime":
        try:
            return datetime.fromisoformat(text).astimezone(here).strftime("%Y-%m-%dT%H:%M")
        except ValueError:
            return text
    return text


def code_text(list_name: str, code: str, language: str) -> str:
    """How a code stands in its control: bare in a drop-down, "Jordan (JO)" in a text box."""
    codes = DICTIONARY.codes(list_name)
    if not codes.has(code) or len(codes) <= DROP_DOWN:
        return code
    label = codes.label(code, language)
    return f"{label} ({code})" if label and label != code else code
