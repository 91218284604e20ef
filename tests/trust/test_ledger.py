"""The ledger: one true order of irreversible facts that nobody but the centre can write, not even by one bit."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from diwan_core.trust import NodeKeys, ScopeKey, mint_id
from diwan_core.trust.errors import LedgerRefused
from diwan_core.trust.network.certificates import read_certificate, signing_request
from diwan_core.trust.network.ledger import DOMAIN, MAX_ENTRY, Ledger, append, read_entry
from diwan_core.trust.network.ledger_facts import (
    CentralFact,
    ConfirmedFact,
    Fact,
    NodeFact,
    RevokedFact,
    ScopeKeyFact,
    UnknownFact,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from .country import NOW, Country, Node, make_country

AT = int(NOW.timestamp() * 1000)
NewNode = Callable[[], Node]


@dataclasses.dataclass
class Book:
    """A ledger that is being written, and its raw entries."""

    country: Country
    ledger: Ledger
    raws: list[bytes]

    def add(self, *facts: Fact) -> "Book":
        for fact in facts:
            raw, self.ledger = append(self.ledger, fact, AT, self.country.keys)
            self.raws.append(raw)
        return self

    def join(self, node: Node, *scopes: str) -> "Book":
        """Enrol a node, confirm it, and make it a member."""
        return self.add(node_fact(node), confirmed_fact(node), node_fact(node, *scopes))


def central_fact(country: Country) -> CentralFact:
    return CentralFact(
        node=country.id,
        label="Amman",
        identity=country.keys.identity_public,
        sealing_key=country.keys.sealing_public,
        certificate=country.certificate.decode(),
        authority=country.authority.certificate.decode(),
    )


def node_fact(node: Node, *scopes: str) -> NodeFact:
    return NodeFact(
        node=node.id,
        label=f"مرفأ {node.id}",
        office="JOAQJ",
        identity=node.keys.identity_public,
        sealing_key=node.keys.sealing_public,
        certificate=node.certificate.decode(),
        scopes=scopes,
    )


def scope_fact(scope: str = "national") -> ScopeKeyFact:
    key = ScopeKey.create(scope)
    return ScopeKeyFact(scope, key.id, key.public)


def revoked_fact(node: Node) -> RevokedFact:
    return RevokedFact(node.id, node.keys.identity_public, "stolen")


def confirmed_fact(node: Node) -> ConfirmedFact:
    return ConfirmedFact(node.id, node.keys.identity_public)


@pytest.fixture
def book(country: Country) -> Book:
    return Book(country, Ledger(country.keys.identity_public), []).add(central_fact(country))


@pytest.fixture(scope="module")
def entry(country: Country) -> bytes:
    return append(Ledger(country.keys.identity_public), central_fact(country), AT, country.keys)[0]


def test_a_node_reads_what_the_centre_wrote(book: Book, new_node: NewNode) -> None:
    one, other = new_node(), new_node()
    old, new = scope_fact(), scope_fact()
    book.join(one, "national").add(old).join(other, "national", "operation-7").add(new)
    read = Ledger(book.country.keys.identity_public).accept(book.raws)
    assert read == book.ledger
    assert (read.length, read.central) == (9, central_fact(book.country))
    assert [node.node for node in read.members("national")] == sorted([one.id, other.id])
    assert read.members("operation-7") == [node_fact(other, "national", "operation-7")]
    assert read.current["national"] == new
    assert read.scope_keys["national", old.key_id] == old


def test_entries_may_come_in_pieces(book: Book, new_node: NewNode) -> None:
    book.add(node_fact(new_node()), scope_fact(), node_fact(new_node()))
    read = Ledger(book.country.keys.identity_public)
    for raw in book.raws:
        read = read.accept([raw])
    assert read == book.ledger


def test_a_revoked_node_is_trusted_no_more_but_may_come_back_with_new_keys(
    book: Book, new_node: NewNode, tmp_path: Path
) -> None:
    stolen = new_node()
    book.join(stolen, "national").add(revoked_fact(stolen))
    assert book.ledger.trusted(stolen.id) is None
    assert book.ledger.members("national") == []
    with pytest.raises(LedgerRefused, match="revoked for ever"):
        book.add(node_fact(stolen))

    keys = NodeKeys.create(tmp_path)
    certificate = book.country.authority.issue(signing_request(keys, stolen.id), stolen.id, NOW)
    back = Node(stolen.id, tmp_path, keys, certificate)
    with pytest.raises(LedgerRefused, match="are not confirmed"):
        book.add(node_fact(back, "national"))
    book.join(back, "national")
    trusted = book.ledger.trusted(stolen.id)
    assert trusted is not None and trusted.identity == keys.identity_public


def test_revocation_names_every_certificate_the_keys_ever_had(book: Book, new_node: NewNode) -> None:
    node = new_node()
    authority = book.country.authority
    renewed = dataclasses.replace(node, certificate=authority.issue(signing_request(node.keys, node.id), node.id, NOW))
    book.add(node_fact(node), node_fact(renewed), revoked_fact(node))
    serials = [read_certificate(pem, authority.certificate).serial for pem in (node.certificate, renewed.certificate)]
    assert book.ledger.revoked_serials() == sorted(serials)


def test_what_contradicts_the_ledger_is_not_written(book: Book, new_node: NewNode) -> None:
    one, other = new_node(), new_node()
    book.add(node_fact(one))
    taken = msgspec.structs.replace(node_fact(other), node=one.id)
    with pytest.raises(LedgerRefused, match="another name or key"):
        book.add(taken)
    with pytest.raises(LedgerRefused, match="not enrolled with the keys"):
        book.add(revoked_fact(other))
    book.add(revoked_fact(one))
    with pytest.raises(LedgerRefused, match="revoked already"):
        book.add(revoked_fact(one))
    with pytest.raises(LedgerRefused, match="no second one"):
        book.add(central_fact(book.country))
    with pytest.raises(LedgerRefused, match="release that knows"):
        book.add(UnknownFact("ended-right", b"{}"))
    assert book.ledger.length == 3


def test_a_clone_cannot_be_enrolled_beside_a_living_node(book: Book, new_node: NewNode, tmp_path: Path) -> None:
    node = new_node()
    book.add(node_fact(node))
    keys = NodeKeys.create(tmp_path)
    certificate = book.country.authority.issue(signing_request(keys, node.id), node.id, NOW)
    with pytest.raises(LedgerRefused, match="Revoke those first"):
        book.add(node_fact(Node(node.id, tmp_path, keys, certificate)))
    name = mint_id()
    twin = book.country.authority.issue(signing_request(node.keys, name), name, NOW)
    with pytest.raises(LedgerRefused, match="another node"):
        book.add(node_fact(Node(name, tmp_path, node.keys, twin)))


def test_a_node_is_a_member_of_nothing_before_its_keys_are_confirmed(book: Book, new_node: NewNode) -> None:
    node, other = new_node(), new_node()
    with pytest.raises(LedgerRefused, match="member of no scope yet"):
        book.add(node_fact(node, "national"))
    book.add(node_fact(node), node_fact(other))
    assert not book.ledger.is_confirmed(node.id)
    with pytest.raises(LedgerRefused, match="not enrolled with the keys"):
        book.add(ConfirmedFact(node.id, other.keys.identity_public))
    with pytest.raises(LedgerRefused, match="not enrolled with the keys"):
        book.add(ConfirmedFact(mint_id(), node.keys.identity_public))
    book.add(confirmed_fact(node))
    assert book.ledger.is_confirmed(node.id)
    assert not book.ledger.is_confirmed(other.id)
    with pytest.raises(LedgerRefused, match="confirmed already"):
        book.add(confirmed_fact(node))
    book.add(node_fact(node, "national"), revoked_fact(node))
    with pytest.raises(LedgerRefused):
        book.add(confirmed_fact(node))
    assert book.ledger.trusted(node.id) is None
    book.add(revoked_fact(other))
    with pytest.raises(LedgerRefused, match="not enrolled with the keys"):
        book.add(confirmed_fact(other))
    assert Ledger(book.country.keys.identity_public).accept(book.raws) == book.ledger


def test_a_confirmed_node_does_not_come_with_another_sealing_key(book: Book, new_node: NewNode) -> None:
    """The words were those of both keys; whoever has the other half of a new one would read what is sealed to it."""
    node, other = new_node(), new_node()
    book.join(node, "national")
    with pytest.raises(LedgerRefused, match="another sealing key"):
        book.add(msgspec.structs.replace(node_fact(node, "national"), sealing_key=other.keys.sealing_public))


def test_a_member_enrolled_before_there_were_confirmations_stays_one(book: Book, new_node: NewNode) -> None:
    node = new_node()
    book.raws.append(_signed(book, kind="node", facts=node_fact(node, "national")))
    book.ledger = book.ledger.accept(book.raws[-1:])
    assert book.ledger.is_confirmed(node.id)
    authority = book.country.authority
    certificate = authority.issue(signing_request(node.keys, node.id), node.id, NOW)
    book.add(node_fact(dataclasses.replace(node, certificate=certificate), "national", "operation-7"))
    assert [member.node for member in book.ledger.members("operation-7")] == [node.id]


def test_two_nodes_have_no_labels_that_look_alike(book: Book, new_node: NewNode) -> None:
    one, other = new_node(), new_node()
    book.add(node_fact(one))
    label = node_fact(one).label
    for lookalike in (label, f" {label}", label.upper(), "AMMAN"):
        with pytest.raises(LedgerRefused, match="looks like it"):
            book.add(msgspec.structs.replace(node_fact(other), label=lookalike))
    book.add(revoked_fact(one))
    with pytest.raises(LedgerRefused, match="looks like it"):
        book.add(msgspec.structs.replace(node_fact(other), label=label))
    book.add(node_fact(other))


def test_a_ledger_begins_with_the_centre(country: Country, new_node: NewNode) -> None:
    with pytest.raises(LedgerRefused, match="begins with"):
        append(Ledger(country.keys.identity_public), scope_fact(), AT, country.keys)


def test_entries_left_out_repeated_or_out_of_order_are_refused_and_change_nothing(
    book: Book, new_node: NewNode
) -> None:
    book.add(node_fact(new_node()), scope_fact(), scope_fact("operation-7"))
    first, *rest = book.raws
    start = Ledger(book.country.keys.identity_public).accept([first])
    for entries in (rest[1:], [first], [rest[0], rest[2]], [rest[0], rest[0]], list(reversed(rest))):
        with pytest.raises(LedgerRefused, match="does not follow"):
            start.accept(entries)
    assert start.accept(rest) == book.ledger
    assert start.length == 1


def test_a_branch_of_the_same_centre_is_refused(book: Book, new_node: NewNode) -> None:
    book.add(node_fact(new_node()))
    branch = Book(book.country, book.ledger, list(book.raws)).add(scope_fact(), scope_fact())
    book.add(scope_fact(), scope_fact())
    with pytest.raises(LedgerRefused, match="there are two ledgers"):
        book.ledger.accept(branch.raws[2:])
    with pytest.raises(LedgerRefused, match="does not follow"):
        Ledger(book.country.keys.identity_public).accept([*book.raws[:3], branch.raws[3]])


def test_another_centre_s_ledger_is_refused(book: Book, tmp_path: Path) -> None:
    foreign = make_country(tmp_path)
    own = Book(foreign, Ledger(foreign.keys.identity_public), []).add(central_fact(foreign))
    with pytest.raises(LedgerRefused, match="not signed by our centre"):
        Ledger(book.country.keys.identity_public).accept(own.raws)
    with pytest.raises(LedgerRefused, match="belongs to another centre"):
        append(Ledger(book.country.keys.identity_public), central_fact(foreign), AT, book.country.keys)


def test_a_node_cannot_write_an_entry(book: Book, new_node: NewNode) -> None:
    with pytest.raises(LedgerRefused, match="not signed by our centre"):
        append(book.ledger, scope_fact(), AT, new_node().keys)


def test_facts_of_a_newer_centre_are_verified_counted_and_kept(book: Book) -> None:
    raw = _signed(book, kind="ended-right", facts={"record": "x", "why": ["law"]})
    read = book.ledger.accept([raw])
    assert read.length == 2
    entry = read_entry(raw, book.country.keys.identity_public)
    assert entry.fact == UnknownFact("ended-right", b'{"record":"x","why":["law"]}')
    assert dataclasses.replace(read, length=1, head=book.ledger.head) == book.ledger


def test_members_that_a_newer_centre_adds_to_a_fact_are_ignored(book: Book) -> None:
    fact = scope_fact()
    facts = {**msgspec.to_builtins(fact), "colour": "green"}
    read = book.ledger.accept([_signed(book, kind="scope-key", facts=facts)])
    assert read.current["national"] == fact


def test_a_newer_version_asks_for_an_update(book: Book) -> None:
    with pytest.raises(LedgerRefused, match="Update Diwan"):
        book.ledger.accept([_signed(book, version=2)])


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("scope-key", {}),
        ("scope-key", {"scope": "#", "key_id": "", "public": ""}),
        ("scope-key", {"scope": "national", "key_id": "AAAAAAAAAAA=", "public": "A" * 43 + "="}),
        ("node", {"node": "x"}),
        ("revoked", {"node": "aaaabbbbcccce", "identity": "", "reason": "stolen"}),
        ("revoked", {"node": "aaaabbbbcccce", "identity": "A" * 43 + "=", "reason": "line\nbreak"}),
    ],
)
def test_even_the_centre_cannot_state_facts_of_a_wrong_form(book: Book, kind: str, facts: dict[str, object]) -> None:
    with pytest.raises(LedgerRefused, match="is not right"):
        book.ledger.accept([_signed(book, kind=kind, facts=facts)])


@pytest.mark.parametrize("facts", [{"a": 0.5}, {"a": 1e300}, {"a": [-0.0]}])
def test_numbers_with_several_spellings_are_refused(book: Book, facts: dict[str, object]) -> None:
    with pytest.raises(LedgerRefused):
        book.ledger.accept([_signed(book, facts=facts)])


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw + b" ",
        lambda raw: raw.replace(b":", b": ", 1),
        lambda raw: raw.replace(b'"Amman"', b'"\\u0041mman"'),
        lambda raw: raw.replace(b'"label":"Amman"', b'"label":"x","label":"Amman"'),
        lambda raw: raw.replace(b'"number":1', b'"number":1.0'),
        lambda raw: raw.replace(b"==", b"=="[:1]),
        lambda raw: raw.replace(b'"entry"', b'"extra":1,"entry"'),
    ],
)
def test_an_entry_has_one_spelling(country: Country, entry: bytes, change: Callable[[bytes], bytes]) -> None:
    assert change(entry) != entry
    with pytest.raises(LedgerRefused):
        read_entry(change(entry), country.keys.identity_public)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[" * 60_000,
        b'{"entry":' + b"[" * 60_000,
        b'{"entry":{"a":' + b"[" * 30_000 + b"]" * 30_000 + b'},"signature":""}',
        b" " * (MAX_ENTRY + 1),
        b'{"entry":{},"signature":"\\ud800"}',
        b"\xff",
    ],
)
def test_hostile_bytes_are_refused(country: Country, raw: bytes) -> None:
    with pytest.raises(LedgerRefused):
        read_entry(raw, country.keys.identity_public)


@given(raw=st.binary(max_size=300))
def test_arbitrary_bytes_are_no_entry(country: Country, raw: bytes) -> None:
    with pytest.raises(LedgerRefused):
        Ledger(country.keys.identity_public).accept([raw])


@settings(max_examples=200)
@given(at=st.integers(0, 20_000), bit=st.integers(0, 7))
def test_one_flipped_bit_anywhere_is_found(country: Country, entry: bytes, at: int, bit: int) -> None:
    changed = bytearray(entry)
    changed[at % len(changed)] ^= 1 << bit
    with pytest.raises(LedgerRefused):
        read_entry(bytes(changed), country.keys.identity_public)


def _signed(book: Book, *, kind: str = "ended-right", facts: object = None, version: int = 1) -> bytes:
    """An entry as another release of the centre might write it, its signature right."""
    inner = msgspec.json.encode(
        {
            "at": AT,
            "facts": facts or {},
            "kind": kind,
            "number": book.ledger.length + 1,
            "previous": book.ledger.head.hex(),
            "version": version,
        },
        order="sorted",
    )
    return msgspec.json.encode({"entry": msgspec.Raw(inner), "signature": book.country.keys.sign(DOMAIN, inner)})
