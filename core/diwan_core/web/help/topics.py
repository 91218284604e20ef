"""The topics of the pages that both consoles have (ADR 58)."""

from typing import Final

from diwan_core.web.kinds.registry import KINDS
from diwan_core.web.kit.topics import Topic
from diwan_core.web.language.i18n import N_


def _of(index: str, page: str) -> tuple[str, ...]:
    """The endpoints of kinds whose list is of this sort."""
    return tuple(f"{kind.type}.{page}" for kind in KINDS.values() if kind.index == index)


TOPICS: Final = (
    Topic(
        "start",
        ("pages.home",),
        N_("Your first page shows what has to be done now. “Diwan” at the top of every page leads back to it."),
    ),
    Topic(
        "list",
        _of("list", "index"),
        N_(
            "Search by words or by any part of a number, narrow the list down, and sort it by its headings. "
            "A search you need often can be saved as a view."
        ),
    ),
    Topic(
        "register",
        _of("look_up", "index"),
        N_(
            "Persons, companies, means of transport and operations are found here by a name, a plate or a "
            "number, in any script."
        ),
    ),
    Topic(
        "record",
        tuple(f"{kind.type}.page" for kind in KINDS.values()),
        N_(
            "All that is known of this record stands here, and its history at the foot. “Change” beside a "
            "heading changes that part."
        ),
    ),
    Topic(
        "report",
        ("report_",),
        N_(
            "Fill in what you know and press “Report”. What you type is kept as a draft while you type; more "
            "can be added later."
        ),
        brief=True,
    ),
    Topic(
        "draft",
        (
            "drafts.show",
            "picking.",
        ),
        N_("This draft is kept on this machine and only you see it. Press “Report” or “Save” when it is complete."),
    ),
    Topic(
        "edit",
        ("edit_",),
        N_("Change what is wrong and save. What stood there before stays in the history."),
    ),
    Topic(
        "drafts",
        ("drafts.",),
        N_("What you began and have not sent is kept here. Cases sent back to you stand at the top."),
    ),
    Topic(
        "check",
        ("review.",),
        N_(
            "Cases that wait to be checked stand here, the oldest first. Open one, then validate it or send "
            "it back with a comment."
        ),
    ),
    Topic(
        "pictures",
        (
            "pictures.",
            "attachment.",
        ),
        N_(
            "Add pictures here. Say for each whether a person can be recognised and whether a plate or a "
            "name can be read."
        ),
    ),
    Topic(
        "gallery",
        (
            "gallery.",
            "judging.",
        ),
        N_("Places of concealment in pictures, without any on which a person can be recognised."),
    ),
    Topic(
        "codes",
        ("codes.",),
        N_("Look up a code by a word, in any language, or by the beginning of the code."),
    ),
    Topic(
        "import",
        ("imports.",),
        N_(
            "Choose a spreadsheet, say what each column becomes, look at the result, then import. Nothing is "
            "saved before, and an import can be undone."
        ),
        "import",
    ),
    Topic(
        "export",
        (
            "export_",
            "other_forms.",
        ),
        N_("Choose what the file holds. Without personal data it holds only what may leave."),
    ),
    Topic(
        "conflicts",
        ("conflicts.",),
        N_(
            "Two people changed the same part of a record. Compare both versions and choose; the other one "
            "stays in the history."
        ),
    ),
    Topic(
        "search",
        ("search.",),
        N_(
            "Type any word, name, plate, container or number, in any script: all records that you may see are "
            "searched, and each result says why it was found."
        ),
    ),
    Topic(
        "follow_up",
        ("follow_up.",),
        N_("What waits for a next step, and what is overdue. Open one to take the step."),
    ),
    Topic(
        "begin",
        ("begin_",),
        N_("Fill in what is known and save. The record's page then offers the next steps."),
    ),
    Topic(
        "paper",
        ("paper_",),
        N_("Print the short form to have it at hand when everything is down. Type it in later under its number."),
    ),
    Topic(
        "release",
        ("release.",),
        N_("A text leaves in a file without personal data only after somebody has read and released it here."),
    ),
    Topic(
        "steps",
        ("steps.",),
        N_("This changes the state of a record. The history shows who took the step, when and why."),
    ),
    Topic(
        "trouble",
        ("trouble.",),
        N_("What this machine received and could not accept is kept here with the reason. Nothing of it is lost."),
    ),
    Topic(
        "doubles",
        ("doubles.",),
        N_("The same row was imported more than once. Compare the records and merge those that are one."),
    ),
    Topic(
        "people",
        ("administering.",),
        N_(
            "Add people, change their roles, and give one-time passwords. Whoever gains sight of cases needs "
            "a second person's approval."
        ),
        "administrator",
    ),
    Topic(
        "approvals",
        ("approvals.",),
        N_(
            "What an administrator asked for and needs a second person stands here. Approve with your own "
            "password, or refuse."
        ),
        "administrator",
    ),
    Topic(
        "account",
        (
            "own_account.",
            "people.",
        ),
        N_("Your role and your open sessions. Change your password here, and end sessions at other browsers."),
    ),
    Topic(
        "log",
        ("reads.",),
        N_("Who looked at what, and who did what, the newest first. Nothing in this log can be changed or removed."),
        "administrator",
    ),
    Topic(
        "machine",
        (
            "pages.status",
            "pages.finding",
        ),
        N_("Whether this machine is well, and what to do if it is not. Counters are behind “Details”."),
        "technician",
    ),
    Topic(
        "help",
        ("help.",),
        N_("The handbook's chapters and short hints for each page."),
    ),
    Topic(
        "certificate",
        ("authority.",),
        N_("Browsers that have the authority of this console installed do not warn of it."),
        "technician",
    ),
)
