"""The command `diwan audit verify`: recomputes everything a node holds, and names what was altered, removed or
inserted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from diwan_core.audit.epochs import EpochAudit
from diwan_core.audit.finding import Finding
from diwan_core.audit.keys import Identities
from diwan_core.audit.reads import Anchors, own_log
from diwan_core.audit.replay import replay
from diwan_core.register import Register, RegisterError
from diwan_core.register.admission.scope_log import NATIONAL, feed_link, feed_start
from diwan_core.register.inspection import Inspection, inspect
from diwan_core.register.storage.causes import content_fault
from diwan_core.trust import NodeKeys, TrustError
from diwan_core.trust.access_log.log import head_of
from diwan_core.trust.network.enrolled_keys import Central, load_central


@dataclass(slots=True)
class Verified:
    """What was verified, and what is wrong. `notes` are true and worth knowing, but no damage."""

    counts: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def verify_node(folder: Path, *, pictures: bool = True) -> Verified:
    """Recompute all a node holds, in one read transaction; with or without the files of its pictures. Raises NodeError,
    RegisterError where it cannot be read."""
    verified = Verified()
    try:
        with Register.open_current(folder) as register, inspect(register.store) as inspection:
            _all(register, inspection, verified)
            if pictures:
                verified.findings += _blobs(register, inspection, verified)
    except RegisterError as error:
        fault = content_fault(error)
        if fault is None:
            raise
        what = f"the database file is damaged ({fault}): restore it, then look again"
        verified.findings.append(Finding("database", what))
    return verified


def _all(register: Register, inspection: Inspection, verified: Verified) -> None:
    verified.findings += (Finding("database", fault) for fault in inspection.file_faults())
    identities = _ledger(register, inspection, verified)
    audit = EpochAudit(inspection, register.config, identities, verified.notes)
    verified.findings += audit.all()
    verified.counts |= audit.counts
    verified.findings += audit.anchors.shrunk()
    verified.findings += _log(register, inspection, audit.anchors, identities, verified)
    verified.findings += _feed(register, inspection, verified)
    verified.findings += replay(inspection)
    verified.counts["records"] = inspection.states.record_count()


def _log(
    register: Register,
    inspection: Inspection,
    anchors: Anchors,
    identities: Identities | None,
    verified: Verified,
) -> list[Finding]:
    """The log of reads of this node, against what it anchored on the branch it writes on."""
    verified.counts["anchors"] = anchors.count
    own = inspection.journal.own_epoch()
    try:
        rows, _ = head_of(register.folder)
        verified.counts["reads logged"] = rows
        erased = identities.erased if identities is not None else ()
        return list(own_log(register.folder, anchors.up_to(own) if own else (), erased))
    except TrustError as error:
        return [Finding("log", str(error), name="log of reads")]


def _ledger(register: Register, inspection: Inspection, verified: Verified) -> Identities | None:
    """The keys that the ledger vouches for; None where there is no ledger to believe."""
    rows = inspection.network.ledger_entries()
    verified.counts["ledger entries"] = len(rows)
    try:
        centre = load_central(register.folder)
    except TrustError:
        verified.notes.append("this node is not enrolled: signatures of others cannot be checked, there are none yet")
        return None
    for place, (number, _) in enumerate(rows, start=1):
        if number != place:
            verified.findings.append(Finding("ledger", "an entry is missing", name=f"ledger entry {place}"))
            return None
    try:
        identities = Identities.of(centre.identity, (entry for _, entry in rows))
    except TrustError as error:
        verified.findings.append(Finding("ledger", str(error), name="ledger"))
        return None
    for number, entry in identities.ledger.hostile.items():
        what = f"{entry.why}: a forgery, which no node believes. Its certificate is on the revocation list"
        verified.findings.append(Finding("ledger", what, name=f"ledger entry {number}"))
    for number, why in identities.ledger.doubted.items():
        verified.findings.append(
            Finding("ledger", f"it names custodians whom nobody believes: {why}", name=f"ledger entry {number}")
        )
    verified.findings += _nodes(inspection, identities, centre)
    if centre.id not in identities.keys:
        identities.keys[centre.id] = [centre.identity]
    own = NodeKeys.load(register.folder).identity_public
    held = identities.keys.setdefault(register.config.id, [])
    if own not in held:
        held.append(own)
        verified.notes.append(
            "this node has keys that its ledger does not know (yet): what they signed is its own word"
        )
    return identities


def _nodes(inspection: Inspection, identities: Identities, centre: Central) -> Iterator[Finding]:
    """The nodes in the register against what the ledger says of them."""
    for held in inspection.network.nodes():
        node, name = held.id, f"node {held.id}"
        fact = identities.ledger.nodes.get(node)
        known = identities.keys.get(node, [centre.identity] if node == centre.id else [])
        if not known or held.signing_key != known[-1]:
            yield Finding("node", "its key is not the one in the ledger", name=f"node {held.label} {node}")
        elif fact is not None and bool(held.revoked) != (fact.identity in identities.ledger.revoked):
            yield Finding("node", "its revocation is not as the ledger says", name=name)
        elif fact is not None and bool(held.confirmed) != identities.ledger.is_confirmed(node):
            yield Finding("node", "its confirmation is not as the ledger says", name=name)


def _feed(register: Register, inspection: Inspection, verified: Verified) -> Iterator[Finding]:
    """Check the scopes' own chains at the centre, and at a post its place in them."""
    for scope in inspection.network.scopes():
        number, digest = 0, feed_start(scope)
        for run in inspection.network.runs(scope):
            place, epoch = f"scope {scope}, number {run.first}", run.epoch_id
            if run.first != number + 1 or run.last - run.first != run.last_seq - run.first_seq:
                yield Finding("feed", f"numbers {number + 1} to {run.first - 1} are missing", name=place)
            if run.row_hash is None or epoch is None:
                yield Finding("feed", f"row {run.last_seq} of epoch {epoch or run.epoch} is not here", name=place)
            elif feed_link(digest, run.last, epoch, run.first_seq, run.last_seq, run.row_hash) != run.feed_hash:
                yield Finding("feed", "the scope's chain breaks here", name=place, epoch=epoch, seq=run.last_seq)
            number, digest = run.last, run.feed_hash
        verified.counts["scope numbers"] = verified.counts.get("scope numbers", 0) + number
    if register.config.role == "post":
        held = inspection.network.rows_of_others()
        for scope, cursor, digest in inspection.network.places():
            if len(digest) != 32 or (scope == NATIONAL and held > cursor):
                yield Finding(
                    "feed", f"{held} rows of others are here where {cursor} were numbered", name=f"scope {scope}"
                )


def _blobs(register: Register, inspection: Inspection, verified: Verified) -> Iterator[Finding]:
    """Every picture and document that is whole here, read from the disk and held against its name."""
    known = set()
    for name, size in inspection.complete_blobs():
        known.add(name)
        path = register.blobs.path(name)
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            if digest != name or path.stat().st_size != size:
                yield Finding("blob", "its bytes are not the ones its name says", name=f"blob {name}")
        except OSError as error:
            yield Finding("blob", f"it cannot be read ({error.strerror})", name=f"blob {name}")
    verified.counts["blobs"] = len(known)
    extra = [path.name for path in register.blobs.folder.glob("??/*") if path.name not in known]
    if extra:
        verified.notes.append(f"{len(extra)} files in {register.blobs.folder} belong to no blob this register knows")
