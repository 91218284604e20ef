"""`diwan audit check`: verify a case file anywhere, with nothing but the file, and say in words what it proves."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from diwan_core.audit.case_epochs import EpochCheck
from diwan_core.audit.casefile import (
    FORMAT,
    SEAL,
    SEAL_DOMAIN,
    BadCaseFile,
    CaseFile,
    CasePart,
    Seal,
    sealed_message,
)
from diwan_core.audit.checked import Checked
from diwan_core.audit.keys import Identities
from diwan_core.audit.vouching import name_of, time_text, vouch
from diwan_core.register.records.replay import replay_record
from diwan_core.register.records.type_plan import PLANS
from diwan_core.trust import TrustError, fingerprint

_case = msgspec.json.Decoder(CasePart).decode
_seal = msgspec.json.Decoder(Seal).decode


def check(path: Path, authority: str | None = None) -> Checked:
    """Verify a case file; `authority` is the centre's fingerprint as the administration publishes it. Raises
    BadCaseFile where the file cannot be read."""
    with CaseFile(path) as file:
        return _Check(file).all(authority)


class _Check:
    """The check of one file."""

    def __init__(self, file: CaseFile) -> None:
        self._file = file
        self._done = Checked()
        try:
            self._case = _case(file.read("case.json"))
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise BadCaseFile(f"case.json cannot be read ({error})") from error
        if self._case.format != FORMAT:
            raise BadCaseFile(f"the file's format is {self._case.format[:40]!r}; this release reads {FORMAT!r}")

    def all(self, authority: str | None) -> Checked:
        """Check every part of the file. Raises BadCaseFile."""
        done = self._done
        done.record = self._case.record
        identities = self._ledger(authority)
        if identities is not None:
            epochs = EpochCheck(self._file, self._case, identities, done)
            for epoch in self._case.epochs:
                epochs.epoch(epoch)
            done.changes.sort(key=lambda change: (change["hlc"], change["epoch"], change["seq"]))
            self._others()
            self._replay(epochs)
            self._blobs()
            self._say(identities)
            self._sealed(identities, epochs)
            done.keys, sentences = vouch(identities, epochs.used)
            done.statements += sentences
        return done

    def _ledger(self, authority: str | None) -> Identities | None:
        """The keys that the file's ledger vouches for; None where the ledger does not verify."""
        entries = self._file.read("ledger.jsonl").split(b"\n")[:-1]
        try:
            first = msgspec.json.decode(entries[0] if entries else b"{}", type=_First)
            identity = first.entry.facts.identity
            identities = Identities.of(identity, entries)
        except (msgspec.DecodeError, TrustError, UnicodeError, RecursionError) as error:
            self._done.find("ledger", f"the ledger does not verify: {error}", name="ledger")
            return None
        shown = self._done.fingerprint = fingerprint(identity)
        if authority is not None and re.sub(r"[^a-z2-7]", "", authority.lower()) != shown.replace("-", ""):
            self._done.find(
                "authority", f"the file was signed by the centre {shown}, not by {authority}", name="ledger"
            )
        return identities

    def _others(self) -> None:
        """Find parts that prove nothing and could be taken for proof."""
        known = {
            "case.json",
            "ledger.jsonl",
            "READ-ME.txt",
            SEAL,
            *(f"rows/{part.id}.jsonl" for part in self._case.epochs),
        }
        for name in self._file.names():
            if name not in known and not name.startswith("blobs/"):
                self._done.find("inserted", "the format knows no such part", name=f"part {name[:80]}")

    def _replay(self, epochs: EpochCheck) -> None:
        """Make the records of the case anew from their changes."""
        for record, changes in epochs.changes.items():
            plan = PLANS.get(epochs.kinds[record])
            state = replay_record(changes, plan) if plan is not None else None
            if plan is None or state is None:
                self._done.say(f"Record {record}: its creating change is not in this file.")
            else:
                self._done.values[record] = plan.declared.join(state.rest, state.nominal)
        for record in self._case.records:
            if record not in epochs.changes and self._done.proven:
                self._done.find("removed", "no row of this record is in the file", record=record)

    def _blobs(self) -> None:
        """Hold every picture against its name, and against the records that name it."""
        named = {str(values["sha256"]): record for record, values in self._done.values.items() if values.get("sha256")}
        for part in [name for name in self._file.names() if name.startswith("blobs/")]:
            name = part.removeprefix("blobs/")
            if self._file.digest(part).hex() != name:
                self._done.find("blob", "its bytes are not the ones the case names", name=f"picture {name}")
            elif named.pop(name, None) is None:
                self._done.find("blob", "no record of the case names it", name=f"picture {name}")
            else:
                self._done.say(f"Picture {name[:16]}… is, byte for byte, the one the record names.")
        for name, record in named.items():
            self._done.say(f"Picture {name[:16]}… of record {record} is not in this file.")

    def _sealed(self, identities: Identities, epochs: EpochCheck) -> None:
        """Check the seal: what no row, receipt or fact vouches for is as the node left it that wrote the file."""
        if self._case.record not in epochs.kinds:
            self._done.find(
                "record", "the file holds no row of the case it names", name=f"case {self._case.record[:80]}"
            )
        try:
            seal = _seal(self._file.read(SEAL))
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise BadCaseFile(f"{SEAL} cannot be read ({error})") from error
        parts = ((name, self._file.digest(name)) for name in self._file.names() if name != SEAL)
        message, signature = sealed_message(parts), bytes.fromhex(seal.signature)
        signed = epochs.signed(seal.node, SEAL_DOMAIN, message, signature)
        if seal.node != self._case.exported_by or not signed:
            if not self._done.findings:  # which say more, and where
                self._done.find("seal", "some part is not as the node left it that wrote the file", name="seal")
            return
        self._done.say(f"Every part is as {name_of(identities, seal.node)} wrote it.")

    def _say(self, identities: Identities) -> None:
        for record in self._case.records:
            if record in identities.erased:
                halves, basis, at = identities.erased[record]
                what = {1: "Part of the values", 2: "What names people"}.get(halves, "The values")
                self._done.say(f"{what} of record {record}: erased under {basis}, {time_text(at)}.")


class _Identity(msgspec.Struct):
    identity: bytes


class _Inner(msgspec.Struct):
    facts: _Identity


class _First(msgspec.Struct):
    entry: _Inner
