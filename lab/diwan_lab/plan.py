"""The plan of faults, drawn from a seed: the same seed, number and posts give the same plan, byte for byte."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

CENTRE: Final = ("broker", "central.ingest", "central.relay")
CRASH_POINTS: Final = {
    "agent": ("before-commit", "after-commit", "before-flush"),
    "web": ("before-commit", "after-commit", "blob-stored"),
    "central.ingest": ("before-commit", "after-commit", "before-receipt", "blob-stored"),
    "central.relay": ("before-publish",),
}
TEN_YEARS_S: Final = 3653 * 86_400
CLOCKS: Final = {"ten years ahead": TEN_YEARS_S, "ten years behind": -TEN_YEARS_S, "1970": -60 * 365 * 86_400}

WEIGHTS: Final = {
    "kill": 30,
    "crash": 14,
    "stop": 8,
    "lose": 6,
    "double": 4,
    "reorder": 5,
    "truncate": 4,
    "flip": 5,
    "cut": 6,
    "stall": 3,
    "break-off": 4,
    "partition": 5,
    "thin": 2,
    "wipe": 4,
    "reboot": 3,
    "clock": 3,
    "full": 3,
    "rivals": 8,
    "older": 3,
    "put-back": 3,
    "centre-back": 2,
    "erase": 2,
    "pull": 2,
    "stop-minute": 1,
    "clone": 1,
    "revoke": 2,
    "expire": 1,
    "attack": 6,
    "forge": 4,
    "replay": 4,
    "reach": 3,
    "join": 4,
    "leave": 2,
    "move": 9,
    "take-part": 4,
    "drop-out": 2,
}
"""Kinds of fault and how often each comes up. `faults.py` says what each one does."""
THIEF: Final = "thief"
ATTACKS: Final = (
    "lone rows", "text", "replayed", "structure", "waiting", "released", "conflicts", "growing", "epochs", "anchors",
    "rule-breaking", "forks", "garbage", "hellos", "feed again", "snapshots", "pieces", "ledger", "flood",
)  # fmt: skip
"""What a post whose keys are in wrong hands sends, by the names of the attacker (see `thief`)."""
MIRRORED: Final = "post1"
"""The post in which a stick stays as its mirror."""

SCOPES: Final = ("reach", "join", "leave", "move", "take-part", "drop-out")
"""What an administration says of who reads what: how far names travel, units and operations, where a case belongs."""
MOVES: Final = ("unit north", "unit south", "unit -", "operation HOUND", "operation HOUND", "operation -")
"""Where a case is moved: a field and its value, `-` for none."""
_RANDOM: Final = tuple(kind for kind in WEIGHTS if kind not in ("stop-minute", "attack", *SCOPES))
_HOSTILE: Final = ("attack", "forge", "replay")
_BESIDE: Final = ("kill", "crash", "reboot", "lose", "double", "reorder", "cut", "put-back", "rivals")
_CARDS: Final = ("clone",) * 6 + ("revoke",) * 3 + ("expire",) * 5 + ("put-back",) * 2 + ("centre-back",) * 2

NAMED: Final[dict[str, tuple[str, ...]]] = {
    "random": _RANDOM,
    "kills": ("kill",),
    "crash-points": ("crash",),
    "pauses": ("stop",),
    "messages": ("lose", "double", "reorder", "truncate", "flip"),
    "lines": ("cut", "stall", "break-off", "partition", "thin"),
    "broker-wiped": ("wipe",),
    "clocks": ("clock", "reboot"),
    "disk-full": ("full",),
    "rivals": ("rivals", "partition"),
    "older-dictionary": ("older",),
    "put-back": ("put-back",),
    "centre-back": ("centre-back", "erase"),
    "erasures": ("erase", "reboot", "put-back", "full"),
    "mirror": ("pull", "reboot", "put-back"),
    "stop-minute": ("stop-minute",),
    "clones": ("clone", "kill", "reboot"),
    "revocations": ("revoke", "expire", "reboot"),
    "cards": (*_RANDOM, *_CARDS),
    "attack": (*_HOSTILE * 12, *_BESIDE),
    "scopes": (*SCOPES * 3, "kill", "crash", "reboot", "lose", "partition", "put-back", "erase"),
}
"""Scenarios by name and the kinds of fault each draws from; one that is named so many times comes up as many times as
often."""


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong: `seconds` after the start at `at`, for `seconds`; `detail` is the kind's own."""

    at: float
    kind: str
    where: str
    seconds: float
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.at:7.1f} s  {self.kind:10} {self.where:16} {self.seconds:4.1f} s  {self.detail}".rstrip()


def make_plan(seed: int, faults: int, posts: int, kinds: Sequence[str], every: float, *, root: bool) -> list[Fault]:
    """`faults` faults, one every `every` seconds on the average, none at a place where another still lasts.

    Without `root` no disk is filled."""
    chance = random.Random(f"diwan {seed}")
    kinds = [kind for kind in kinds if root or kind != "full"]
    busy: dict[str, float] = {}
    plan: list[Fault] = []
    at = 0.0
    while len(plan) < faults:
        at += chance.expovariate(1 / every)
        kind = chance.choices(kinds, [WEIGHTS[kind] for kind in kinds])[0]
        fault = _drawn(chance, at, kind, posts)
        places = _places(fault, posts)
        if any(busy.get(place, 0.0) > at for place in places):
            continue
        busy.update(dict.fromkeys(places, at + fault.seconds + 0.5))
        plan.append(fault)
    return plan


