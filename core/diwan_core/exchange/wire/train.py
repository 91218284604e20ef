"""Trains the compression dictionary from generated records: `python -m diwan_core.exchange.wire.train NUMBER`.

Only invented documents of the sample generator go in. The file is part of the protocol: made once, then never
changed."""

from __future__ import annotations

import random
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY, RecordType
from diwan_core.dictionary.sample import documents
from diwan_core.exchange.wire.compress import zstd
from diwan_core.register.journal.row import encode

Document = dict[str, Any]
SIZE: Final = 112640
"""Bytes; larger ones cost a Pi's cache more than they save on the line."""
CASES: Final = 12_000
OTHERS: Final = 120
SEED: Final = 20_261_122


def lines() -> Iterator[bytes]:
    """Journal lines as they travel, of invented cases mostly, and of every other type."""
    chance = random.Random(SEED)
    for name, declared in DICTIONARY.types.items():
        for at, document in enumerate(documents(name, CASES if name == "case" else OTHERS, SEED)):
            if name == "case" and at % 2:
                document = as_imported(document, chance)  # noqa: PLW2901  from here on it is the changed one
            rest, nominal = declared.split(in_order(document, declared))
            stamp = (1_795_000_000_000 + chance.randrange(10**10)) << 16
            record = uuid.UUID(int=(0x019A << 112) | (7 << 76) | (2 << 62) | chance.getrandbits(48))
            author = "import" if at % 2 else f"officer{at % 30}"
            meta = encode([str(record), name, stamp, 180, chance.randrange(10**8), author, 0, 1, None])
            yield b"[%b,%b,%b]" % (meta, encode(rest), encode(nominal) if nominal else b"null")


def as_imported(document: Document, chance: random.Random) -> Document:
    """A case as it comes out of another administration's spreadsheet: a key of its own, the officer by a number."""
    kept = {
        name: value for name, value in document.items() if chance.random() < 0.7 or name in ("office", "date", "goods")
    }
    party = dict(document.get("party") or {})
    party[str(len(party) + 1)] = {"role": "witness", "identifier": f"OF{chance.randrange(10**5):05d}"}
    return {
        **kept,
        "party": party,
        "source_system": chance.choice(("register", "spreadsheet", "customs", "police", "w")),
        "source_key": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
    }


def in_order(document: Document, declared: RecordType) -> Document:
    """The document with its fields in the order of their declaration, as forms and mappings give it."""
    whole = {name: document[name] for name in (*declared.fields, *declared.parts) if name in document}
    for name, part in declared.parts.items():
        if name in whole:
            whole[name] = {
                key: {field: values[field] for field in part.fields if field in values}
                for key, values in whole[name].items()
            }
    return whole


def main() -> None:
    """Write the dictionary of this number, unless it exists: a released one never changes."""
    path = Path(__file__).parent / "zstd" / f"{int(sys.argv[1])}.dict"
    if path.exists():
        raise SystemExit(f"{path.name} exists; a released dictionary never changes, take the next number")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(zstd.train_dict(list(lines()), SIZE).dict_content)
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
