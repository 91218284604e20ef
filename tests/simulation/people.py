"""People of a simulated country: what they save, and what they were told is saved."""

from __future__ import annotations

import hashlib
import io
from random import Random
from typing import Any, Final

from diwan_core.register import Edit, RegisterError
from diwan_lab.officers import Told

from tests.exchange.network import case
from tests.simulation.country import Country
from tests.simulation.nodes import PostNode

PICTURE_BYTES: Final = (300, 300, 5_000, 5_000, 60_000, 60_000, 150_000)
"""How large pictures are; the last are more than one piece on the line, and one on a stick."""


class People:
    """Officers at every post, copies too. `told` holds each save that was acknowledged, with a mark found nowhere
    else."""

    def __init__(self, country: Country) -> None:
        self._country = country
        self.told: list[Told] = []
        self.cases: list[str] = []
        """Records of the cases reported, in order."""
        self.letters: dict[str, str] = {}
        """Records of the letters written, in order, with their types."""
        self.enclosed: dict[str, tuple[str, int]] = {}
        """Records of what was enclosed, each with its letter, and how many records lie between."""
        self.given: set[str] = set()
        """Records to which something enclosed was given later. They are not erased: who could say what goes along?"""
        self.wrote: dict[str, str] = {}
        """Of each mark in a letter, or in what is enclosed: the node that wrote it."""
        self.erased: set[str] = set()
        self._marks = 0

    def mark(self, name: str, chance: Random) -> str:
        """Words that occur once in all the country, of somebody at the machine of this name."""
        self._marks += 1
        return f"mark-{name}-{self._marks}-{chance.getrandbits(40):010x}-end"

    def report(self, post: PostNode, chance: Random) -> None:
        """Report a case or some."""
        register, exchange = post.needed()
        for _ in range(chance.choice((1, 1, 2, 5))):
            mark = self.mark(post.name, chance)
            saved = register.save([Edit("case", case(narrative=f"Reported. {mark}"))], author="officer")
            self.told.append(Told("case", post.name, saved.records[0], mark))
            self.cases.append(saved.records[0])
        exchange.woken()

    def edit(self, post: PostNode, chance: Random, record: str | None = None) -> None:
        """Change a case of any post that this one holds."""
        register, exchange = post.needed()
        record = record or self.some_case(post, chance)
        if record is None:
            return
        mark = self.mark(post.name, chance)
        values: dict[str, Any] = {"narrative": f"Changed. {mark}"}
        register.save([Edit("case", values, record=record)], author="supervisor")
        self.told.append(Told("edit", post.name, record, mark))
        exchange.woken()

    def send_back(self, post: PostNode, chance: Random, record: str | None = None) -> None:
        """Send a case back to be corrected, which an older dictionary has no fields for."""
        register, exchange = post.needed()
        record = record or self.some_case(post, chance)
        if record is None:
            return
        mark = self.mark(post.name, chance)
        said = {"decision": "sent_back", "by": "supervisor", "comment": f"The seal is missing. {mark}"}
        values: dict[str, Any] = {"review_state": "sent_back", "review": {f"{chance.getrandbits(40):010x}": said}}
        register.save([Edit("case", values, record=record)], author="supervisor")
        self.told.append(Told("edit", post.name, record, mark))
        exchange.woken()

    def photograph(self, post: PostNode, chance: Random) -> None:
        """Add a picture to a case."""
        register, exchange = post.needed()
        record = self.some_case(post, chance)
        if record is None:
            return
        mark = self.mark(post.name, chance)
        picture = b"\x89PNG\r\n\x1a\n" + chance.randbytes(chance.choice(PICTURE_BYTES))
        register.attach(io.BytesIO(picture), subject=record, media_type="image/png", author="officer", caption=mark)
        self.told.append(Told("picture", post.name, record, mark, hashlib.sha256(picture).hexdigest()))
        exchange.woken()

    def some_case(self, post: PostNode, chance: Random) -> str | None:
        """A case that this post holds and that was not erased."""
        register, _ = post.needed()
        for _ in range(3):
            record = chance.choice(self.cases) if self.cases else ""
            if record and record not in self.erased and register.get(record) is not None:
                return record
        return None


REFUSALS: Final = (RegisterError, OSError)
"""What may be said to a person instead of "saved"."""
