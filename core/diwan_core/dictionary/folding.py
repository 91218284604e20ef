"""Folding of texts: the one form in which texts are compared that people consider the same, however they were typed.

The text is stored as it was written and found by its folded form. Search, identifiers, hints and names all use this
module, so that they find the same things. A node folds for itself: nothing folded is sent or signed (ADR 24).

Sources of the tables: Unicode 15 (compatibility decomposition, case folding, general categories); ICAO Doc 9303 part 3,
8th edition, section 6 A (the letters that passport zones print); CLDR `Latin-ASCII` (letters that do not decompose);
Unicode block 0600 (forms of one Arabic letter). Cyrillic, Greek and all other scripts stay within their script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

FOLD_VERSION: Final = 2
"""Grows when folding changes; registers are then indexed anew (`register.search.reindex`)."""

# Latin letters that Unicode does not decompose, by the letters people type for them.
_LATIN: Final = {
    "a": "ᴀᶏⱥɐɑɒᶐ", "aa": "ꜳ", "ae": "æᴁᴂ", "ao": "ꜵ", "au": "ꜷ", "av": "ꜹꜻ", "ay": "ꜽ",
    "b": "ƀƃɓʙᵬᶀꞗᴃ", "c": "ƈȼɕᴄↄꜿꞓꞔ", "d": "đðƌȡɖɗᴅᴆᵭᶁᶑꝺꟈ", "db": "ȸ", "dz": "ʣʥ",
    "e": "əǝɇɘɛɜɞʚᴇᶒᶓᶔᶕⱸⱻꬴ", "et": "ꝫ", "f": "ƒᵮᶂꜰꝼꞙ", "g": "ǥɠɡɢɣʛᵹᶃꞡ", "h": "ħɥɦʜⱨⱶꞕ", "hv": "ƕ",
    "i": "ıɨɩɪᴉᵻᵼᶖ", "is": "ꝭ", "j": "ȷɉɟʄʝᴊ", "k": "ƙʞᴋᶄⱪꝁꝃꝅꞣ", "l": "łƚȴɫɬɭʟᴌᶅⱡꝇꝉꞎꬷꬸꬹ", "ll": "ỻ", "ls": "ʪ",
    "lz": "ʫɮ", "m": "ɯɰɱᴍᵯᶆꬺ", "n": "ŋƞȵɲɳɴᴎᵰᶇꞑꞥꬻ", "o": "øɔɵᴏᴐᴑᴓᶗⱺꝋꝍꬿ", "oe": "œɶꭢᴔ", "oi": "ƣ", "oo": "ꝏ",
    "ou": "ȣᴕ", "p": "ƥᴘᵱᵽᶈꝑꝓꝕ", "q": "ĸɋʠꝗꝙꞯ", "qp": "ȹ", "r": "ɍɹɺɻɼɽɾɿʀʁᴙᴚᵲᵳᶉꝛꞃꞧꭆꭉ", "s": "ȿʂᵴᶊꜱꞅꞩꟊẜẝ",
    "ss": "ß", "t": "ŧƫƭȶʇʈᴛᵵⱦꞇ", "th": "þꝥꝧᵺ", "ts": "ʦ", "tz": "ꜩ", "u": "ʉʊᴜᴝᵾᵿᶙꞹꭎꭏꭒ", "ue": "ᵫ", "um": "ꝸ",
    "uo": "ꭣ", "v": "ʋʌᴠᶌⱱⱴꝟỽ", "vy": "ꝡ", "w": "ʍƿᴡⱳ", "x": "ᶍꭖꭗꭘꭙ", "y": "ƴʎɏʏỿꭚ", "z": "ƶʒȥɀʐʑᴢᵶᶎⱬꝣ",
}  # fmt: skip
# Forms of one Arabic letter that are typed for each other, and letters of neighbouring languages by their Arabic one.
_ARABIC: Final = {
    "ا": "أإآٱٲٳ", "ي": "ىئیېۍێۑےؠؽؾؿ", "و": "ؤۇۆۈۊۋۏۄ", "ه": "ةەہۃھ", "ك": "کڪګػ", "ن": "ں", "": "ءـٴ",
}  # fmt: skip
_OTHERS: Final = {
    "г": "ґ",
    "'": "’‘‚‛ʼʻʽʹ′ꞌ",
    '"': "“”„‟«»″",
    "-": "−⁃",
    "": "ʾʿˈ",  # signs for hamza and ʿayn in scholarly writing, and of stress
    "/": "⁄∕",
}
_SINGLE: Final = {
    ord(letter): plain for table in (_LATIN, _ARABIC, _OTHERS) for plain, letters in table.items() for letter in letters
}
_KANA_MARKS: Final = "\u3099\u309a"
"""They make another letter of a kana, not the same one with an accent."""

# What passport zones, and people of these languages, write for a letter in place of leaving its sign away.
_BESIDE: Final = {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "đ": "dj", "ə": "a"}
_HAS_BESIDE: Final = re.compile("[äöüåøđəÄÖÜÅØĐƏ\u0308\u030a]")
_WRITTEN_BESIDE: Final = str.maketrans(_BESIDE)


class _Letters(dict[int, str]):
    """The folded form of each character, worked out when the character is first met."""

    def __missing__(self, code: int) -> str:
        known = self[code] = _letters_of(chr(code))
        return known


def _letters_of(letter: str) -> str:
    before, text = "", letter
    while text != before:
        before = text
        decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
        text = "".join(map(_one, decomposed))
    return text


def _one(letter: str) -> str:
    known = _SINGLE.get(ord(letter))
    if known is not None:
        return known
    category = unicodedata.category(letter)
    if category == "Nd":
        return str(unicodedata.decimal(letter))
    if category == "Pd":
        return "-"
    if category in ("Zs", "Zl", "Zp"):
        return " "
    if category == "Cf" or (category[0] == "M" and letter not in _KANA_MARKS):
        return ""
    return letter


_letters: Final = _Letters()


def fold(text: str) -> str:
    """`text` in small letters without accents, vowel signs, stretching and invisible characters: "Côte d’Ivoire" is
    "cote d'ivoire". Folding a folded text changes nothing; composed and decomposed letters fold to the same."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", text.translate(_letters))


