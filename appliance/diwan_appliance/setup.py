"""Makes a post in an empty folder, enrols it, and gives it new keys."""

from __future__ import annotations

import dataclasses
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diwan_core import node
from diwan_core.dictionary import DICTIONARY
from diwan_core.register import Register
from diwan_core.register.exchange_state.nodes import CentreRow, note_centre
from diwan_core.register.journal.resign import sign_again
from diwan_core.trust import NodeKeys
from diwan_core.trust.network.enrolled_keys import install, keep_request, kept_request
from diwan_core.trust.network.enrolment import MAX_ANSWER, make_request, open_answer
from diwan_core.trust.network.fingerprint_words import fingerprint_words
from diwan_core.trust.network.keys import IDENTITY_FILE, keys_folder

from diwan_appliance.centre_request import ask_centre
from diwan_appliance.course.course import refuse_enrolment

STARTING_S: Final = 20.0
"""A centre that is only starting is waited for, so that both may be started in one go."""


@dataclass(frozen=True)
class Enrolled:
    """The result of an enrolment: the ids of the centre and of this post, the label and office that its code gave it,
    and the words by which a person at the centre confirms it; empty where nobody needs to."""

    centre: str
    node: str
    label: str
    office: str
    words: str


def create(
    folder: Path, label: str, office: str, host: str, port: int, *, web_tls: str = "auto", web_names: str = ""
) -> node.NodeConfig:
    """Make a post: its identity, keys that never leave it, an empty register. Raises NodeError."""
    config = node.NodeConfig(
        "post", node.mint_id(), label, office, web_host=host, web_port=port, web_tls=web_tls, web_names=web_names
    )
    node.create(folder, config)
    NodeKeys.create(folder)
    Register.open(folder, role="writer").close()
    return config


def rekey(folder: Path) -> None:
    """Make new keys, forget the old ones, and sign with the new what the centre may still want: rows stay as they are,
    only the checkpoints over them are made again. Stop the post's processes first; after a power cut or on a full disk,
    do it again. Raises NodeError, KeysMissing."""
    node.load(folder, role="post")
    old, aside = keys_folder(folder), _aside(folder)
    if (old / IDENTITY_FILE).exists():
        shutil.rmtree(aside, ignore_errors=True)
        old.rename(aside)
    elif not aside.exists():
        NodeKeys.load(folder)  # says what is missing
    shutil.rmtree(old, ignore_errors=True)
    NodeKeys.create(folder)
    with Register.open(folder, role="writer") as register:
        sign_again(register.store, register.node_id, NodeKeys.load(folder))
    shutil.rmtree(aside)


def _aside(folder: Path) -> Path:
    """The folder of the old keys while new ones are made; while it exists, this is not finished."""
    return folder / "keys.old"


def enrol(folder: Path, url: str, code: str) -> Enrolled:
    """Enrol with a one-time code; the post gets the label and office that the code was made for. Raises
    CentreNotReached, TrustError with the remedy."""
    config = node.load(folder, role="post")
    refuse_enrolment(folder)
    if _aside(folder).exists():
        raise node.NodeError(f"the new keys in {folder} are not ready: run `diwan post rekey` again, then enrol")
    keys = NodeKeys.load(folder)
    # Kept before it is sent: when the answer is lost on the way, the same request gets the same answer.
    pending = kept_request(folder, code) or make_request(
        code, keys, node=config.id, label=config.label, office=config.office, dictionary=DICTIONARY.version
    )
    keep_request(folder, pending)
    answer, scope_keys = open_answer(pending, keys, config.id, _ask(url, pending.request))
    centre = install(folder, answer, scope_keys)
    with Register.open(folder, role="writer") as register, register.store.write() as transaction:
        note_centre(transaction, CentreRow(centre.id, centre.identity, centre.sealing, answer.signs))
    named = Enrolled(
        centre.id,
        config.id,
        answer.label or config.label,
        answer.office if answer.label else config.office,
        fingerprint_words(config.id, keys.identity_public, keys.sealing_public) if answer.unconfirmed else "",
    )
    node.save(
        folder,
        dataclasses.replace(
            config,
            label=named.label,
            office=named.office,
            central_id=centre.id,
            central_url=url,
            broker_host=answer.broker_host,
            broker_port=answer.broker_port,
        ),
    )
    return named


def _ask(url: str, request: bytes) -> bytes:
    return ask_centre(url, "/enrol", request, "application/json", MAX_ANSWER, patience_s=STARTING_S)
