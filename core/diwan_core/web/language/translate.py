"""Brings the catalogues up to date with the texts: `python -m diwan_core.web.language.translate [--check | --missing
LANGUAGE]`.

Run in the source tree. Texts come from the `_()`, `_n()`, `N_()` and `N_n()` of the Python files and templates of core,
appliance and central, and from the dictionary: labels and help of every field, and the labels of Diwan's own code
lists. A translation is kept while its text exists; a new text is added without one, and shows in English until then.
"""

import argparse
import ast
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from jinja2 import Environment

from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.lists import OWN_LISTS
from diwan_core.web.language import po_file
from diwan_core.web.language.i18n import LANGUAGES, LOCALE, OFTEN
from diwan_core.web.language.po_file import Entry, Key

NOTES: Final = Path(__file__).with_name("notes.toml")
_SHORT: Final = 3
"""Words up to which a text of the dictionary is told where it belongs; longer ones say it themselves."""
_OWNERS: Final = 3
ROOT: Final = Path(__file__).parents[4]
ROOMS: Final = ("core/diwan_core", "appliance/diwan_appliance", "central/diwan_central")
_PLURAL_CALLS: Final = frozenset({"_n", "N_n"})
_CALLS: Final = frozenset({"_", "N_", *_PLURAL_CALLS})
#: Plural rules of the languages (Unicode CLDR), in gettext's notation.
PLURALS: Final = {
    "fr": "nplurals=2; plural=n>1;",
    "ar": "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5;",
    "es": "nplurals=2; plural=n!=1;",
    "pt": "nplurals=2; plural=n!=1;",
    "ru": "nplurals=3; plural=n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2;",
}


def texts() -> dict[Key, str]:
    """Every text to translate, with the place it was first found in."""
    found: dict[Key, str] = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*")):
            if path.suffix in (".py", ".html"):
                name = path.relative_to(ROOT).as_posix()
                texts_in = _in_python if path.suffix == ".py" else _in_template
                for key in texts_in(path.read_text("utf-8")):
                    found.setdefault(key, name)
    for key in _in_dictionary():
        found.setdefault(key, "dictionary")
    return found


def _in_python(source: str) -> Iterator[Key]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
            given = [item.value for item in node.args if isinstance(item, ast.Constant) and isinstance(item.value, str)]
            if given and given[0]:
                yield "", given[0], given[1] if node.func.id in _PLURAL_CALLS and len(given) > 1 else ""


def _in_template(source: str) -> Iterator[Key]:
    environment = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True)
    for _line, function, message in environment.extract_translations(source, tuple(_CALLS)):  # type: ignore[attr-defined]
        given = [item for item in message if isinstance(item, str)] if isinstance(message, tuple) else [message]
        if given and given[0]:
            yield "", given[0], given[1] if function in _PLURAL_CALLS and len(given) > 1 else ""


def notes() -> dict[str, str]:
    """What translators are told of short texts beside their place: of those of pages what `notes.toml` says, of those
    of the dictionary which field, type or code list they belong to."""
    found: dict[str, list[str]] = {}
    for text, owner in _owners():
        if len(text.split()) <= _SHORT:
            found.setdefault(text, []).append(owner)
    told = {text: "; ".join(owners[:_OWNERS]) for text, owners in found.items()}
    for text, note in tomllib.loads(NOTES.read_text("utf-8")).items():
        told[text] = f"{note} ({told[text]})" if text in told else note
    return told


def _owners() -> Iterator[tuple[str, str]]:
    for record in DICTIONARY.types.values():
        yield record.label, f"type {record.name}"
        for part in record.parts.values():
            yield part.label, f"part {record.name}.{part.name}"
        for part_name, field in record.every_field():
            yield field.label, f"field {'.'.join(filter(None, (record.name, part_name, field.name)))}"
    for codes in OWN_LISTS:
        yield from ((label, f"code of the list {codes.name}") for label in codes.codes.values())


def _in_dictionary() -> Iterator[Key]:
    for record in DICTIONARY.types.values():
        yield from _plain(record.label, record.help)
        for part in record.parts.values():
            yield from _plain(part.label, part.help)
        for _part, field in record.every_field():
            yield from _plain(field.label, field.help)
    for codes in OWN_LISTS:
        yield from _plain(codes.label_en, *codes.codes.values())
    for codes in DICTIONARY.lists.values():
        yield from _plain(codes.label_en)
    for name, wanted in OFTEN.items():
        codes = DICTIONARY.codes(name)
        yield from _plain(*(codes.label(code) for code in wanted or codes if codes.has(code)))


def _plain(*found: str) -> Iterator[Key]:
    yield from (("", text, "") for text in found if text)


def updated(language: str, wanted: Mapping[Key, str], held: Iterable[Entry]) -> list[Entry]:
    """The catalogue of a language with exactly the wanted texts, and special wordings for a code list kept."""
    forms = int(PLURALS[language].removeprefix("nplurals=")[0])
    known = {entry.key: entry.translations for entry in held}
    special = {key: "code list" for key in known if key[0] and ("", key[1], "") in wanted}
    header = f"Language: {language}\nContent-Type: text/plain; charset=UTF-8\nPlural-Forms: {PLURALS[language]}\n"
    made, told = [Entry(("", "", ""), (header,))], notes()
    for key, place in sorted({**wanted, **special}.items(), key=lambda item: (item[1], item[0])):
        comment = f"{place}: {told[key[1]]}" if key[1] in told else place
        made.append(Entry(key, known.get(key) or ("",) * (forms if key[2] else 1), comment))
    return made


def catalogues() -> dict[Path, str]:
    """The files as they should be, by their paths."""
    wanted = texts()
    made = {}
    for language in PLURALS:
        path = LOCALE / f"{language}.po"
        held = list(po_file.read(_lines(path))) if path.is_file() else []
        made[path] = po_file.write(updated(language, wanted, held))
    return made


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").split("\n")


def missing(language: str) -> list[Key]:
    """Texts a language has no translation for."""
    path = LOCALE / f"{language}.po"
    return [entry.key for entry in po_file.read(_lines(path)) if not all(entry.translations)]


def stale() -> list[str]:
    """Catalogues that do not hold exactly the texts there are."""
    return [
        path.name
        for path, text in catalogues().items()
        if not path.is_file()
        or {e.key for e in po_file.read(_lines(path))} != {e.key for e in po_file.read(text.split("\n"))}
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Bring the catalogues up to date with the texts.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when a catalogue is out of date")
    parser.add_argument("--missing", choices=[name for name in LANGUAGES if name != "en"], help="list what is missing")
    given = parser.parse_args()
    if given.check:
        sys.exit(f"out of date: {', '.join(stale())}" if stale() else 0)
    if given.missing:
        print("\n".join(repr(key[1]) + (f" / {key[2]!r}" if key[2] else "") for key in missing(given.missing)))
        return
    LOCALE.mkdir(exist_ok=True)
    for path, text in catalogues().items():
        path.write_text(text, "utf-8")
        print(f"{path.name}: {len(missing(path.stem))} of {text.count('msgid ') - 1} texts without translation")


if __name__ == "__main__":
    main()
