"""A post that asks, and a centre that answers by hand."""

import dataclasses
from pathlib import Path

import msgspec
from diwan_core.trust import (
    NodeKeys,
    ScopeKey,
)
from diwan_core.trust.network.enrolment import (
    Answer,
    Pending,
    Received,
    SealedScopeKey,
    answer_request,
    make_request,
    receive_request,
)
from diwan_core.trust.network.enrolment_codes import Codes

from .country import NOW, Country


@dataclasses.dataclass(frozen=True)
class Post:
    id: str
    folder: Path
    keys: NodeKeys

    def ask(self, code: str, label: str = "Aqaba port", office: str = "JOAQJ") -> Pending:
        return make_request(code, self.keys, node=self.id, label=label, office=office, dictionary=1)


NATIONAL = ScopeKey.create("national")


def answer_for(country: Country, received: Received, **changes: object) -> Answer:
    request = received.request
    answer = Answer(
        version=1,
        node=request.node,
        certificate=country.authority.issue(request.signing_request.encode(), request.node, NOW).decode(),
        authority=country.authority.certificate.decode(),
        central=country.id,
        central_certificate=country.certificate.decode(),
        central_sealing_key=country.keys.sealing_public,
        broker_host="10.0.0.1",
        broker_port=8883,
        scope_keys=(SealedScopeKey.of(NATIONAL, request.sealing_key),),
        time=int(NOW.timestamp() * 1000),
        ledger_length=3,
        ledger_head=b"h" * 32,
    )
    return msgspec.structs.replace(answer, **changes)


def enrol(country: Country, store: Codes, post: Post, code: str, **changes: object) -> bytes:
    received = receive_request(store, post.ask(code).request, NOW)
    return answer_request(store, received, answer_for(country, received, **changes))


class Body(msgspec.Struct):
    body: bytes
