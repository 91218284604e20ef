"""Everything that can be wrong with a document, as a message with a remedy, translatable and readable by programs."""

from dataclasses import dataclass, field
from typing import Literal

from .codelist import CodeList

ProblemCode = Literal[
    "required",
    "type",
    "unknown_code",
    "unknown_field",
    "too_long",
    "too_many",
    "format",
    "check_digit",
    "group",
    "rule",
    "half",
    "to_come",
    "step",
]


class Term(str):
    """A text of the dictionary itself, which has a translation; any other text in a message is data.

    The format `lower` is for a label in the middle of a sentence: "{other:lower}"."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return str(self).lower() if spec == "lower" else format(str(self), spec)


@dataclass(frozen=True, slots=True)
class CodeTerm:
    """A code a message names, with its label in the language of the reader."""

    codes: CodeList
    code: str

    def say(self, language: str) -> str:
        return f"{self.code} ({self.codes.label(self.code, language)})"

    def __str__(self) -> str:
        return self.say("en")


@dataclass(frozen=True, slots=True)
class Either:
    """Several of which one is meant: "A or B"."""

    choices: tuple[Term | CodeTerm, ...]

    def __str__(self) -> str:
        return " or ".join(map(str, self.choices))


class Sentence(str):
    """A message in plain English that can be said in another language too.

    template    the message with {places}; "" where it comes in one language only, such as a system's own words.
    parameters  what stands in the places; a sentence may stand in another."""

    __slots__ = ("parameters", "template")

    template: str
    parameters: "tuple[tuple[str, Parameter], ...]"

    @staticmethod
    def of(template: str, parameters: "tuple[tuple[str, Parameter], ...]") -> "Sentence":
        made = Sentence(template.format_map(dict(parameters)))
        made.template, made.parameters = template, parameters
        return made

    @staticmethod
    def plain(text: str) -> "Sentence":
        """A text that has no translation."""
        made = Sentence(text)
        made.template, made.parameters = "", ()
        return made


def sentence(template: str, /, **parameters: "Parameter") -> Sentence:
    """A sentence from its template and what stands in its places."""
    return Sentence.of(template, tuple(parameters.items()))


Parameter = str | int | Term | CodeTerm | Either | Sentence


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of a document.

    path        where: "date", "goods.1.quantity", "partner_agencies.2"; "" is the document itself. A part that is
                missing altogether is named by its role: "leg.departure.country"; without a role by its field:
                "goods.quantity".
    code        for programs; stable.
    message     for people: plain English words, ending with what to do.
    template    the same with {places}, to be said in another language; "" where there is none.
    parameters  what stands in the places.
    """

    path: str
    code: ProblemCode
    message: str
    template: str = field(default="", compare=False)
    parameters: tuple[tuple[str, Parameter], ...] = field(default=(), compare=False)

    @property
    def sentence(self) -> Sentence:
        """The message, as it can be said in another language."""
        return Sentence.of(self.template, self.parameters) if self.template else Sentence.plain(self.message)


def problem(path: str, code: ProblemCode, template: str, /, **parameters: Parameter) -> Problem:
    """A problem from its template and what stands in its places."""
    return Problem(path, code, template.format_map(parameters), template, tuple(parameters.items()))


def N_(template: str) -> str:
    """Marks a template for the catalogues."""
    return template
