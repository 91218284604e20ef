"""The first cases of a demonstration: invented, each with a picture drawn by code.

They are of today and the days before, so that they stand at the top of the lists of both consoles. Names, numbers and
plates belong to nobody."""

import csv
import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Final

COLUMNS: Final = (
    "number", "group", "what", "quantity", "unit", "place", "method", "where", "found", "from", "to", "mode", "plate",
    "trader", "story",
)  # fmt: skip
#: In place and plate an N stands for the number of the post.
ROWS: Final = (
    (
        "01", "drugs", "Tablets in 40 plastic bags", "12.5", "KGM", "Gate 3, lane 2", "false_floor",
        "Below the floor of the trailer, bolted from underneath", "xray_cargo", "SY", "JO", "3", "12-N4567",
        "Example Freight (invented)", "The floor stood 9 cm too high on the scanner; the bolts were new.",
    ),
    (
        "02", "tobacco", "Cigarettes without tax stamps, 240 cartons", "48000", "STK", "Warehouse N", "in_cargo",
        "Behind two rows of tiles", "weighing", "AE", "JO", "1", "34-N8812", "Sample Tiles Trading (invented)",
        "The container weighed two tonnes less than its papers said.",
    ),
    (
        "03", "culture", "Bronze coins wrapped in cloth", "34", "H87", "Passenger hall", "baggage",
        "In the lining of a suitcase", "xray_baggage", "TR", "JO", "4", "", "",
        "The lining had been sewn anew by hand.",
    ),
    (
        "04", "fauna_flora", "Live tortoises in a spare wheel", "21", "H87", "Gate 1", "tyres",
        "Spare wheel under the boot", "dog", "EG", "SA", "3", "55-N1203", "",
        "The wheel was too light and made a noise. All animals were handed to a keeper.",
    ),
    (
        "05", "ipr", "Sports shoes under a false label", "1200", "NPR", "Container yard, row N", "in_packaging",
        "Labels glued over the first ones", "risk_profile", "CN", "JO", "1", "71-N0098",
        "Placeholder Shoes (invented)", "The same consignee had declared sandals twice this month.",
    ),
    (
        "06", "currency", "Bank notes, not declared", "20000", "H87", "Lane N, departures", "vehicle_cabin",
        "Below the driver's seat", "behaviour", "JO", "SY", "3", "20-N7341", "",
        "The traveller had said there was nothing to declare.",
    ),
)  # fmt: skip
CASES: Final = len(ROWS)
MAPPING: Final = """title = "Demonstration: invented cases"
type = "case"
system = "diwan-demonstration"

[source]
key = ["number"]

[constants]
status = "submitted"
type = "seizure"
direction = "import"
office = "OFFICE"
country = "JO"
leg.1.role = "departure"
leg.2.role = "destination"
means.1.role = "departure"
party.1.role = "consignee"

[fields]
national_reference = { column = "number" }
date = { column = "date" }
place = { column = "place" }
detection_method = { column = "found" }
concealment_method = { column = "method" }
concealment_text = { column = "where" }
narrative = { column = "story" }
goods.1.product_group = { column = "group" }
goods.1.description = { column = "what" }
goods.1.quantity = { column = "quantity" }
goods.1.unit = { column = "unit" }
leg.1.country = { column = "from" }
leg.1.mode = { column = "mode" }
leg.2.country = { column = "to" }
means.1.mode = { column = "mode" }
means.1.plate = { column = "plate" }
party.1.name = { column = "trader" }
"""


def write_showcase(folder: Path, post: Path, number: int, today: date) -> tuple[Path, Path]:
    """The cases of post `number`, whose data folder is `post`, as a file and its mapping in `folder`; the latest are
    of `today`."""
    office = str(tomllib.loads((post / "node.toml").read_text(encoding="utf-8"))["office"])
    table, mapping = folder / f"{post.name}.showcase.csv", folder / f"{post.name}.showcase.toml"
    with table.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow((*COLUMNS, "date"))
        for at, row in enumerate(ROWS):
            day = today - timedelta(days=at * 2 + number % 2)
            cells = [f"{office}-{day.year}-{row[0]}", *row[1:]]
            for name in ("place", "plate"):
                cells[COLUMNS.index(name)] = cells[COLUMNS.index(name)].replace("N", str(number))
            out.writerow((*cells, day.isoformat()))
    mapping.write_text(MAPPING.replace("OFFICE", office), encoding="utf-8")
    return table, mapping
