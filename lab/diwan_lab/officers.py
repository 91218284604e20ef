"""People at the consoles of posts: they report, edit and check cases, add pictures, and write down every
acknowledgement.

What a console acknowledged, and nothing else, is what must be at the centre in the end. Every text carries a mark that
occurs nowhere else, by which the checker counts how often it arrived.
"""

import hashlib
import json
import random
import re
import struct
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from diwan_lab.browser import Answer, Browser, FormRead, NotAnswered, SignedOut
from diwan_lab.diary import Diary

USER: Final = "officer"
OWN_PASSWORD: Final = "seven grey herons at dawn"
EDITED: Final = "offence"
"""The heading of a case under which its narrative is."""
HEADINGS: Final = {"unit": "handling", "operation": "event"}
"""The headings under which a case says where it belongs."""
CASE: Final = {
    "country": "JO",
    "direction": "import",
    "detection_method": "xray_cargo",
    "concealment_method": "vehicle_cabin",
    "goods.1.product_group": "drugs",
    "goods.1.quantity": "12.5",
    "goods.1.unit": "KGM",
    "leg.1.country": "SY",
    "leg.2.country": "JO",
    "leg.1.mode": "3",
}
PAUSE_SECONDS: Final = 0.4
"""What an officer rests between two saves, on the average."""
_RECORD: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KNOWN: Final = 400
"""Records an officer may come back to: the latest ones."""


@dataclass(frozen=True)
class Told:
    """One acknowledgement: what kind of save (case, edit, check, picture) of which case, with which mark and bytes; or
    that the erasure of a case has been ordered."""

    kind: str
    post: str
    record: str
    mark: str
    sha256: str = ""


def _is_saved(address: str) -> bool:
    """Whether this address follows a change that was saved; one of a case that was sent back submits it again."""
    return "done=saved" in address or "done=resubmitted" in address


class Acknowledged:
    """All that officers were told is saved, in a file that outlives us; shared by the officers' threads."""

    def __init__(self, path: Path, diary: Diary | None = None) -> None:
        self._path = path
        self._diary = diary or Diary()
        self._lock = threading.Lock()
        self.told: list[Told] = []
        self.records: list[str] = []
        self.attempts = 0

    def add(self, told: Told) -> None:
        """Write one down."""
        with self._lock:
            self.told.append(told)
            if told.kind == "case":
                self.records = [*self.records[-_KNOWN:], told.record]
            with self._path.open("a", encoding="ascii") as file:
                file.write(json.dumps(asdict(told)) + "\n")
        self._diary.note("told", **asdict(told))

    def forget(self, record: str) -> None:
        """Nobody comes back to this case: it is about to be erased."""
        with self._lock:
            self.records = [known for known in self.records if known != record]


