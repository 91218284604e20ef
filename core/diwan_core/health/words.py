"""The registry of findings: text, remedy and severity of each, in English, translated where they are shown."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from diwan_core.dictionary import N_, Sentence, sentence
from diwan_core.health.findings import Finding

Severity = Literal["fault", "warning", "notice"]
SEVERITIES: Final[tuple[Severity, ...]] = ("fault", "warning", "notice")
"""The worst first: it keeps the node from its work or from keeping what it has; to be looked at; told only."""


class Words(NamedTuple):
    """The text of a finding and its remedy; both may name the finding's facts."""

    what: str
    remedy: str
    severity: Severity = "warning"


WORDS: Final[dict[str, Words]] = {
    "part_fails": Words(
        N_("The part {part} of this node does not start: {reason}"),
        N_("It is tried again automatically. Correct what the message names."),
        "fault",
    ),
    "register_damaged": Words(
        N_("The register of this node is damaged: {reason}"),
        N_("Stop the node, run “diwan post salvage”, start it again. The handbook: The register is damaged."),
        "fault",
    ),
    "disk_false_alarm": Words(
        N_("The register of this node was reported as damaged; all of it was checked since, and nothing is wrong."),
        N_(
            "Nothing has to be done now. If it is reported again within thirty days, it stays closed until a "
            "technician comes: the card, the disk or the memory of this machine gives false data."
        ),
        "notice",
    ),
    "register_io": Words(
        N_("The disk of this node reports errors: {reason}"),
        N_("Stop the node and save what can be read onto another disk with “diwan post salvage --onto FOLDER”."),
        "fault",
    ),
    "register_unsynced": Words(
        N_("The disk of this node did not confirm what was written: {reason}"),
        N_(
            "Restart the machine; nothing that was saved is lost. If it happens again, replace the disk: stop the node "
            "and save it onto another one with “diwan post salvage --onto FOLDER”."
        ),
        "fault",
    ),
    "register_readonly": Words(
        N_("The register of this node cannot be written: {reason}"),
        N_("Check whether its disk was mounted read-only because of errors, and which user owns its files."),
        "fault",
    ),
    "register_missing": Words(
        N_("The register of this node is missing: {reason}"),
        N_("Check whether its disk is mounted. If the file is lost, run “diwan post salvage”; the centre fills it."),
        "fault",
    ),
    "salvaged_rows": Words(
        N_("Changes of the damaged register that wait until the centre has said whether it has them: {count}."),
        N_(
            "If this post has a mirror stick, carry it to the centre first, then run “diwan post salvage --finish”. "
            "Without a stick they are written anew automatically when the line is up."
        ),
    ),
    "session_taken_over": Words(
        N_("Another machine or program connects to the centre under this node's name and ends its connection."),
        N_(
            "Find out whether this node's card or folder was copied and the copy is running. Switch the copy off. If "
            "there should be no copy, tell the centre: it revokes the keys of this node, and gives it new ones."
        ),
        "fault",
    ),
    "console_not_certified": Words(
        N_("Browsers warn of this console: it has no certificate of the centre. {reason}"),
        N_(
            "It asks again automatically every two minutes. At the centre, check whether this post is confirmed; "
            "here, check whether the centre's console can be reached."
        ),
    ),
    "code_edition_damaged": Words(
        N_("The edition {edition} of the code list {list} is not used: {reason}"),
        N_(
            "The edition before it stays in use. A post fetches a damaged file again by itself; at the centre, import "
            "the list again (diwan codes import)."
        ),
    ),
    "case_numbers_twice": Words(
        N_("{count} numbers of cases were given twice, such as {number}."),
        N_(
            "A post was put back from a copy, or its card was copied. Both cases are kept, and differ in the last two "
            "letters. Search for the number and compare them; where both are about the same, withdraw one."
        ),
    ),
    "backup_disk_here": Words(
        N_("The backup disk {label} is plugged in."),
        N_("Take it home when it holds the newest backup: two disks in one building are lost in one fire."),
        "notice",
    ),
    "backup_none": Words(
        N_("This centre has no backups."),
        N_("Plug in a backup disk and run “diwan backup init”. How-to: Set up the two backup disks."),
        "fault",
    ),
    "backup_old": Words(
        N_("The last backup that was read back is of {when} UTC."),
        N_("Look at “diwan backup status”: plug in the disk it names, and run “diwan backup run”."),
    ),
    "backup_very_old": Words(
        N_("There has been no backup that could be read back since {when} UTC."),
        N_(
            "Run “diwan backup run” today, and check why the timer does not run it: “systemctl status "
            "diwan-backup.timer”."
        ),
        "fault",
    ),
    "backup_second_old": Words(
        N_("The last backup on a disk that is taken home is of {when} UTC; agreed age in days: {days}."),
        N_("Have the other disk brought, plug it in, and wait until it may be taken home again."),
    ),
    "backup_never": Words(
        N_("No backup has been read back yet."),
        N_("Run “diwan backup run”: until then there is no other copy of this centre's data."),
        "fault",
    ),
    "backup_second_never": Words(
        N_("No backup on a disk that is taken home has been read back yet."),
        N_("Plug in the second disk, and run “diwan backup run”; then take it home."),
    ),
    "backup_tail_old": Words(
        N_("What the centre itself wrote is not being copied to the second disk at {place}; last time: {when} UTC."),
        N_("Plug the second disk in, and look at “systemctl status diwan-backup-tail.service”."),
    ),
    "backup_one_medium": Words(
        N_("Backups on one medium count as safe: one fire or theft takes both the centre and its backup."),
        N_("This is acceptable for a pilot only. Get a second disk, then run “diwan backup configure media=2”."),
    ),
    "backup_failed": Words(
        N_("The backup in {repository} failed: {reason}"),
        N_("Do what the message names; what was read back before is still good."),
        "fault",
    ),
    "backup_list_broken": Words(
        N_("The records about the backups cannot be trusted: {reason}"),
        N_("Find out who changed it. The archives themselves are not affected."),
        "fault",
    ),
    "backup_clock": Words(
        N_("The clock says {shown} UTC, and backups were made until {last} UTC: no old backup is deleted."),
        N_("Set the clock. If the earlier time was the wrong one, nothing needs to be done."),
    ),
    "backup_key_unchecked": Words(
        N_("Nobody has typed the recovery key back: if the paper has a mistake, the centre cannot be restored."),
        N_("Take the paper and run “diwan backup key check”."),
    ),
    "backup_erased_overdue": Words(
        N_("A backup still holds what was erased under the law; it should have been deleted by {due} UTC."),
        N_("Have every backup disk brought and plugged in once: what is due on it is deleted by itself."),
    ),
    "backup_drill_overdue": Words(
        N_("The restore should have been tried by {due} UTC and was not."),
        N_(
            "Run “diwan backup drill”, and check why its timer does not run it: “systemctl status "
            "diwan-backup-drill.timer”."
        ),
    ),
    "backup_drill_failed": Words(
        N_("The trial of a restore on {when} UTC failed: {reason}"),
        N_("Do what the message names, and run “diwan backup drill” again: until then nobody knows that it works."),
        "fault",
    ),
    "custodians_few": Words(
        N_("This centre has {count} of three custodians: one person, or none, opens what two should open together."),
        N_("This is acceptable for a pilot only. Name three with “diwan custodian name”. How-to: Custodians."),
    ),
    "escrow_none": Words(
        N_("One paper alone opens the keys of this centre: the recovery key is not in shares yet."),
        N_("Make three sheets with “diwan backup escrow make”; any two of them open the keys, one opens nothing."),
    ),
    "escrow_unconfirmed": Words(
        N_("The words of these sheets of the escrow were not typed back: {names}"),
        N_("Each of them types the words with “diwan backup escrow confirm”: until then the sheets may be wrong."),
        "fault",
    ),
    "escrow_holders": Words(
        N_("People who are no longer custodians hold sheets of the escrow: {names}"),
        N_("Make new sheets with “diwan backup escrow rotate”, and destroy the old ones."),
    ),
    "escrow_older_disks": Words(
        N_("On these disks the keys are still sealed for the previous sheets or paper: {disks}"),
        N_("Run “diwan backup run” with each of them plugged in; destroy the old sheets or paper only after that."),
    ),
    "escrow_other_key": Words(
        N_("The keys are sealed to another key than that of the sheets that begin with “{begins}”."),
        N_("This centre was restored from before its newest sheets. Make new ones with “diwan backup escrow rotate”."),
    ),
    "escrow_broken": Words(
        N_("It is not known which sheets of the escrow there are: {reason}"),
        N_("Do what the message names."),
        "fault",
    ),
    "console_names_refused": Words(
        N_("The console's certificate does not hold all of its names: {names}"),
        N_("Give this console other names (web_names), or ask the centre why."),
    ),
    "disk_full": Words(
        N_("The disk is full: {free} of {size} are free."),
        N_("Make room now: reports will soon be refused. Delete old exports and bundles, and plan for a larger disk."),
        "fault",
    ),
    "disk_nearly_full": Words(
        N_("The disk is nearly full: {free} of {size} are free."),
        N_("Make room, or plan for a larger disk."),
    ),
    "disk_read_only": Words(
        N_("The disk with this node's data cannot be written."),
        N_("It was mounted read-only, as a rule because of errors. Save the data, and replace the disk or card."),
        "fault",
    ),
    "memory_short": Words(
        N_("Little memory is left: {free} of {size}."),
        N_("Restart the machine at a quiet moment; if this comes back, it has too little memory for its work."),
    ),
    "machine_hot": Words(
        N_("The machine is {degrees} °C hot and works more slowly."),
        N_("Give it air and shade, clean its fan, and keep it out of the sun."),
    ),
    "power_weak": Words(
        N_("The power supply is too weak."),
        N_("Use the supply that came with the machine, and a short, thick cable: weak power destroys cards."),
    ),
    "clock_wrong": Words(
        N_("The clock says {shown} UTC, which is impossible."),
        N_("Set it, or connect the line: a post takes the time of its centre. Change the clock's battery."),
    ),
    "certificate_ends": Words(
        N_("The certificate of the {what} ends on {until}."),
        N_("It renews itself when the line and the centre work: look at both."),
    ),
    "certificate_ended": Words(
        N_("The certificate of the {what} ended on {until}."),
        N_(
            "Check the clock first. If it is right, connect the line; a node that was away for too long is "
            "enrolled again."
        ),
        "fault",
    ),
    "clock_unsynchronised": Words(
        N_("Nothing sets the clock of this machine."),
        N_(
            "This is normal without a line. With a line, check whether the centre can be reached for the "
            "time (UDP 123)."
        ),
        "notice",
    ),
    "rows_wait": Words(
        N_("Changes that wait for the centre: {count}; its last receipt came {since}."),
        N_("Connect the line, or carry a stick to the centre: data that is only here would be lost with this machine."),
    ),
    "mirror_missing": Words(
        N_("The mirror stick is not plugged in at {place}."),
        N_("Plug it in. Until then, data that the centre does not have yet is only on this machine."),
    ),
    "mirror_failed": Words(
        N_("The mirror stick cannot be written: {reason}"),
        N_(
            "Pull it out and plug it in again; if that does not help, make another stick the mirror (diwan "
            "post mirror)."
        ),
    ),
    "service_failed": Words(
        N_("The service {service} has failed."),
        N_("It is started again automatically. If this continues, read its log: journalctl -u {service}"),
        "fault",
    ),
    "service_restarts": Words(
        N_("The service {service} was restarted within this hour; restarts so far: {count}."),
        N_("Read its log: journalctl -u {service}"),
    ),
}


def severity_of(finding: Finding) -> Severity:
    """The severity of a finding; an unknown finding of another release is a warning to be looked at."""
    words = WORDS.get(finding.code.partition(":")[0])
    return words.severity if words else "warning"


def say_finding(finding: Finding) -> tuple[Sentence, Sentence]:
    """The text of a finding and its remedy. Behind a colon a code says which of several things it is about; one of
    another release is shown as it is."""
    words = WORDS.get(finding.code.partition(":")[0], Words("{code} ({part})", ""))
    facts = {**finding.facts, "part": finding.part, "code": finding.code}
    return sentence(words.what, **facts), sentence(words.remedy, **facts) if words.remedy else Sentence.plain("")
