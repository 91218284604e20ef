"""The W1 workload: invented seizure-like records of 25 fields, about 1 kB of JSON each, the same for the same seed.

The words follow Zipf's law over 2,400 trade words and invented pronounceable ones, so that the text compresses neither
like noise nor like a template repeated. W1 is what peers were measured with, so its records may never change: a test
compares their digest. The calls of the random generator below are therefore the specification, order included.

    python bench/diwan_bench/w1gen.py 20000 w1.jsonl
"""

from __future__ import annotations

import datetime as dt
import json
import random
import sys
import uuid
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

FIELDS = 25
BLOB_HEAD = bytes.fromhex("ffd8ffe000104a46494600010101004800480000")
BLOB_TAIL = b"\xff\xd9"

_COMMON = """
the of and in a to was by from on at with container vehicle officer declared concealed found cargo goods package
cigarettes seized manifest examination scan anomaly driver consignee invoice undervalued counterfeit cartons bales bags
kg units rear compartment false floor documents presented origin suspected sample sent laboratory detained released
owner statement recorded witness port gate yard warehouse night patrol tip information received search conducted
physical verification seal broken intact number mismatch tariff heading classification duty evaded estimated value
release pending case opened transferred
"""
_SYLLABLES = """
ka ro mi ten sa lu bo ri ne dor va shi pel gu tam zi fen ola qu har jin mo cra ste wen ba le thu no gri
"""
COMMON = _COMMON.split()
SYLLABLES = _SYLLABLES.split()
UNITS = ["KGM", "NMB", "LTR", "MTR", "PCE", "CTN", "BAG"]
CURRENCIES = ["USD", "EUR", "XAF", "KES", "TZS", "UGX", "INR"]
COUNTRIES = ["CN", "AE", "IN", "TR", "KE", "TZ", "UG", "ZA", "NG", "BR", "DE", "NL", "ID", "VN", "PK", "EG"]
MODES = ["ROAD", "SEA", "AIR", "RAIL", "POST"]
CARRIERS = ["MSKU", "TGHU", "CMAU", "HLXU"]
SITES = ["Border Post", "Port", "Airport", "Dry Port", "Bridge"]

Record = dict[str, str | float]


def vocabulary() -> list[str]:
    """The common words, then invented ones, most frequent first."""
    chance = random.Random(7)
    words = list(COMMON)
    known = set(words)
    while len(words) < 2400:
        word = "".join(chance.choice(SYLLABLES) for _ in range(chance.randint(2, 4)))
        if word not in known:
            known.add(word)
            words.append(word)
    return words


def given_names() -> list[str]:
    """900 names, each one syllable said three times: only 30 differ, and W1 was measured with that."""
    return [(random.Random(9000 + number).choice(SYLLABLES) * 3).capitalize() for number in range(900)]


def records(count: int, seed: int = 1) -> Iterator[Record]:
    """`count` records in order. Sizes: 1,024 bytes of compact JSON on average."""
    chance = random.Random(seed)
    words = vocabulary()
    weights = list(accumulate(1.0 / (rank + 3) ** 0.95 for rank in range(len(words))))
    names = given_names()
    tariff = [
        f"{chance.randint(101, 9706):04d}.{chance.randint(0, 99):02d}.{chance.randint(0, 99):02d}" for _ in range(1200)
    ]
    descriptions = {code: " ".join(chance.choices(words, cum_weights=weights, k=5)) for code in tariff}
    places = [names[chance.randrange(900)] + " " + chance.choice(SITES) for _ in range(60)]
    now = dt.datetime(2025, 1, 1, 6, 0, 0)  # noqa: DTZ001  a local time as people write it
    for number in range(count):
        now += dt.timedelta(seconds=chance.randint(5, 4000))
        code = chance.choice(tariff)
        record: Record = {
            "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            "seizure_no": f"SZ-{now.year}-{number:07d}",
            "office": f"{chance.choice(COUNTRIES)}{chance.randint(1, 40):03d}",
            "officer_id": f"OF{chance.randint(1, 600):05d}",
            "created_at": now.isoformat() + "Z",
            "seized_at": (now - dt.timedelta(minutes=chance.randint(5, 900))).isoformat() + "Z",
            "place": chance.choice(places),
            "lat": round(chance.uniform(-10, 10), 5),
            "lon": round(chance.uniform(20, 42), 5),
            "transport_mode": chance.choice(MODES),
            "vehicle_plate": (
                f"{chance.choice('KTU')}{chance.choice('ABCD')} {chance.randint(0, 999):03d}{chance.choice('ABCDEFGH')}"
            ),
            "container_no": f"{chance.choice(CARRIERS)}{chance.randint(0, 9999999):07d}",
            "bill_of_lading": f"BL{chance.getrandbits(33):010d}",
            "hs_code": code,
            "hs_description": descriptions[code],
            "quantity": round(chance.lognormvariate(4, 1.5), 2),
            "unit": chance.choice(UNITS),
            "weight_kg": round(chance.lognormvariate(5, 1.5), 1),
            "declared_value": round(chance.lognormvariate(8, 1.4), 2),
            "currency": chance.choice(CURRENCIES),
            "origin": chance.choice(COUNTRIES),
            "importer": f"{chance.choice(names)} {chance.choice(names)} Trading Ltd",
            "importer_tin": f"{chance.randint(0, 10**9 - 1):09d}",
            "person": f"{chance.choice(names)} {chance.choice(names)}",
            "narrative": "",
        }
        room = max(200, int(chance.gauss(1024 - len(compact(record)), 90)))
        record["narrative"] = narrative(chance, words, weights, room)
        yield record


def narrative(chance: random.Random, words: list[str], weights: list[float], room: int) -> str:
    """Words until `room` characters are filled."""
    chosen: list[str] = []
    length = 0
    while length < room:
        word = chance.choices(words, cum_weights=weights, k=1)[0]
        chosen.append(word)
        length += len(word) + 1
    return " ".join(chosen).capitalize() + "."


def compact(record: Record) -> str:
    return json.dumps(record, separators=(",", ":"))


def blobs(count: int = 200, size: int = 300_000, seed: int = 3) -> Iterator[bytes]:
    """Pictures as far as a line and a disk can tell: a JFIF head, then bytes that do not compress."""
    chance = random.Random(seed)
    for _ in range(count):
        yield BLOB_HEAD + chance.randbytes(size - len(BLOB_HEAD) - len(BLOB_TAIL)) + BLOB_TAIL


def write(path: Path, count: int, seed: int = 1) -> int:
    """Writes W1 as JSON lines; the bytes written, line ends left out."""
    total = 0
    with path.open("w", encoding="utf-8") as file:
        for record in records(count, seed):
            text = compact(record)
            total += len(text)
            file.write(text + "\n")
    return total


if __name__ == "__main__":
    wanted = int(sys.argv[1])
    print("records", wanted, "mean bytes", write(Path(sys.argv[2]), wanted) / wanted)