def beside(text: str) -> str:
    """The other folded form of a text, with the letters that passport zones print: "Müller" is "mueller" (and `fold`
    gives "muller"). The same as `fold` where there is no such letter."""
    if text.isascii() or not _HAS_BESIDE.search(text):
        return fold(text)
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).casefold())
    return fold(composed.translate(_WRITTEN_BESIDE))


def words(folded: str) -> list[str]:
    """The words of a folded text: letters and digits that stand together."""
    if folded.isalnum():
        return [folded]
    return "".join(c if c.isalnum() or unicodedata.category(c) == "Co" else " " for c in folded).split()


def forms(text: str) -> list[str]:
    """A text as an index of words holds it: folded, and behind it the words that have another form beside."""
    folded = fold(text)
    if not _HAS_BESIDE.search(text) or (other := beside(text)) == folded:
        return [folded]
    known = set(words(folded))
    return [folded, *dict.fromkeys(word for word in words(other) if word not in known)]


ARTICLE: Final = "ال"
LATIN_ARTICLES: Final = frozenset({"al", "el", "ul"})
"""The Arabic article as Latin letters write it, apart or before a hyphen."""


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same but for how they were typed: case, accents, script variants, spacing, hyphens, and
    the Arabic article, which is written or left away."""
    return not _squeezed(one).isdisjoint(_squeezed(other))


def _squeezed(name: str) -> set[str]:
    found = set()
    for written in (words(fold(name)), words(beside(name))):
        bare = [_without_article(word) for word in written if word not in LATIN_ARTICLES]
        found |= {"".join(written), "".join(bare)}
    return found - {""}


def _without_article(word: str) -> str:
    return word[2:] if word.startswith(ARTICLE) and len(word) > 4 else word


_KEEP: Final = str.maketrans(dict.fromkeys(" -./\\_,:;#()[]'\"\t\n\r"))


def fold_identifier(value: str) -> str:
    """A plate, container or document number without its spaces and punctuation, in capitals and ASCII digits."""
    if not value.isascii():
        kept = "".join(c for c in fold(value) if c.isascii() or c.isalnum()).translate(_KEEP)
        value = unicodedata.normalize("NFC", kept)  # what was left out may have kept two letters of Hangul apart
    value = value.upper()
    return value if value.isalnum() else value.translate(_KEEP)


def fold_identifiers(values: Iterable[str]) -> str:
    """Identifiers as the index holds them: folded, with a space between them."""
    held = list(values)
    joined = "\0".join(held)  # which no line of text holds
    if joined.isascii():
        return joined.upper().translate(_KEEP).replace("\0", " ")
    return " ".join(map(fold_identifier, held))


_READ_ALIKE: Final = str.maketrans("OI", "01")


def alike_identifier(folded: str) -> str:
    """A folded identifier with the letters O and I as the digits they are taken for, on paper and on plates: whoever
    looks one up may have read either."""
    return folded.translate(_READ_ALIKE)
