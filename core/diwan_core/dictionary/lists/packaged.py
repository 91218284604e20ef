"""Code lists that come as files with the package and are read when they are first used."""

import gzip
import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any, Final

from ..code_table import CodeTable
from ..codelist import CodeList
from .everyday import with_everyday_words

DATA: Final = files(__package__.rpartition(".")[0]) / "data"
INDEX: Final = "index.json"


def packaged_lists() -> tuple[CodeList, ...]:
    """Every list in the package's data folder. Only the small index is read."""
    return tuple(
        CodeList(name, entry["label"], entry["source"], entry["digest"], _reader(name))
        for name, entry in index().items()
    )


@cache
def index() -> dict[str, dict[str, Any]]:
    """name -> label, source, rows, digest (which codes), content (SHA-256 of the unpacked file)."""
    content: dict[str, dict[str, Any]] = json.loads((DATA / INDEX).read_text("utf-8"))
    return content


def _reader(name: str) -> Callable[[], CodeTable]:
    return lambda: with_everyday_words(name, unpack((DATA / f"{name}.json.gz").read_bytes()))


def unpack(packed: bytes) -> CodeTable:
    """The table in a file's bytes."""
    content = json.loads(gzip.decompress(packed))
    codes: list[str] = content["codes"]
    own = dict(zip(codes, codes, strict=True))  # a code is held once, wherever it stands
    labels = {
        language: {code: label for code, label in zip(codes, column, strict=True) if label}
        for language, column in content["labels"].items()
    }
    columns = (content.get(name, {}) for name in ("parents", "synonyms", "positions"))
    parents, synonyms, positions = ({own.get(code, code): held for code, held in each.items()} for each in columns)
    return CodeTable(
        labels,
        {code: own.get(parent, parent) for code, parent in parents.items()},
        synonyms,
        positions,
        frozenset(content.get("withdrawn", ())),
    )


def content_of(table: CodeTable) -> bytes:
    """The unpacked bytes of a table's file: canonical JSON, so that the same rows always give the same bytes."""
    codes = list(table.labels["en"])
    content: dict[str, object] = {
        "codes": codes,
        "labels": {language: [labels.get(code, "") for code in codes] for language, labels in table.labels.items()},
    }
    for name in ("parents", "synonyms", "positions"):
        if getattr(table, name):
            content[name] = dict(getattr(table, name))
    if table.withdrawn:
        content["withdrawn"] = sorted(table.withdrawn)
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def pack(table: CodeTable) -> bytes:
    """A table's file. No time stamp inside: the same table packs the same way."""
    return gzip.compress(content_of(table), compresslevel=9, mtime=0)
