"""Runs of erasure: what keeps a record, two people, exactly the content that was listed, and power cuts."""

from __future__ import annotations

import io
from typing import Any

import msgspec
import pytest
from diwan_central.privacy import runs as runs_module
from diwan_central.privacy.eraser import Eraser
from diwan_central.privacy.holds import HeldTooLate, HoldRefused, hold, lift, none_held
from diwan_central.privacy.runs import (
    RunRefused,
    approve,
    carry_out,
    items,
    outcomes_of,
    propose,
    question,
    refuse,
    run_of,
)
from diwan_central.privacy.store import PrivacyUnusable
from diwan_core.audit import verify_node
from diwan_core.exchange.erasure import order_judged, tidy
from diwan_core.exchange.ledger import load, take_entries
from diwan_core.register import Edit
from diwan_core.register.journal import clock
from diwan_core.register.retention.due import due_page
from diwan_core.register.storage import wall_clock
from diwan_core.trust import NodeKeys
from diwan_core.trust.errors import LedgerRefused
from diwan_core.trust.network.ledger import Ledger, append
from diwan_core.trust.network.ledger_facts import ErasureFact
from diwan_core.trust.people.second_person import Actor

from tests.exchange.erased_kit import PICTURE, greet, traces
from tests.exchange.network import Network, record_in
from tests.privacy.kit import ASKER, BASIS, LONG_AGO, OTHER, due_ids, halves_of, keys, old_case, opened, proposed, save

pytestmark = pytest.mark.slow


def test_a_due_case_is_erased_at_every_node_after_two_people_agreed(net: Network) -> None:
    record = old_case(
        net, narrative="Quagmire behind the seat", party={"1": {"role": "declarant", "name": "Zephyrine"}}
    )
    net.posts[0].register.attach(
        io.BytesIO(PICTURE), subject=record, media_type="image/png", author="officer", caption="Zephyrine herself"
    )
    net.posts[0].exchange.woken()
    net.settle()
    beside = old_case(net, date="2026-11-20", narrative="Tramontane")
    with opened(net) as store:
        number = proposed(net, store)
        assert [one.record for one in items(store, number)] == [record]
        with pytest.raises(RunRefused, match="only an approved one"):
            carry_out(net.register, store, keys(net), run_of(store, number))
        approve(store, number, OTHER)
        assert not carry_out(net.register, store, keys(net), run_of(store, number))
        assert outcomes_of(store, number) == {"erased": 1}
        assert run_of(store, number).state == "done"
    tidy(net.register, keys(net))
    greet(net)
    words = (b"Quagmire", b"quagmire", b"Zephyrine", b"zephyrine")
    for register in net.registers():
        assert traces(register, words) == []
        assert verify_node(register.folder).findings == []
        assert record_in(register, record).values == {}
        assert record_in(register, beside).values["narrative"] == "Tramontane"
        basis = register.erased(record)
        assert basis is not None
        assert basis[1].startswith(f"{BASIS} (run {number} of ")


def test_who_proposes_cannot_approve_whatever_the_letters_nor_whoever_has_no_right_to(net: Network) -> None:
    old_case(net)
    with opened(net) as store:
        number = proposed(net, store)
        for actor, why in (
            (Actor("amal", "supervisor"), "Somebody else"),
            (Actor("AMAL", "supervisor"), "Somebody else"),
            (Actor("basim", "analyst"), "may not"),
            (Actor("basim", "administrator"), "may not"),
            (Actor("root", "command line"), "may not"),
        ):
            with pytest.raises(RunRefused, match=why):
                approve(store, number, actor)
        for actor in (Actor("basim", "officer"), Actor("basim", "auditor"), Actor("root", "command line")):
            with pytest.raises(RunRefused, match="may not"):
                propose(net.register, store, actor, BASIS)
        approve(store, number, OTHER)
        with pytest.raises(RunRefused, match="decided already"):
            approve(store, number, OTHER)
        with pytest.raises(RunRefused, match="decided already"):
            refuse(store, number, OTHER, "too late")


def test_a_refused_run_erases_nothing_and_its_records_are_due_again(net: Network) -> None:
    record = old_case(net)
    with opened(net) as store:
        number = proposed(net, store)
        with pytest.raises(RunRefused, match="in another run"):
            proposed(net, store)
        with pytest.raises(HoldRefused, match="reason"):
            refuse(store, number, OTHER, "  ")
        assert refuse(store, number, OTHER, "the appeal is open").state == "refused"
        again = proposed(net, store)
        assert refuse(store, again, ASKER, "a mistake").state == "withdrawn"
        assert halves_of(net) == {}
    assert due_ids(net) == {record: ""}


