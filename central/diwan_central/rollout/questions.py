"""The questionnaire of a site: every question with its type, its limits, its weight, and the remedy for a bad answer.

It is short on purpose: 26 questions that somebody at the post can answer in twenty minutes without measuring anything.
“good” and “bad” of a number are where it is worth everything and nothing; between them it is worth its share. A choice
says what each answer is worth. A question that “stops” keeps a site from being ready while it is worth nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from diwan_core.dictionary import N_

Kind = Literal["text", "number", "choice", "position"]
YES_NO: Final = {"yes": N_("yes"), "no": N_("no")}


@dataclass(frozen=True)
class Question:
    """One question. What is worth nothing to readiness has weight 0: it is asked for the plan."""

    key: str
    step: str
    kind: Kind
    label: str
    hint: str = ""
    least: int = 0
    most: int = 0
    unit: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    worth: Mapping[str, float] = field(default_factory=dict)
    weight: int = 0
    bad: float = 0
    good: float = 0
    stops: bool = False
    remedy: str = ""

    @property
    def longest(self) -> int:
        """Characters of an answer."""
        return 120 if self.kind == "text" else 40


STEPS: Final[Mapping[str, str]] = {
    "place": N_("Place"),
    "building": N_("Building and power"),
    "line": N_("Line"),
    "people": N_("People"),
    "equipment": N_("Equipment"),
    "security": N_("Security"),
}


def _yes_no(key: str, step: str, label: str, *, weight: int, remedy: str, stops: bool = False) -> Question:
    return Question(
        key, step, "choice", label, choices=YES_NO, worth={"yes": 1, "no": 0}, weight=weight, remedy=remedy, stops=stops
    )


QUESTIONS: Final = (
    Question(
        "kind", "place", "choice", N_("What kind of post is it?"),
        choices={
            "land": N_("border crossing by land"), "sea": N_("seaport"), "air": N_("airport"),
            "river": N_("river port"), "rail": N_("railway station"), "inland": N_("inland depot or warehouse"),
            "office": N_("office or headquarters"),
        },
    ),
    Question(
        "position", "place", "position", N_("Where is it? Latitude and longitude"),
        N_("From a telephone or a map, such as 29.5267, 35.0078. It puts the site on the map."),
    ),
    Question("hours", "place", "number", N_("Hours a day the post works"), least=1, most=24, unit="h"),
    Question("cases", "place", "number", N_("Seizures reported in a year"), least=0, most=100_000),
    _yes_no(
        "room", "building", N_("Is there a dry room that can be locked?"), weight=10, stops=True,
        remedy=N_("Find a room or a cabinet with a lock before machines are brought; the head of the post decides."),
    ),
    Question(
        "power_hours", "building", "number", N_("Hours of mains power on a usual day"), least=0, most=24, unit="h",
        weight=12, bad=4, good=20, stops=True,
        remedy=N_("Order the solar set of the profile “power”, or agree on hours of the generator; plan its fuel."),
    ),
    Question(
        "power_backup", "building", "choice", N_("What gives power when the mains fail?"),
        choices={
            "none": N_("nothing"), "ups": N_("a battery (UPS)"), "generator": N_("a generator"),
            "solar": N_("solar panels with batteries"),
        },
        worth={"none": 0, "ups": 0.8, "generator": 0.8, "solar": 1}, weight=6,
        remedy=N_("Order what is missing of the profile “power”: a battery (UPS), panels where cuts are long."),
    ),
    _yes_no(
        "earth", "building", N_("Are the sockets earthed?"), weight=3,
        remedy=N_("Have an electrician earth one socket and write the date on it."),
    ),
    Question(
        "heat", "building", "number", N_("Highest temperature in the room in summer"), least=-20, most=60, unit="°C",
        weight=3, bad=45, good=35,
        remedy=N_("Choose the profile “post-rugged”, or the coolest room: a machine slows down above 40 °C."),
    ),
    Question(
        "dust", "building", "choice", N_("How much dust or sand comes into the room?"),
        choices={"little": N_("little"), "some": N_("some"), "much": N_("much")},
        worth={"little": 1, "some": 0.6, "much": 0}, weight=2,
        remedy=N_("Choose the profile “post-rugged”, which has no fan, and clean its filter every month."),
    ),
    Question(
        "line", "line", "choice", N_("How is the post connected?"),
        choices={
            "none": N_("not at all"), "mobile": N_("mobile network"), "satellite": N_("satellite"),
            "cable": N_("telephone cable or fibre"), "ministry": N_("network of the ministry"),
        },
        worth={"none": 0, "mobile": 1, "satellite": 0.8, "cable": 1, "ministry": 1}, weight=10, stops=True,
        remedy=N_("Ask for a cable or a mobile modem, or agree who brings a stick to the centre, and how often."),
    ),
    Question(
        "line_speed", "line", "number", N_("Upload speed of the line"),
        N_("Measure it with a free speed test. 0 if there is no line."),
        least=0, most=1_000_000, unit="kbit/s", weight=4, bad=16, good=256,
        remedy=N_("A slow line is enough for reports; plan pictures by stick, or ask for 256 kbit/s."),
    ),
    Question(
        "line_hours", "line", "number", N_("Hours a day the line works"), least=0, most=24, unit="h", weight=4,
        bad=0, good=12,
        remedy=N_("Ask the provider for the reason; reports wait at the post and are sent when the line is back."),
    ),
    Question(
        "stick_days", "line", "number", N_("Every how many days does somebody travel to the centre?"),
        N_("0 if nobody does. A USB stick can carry everything that a line would."), least=0, most=365,
    ),
    Question(
        "officers", "people", "number", N_("Officers who will report"), least=0, most=1000, weight=4, bad=0, good=2,
        remedy=N_("Name at least two officers, so that the post reports when one of them is away."),
    ),
    Question(
        "responsible", "people", "text", N_("Who is responsible for the system at the post?"),
        N_("Name and position."), weight=10, stops=True,
        remedy=N_("Ask the head of the post to name one person in writing."),
    ),
    Question("telephone", "people", "text", N_("Telephone of the responsible person")),
    Question(
        "computer_skill", "people", "choice", N_("How experienced are the officers with computers?"),
        choices={"none": N_("not at all"), "some": N_("a little"), "daily": N_("they use one every day")},
        worth={"none": 0, "some": 0.6, "daily": 1}, weight=4,
        remedy=N_("Plan one more day of training with exercises, and pair new users with experienced ones."),
    ),
    Question(
        "technician_hours", "people", "number", N_("Hours until a technician can be there"), least=0, most=240,
        unit="h", weight=4, bad=96, good=8,
        remedy=N_("Keep a spare machine at the post and show one officer how to exchange it."),
    ),
    Question(
        "laptops", "equipment", "number", N_("Computers at the post that can be used"),
        least=0, most=1000, weight=4, bad=0, good=1,
        remedy=N_("Order a laptop of the profile “officer-laptop”."),
    ),
    Question("phones", "equipment", "number", N_("Telephones or cameras for pictures"), least=0, most=1000),
    _yes_no(
        "printer", "equipment", N_("Is there a printer that works?"), weight=1,
        remedy=N_("Not needed to begin; reports are read on the screen and printed at the centre."),
    ),
    _yes_no(
        "legal", "security",
        N_("Has the order been signed that allows the post to record seizures in the system?"), weight=10, stops=True,
        remedy=N_("Have the administration sign the order (legal basis, data protection) before data is recorded."),
    ),
    Question(
        "guarded", "security", "choice", N_("Who watches the building at night?"),
        choices={"nobody": N_("nobody"), "locked": N_("nobody, but it is locked"), "guard": N_("a guard")},
        worth={"nobody": 0, "locked": 0.7, "guard": 1}, weight=4,
        remedy=N_("Fix the machine to the wall or lock it in a cabinet; data on it is encrypted, but it can be taken."),
    ),
    _yes_no(
        "cabinet", "security", N_("Is there a place to lock away backup disks and sticks?"), weight=3,
        remedy=N_("Order a small cabinet with a lock; the key stays with the head of the post."),
    ),
    _yes_no(
        "extinguisher", "security", N_("Is there a fire extinguisher?"), weight=2,
        remedy=N_("Order one for electrical fires (CO₂)."),
    ),
)  # fmt: skip
BY_KEY: Final[Mapping[str, Question]] = {question.key: question for question in QUESTIONS}


def of_step(step: str) -> tuple[Question, ...]:
    """The questions of a step, in order."""
    return tuple(question for question in QUESTIONS if question.step == step)
