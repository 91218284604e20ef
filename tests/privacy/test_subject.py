"""A report to a person holds what is theirs, and no word of anybody else."""

from __future__ import annotations

import json
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from diwan_central.privacy.handed_in_logs import reads_at_posts, take_log
from diwan_central.privacy.holds import HoldRefused
from diwan_central.privacy.store import PrivacyStore
from diwan_central.privacy.subject import Chosen, Compiled, compile_report
from diwan_central.privacy.subject_files import as_json, as_paper, write_xlsx
from diwan_central.privacy.subject_reads import reads_of
from diwan_central.privacy.subject_reports import (
    HELD,
    ReportRefused,
    begin,
    choose,
    held_types,
    report_of,
    set_held,
)
from diwan_central.privacy.subject_words import Worded, worded
from diwan_core import node
from diwan_core.dictionary import DICTIONARY
from diwan_core.exchange.erasure import order
from diwan_core.register import Edit, Register
from diwan_core.trust import NodeKeys
from diwan_core.trust.access_log.events import event
from diwan_core.trust.access_log.handed_in import INFO, LogRefused, opened_log, sealed_log
from diwan_core.trust.access_log.log import ReadLog
from diwan_core.trust.access_log.log_row import Logged
from diwan_core.trust.errors import NotForUs
from diwan_core.trust.network.enrolled_keys import load_central
from diwan_core.trust.network.seal import seal
from flask import Flask, g

from tests.exchange.network import Network, case, network
from tests.leaving.canaries import documents, leaks
from tests.privacy.kit import keys, save

PERSON: dict[str, Any] = {
    "name_as_written": "سامي المثال", "latin_name": "SAMI ALMITHAL", "birth_date": "1980-05-06", "sex": "M",
    "notes": "Brother of Zephyrine Oldfield", "occupation": "Driver of Zephyrine Oldfield",
    "warning_codes": {"1": "armed"},
    "document": {"1": {"kind": "passport", "number": "N1234567", "country": "JO"}},
    "birth": {"1": {"birth_date": "1980-06-05", "source": "Zephyrine Oldfield says so"}},
}  # fmt: skip
OTHER = {
    "role": "courier",
    "name": "Zephyrine Oldfield",
    "identifier": "Z7654321",
    "country": "FR",
    "state": "arrested",
}


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=1) as made:
        made.settle()
        yield made


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    folder = tmp_path / "centre"
    node.create(folder, node.NodeConfig(role="central", id=node.mint_id(), label="Centre"))
    NodeKeys.create(folder)
    with Register.open(folder, role="writer") as made:
        yield made


def in_words(register: Register, compiled: Compiled, language: str = "en") -> Worded:
    reads = reads_of(register.folder, register, [one.id for one in compiled.records])
    labels = dict(register.origins())
    with Flask("test").test_request_context():
        g.language = language
        return worded(compiled, reads, lambda origin: labels.get(origin, "?"), 1_795_000_000_000)


def given(report: Worded, folder: Path) -> list[bytes]:
    """Everything that is handed to the person."""
    with Flask("test").test_request_context():
        g.language = "en"
        write_xlsx(report, folder / "report.xlsx")
        with zipfile.ZipFile(folder / "report.xlsx") as archive:
            parts = [archive.read(part) for part in archive.namelist()]
        return [as_json(report, "Centre", "0" * 13), as_paper(report, "Centre", "0" * 13).encode(), *parts]


def lines(report: Worded, number: int) -> dict[str, str]:
    return {line.label: line.text for line in report.sections[number - 1].lines}


