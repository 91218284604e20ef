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
    "register_damaged": Words(
        N_("The register of this node is damaged: {reason}"),
        N_("Stop the node, run “diwan post salvage”, start it again. The handbook: The register is damaged."),
    ),
    "register_io": Words(
        N_("The disk of this node reports errors: {reason}"),
        N_("Stop the node and save what can be read onto another disk with “diwan post salvage --onto FOLDER”."),
    ),
    "register_readonly": Words(
        N_("The register of this node cannot be written: {reason}"),
        N_("Look whether its disk was mounted read-only because of errors, and to whom its files belong."),
    ),
    "register_missing": Words(
        N_("The register of this node is missing: {reason}"),
        N_("Look whether its disk is mounted. If the file is lost, run “diwan post salvage”; the centre fills it."),
    ),
    "salvaged_rows": Words(
        N_("{count} changes of the damaged register wait until the centre has said whether it has them."),
        N_(
            "If this post has a mirror stick, carry it to the centre first, then run “diwan post salvage --finish”. "
            "Without one they are written anew by themselves when the line is up."
        ),
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
    "backup_disk_here": Words(
        N_("The backup disk {label} is plugged in."),
        N_("Take it home when it holds the newest backup: two disks in one building are lost in one fire."),
    ),
    "console_names_refused": Words(
        N_("The console's certificate does not hold all of its names: {names}"),
        N_("Give this console other names (web_names), or ask the centre why."),
    ),
}


def said(finding: Finding) -> tuple[Sentence, Sentence]:
    """What is wrong and what to do. Behind a colon a code says which of several things it is about; one of another
    release is shown as it is."""
    words = WORDS.get(finding.code.partition(":")[0], Words("{code} ({part})", ""))
    facts = {**finding.facts, "part": finding.part, "code": finding.code}
    return sentence(words.what, **facts), sentence(words.remedy, **facts) if words.remedy else Sentence.plain("")
