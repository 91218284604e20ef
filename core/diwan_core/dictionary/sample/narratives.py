"""Invented narratives of cases as officers write them, put together from sentences in several languages.

narratives.txt holds, for each language and its weight, sentences for each step of a report, in order; an empty line
ends a step. Slots: {goods} {cover} {quantity} {unit} {packages} {place} {origin} {destination} {hide} {plate}
{container} {firm} {seal} {document} {date} {hour}.
"""

from functools import cache
from importlib.resources import files
from random import Random
from typing import Final

HIDES: Final = {
    "en": {
        "false_floor": "under a false floor",
        "false_wall": "behind a false wall",
        "in_cargo": "among the other goods",
        "fuel_tank": "in a modified fuel tank",
        "tyres": "inside the spare tyres",
        "built_in": "behind the driver's cabin",
        "baggage": "in hand luggage",
        "in_packaging": "in the walls of the cartons",
        "rip_on": "in bags behind the doors",
        "machinery": "inside a gearbox",
        "none": "openly in the cargo space",
        "vehicle_chassis": "in the chassis beams",
        "food": "inside sacks of coffee",
        "electronics": "inside loudspeakers",
        "other": "in several places",
    },
    "fr": {
        "false_floor": "sous un double fond",
        "false_wall": "derrière une fausse cloison",
        "in_cargo": "parmi d'autres marchandises",
        "fuel_tank": "dans un réservoir modifié",
        "tyres": "dans les roues de secours",
        "baggage": "dans des bagages à main",
    },
    "es": {
        "false_floor": "bajo un doble fondo",
        "false_wall": "tras una pared falsa",
        "in_cargo": "entre otras mercancías",
        "fuel_tank": "en un tanque modificado",
        "tyres": "en las llantas de repuesto",
        "baggage": "en el equipaje de mano",
    },
    "ar": {
        "false_floor": "تحت أرضية مزدوجة",
        "false_wall": "خلف جدار وهمي",
        "in_cargo": "بين بضائع أخرى",
        "fuel_tank": "داخل خزان الوقود",
        "tyres": "داخل الإطارات",
        "baggage": "في حقائب اليد",
    },
}
_OTHERWISE: Final = {"en": "with care", "fr": "avec soin", "es": "con cuidado", "ar": "بعناية"}


Steps = tuple[tuple[str, ...], ...]


@cache
def sentences() -> dict[str, tuple[int, Steps]]:
    """language -> (weight, sentences of each step)."""
    found: dict[str, tuple[int, Steps]] = {}
    for section in (files(__package__) / "narratives.txt").read_text("utf-8").split("[")[1:]:
        head, _, body = section.partition("]\n")
        name, weight = head.split()
        found[name] = (int(weight), tuple(tuple(step.split("\n")) for step in body.strip().split("\n\n")))
    return found


def language(random: Random) -> str:
    """The language an officer writes in."""
    known = sentences()
    return random.choices(list(known), [weight for weight, _ in known.values()])[0]


def narrative(random: Random, language: str, slots: dict[str, str]) -> str:
    """Five to ten sentences in order, with the facts of `slots`; about 400 to 900 characters."""
    chosen: list[str] = []
    for step in sentences()[language][1]:
        chosen += random.sample(step, k=min(len(step), random.choice((1, 1, 2))))
    return " ".join(sentence.format_map(slots) for sentence in chosen)


def hide(language: str, method: str) -> str:
    """How a concealment method reads in a sentence."""
    return HIDES[language].get(method, _OTHERWISE[language])