def _drawn(chance: random.Random, at: float, kind: str, posts: int) -> Fault:  # noqa: C901  one flat case for each kind
    post = f"post{chance.randint(1, posts)}"
    process = chance.choice([*CENTRE, f"{post}.agent", f"{post}.agent", f"{post}.web", "central.web"])
    match kind:
        case "kill":
            return Fault(at, kind, process, chance.uniform(0.0, 2.0))
        case "stop":
            return Fault(at, kind, process, chance.uniform(0.5, 6.0))
        case "stop-minute":
            return Fault(at, kind, process, 60.0)
        case "erase":
            half = chance.choice(("both", "nominal"))
            return Fault(at, kind, "central", 0.0, f"{half} {chance.randint(0, 10**6)}")
        case "reach":
            return Fault(at, kind, "central", 0.0, chance.choice(("all", "unit", "unit", "centre")))
        case "join" | "leave":
            return Fault(at, kind, post, 0.0, chance.choice(("north", "south")))
        case "take-part" | "drop-out":
            return Fault(at, kind, post, 0.0)
        case "move":
            return Fault(at, kind, chance.choice([post, post, "central"]), 0.0, _move(chance))
        case "centre-back":
            return Fault(at, kind, "central", chance.uniform(4.0, 12.0))
        case "older":
            return Fault(at, kind, chance.choice([post, post, "central"]), chance.uniform(4.0, 12.0))
        case "pull":
            return Fault(at, kind, MIRRORED, chance.uniform(2.0, 15.0))
        case "crash":
            role = chance.choice(list(CRASH_POINTS))
            where = role if role.startswith("central") else f"{post}.{role}"
            point = chance.choice(CRASH_POINTS[role])
            return Fault(at, kind, where, chance.uniform(3.0, 5.0), f"{point}:{chance.choice((1, 1, 2, 5))}")
        case "lose" | "double" | "reorder" | "truncate" | "flip":
            where = chance.choice(["central.ingest", "central.relay", f"{post}.agent", f"{post}.agent"])
            rate = chance.choice((0.05, 0.3, 0.9))
            return Fault(at, kind, where, chance.uniform(1.0, 6.0), f"{rate} {chance.randint(1, 10**6)}")
        case "cut":
            return Fault(at, kind, post, 0.0)
        case "stall" | "partition" | "thin":
            return Fault(at, kind, post, chance.uniform(2.0, 10.0))
        case "break-off":
            return Fault(at, kind, post, 0.0, str(chance.randint(1, 20_000)))
        case "wipe":
            return Fault(at, kind, "broker", chance.uniform(0.0, 2.0))
        case "clock":
            return Fault(at, kind, post, chance.uniform(4.0, 12.0), chance.choice(list(CLOCKS)))
        case "reboot":
            return Fault(at, kind, post, 0.5, str(chance.randint(1, 10**9)))
        case "full":
            return Fault(at, kind, chance.choice([post, "central"]), chance.uniform(1.0, 4.0))
        case "clone":
            return Fault(at, kind, post, chance.uniform(2.0, 6.0), chance.choice(("off", "on")))
        case "revoke":
            return Fault(at, kind, post, chance.uniform(2.0, 10.0), chance.choice(("stick before", "stick after")))
        case "expire":
            return Fault(at, kind, post, 1.0)
        case "attack":
            return Fault(at, kind, THIEF, chance.uniform(2.0, 5.0), chance.choice(ATTACKS))
        case "forge" | "replay":
            return Fault(at, kind, "broker", chance.uniform(1.0, 6.0), str(chance.randint(1, 10**9)))
        case "rivals":
            other = 1 + (int(post[4:]) % posts)
            return Fault(at, kind, post, 0.0, f"post{other}")
        case _:
            return Fault(at, kind, post, chance.uniform(4.0, 12.0))


def _move(chance: random.Random) -> str:
    return f"{chance.choice(MOVES)} {chance.randint(0, 10**6)}"


def _places(fault: Fault, posts: int) -> list[str]:
    """What a fault keeps busy, so that the next one does not undo it."""
    if fault.kind == "older" and fault.where == "central":
        return [f"central.{role}" for role in ("ingest", "relay", "web")]
    if fault.kind == "centre-back":
        # What a post lost with its database is nowhere but at the centre until it has come back.
        backs = [f"post{number} back" for number in range(1, posts + 1)]
        return [*(f"central.{role}" for role in ("ingest", "relay", "web")), *backs]
    if fault.kind in ("clone", "revoke"):
        return [f"{fault.where}.agent", f"{fault.where}.web", f"{fault.where} back"]
    if fault.kind in ("clock", "reboot", "older", "put-back", "expire"):
        back = [f"{fault.where} back"] if fault.kind == "put-back" else []
        return [f"{fault.where}.agent", f"{fault.where}.web", *back]
    if fault.kind in ("cut", "stall", "break-off", "partition", "thin"):
        return [f"{fault.where} line"]
    if fault.kind in ("lose", "double", "reorder", "truncate", "flip"):
        return [f"{fault.where} messages"]
    if fault.kind == "pull":
        return [f"{fault.where} stick"]
    if fault.kind == "full":
        return [f"{fault.where} disk"]
    if fault.kind in ("forge", "replay"):
        return ["broker in hostile hands"]
    return [] if fault.kind in ("rivals", "erase", *SCOPES) else [fault.where]
