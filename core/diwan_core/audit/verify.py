"""`diwan audit verify`: everything a node holds, recomputed; what was altered, removed or inserted, and where."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from diwan_core.audit.epochs import EpochAudit
from diwan_core.audit.finding import Finding
from diwan_core.audit.keys import Identities
from diwan_core.audit.reads import Anchors, own_log
from diwan_core.audit.replay import replayed
from diwan_core.register import Register, RegisterError
from diwan_core.register.admission.scope_log import feed_link, feed_start
from diwan_core.register.opening import open_store
from diwan_core.register.register import DATABASE
from diwan_core.register.storage.schema import MARK
from diwan_core.trust import NodeKeys, TrustError
from diwan_core.trust.access_log.log import head_of
from diwan_core.trust.network.enrolled_keys import load_central


@dataclass(slots=True)
class Verified:
    """What was looked at, and what is wrong. `notes` are true and worth knowing, but no damage."""

    counts: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def verify_node(folder: Path) -> Verified:
    """Recompute all a node holds, in one read transaction. Raises NodeError, RegisterError where it cannot be read."""
    verified = Verified()
    try:
        with opened(folder) as register:
            _all(register, verified)
    except (sqlite3.DatabaseError, RegisterError) as error:
        cause = error if isinstance(error, sqlite3.Error) else error.__cause__
        if not isinstance(cause, sqlite3.DatabaseError) or isinstance(cause, sqlite3.OperationalError):
            raise
        what = f"the database file is damaged ({cause}): restore it, then look again"
        verified.findings.append(Finding("database", what))
    return verified


def _all(register: Register, verified: Verified) -> None:
    with register.store.read() as connection:
        for (problem,) in connection.execute("PRAGMA integrity_check(20)"):
            if problem != "ok":
                verified.findings.append(Finding("database", str(problem)))
        identities = _ledger(register, connection, verified)
        audit = EpochAudit(connection, register.config, identities, verified.notes)
        verified.findings += audit.all()
        verified.counts |= audit.counts
        verified.findings += audit.anchors.shrunk()
        verified.findings += _log(register, connection, audit.anchors, identities, verified)
        verified.findings += _feed(register, connection, verified)
        verified.findings += replayed(connection)
        verified.counts["records"] = connection.execute("SELECT count(*) FROM record").fetchone()[0]
        verified.findings += _blobs(register, connection, verified)


def _log(
    register: Register,
    connection: sqlite3.Connection,
    anchors: Anchors,
    identities: Identities | None,
    verified: Verified,
) -> list[Finding]:
    """The log of reads of this node, against what it anchored on the branch it writes on."""
    verified.counts["anchors"] = anchors.count
    # Lost epochs of a database put back come again from the centre: the branch last written is the one that counts.
    own = connection.execute(
        "SELECT id FROM epoch WHERE own=1 AND seq>0 "
        "ORDER BY no IS (SELECT value FROM state WHERE key='own_epoch') DESC, no DESC LIMIT 1"
    ).fetchone()
    try:
        rows, _ = head_of(register.folder)
        verified.counts["reads logged"] = rows
        erased = identities.erased if identities is not None else ()
        return list(own_log(register.folder, anchors.up_to(own[0]) if own else (), erased))
    except TrustError as error:
        return [Finding("log", str(error), name="log of reads")]


def opened(folder: Path) -> Register:
    """A node's register for reading, its tables those of this release. Raises NodeError, RegisterError."""
    register = Register.open(folder)
    if register.store.one("PRAGMA user_version") != MARK:
        register.close()
        open_store(folder / DATABASE, writer=True).close()
        register = Register.open(folder)
    return register


def _ledger(register: Register, connection: sqlite3.Connection, verified: Verified) -> Identities | None:
    rows = connection.execute("SELECT number, entry FROM ledger ORDER BY number").fetchall()
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
    for node, label, key, revoked, confirmed in connection.execute(
        "SELECT id, label, signing_key, revoked, confirmed FROM node"
    ):
        fact = identities.ledger.nodes.get(node)
        known = identities.keys.get(node, [centre.identity] if node == centre.id else [])
        if not known or key != known[-1]:
            verified.findings.append(
                Finding("node", "its key is not the one in the ledger", name=f"node {label} {node}")
            )
        elif fact is not None and bool(revoked) != (fact.identity in identities.ledger.revoked):
            verified.findings.append(Finding("node", "its revocation is not as the ledger says", name=f"node {node}"))
        elif fact is not None and bool(confirmed) != identities.ledger.is_confirmed(node):
            verified.findings.append(Finding("node", "its confirmation is not as the ledger says", name=f"node {node}"))
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


def _feed(register: Register, connection: sqlite3.Connection, verified: Verified) -> Iterator[Finding]:
    """At the centre the scopes' own chains; at a post its place in them."""
    scopes = [row[0] for row in connection.execute("SELECT DISTINCT scope FROM scope_run")]
    for scope in scopes:
        number, digest = 0, feed_start(scope)
        for first, last, epoch, first_seq, last_seq, kept, row_hash, name in connection.execute(
            "SELECT s.first, s.last, s.epoch, s.first_seq, s.last_seq, s.feed_hash, j.hash, e.id FROM scope_run s "
            "LEFT JOIN epoch e ON e.no=s.epoch LEFT JOIN journal j ON j.epoch=s.epoch AND j.seq=s.last_seq "
            "WHERE s.scope=? ORDER BY s.first",
            (scope,),
        ):
            place = f"scope {scope}, number {first}"
            if first != number + 1 or last - first != last_seq - first_seq:
                yield Finding("feed", f"numbers {number + 1} to {first - 1} are missing", name=place)
            if row_hash is None:
                yield Finding("feed", f"row {last_seq} of epoch {name or epoch} is not here", name=place)
            elif feed_link(digest, last, name, first_seq, last_seq, row_hash) != kept:
                yield Finding("feed", "the scope's chain breaks here", name=place, epoch=name, seq=last_seq)
            number, digest = last, kept
        verified.counts["scope numbers"] = verified.counts.get("scope numbers", 0) + number
    if register.config.role == "post":
        held = connection.execute(
            "SELECT count(*) FROM journal j JOIN epoch e ON e.no=j.epoch WHERE e.own=0"
        ).fetchone()[0]
        for scope, cursor, digest in connection.execute("SELECT scope, cursor, hash FROM feed"):
            if len(digest) != 32 or held > cursor:
                yield Finding(
                    "feed", f"{held} rows of others are here where {cursor} were numbered", name=f"scope {scope}"
                )


def _blobs(register: Register, connection: sqlite3.Connection, verified: Verified) -> Iterator[Finding]:
    known = set()
    for name, size in connection.execute("SELECT sha256, size FROM blob WHERE have=size"):
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