def with_links(document: Any, person: str) -> Any:
    """A document in which one reference outside parts, if there is one, leads to the person."""
    found = dict(document)
    for item in DICTIONARY.type(found.pop("__type")).fields.values():
        if item.kind == "reference" and "person" in item.targets:
            found[item.name] = {"1": person} if item.repeated else person
            break
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_word_of_others_is_in_a_report_whatever_the_type_and_the_field(
    register: Register, tmp_path: Path, seed: int
) -> None:
    person = register.save([Edit("person", {"latin_name": "SAMI ALMITHAL"})], author="amal").records[0]
    chance, made = Random(seed), list[str]()
    for name, declared in DICTIONARY.types.items():
        if name == "person":
            continue
        for document in documents(declared, 5, seed):
            linked = with_links({**document, "__type": name}, person) if chance.random() < 0.8 else document
            made += register.save([Edit(name, linked)], author="canary").records
    own = dict(next(documents(DICTIONARY.type("person"), 1, seed)))
    for item in DICTIONARY.type("person").fields.values():
        if item.kind == "text" and (item.is_name or item.identifier):
            own[item.name] = {"1": "SAMI"} if item.repeated else "SAMI"
    own["document"] = {"1": {"kind": "passport", "number": "N1234567"}}
    own["birth"] = {"1": {"birth_date": "1980-05-06", "source": "Canary says so"}}
    for name in ("imeis", "phones", "emails"):
        del own[name]  # of the person: they are told
    persons = (person, *register.save([Edit("person", own)], author="canary").records)
    compiled = compile_report(register, Chosen(persons, tuple(made)), {})
    assert len(compiled.records) == len(made) + 2
    assert sum(len(record.values) for record in compiled.records) > 1000
    contents = given(in_words(register, compiled), tmp_path)
    assert [leaks(content) for content in contents if leaks(content)] == []
    assert all(not record.texts and not record.parts for record in compiled.records)


def test_offices_and_units_are_put_into_words_without_a_console(register: Register) -> None:
    """A command has none: names stand where its register is at hand, else the codes."""
    register.save([Edit("unit", {"code": "NORTH", "name": "Directorate North", "office": "XXA-1"})], author="n")
    person = register.save([Edit("person", PERSON)], author="amal").records[0]
    party = {"1": {"role": "courier", "subject": person}}
    case = {"source_key": "1", "office": "XXA-1", "unit": "NORTH", "party": party}
    register.save([Edit("case", case)], author="amal")
    compiled = compile_report(register, Chosen((person,)), {})
    assert {lines(in_words(register, compiled), 2)[name] for name in ("Customs office", "Unit")} == {"XXA-1", "NORTH"}


def test_the_reviewer_alone_sees_what_is_black(register: Register) -> None:
    person = register.save([Edit("person", PERSON)], author="amal").records[0]
    (record,) = compile_report(register, Chosen((person,)), {}, review=True).records
    assert {text.text for text in record.texts} == {PERSON["notes"], PERSON["occupation"], "Zephyrine Oldfield says so"}


def test_what_is_of_the_person_is_told_and_what_is_of_others_is_not(net: Network, tmp_path: Path) -> None:
    person = save(net, "person", PERSON)
    party = {"1": OTHER, "2": {"role": "declarant", "subject": person, "name": "Sami", "identifier": "N1234567"}}
    record = save(net, "case", case(
        party=party, narrative="Zephyrine Oldfield told us", agency="Squad of Oldfield", place="Oldfield farm",
        means={"1": {"kind": "car", "plate": "OLD 1234"}}, risk_indicators={"1": "unusual_route"},
    ))  # fmt: skip
    link = save(net, "link", {"kind": "same", "subject": person, "target": record, "reason": "Oldfield said so"})
    compiled = compile_report(net.register, Chosen((person,)), held_types_of(net))
    report = in_words(net.register, compiled)
    assert [record.id for record in compiled.records] == [person, *sorted((record, link), key=order_of(compiled))]
    own = lines(report, 1)
    assert own["Name in Latin letters"] == "SAMI ALMITHAL"
    assert own["Name as written"] == "سامي المثال"
    assert own["Documents 1: Number"] == "N1234567"
    assert own["Notes"] == "text of 29 letters, not released"
    assert "Take care" not in own
    (number,) = [at for at, one in enumerate(compiled.records, 1) if one.id == record]
    of_case = lines(report, number)
    assert of_case["Persons and companies 2: Name as written"] == "Sami"
    assert of_case["Persons and companies 2: Person or company in the register"] == "this person"
    assert of_case["Agency"] == "an officer"
    assert of_case["Date"] == "20 Nov 2026"
    assert "Narrative" in of_case
    assert "Risk indicators" not in of_case
    section = report.sections[number - 1]
    assert "1 part about others is left out" in section.remarks
    post = net.posts[0].register.config.label
    assert (section.place, {line.place for line in section.lines}) == (post, {post})
    for content in given(report, tmp_path):
        for word in (b"Zephyrine", b"Oldfield", b"Z7654321", b"OLD 1234", b"officer.a"):
            assert word not in content
    assert [(id, name) for id, name, _law in compiled.held_back if id == person] == [(person, "person.warning_codes")]


