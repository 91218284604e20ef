"""The topics of the pages that only the centre has (ADR 58)."""

from typing import Final

from diwan_core.web.kit.topics import Topic
from diwan_core.web.language.i18n import N_

TOPICS: Final = (
    Topic(
        "posts",
        (
            "posts.",
            "post.",
        ),
        N_(
            "Which posts are in order, which are late, and why. A new post counts only after a person has confirmed it."
        ),
        "technician",
    ),
    Topic(
        "enrolment",
        ("enrolment.",),
        N_("Make a code for one new post. It is used once and ends by itself."),
        "technician",
    ),
    Topic(
        "acceptance",
        ("acceptance.",),
        N_("Signed sheets of what was checked on each machine."),
        "technician",
    ),
    Topic(
        "assets",
        ("assets.",),
        N_("The machines of the country: where each one is and in which state."),
        "technician",
    ),
    Topic(
        "backups",
        ("backups.",),
        N_("How old the newest verified backup is, where the disks are, and who holds the keys."),
        "technician",
    ),
    Topic(
        "units",
        ("units.",),
        N_(
            "Units of the country and what each comes to in kilograms, litres or pieces. Amounts are worked "
            "out again when one changes."
        ),
        "administrator",
    ),
    Topic(
        "prices",
        ("prices.",),
        N_("Prices by product, suggested to officers when they fill in a value."),
        "administrator",
    ),
    Topic(
        "equivalents",
        ("equivalents.",),
        N_("What one dose, tablet or litre weighs by the country's own sources. Reports name the entry they used."),
        "administrator",
    ),
    Topic(
        "settings",
        ("settings.",),
        N_(
            "How the country writes days, numbers, telephone numbers and addresses. Every post follows what "
            "is chosen here."
        ),
        "administrator",
    ),
    Topic(
        "departments",
        ("departments.",),
        N_("How the administration is organised. Forms at every post offer these, and records show them by name."),
        "administrator",
    ),
    Topic(
        "agreements",
        ("agreements.",),
        N_("Agreements with other administrations: what may leave under each, and until when."),
    ),
    Topic(
        "scopes",
        ("scopes.",),
        N_("Which posts read what identifies people: those of a unit, and those of an operation while it lasts."),
        "administrator",
    ),
    Topic(
        "retention",
        (
            "retention.",
            "erasure_runs.",
        ),
        N_(
            "How long records are kept, what is due, and what is held back. An erasure is proposed by one "
            "person and approved by another."
        ),
    ),
    Topic(
        "subject",
        ("subject.",),
        N_("A report of what is held about one person, for that person. It names nobody else."),
    ),
    Topic(
        "rollout",
        ("rollout.",),
        N_("Sites, their readiness, the plan and the training of the roll-out."),
        "technician",
    ),
)
