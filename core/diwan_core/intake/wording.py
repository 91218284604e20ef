"""Sentences and faults as JSON, passed from the process that found them to the page that shows them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO, cast

from diwan_core.dictionary import DICTIONARY, CodeTerm, Either, Parameter, Sentence, Term
from diwan_core.intake.faults import Fault, FaultCode


def pack_words(value: Parameter) -> Any:
    """A sentence, or what stands in one, as JSON has it."""
    match value:
        case Sentence(template="") | int():
            return str(value) if isinstance(value, str) else value
        case Sentence():
            return {"says": value.template, "with": {name: pack_words(held) for name, held in value.parameters}}
        case Term():
            return {"term": str(value)}
        case CodeTerm():
            return {"code": value.code, "list": value.codes.name}
        case Either():
            return {"either": [pack_words(choice) for choice in value.choices]}
        case _:
            return value


def sentence_of(value: Any) -> Sentence:
    """A sentence from its JSON; any other text is a sentence in the language it is written in."""
    found = _unpacked(value)
    return found if isinstance(found, Sentence) else Sentence.plain(str(found))


def _unpacked(value: Any) -> Parameter:
    match value:
        case {"says": str(template), "with": dict(held)}:
            return Sentence.of(template, tuple((str(name), _unpacked(item)) for name, item in held.items()))
        case {"term": str(text)}:
            return Term(text)
        case {"code": str(code), "list": str(name)}:
            return CodeTerm(DICTIONARY.codes(name), code)
        case {"either": list(choices)}:
            return Either(tuple(c for c in map(_unpacked, choices) if isinstance(c, Term | CodeTerm)))
        case str() | int():
            return value
        case _:
            return str(value)


class FaultLog:
    """Refused rows of a job, a line of JSON each. Made when the first one comes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: TextIO | None = None
        self.lines = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, row: int, line: int, faults: Iterable[Fault]) -> None:
        if self._file is None:
            self._file = self.path.open("w", encoding="utf-8")
        told = [[fault.column, fault.value, fault.code, pack_words(fault.reason), fault.path] for fault in faults]
        self.lines += len(told)
        self._file.write(json.dumps([row, line, told], ensure_ascii=False) + "\n")


def faults_in(path: Path) -> Iterator[tuple[int, int, list[Fault]]]:
    """(row, line, faults) of the refused rows of a job."""
    with path.open(encoding="utf-8") as file:
        for text in file:
            row, line, told = json.loads(text)
            yield (
                row,
                line,
                [
                    Fault(column, value, cast(FaultCode, code), sentence_of(reason), field)
                    for column, value, code, reason, field in told
                ],
            )