def order_of(compiled: Compiled) -> Any:
    places = {record.id: at for at, record in enumerate(compiled.records)}
    return places.__getitem__


def held_types_of(net: Network) -> dict[str, str]:
    with PrivacyStore.open(net.register.folder) as store:
        return held_types(store)


def test_a_text_is_told_only_while_it_is_what_the_reviewer_released(register: Register) -> None:
    person = register.save([Edit("person", PERSON)], author="amal").records[0]
    (record,) = compile_report(register, Chosen((person,)), {}, review=True).records
    (token,) = [text.token for text in record.texts if text.field.name == "occupation"]
    chosen = Chosen((person,), released=frozenset({token}))
    assert lines(in_words(register, compile_report(register, chosen, {})), 1)["Occupation"] == PERSON["occupation"]
    register.save([Edit("person", {"occupation": "Driver of Quagmire"}, person)], author="amal")
    told = lines(in_words(register, compile_report(register, chosen, {})), 1)["Occupation"]
    assert told == "text of 18 letters, not released"


def test_a_party_that_was_never_linked_is_the_person_only_where_the_reviewer_says_so(register: Register) -> None:
    record = register.save([Edit("case", case(party={"1": OTHER, "2": {"role": "declarant", "name": "Sami"}}))],
                           author="amal").records[0]  # fmt: skip
    (told,) = compile_report(register, Chosen(naming=(record,)), {}, review=True).records
    assert {part.name: part.mine for part in told.parts} == {"Zephyrine Oldfield": False, "Sami": False}
    assert told.left_out == 2
    chosen = Chosen(naming=(record,), mine=frozenset({f"{record}/party/2"}))
    (told,) = compile_report(register, chosen, {}).records
    report = in_words(register, compile_report(register, chosen, {}))
    assert lines(report, 1)["Persons and companies 2: Name as written"] == "Sami"
    assert told.left_out == 1


def test_a_part_is_the_persons_only_while_it_says_what_the_reviewer_read(register: Register) -> None:
    record = register.save([Edit("case", case(party={"1": {"role": "declarant", "name": "Sami"}}))],
                           author="amal").records[0]  # fmt: skip
    (told,) = compile_report(register, Chosen(naming=(record,)), {}, review=True).records
    chosen = Chosen(naming=(record,), mine=frozenset(part.token for part in told.parts))
    assert "Sami" in repr(in_words(register, compile_report(register, chosen, {})))
    register.save([Edit("case", {"party": {"1": {"name": "Zephyrine Oldfield"}}}, record)], author="amal")
    compiled = compile_report(register, chosen, {})
    assert "Zephyrine" not in repr(in_words(register, compiled))
    assert compiled.records[0].left_out == 1


def test_what_a_law_holds_back_is_told_to_the_reviewer_and_leaves_no_trace_in_the_report(
    register: Register, tmp_path: Path
) -> None:
    person = register.save([Edit("person", {"latin_name": "SAMI"})], author="amal").records[0]
    without = in_words(register, compile_report(register, Chosen((person,)), HELD))
    watched = register.save([Edit("watch_list", {"name": "List"})], author="amal").records[0]
    values = {
        "watch_list": watched,
        "kind": "person",
        "subject": person,
        "requested_action": "discreet",
        "name": "SAMI",
    }
    entry = register.save([Edit("watch_entry", values)], author="amal").records[0]
    compiled = compile_report(register, Chosen((person,)), HELD)
    assert compiled.held_back == [(entry, "watch_entry", HELD["watch_entry"])]
    assert in_words(register, compiled) == without
    with PrivacyStore.open(register.folder) as store:
        with pytest.raises(HoldRefused):
            set_held(store, "watch_entry", False, " ", "root")
        for unknown in ("ship", "person.ship", "person.", ""):
            with pytest.raises(ReportRefused):
                set_held(store, unknown, True, "Act 4", "root")
        set_held(store, "watch_entry", False, "Act 4, section 2", "root")
        set_held(store, "company", True, "Act 5", "root")
        told = held_types(store)
        assert "watch_entry" not in told
        assert told["company"] == "Act 5"
        set_held(store, "watch_entry", True, "Act 6", "root")
        assert held_types(store)["watch_entry"] == "Act 6"


