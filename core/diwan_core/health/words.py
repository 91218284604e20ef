"""What findings say, and what to do about them: one entry a code, in English, translated where they are shown."""

from __future__ import annotations

from typing import Final, NamedTuple

from diwan_core.dictionary import N_, Sentence, sentence
from diwan_core.health.findings import Finding


class Words(NamedTuple):
    """What is wrong, and the remedy; both may name the finding's facts."""

    what: str
    remedy: str


WORDS: Final[dict[str, Words]] = {
    "part_fails": Words(
        N_("The part {part} of this node does not start: {reason}"),
        N_("It is tried again by itself. Put right what the message names."),
    ),
    "session_taken_over": Words(
        N_("Another machine or program uses this node's name at the centre and takes the line from it."),
        N_(
            "Find out whether this node's card or folder was copied and the copy is running. Switch the copy off. If "
            "there should be no copy, tell the centre: it revokes the keys of this node, and gives it new ones."
        ),
    ),
    "console_not_certified": Words(
        N_("Browsers warn of this console: it has no certificate of the centre. {reason}"),
        N_(
            "It asks again by itself every two minutes. At the centre, look whether this post is confirmed; here, "
            "whether the centre's console can be reached."
        ),
    ),
    "code_edition_damaged": Words(
        N_("The edition {edition} of the code list {list} is not used: {reason}"),
        N_(
            "The edition before it stays in use. A post fetches a damaged file again by itself; at the centre, import "
            "the list again (diwan codes import)."
        ),
    ),
    "console_names_refused": Words(
        N_("The console's certificate does not hold all of its names: {names}"),
        N_("Give this console other names (web_names), or ask the centre why."),
    ),
}


def said(finding: Finding) -> tuple[Sentence, Sentence]:
    """What is wrong and what to do. A code of another release is shown as it is."""
    words = WORDS.get(finding.code, Words("{code} ({part})", ""))
    facts = {**finding.facts, "part": finding.part, "code": finding.code}
    return sentence(words.what, **facts), sentence(words.remedy, **facts) if words.remedy else Sentence.plain("")