def test_what_is_left_out_keeps_what_it_names_also_where_it_is_listed_later(net: Network) -> None:
    person = save(net, "person", {"latin_name": "SAMI", "retention": LONG_AGO})
    named = {"subject": {"1": {"kind": "person", "subject": person}}}
    given = {"title": "Sami", "requested_action": "discreet", "retention": LONG_AGO, **named}
    file = save(net, "suspect", given)
    with opened(net) as store:
        number = proposed(net, store, person, file)
        assert [one.record for one in items(store, number)] == [file, person]
        store.write("update item set no=no+10 where run=?", (number,))  # as a run of before, that lists it later
        store.write("update item set no=1 where run=? and record=?", (number, person))
        save(net, "suspect", {"result": "Quagmire"}, file)
        approve(store, number, OTHER)
        assert not carry_out(net.register, store, keys(net), run_of(store, number))
        assert {one.record: one.outcome for one in items(store, number)} == {file: "changed", person: "needed"}
    assert halves_of(net) == {}


def test_an_edit_after_the_listing_voids_the_approval_of_that_record_alone(net: Network) -> None:
    record, other = old_case(net), old_case(net)
    with opened(net) as store:
        number = proposed(net, store)
        net.posts[0].edit(record, place="Gate 4")
        net.settle()
        approve(store, number, OTHER)
        carry_out(net.register, store, keys(net), run_of(store, number))
        assert {one.record: one.outcome for one in items(store, number)} == {record: "changed", other: "erased"}
    assert halves_of(net) == {other: 3}


def test_a_changed_picture_is_a_change_too(net: Network) -> None:
    record = old_case(net)
    picture = net.register.attach(
        io.BytesIO(PICTURE), subject=record, media_type="image/png", author="a", caption="one"
    )
    with opened(net) as store:
        number = proposed(net, store)
        net.register.save([Edit("attachment", {"caption": "another"}, picture.records[0])], author="a")
        approve(store, number, OTHER)
        carry_out(net.register, store, keys(net), run_of(store, number))
        assert outcomes_of(store, number) == {"changed": 1}


def test_what_is_held_back_stays_until_it_is_let_go_also_from_a_single_order(net: Network) -> None:
    record = old_case(net)
    with opened(net) as store:
        with pytest.raises(HoldRefused, match="which day"):
            hold(net.register, store, record, "trial 12/2026", "soon", "samir")
        listed = proposed(net, store)
        number = hold(net.register, store, record, "trial 12/2026", "2027-03-31", "samir")
        approve(store, listed, OTHER)
        carry_out(net.register, store, keys(net), run_of(store, listed))
        assert outcomes_of(store, listed) == {"held": 1}
        assert due_ids(net) == {record: "held"}
        with pytest.raises(HoldRefused, match="trial 12/2026"), none_held(net.register.folder, net.register, record):
            pass
        with pytest.raises(RunRefused, match="Nothing is due"):
            proposed(net, store)
        for wrong in (0, -1, number + 1):
            with pytest.raises(HoldRefused, match="no hold"):
                lift(store, wrong, "acquitted", "samir")
        lift(store, number, "acquitted", "samir")
        with pytest.raises(HoldRefused, match="no hold"):
            lift(store, number, "again", "samir")
    with none_held(net.register.folder, net.register, record):
        pass
    assert due_ids(net) == {record: ""}


def test_a_person_stays_as_long_as_a_case_that_names_the_person(net: Network) -> None:
    person = save(net, "person", {"latin_name": "ZEPHYRINE", "retention": "2020-01-01"})
    named = {"party": {"1": {"role": "declarant", "subject": person}}}
    young = old_case(net, date="2026-11-20", **named)
    with opened(net) as store:
        page = due_page(net.register.store, question(net.register, store))
        assert [(row.id, row.stop, row.by) for row in page.rows] == [(person, "needed", young)]
        net.posts[0].edit(young, retention="2020-01-01")
        net.settle()
        assert due_ids(net) == {person: "", young: ""}
        number = hold(net.register, store, young, "trial", "2027-01-01", "samir")
        assert due_ids(net) == {person: "needed", young: "held"}
        lift(store, number, "over", "samir")
        listed = proposed(net, store)
        net.posts[0].edit(young, place="Gate 4")  # the case stays, and so the person does
        net.settle()
        approve(store, listed, OTHER)
        carry_out(net.register, store, keys(net), run_of(store, listed))
        assert {one.record: one.outcome for one in items(store, listed)} == {young: "changed", person: "needed"}


