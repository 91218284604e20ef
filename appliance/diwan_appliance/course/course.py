"""The file `DIR/course.json` of an exercise post."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diwan_core import node
from diwan_core.node import NodeError
from diwan_core.register import Edit, Register
from diwan_core.trust.files import write_private

FILE: Final = "course.json"
_FORMAT: Final = 1
_BIRDS: Final = ("KESTREL", "HERON", "OSPREY", "PLOVER", "CURLEW", "MERLIN", "AVOCET", "SHRIKE")


class CourseRefused(NodeError):
    """No course can begin here, or its file cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Course:
    """A course: its id, its title, and the case it brought along with the word to search for."""

    id: str
    title: str
    word: str
    record: str


def begin(folder: Path, title: str, today: str) -> Course:
    """Make this post an exercise post: it gets a case to be found, and can no longer be enrolled. Raises CourseRefused,
    NodeError, RegisterError."""
    config = node.load(folder, role="post")
    if config.enrolled:
        raise CourseRefused(
            f"the post in {folder} is enrolled: practice would reach the centre. Make an exercise post in a folder of "
            "its own: `diwan post init --dir FOLDER`"
        )
    if of(folder) is not None:
        raise CourseRefused(f"a course has begun in {folder} already: make another folder for the next one")
    word = f"{secrets.choice(_BIRDS)}-{secrets.randbelow(90) + 10}"
    values = {
        "type": "seizure", "date": today, "country": "JO", "direction": "import", "status": "submitted",
        "office": config.office,
        "concealment_text": f"Behind a plate with the mark {word} (exercise).",
        "detection_method": "physical", "concealment_method": "vehicle_cabin",
        "leg": {
            "1": {"role": "departure", "country": "ET", "mode": "3"},
            "2": {"role": "destination", "country": "JO"},
        },
        "narrative": "Invented for a course: nobody was stopped.",
        "goods": {"1": {"product_group": "alcohol", "quantity": "48", "unit": "LTR"}},
    }  # fmt: skip
    with Register.open(folder, role="writer") as register:
        record = register.save([Edit("case", values)], author="course").records[0]
    course = Course(secrets.token_hex(8), title, word, record)
    kept = {"format": _FORMAT, "id": course.id, "title": title, "word": word, "record": record}
    write_private(folder / FILE, json.dumps(kept, ensure_ascii=False, indent=1).encode(), replace=False)
    return course


def of(folder: Path) -> Course | None:
    """The course of a post; None where it is not an exercise post. Raises CourseRefused where its file is damaged."""
    path = folder / FILE
    try:
        kept = json.loads(path.read_bytes())
        return Course(str(kept["id"]), str(kept["title"]), str(kept["word"]), str(kept["record"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CourseRefused(
            f"{path} cannot be used ({error}): begin a new course in a new folder, or put the file back"
        ) from error


def refuse_enrolment(folder: Path) -> None:
    """Raise CourseRefused where this is an exercise post."""
    if (folder / FILE).exists():
        raise CourseRefused(
            f"the post in {folder} is an exercise post: its practice data must not reach the centre. Make the real "
            "post in a new folder: `diwan post init --dir FOLDER`"
        )