class Officer(threading.Thread):
    """One officer at one post, from `start` to `leave`: with a one-time password, or, without, somebody who has chosen
    one before and signs in once the console answers."""

    def __init__(
        self, post: str, console: str, one_time: str | None, book: Acknowledged, seed: int, pause: float
    ) -> None:
        super().__init__(name=f"officer at {post}", daemon=True)
        self.post = post
        self._browser = Browser(console)
        self._book = book
        self._chance = random.Random(f"{seed} {post}")
        self._pause = pause
        self._leaving = threading.Event()
        self._at_work = threading.Event()
        self._at_work.set()
        self._mark_lock = threading.Lock()
        self._marks = 0
        self.troubles: dict[str, int] = {}
        self._signed_in = one_time is not None
        if one_time is not None:
            self._browser.sign_in(USER, one_time, OWN_PASSWORD)

    def leave(self) -> None:
        """Ask the officer to stop after what is at hand."""
        self._leaving.set()

    def rest(self, resting: bool) -> None:
        """Stop for a while after what is at hand, or go on."""
        if resting:
            self._at_work.clear()
        else:
            self._at_work.set()

    def run(self) -> None:
        while not self._leaving.is_set():
            if not self._at_work.wait(0.5):
                continue
            acts = [self.report, self.edit_some, self.photograph, self.send_back]
            act = self._chance.choices(acts, [8, 8, 4, 3])[0]
            try:
                if not self._signed_in:
                    self._browser.sign_in_again(USER, OWN_PASSWORD)
                    self._signed_in = True
                act()
            except NotAnswered as trouble:
                self._signed_in = self._signed_in and not isinstance(trouble, SignedOut)
                words = _RECORD.sub("CASE", str(trouble))[:60]
                self.troubles[words] = self.troubles.get(words, 0) + 1
                self._leaving.wait(0.3)
            self._leaving.wait(self._chance.expovariate(1 / self._pause))

    def report(self) -> None:
        """A new case."""
        mark = self._mark()
        fields = self._form("/cases/new")
        country = fields.get("country") or CASE["country"]  # a post of another country offers its own
        answer = self._sent("/cases/new", {**fields, **CASE, "country": country}, None)
        record = answer.to.partition("?")[0].rpartition("/")[2]
        self._book.add(Told("case", self.post, record, mark))

    def edit_some(self) -> None:
        """The narrative of a case of any post, where it has arrived here."""
        record = self._some()
        if record:
            self.finish_edit(record, self.begin_edit(record))

    def begin_edit(self, record: str) -> dict[str, str]:
        """Open the form."""
        return self._form(f"/cases/{record}/edit/{EDITED}")

    def finish_edit(self, record: str, fields: dict[str, str]) -> None:
        """Send it with a narrative of one's own."""
        mark = self._mark()
        answer = self._sent(
            f"/cases/{record}/edit/{EDITED}", {**fields, "narrative": f"Seen again at the gate. {mark}"}, None
        )
        if _is_saved(answer.to):
            self._book.add(Told("edit", self.post, record, mark))

    def move(self, record: str, field: str, value: str) -> bool:
        """Say to which unit or operation a case belongs, or with "" that it says nothing; whether that was news."""
        path = f"/cases/{record}/edit/{HEADINGS[field]}"
        return _is_saved(self._sent(path, {**self._form(path), field: value}, None).to)

    def send_back(self) -> None:
        """Say of a case what is to be corrected: fields that an older release does not know."""
        record = self._some()
        if not record:
            return
        form = FormRead.of(self._browser.get(f"/cases/{record}").page).with_field("comment")
        if not form:
            return  # it has not arrived here yet
        mark = self._mark()
        fields = {**form, "decision": "sent_back", "comment": f"Which seal? {mark}"}
        self._sent(f"/cases/{record}/check", fields, None)
        self._book.add(Told("check", self.post, record, mark))

    def photograph(self) -> None:
        """A picture of a case."""
        record = self._some()
        if not record:
            return
        mark = self._mark()
        path = f"/records/{record}/pictures/new"
        picture = make_picture(mark, self._chance.choice((300, 3_000, 70_000, 200_000)))
        self._sent(path, {**self._form(path), "caption": f"Hidden compartment {mark}"}, picture)
        self._book.add(Told("picture", self.post, record, mark, hashlib.sha256(picture).hexdigest()))

    def _some(self) -> str:
        records = self._book.records
        return self._chance.choice(records) if records else ""

    def _mark(self) -> str:
        with self._mark_lock:
            self._marks += 1
            self._book.attempts += 1
            return f"mark-{self.post}-{self._marks}-{self._chance.getrandbits(40):010x}-end"

    def _form(self, path: str) -> dict[str, str]:
        answer = self._browser.get(path)
        if answer.status != 200:
            raise NotAnswered(f"GET {path.partition('/')[0]} answered {answer.status}")
        return FormRead.of(answer.page).fields

    def _sent(self, path: str, fields: dict[str, str], picture: bytes | None) -> Answer:
        answer = self._browser.send(path, fields, picture)
        if answer.status != 303 or "done=" not in answer.to:
            raise NotAnswered(f"POST answered {answer.status} {answer.to[:20]}")
        return answer


def rivals(first: Officer, second: Officer, record: str) -> None:
    """Two officers open one case at two posts, and both save. Nothing when one of them cannot."""
    try:
        forms = [officer.begin_edit(record) for officer in (first, second)]
        for officer, fields in zip((first, second), forms, strict=True):
            officer.finish_edit(record, fields)
    except NotAnswered:
        return


def make_picture(mark: str, size: int) -> bytes:
    """A PNG of about `size` bytes whose every copy is its own, with `mark` in a comment (PNG, 11.3.4.3)."""
    width = max(8, int((size / 3) ** 0.5))
    noise = random.Random(mark)
    lines = b"".join(b"\0" + noise.randbytes(3 * width) for _ in range(width))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, width, 8, 2, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", head),
            chunk(b"tEXt", b"Comment\0" + mark.encode()),
            chunk(b"IDAT", zlib.compress(lines, 1)),
            chunk(b"IEND", b""),
        )
    )


def wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    """Whether it held within `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.3)
    return True