def test_a_hold_in_the_instant_of_an_order_is_before_it_or_refused(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, outcomes = old_case(net), list[str]()
    order = order_judged

    def ordered_meanwhile(*given: Any) -> None:
        """Somebody holds the record back after the run has looked for holds."""
        with opened(net) as other:
            other.write("pragma busy_timeout=1")
            try:
                hold(net.register, other, record, "trial", "2027-01-01", "samir")
                outcomes.append("held")
            except PrivacyUnusable:
                outcomes.append("waits")
        order(*given)

    monkeypatch.setattr(runs_module, "order_judged", ordered_meanwhile)
    with opened(net) as store:
        number = proposed(net, store)
        approve(store, number, OTHER)
        carry_out(net.register, store, keys(net), run_of(store, number))
        assert outcomes == ["waits"] and outcomes_of(store, number) == {"erased": 1}
        with pytest.raises(HeldTooLate):
            hold(net.register, store, record, "trial", "2027-01-01", "samir")


def test_records_that_name_each_other_stay_together_wherever_a_run_lists_them(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs_module, "PORTION", 1)
    first = old_case(net)
    second = old_case(net, related_cases={"1": first})
    net.posts[0].edit(first, related_cases={"1": second})
    net.settle()
    with opened(net) as store:
        number = proposed(net, store)
        assert [one.record for one in items(store, number)] == [first, second]
        net.posts[0].edit(second, place="Gate 4")
        net.settle()
        approve(store, number, OTHER)
        while carry_out(net.register, store, keys(net), run_of(store, number)):
            pass
        assert {one.record: one.outcome for one in items(store, number)} == {first: "needed", second: "changed"}


def test_nothing_is_due_on_a_clock_that_is_not_sure(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    old_case(net)
    with opened(net) as store:
        number = proposed(net, store)
        approve(store, number, OTHER)
        with monkeypatch.context() as patch:
            patch.setattr(wall_clock, "system_time", lambda: 0.0)
            patch.setattr("diwan_core.register.journal.trusted_time.wall_ms", lambda: clock.BUILD_FLOOR_MS - 1)
            assert question(net.register, store).over == ""
            assert due_ids(net) == {}
            with pytest.raises(RunRefused, match="clock"):
                proposed(net, store)
            carry_out(net.register, store, keys(net), run_of(store, number))
        assert outcomes_of(store, number) == {"kept": 1}
    assert halves_of(net) == {}


class Cut(Exception):
    """The power went."""


@pytest.mark.parametrize("at", ["before the order", "after the order"])
def test_a_run_cut_by_power_goes_on_and_erases_nothing_twice(
    net: Network, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    monkeypatch.setattr(runs_module, "PORTION", 2)
    records = {old_case(net) for _ in range(5)}
    ordering = order_judged
    left = [2]

    def cut(*arguments: object) -> None:
        left[0] -= 1
        if left[0] == 0 and at == "before the order":
            raise Cut
        ordering(*arguments)  # type: ignore[arg-type]
        if left[0] == 0:
            raise Cut

    with opened(net) as store:
        number = proposed(net, store)
        approve(store, number, OTHER)
        monkeypatch.setattr(runs_module, "order_judged", cut)
        assert carry_out(net.register, store, keys(net), run_of(store, number))
        with pytest.raises(Cut):
            carry_out(net.register, store, keys(net), run_of(store, number))
        monkeypatch.setattr(runs_module, "order_judged", ordering)
        assert outcomes_of(store, number) == {"": 3, "erased": 2}
    passed = [0.0]
    eraser = Eraser(net.register, keys(net), lambda: passed[0])
    while eraser.turn():
        pass
    with opened(net) as store:
        assert outcomes_of(store, number) == {"erased": 5}
        assert run_of(store, number).state == "done"
    assert set(halves_of(net)) == records
    ordered = [fact for fact, _ in load(net.register).erasures.values()]
    assert len(ordered) == 5
    assert load(net.register).length == ledger_before(net) + 5


def ledger_before(net: Network) -> int:
    """Entries of the ledger that are no erasure."""
    ledger = load(net.register)
    return ledger.length - len({number for _, number in ledger.erasures.values()})


def test_a_post_can_neither_order_an_erasure_nor_pass_one_on_that_it_made(net: Network) -> None:
    record = old_case(net)
    one, other = net.posts
    hostile = NodeKeys.load(one.register.folder)
    raw, _ = append_as(load(one.register), ErasureFact(record, 3, "Act 1"), hostile)
    message = msgspec.msgpack.encode((load(other.register).length + 1, [raw]))
    for register in (other.register, net.register):
        with pytest.raises(LedgerRefused, match="not signed by our centre"):
            take_entries(register, message)
    with pytest.raises(LedgerRefused):
        order_judged(one.register, hostile, lambda _transaction: [(record, 3)], "Act 1")
    assert halves_of(net) == {}


def append_as(ledger: Ledger, fact: ErasureFact, hostile: NodeKeys) -> tuple[bytes, Ledger]:
    """The entry that a post makes with its own keys, as the next of the centre's ledger."""
    own = Ledger(hostile.identity_public, length=ledger.length, head=ledger.head, central=ledger.central)
    return append(own, fact, 1_795_000_000_000, hostile)
