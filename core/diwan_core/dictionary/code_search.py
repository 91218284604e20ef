"""How well a code fits what somebody typed: by the code itself, its names and the other words for it."""

from collections.abc import Iterable
from typing import Final

from .code_table import CodeTable
from .folding import beside, fold

_SEPARATORS: Final = str.maketrans(
    {"-": " ", "/": " ", "(": " ", ")": " ", ",": " ", ";": " ", "'": None, "_": " ", "|": " "}
)


class Wanted:
    """A search for a code: the text that somebody typed, and how well a code fits it."""

    def __init__(self, text: str) -> None:
        typed = fold(text[:200]).strip()
        self.text: Final = text.strip()
        self.words: Final = typed.translate(_SEPARATORS).split()
        self.squeezed: Final = typed.replace(".", "").replace(" ", "")
        self._phrase = " ".join(self.words)

    def rank(self, code: str, folded_code: str, folded: str) -> int | None:
        """0 fits best; None fits not at all. `folded` is what `folded_names` makes of the code's names."""
        words = self.words
        if code == self.text:
            return 0
        if f"| {self._phrase} |" in folded:
            return 1
        if folded_code == self.squeezed:
            return 2
        if self.squeezed and folded_code.startswith(self.squeezed):
            return 3
        if words and all(f" {word}" in folded for word in words):
            return 4 if folded.startswith(f"| {words[0]}") else 5
        if words and all(word in folded for word in words):
            return 6
        return None


def index_text(table: CodeTable, code: str) -> str:
    """What a list's index holds of a code: its names in every language, and the other words for it."""
    names = [labels[code] for labels in table.labels.values() if code in labels]
    return folded_names([*names, *table.synonyms.get(code, "").split(",")])


def folded_names(names: Iterable[str]) -> str:
    """Every name of a code, folded, between bars: so a word can be found at its start, and a name as a whole."""
    given = list(filter(None, (name.strip() for name in names)))
    written = dict.fromkeys(form for name in given for form in (fold(name), beside(name)))
    return "| " + "".join(f"{' '.join(form.translate(_SEPARATORS).split())} | " for form in written)