def test_what_was_erased_before_is_said(net: Network) -> None:
    person = save(net, "person", PERSON)
    order(net.register, keys(net), person, 2, "Act 3, in the matter of Zephyrine Oldfield")
    report = in_words(net.register, compile_report(net.register, Chosen((person,)), {}))
    assert report.sections[0].remarks == ("what identifies people was erased before",)
    assert "Oldfield" not in repr(report)


def test_who_looked_is_told_by_role_and_which_logs_are_not_here(net: Network) -> None:
    person = save(net, "person", PERSON)
    post = net.posts[0].register
    with_log = ReadLog.open(post.folder)
    with_log.note("zephyrine.oldfield", "officer", [event("record.shown", record=person, view="record.page")])
    with_log.close()
    post.anchor(at_once=True)
    net.posts[0].exchange.woken()
    net.settle()
    log = ReadLog.open(net.register.folder)
    log.note("zephyrine.oldfield", "analyst", [
        event("record.shown", record=person, view="record.page"),
        event("retention.held", record=person, reason="Oldfield", review="2027-01-01"),
    ])  # fmt: skip
    log.close()
    report = in_words(net.register, compile_report(net.register, Chosen((person,)), {}))
    assert {(read.number, read.role, read.what) for read in report.reads} == {
        (1, "Analyst", "its page"), (1, "Analyst", "held back from erasure"),
    }  # fmt: skip
    (line,) = report.logs
    assert line.place == post.config.label
    assert "has never been sent" in line.words and line.words.endswith(": 1.")
    assert "ldfield" not in repr(report)


def test_a_log_that_a_post_hands_in_is_taken_whole_or_not_at_all(net: Network) -> None:
    person, post = save(net, "person", PERSON), net.posts[0].register
    log = ReadLog.open(post.folder)
    log.note("zephyrine.oldfield", "officer", [
        event("record.shown", record=person, view="record.page"),
        event("list.searched", types="person", words="Quagmire"),
    ])  # fmt: skip
    sealed, rows = sealed_log(post.folder, post.config.id)
    assert rows == 2
    with PrivacyStore.open(net.register.folder) as store:
        with pytest.raises(LogRefused, match="confirms this log"):
            take_log(net.register, store, keys(net), sealed)
        post.anchor(at_once=True)
        net.posts[0].exchange.woken()
        net.settle()
        assert take_log(net.register, store, keys(net), sealed).rows == 2
        with pytest.raises(NotForUs):
            take_log(net.register, store, NodeKeys.load(post.folder), sealed)
        node_id, held = opened_log(sealed, keys(net))
        assert "Quagmire" not in repr(held)
        for altered in ([held[1]._replace(no=1)], [held[0]._replace(role="auditor"), held[1]], held[:1]):
            with pytest.raises(LogRefused):
                take_log(net.register, store, keys(net), resealed(net, node_id, altered))
        with pytest.raises(LogRefused):
            take_log(net.register, store, keys(net), seal(load_central(post.folder).sealing, b"no log", INFO))
    report = in_words(net.register, compile_report(net.register, Chosen((person,)), {}))
    assert [(read.role, read.what, read.place) for read in report.reads] == [("Officer", "its page", post.config.label)]
    assert "is here up to row 2" in report.logs[0].words
    assert "ldfield" not in repr(report)
    log.note("zephyrine.oldfield", "officer", [event("record.shown", record=person, view="record.pdf")])
    log.close()
    later, _rows = sealed_log(post.folder, post.config.id)
    with PrivacyStore.open(net.register.folder) as store:
        assert take_log(net.register, store, keys(net), later).rows == 2, "nothing vouches for the third row yet"
        with pytest.raises(LogRefused, match="later log"):
            take_log(net.register, store, keys(net), sealed)
    report = in_words(net.register, compile_report(net.register, Chosen((person,)), {}))
    assert len(report.reads) == 1 and "is here up to row 2" in report.logs[0].words
    post.anchor(at_once=True)
    net.posts[0].exchange.woken()
    net.settle()
    report = in_words(net.register, compile_report(net.register, Chosen((person,)), {}))
    assert len(report.reads) == 2 and "is here up to row 3" in report.logs[0].words


