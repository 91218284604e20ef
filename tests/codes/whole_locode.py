"""A file of the size and shape of the whole UN/LOCODE: 116,029 lines of places nobody has been to."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Final

LINES: Final = 116_029
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ23456789"
_BEGIN: Final = ("San ", "Saint-", "Al ", "Bad ", "Nova ", "Port ", "", "", "", "")
_MIDDLE: Final = (
    "ab", "ber", "chi", "dor", "el", "fur", "gra", "hol", "in", "ja", "kel", "lan", "mon", "nor", "öst", "pré", "qui",
    "ros", "são", "tan", "uz", "vil", "wes", "xa", "ylä", "zin", "é", "ãn", "ñu", "ł",
)  # fmt: skip
_END: Final = ("ville", "burg", "ton", "a", "o", "e", "ingen", "stad", "grad", "abad", "", "")
_PLAIN: Final = str.maketrans("öéãñłäé", "oeanlae")


def write_whole_locode(path: Path, lines: int = LINES) -> None:
    """Write it in the layout of our sample, 249 countries, four of five places with a position."""
    dice = random.Random(5)
    countries = [a + b for a in _LETTERS[:26] for b in _LETTERS[:26]][:249]
    rows = ["country,location,name,nameWoDiacritics,subdivision,status,function,iata,lat,lon"]
    seen: set[str] = set()
    while len(rows) <= lines:
        code = dice.choice(countries) + "".join(dice.choice(_LETTERS) for _ in range(3))
        if code in seen:
            continue
        seen.add(code)
        body = "".join(dice.choice(_MIDDLE) for _ in range(dice.randint(2, 3))).capitalize()
        name = f"{dice.choice(_BEGIN)}{body}{dice.choice(_END)}"
        angles = f"{dice.uniform(-60, 75):.13f},{dice.uniform(-179, 179):.13f}" if dice.random() < 0.8 else ","
        rows.append(
            f"{code[:2]},{code[2:]},{name},{name.translate(_PLAIN)},X{dice.randint(1, 99)},RL,--3-----,,{angles}"
        )
    path.write_text("\n".join(rows) + "\n", "utf-8")
