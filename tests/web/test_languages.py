"""Every text is in every catalogue; Arabic lacks none; what a message quotes is kept apart from the message."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.web.language import i18n, po_file, quantities, translate

from .conftest import SHORT, Browser, text_of

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PLACE = re.compile(r"\{(\w+)")
IN_ARABIC = {"Accept-Language": "ar"}


def test_every_catalogue_holds_exactly_the_texts_there_are() -> None:
    assert translate.stale() == [], "run: python -m diwan_core.web.language.translate"


def test_arabic_lacks_no_text() -> None:
    assert translate.missing("ar") == []


def test_every_word_of_the_dictionary_that_a_form_shows_is_a_text_to_translate() -> None:
    texts = {key[1] for key in translate.texts()}
    for declared in DICTIONARY.types.values():
        shown = [
            declared.label,
            declared.help,
            *(text for _, field in declared.every_field() for text in (field.help,)),
        ]
        shown += [text for part in declared.parts.values() for text in (part.label, part.help)]
        assert set(filter(None, shown)) <= texts, declared.name


def test_what_the_register_refuses_is_said_in_words_that_have_a_translation() -> None:
    """The words of a problem are marked for the catalogues. Quarantine keeps those of admission as they are."""
    core, unmarked = ROOT / "core/diwan_core", []
    for path in sorted([*core.glob("register/**/*.py"), *core.glob("web/**/*.py")]):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))) if "admission" not in path.parts else ():
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("Problem", "problem")
            ):
                words = [*node.args, None, None, None][2]
                if isinstance(words, ast.Constant | ast.JoinedStr):
                    unmarked.append(f"{path.name}:{node.lineno}")
    assert unmarked == []


def test_no_page_says_a_problem_in_english_alone() -> None:
    """Pages say it with `said`; its `message` is for commands."""
    pages = [*ROOT.glob("core/diwan_core/web/**/*.py"), *ROOT.glob("central/diwan_central/*/*_pages.py")]
    assert [path.name for path in pages if re.search(r"\bproblem\.message\b", path.read_text("utf-8"))] == []


@pytest.mark.parametrize("language", list(translate.PLURALS))
def test_a_translation_has_the_places_of_its_text(language: str) -> None:
    for entry in list(i18n.entries(language))[1:]:
        _, one, many = entry.key
        for translation in filter(None, entry.translations):
            given, wanted = set(PLACE.findall(translation)), set(PLACE.findall(many or one))
            # a singular or dual may say its number in words
            assert given == wanted or (many and given == wanted - {"count"}), entry.key


def test_a_catalogue_reads_back_as_it_was_written() -> None:
    entries = [
        po_file.Entry(
            ("", "", ""),
            ("Language: xx\nContent-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=n!=1;\n",),
        ),
        po_file.Entry(("", 'a "quoted"\nline \\', ""), ("ألف",), "somewhere"),
        po_file.Entry(("list", "Post", ""), ("منفذ",)),
        po_file.Entry(("", "{count} day", "{count} days"), ("one", "{count} more")),
    ]
    assert list(po_file.read(po_file.write(entries).split("\n"))) == entries
    catalogue = po_file.translations(entries)
    assert catalogue is not None
    assert catalogue.gettext('a "quoted"\nline \\') == "ألف"
    assert catalogue.pgettext("list", "Post") == "منفذ"
    assert catalogue.ngettext("{count} day", "{count} days", 5) == "{count} more"


def test_a_text_without_translation_shows_in_english() -> None:
    assert i18n.catalogue("ru").gettext("Cases") == "Cases"
    assert "fr" not in i18n.offered() and "ar" in i18n.offered()


def test_the_browsers_wish_is_heard_and_a_choice_beats_it(officer: Browser) -> None:
    page = officer.client.get("/cases", headers=IN_ARABIC)
    assert 'lang="ar" dir="rtl"' in page.text and "القضايا" in text_of(page)
    officer.client.set_cookie("diwan_language", "en")
    assert 'lang="en" dir="ltr"' in officer.client.get("/cases", headers=IN_ARABIC).text
    officer.client.delete_cookie("diwan_language")


def test_a_refused_report_says_why_in_arabic_with_what_was_typed_kept_apart(officer: Browser) -> None:
    page = officer.post("/cases/new", {**SHORT, "date": "yesterday", "direction": ""}, headers=IN_ARABIC)
    assert page.status_code == 422
    text = text_of(page)
    assert 'التاريخ: \u2068"yesterday"\u2069 ليس تاريخًا' in text
    assert "is needed" not in text and "Choose the" not in text


def test_a_code_is_found_by_its_arabic_label(officer: Browser) -> None:
    i18n.catalogue("ar")
    assert "false_floor" in DICTIONARY.codes("concealment_method").search("أرضية مزدوجة")
    assert DICTIONARY.codes("direction").label("import", "ar") == "استيراد"


def test_a_search_in_every_language_keeps_no_catalogue() -> None:
    """An English console holds no Arabic texts because somebody searched: only the labels of codes."""
    before = i18n.catalogue.cache_info().currsize
    i18n.teach.cache_clear()
    i18n.learn_every_language.__wrapped__()
    assert i18n.catalogue.cache_info().currsize == before
    assert DICTIONARY.codes("direction").label("import", "ar") == "استيراد"


@pytest.mark.parametrize(
    ("text", "translated"),
    [
        ('msgid ""\nmsgstr ""\n"Language: fr\\n"\n\nmsgid "Case"\nmsgstr ""\n', False),
        ('msgid ""\nmsgstr ""\n"Language: fr\\n"\n\nmsgid "Case"\nmsgstr "Affaire"\n', True),
        ('msgid ""\nmsgstr ""\n"Language: fr\\n"\n\nmsgid "Case"\nmsgstr ""\n"Affaire"\n', True),
        ('msgid ""\nmsgstr ""\n"Language: fr\\n"\n\nmsgid "a"\nmsgid_plural "b"\nmsgstr[0] ""\nmsgstr[1] "c"\n', True),
        ("", False),
    ],
)
def test_a_catalogue_that_nobody_began_is_told_without_reading_it(text: str, translated: bool) -> None:
    assert po_file.may_be_translated(text) is translated


def test_an_arrow_points_from_before_to_after_in_both_directions() -> None:
    root = Path(__file__).parents[2]
    lines = [
        f"{path.name}: {line.strip()[:80]}"
        for path in root.glob("[ac]*/diwan_*/**/templates/**/*.html")
        for line in path.read_text("utf-8").splitlines()
        if "→" in line and "←" not in line
    ]
    assert lines == [], "an arrow is no letter, and a page that runs from right to left does not turn it"


def test_short_texts_tell_translators_what_they_mean() -> None:
    wanted = {text for _context, text, _many in translate.texts()}
    told = tomllib.loads(translate.NOTES.read_text("utf-8"))
    assert set(told) <= wanted, f"notes for texts that are gone: {sorted(set(told) - wanted)}"
    for path in sorted(i18n.LOCALE.glob("*.po")):
        held = {entry.key[1]: entry.comment for entry in po_file.read(path.read_text("utf-8").split("\n"))}
        assert all(note in held[text] for text, note in told.items()), path.name
        assert "field conveyance.colour" in held["Colour"]


def test_no_page_shares_the_words_of_a_quantity() -> None:
    """A text has one translation: "2 cases" of a list once became two packing cases in Arabic."""
    root = Path(__file__).parents[2]
    counted = re.findall(r'N_n\("([^"]+)"', Path(quantities.__file__).read_text("utf-8"))
    files = (path for kind in ("py", "html") for path in root.glob(f"[ac]*/diwan_*/**/*.{kind}"))
    others = {path: path.read_text("utf-8") for path in files if path.name != "quantities.py"}
    shared = [f"{words} in {path.name}" for words in counted for path, text in others.items() if f'"{words}"' in text]
    assert len(counted) > 20 and shared == []