def test_a_log_of_hostile_rows_is_refused_and_not_read_into_memory(net: Network) -> None:
    post = net.posts[0].register
    log = ReadLog.open(post.folder)
    log.note("amal", "officer", [event("record.shown", record="r", view="record.page")])
    log.close()
    post.anchor(at_once=True)
    net.posts[0].exchange.woken()
    net.settle()
    sealed, _rows = sealed_log(post.folder, post.config.id)
    node_id, held = opened_log(sealed, keys(net))
    hostile: list[dict[str, Any]] = [{"record": 5}, {"record": None}, {"at": "x" * 36}, {"at": 2**63}, {"role": 2.5}]
    with PrivacyStore.open(net.register.folder) as store:
        for change in hostile:
            row = held[0]._replace(no=2, **change)
            row = row._replace(seal=row.sealed_after(held[0].seal))
            with pytest.raises(LogRefused):
                take_log(net.register, store, keys(net), resealed(net, node_id, [*held, row]))
        row = held[0]._replace(no=2, record="r" * 36, role="Zephyrine Oldfield")
        named = [*held, row._replace(seal=row.sealed_after(held[0].seal))]
        take_log(net.register, store, keys(net), resealed(net, node_id, named))
        assert [row["role"] for row in store.rows("select role from log_look where record=?", ("r" * 36,))] == [""]
        assert reads_at_posts(store, "r" * 36, 9) == [], "nothing vouches for this row"
        bomb = resealed(net, node_id, [held[0]] * 100_000)
        tracemalloc.start()
        try:
            with pytest.raises(LogRefused):
                take_log(net.register, store, keys(net), bomb)
            assert tracemalloc.get_traced_memory()[1] < 60_000_000
        finally:
            tracemalloc.stop()


def resealed(net: Network, node_id: str, rows: list[Logged]) -> bytes:
    """A log as somebody seals it to the centre who altered it."""
    content = zlib.compress(msgspec.msgpack.encode((node_id, [tuple(row) for row in rows])))
    return seal(load_central(net.posts[0].register.folder).sealing, content, INFO)


def test_a_report_is_opened_by_who_began_it_alone_and_needs_a_reason(register: Register) -> None:
    with PrivacyStore.open(register.folder) as store:
        with pytest.raises(HoldRefused):
            begin(store, Chosen(("a",)), " ", "samir", "supervisor")
        with pytest.raises(ReportRefused):
            begin(store, Chosen(), "asked on 2026-11-12", "samir", "supervisor")
        with pytest.raises(ReportRefused):
            begin(store, Chosen(tuple(map(str, range(501)))), "asked", "samir", "supervisor")
        begun = begin(store, Chosen(("a",), ("b",)), "asked on 2026-11-12", "samir", "supervisor")
        chosen = Chosen(("a",), ("b",), frozenset({"b/party/1"}), frozenset({"a/notes/12"}))
        choose(store, begun.id, chosen)
        assert report_of(store, begun.id, "samir").chosen == chosen
        with pytest.raises(ReportRefused):
            report_of(store, begun.id, "amal")


def test_a_report_in_arabic_runs_from_right_to_left(register: Register) -> None:
    person = register.save([Edit("person", PERSON)], author="amal").records[0]
    report = in_words(register, compile_report(register, Chosen((person,)), {}), "ar")
    with Flask("test").test_request_context():
        g.language = "ar"
        assert 'lang="ar" dir="rtl"' in as_paper(report, "Centre", "0" * 13)
        assert json.loads(as_json(report, "Centre", "0" * 13))["language"] == "ar"
