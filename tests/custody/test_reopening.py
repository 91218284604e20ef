"""A centre that was put back is opened without its posts only by an act of two custodians, for this closing alone."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from diwan_core.custody import carrying_out, naming
from diwan_core.exchange.reopening import is_closed
from diwan_core.register import Register
from diwan_core.trust.access_log.events import event_of
from diwan_core.trust.access_log.log import ReadLog
from diwan_core.trust.custodians.custodian_key import read_public
from diwan_core.trust.network.custodian_acts import LIFE_MS, SignedAct, make_act

from tests.custody.kit import Person, name, person, refused, told

pytestmark = pytest.mark.slow

Three = tuple[Person, Person, Person]


@pytest.fixture
def closed(centre: Path, three: Three) -> Path:
    """A closed centre whose ledger names three custodians."""
    name(centre, three)
    told("central", "restored", "--dir", centre)
    return centre


def is_open(centre: Path) -> bool:
    with Register.open(centre) as register:
        return not is_closed(register.store.connection)


def ask(centre: Path, act: Path) -> Path:
    told("central", "reopen", "--dir", centre, "--ask", act)
    return act


def test_two_custodians_open_it_and_the_log_says_who(closed: Path, three: Three, tmp_path: Path) -> None:
    act = ask(closed, tmp_path / "reopen.act")
    three[2].sign(act)
    three[0].sign(act)
    done = told("central", "reopen", "--dir", closed, "--act", act)
    assert done["custodians"] == [three[0].name, three[2].name]
    assert is_open(closed)
    events = [event_of(row.detail) for row in ReadLog.open(closed).page()]
    said = {event.code: event.parameters for event in events if event is not None}
    assert said["centre.reopened"]["by"] == "Amina Odeh and Chipo Banda"
    assert said["centre.reopened"]["proven"] is True
    assert said["custodians.acted"]["deed"] == "centre.reopen"


def test_names_that_are_only_typed_open_nothing_once_custodians_are_named(closed: Path) -> None:
    line = refused("central", "reopen", "--dir", closed, "--custodian", "Amina Odeh", "--custodian", "Chipo Banda")
    assert "two custodians must agree" in line
    assert not is_open(closed)


def test_one_custodian_opens_nothing_however_often_and_under_whatever_name(
    closed: Path, three: Three, tmp_path: Path
) -> None:
    act = ask(closed, tmp_path / "reopen.act")
    three[0].sign(act)
    three[0].sign(act)
    held = SignedAct.read(act.read_bytes())
    assert len(held.signatures) == 1
    other = msgspec.structs.replace(held.signatures[0], identity=read_public(three[1].public).identity)
    act.write_bytes(SignedAct(held.act, (*held.signatures, other, *held.signatures)).encoded())
    stranger = person(tmp_path, "Chipo Banda", "stranger")
    stranger.sign(act)
    assert "has those of Amina Odeh" in refused("central", "reopen", "--dir", closed, "--act", act)
    assert not is_open(closed)


def test_an_act_counts_once_and_for_one_closing(closed: Path, three: Three, tmp_path: Path) -> None:
    act = ask(closed, tmp_path / "reopen.act")
    three[0].sign(act)
    three[1].sign(act)
    told("central", "reopen", "--dir", closed, "--act", act)
    told("central", "restored", "--dir", closed)
    assert "the present state" in refused("central", "reopen", "--dir", closed, "--act", act)
    assert not is_open(closed)


def test_an_act_that_was_used_is_refused_even_where_the_state_is_the_same(
    closed: Path, three: Three, tmp_path: Path
) -> None:
    act = ask(closed, tmp_path / "reopen.act")
    three[0].sign(act)
    three[1].sign(act)
    about = SignedAct.read(act.read_bytes()).content().about
    carrying_out.use_up(closed, naming.load(closed), "centre.reopen", about, act)
    assert "counts once" in refused("central", "reopen", "--dir", closed, "--act", act)
    assert not is_open(closed)


def test_an_act_of_last_week_has_expired(
    closed: Path, three: Three, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = ask(closed, tmp_path / "reopen.act")
    three[0].sign(act)
    three[1].sign(act)
    made = SignedAct.read(act.read_bytes()).content().at
    monkeypatch.setattr(carrying_out, "now_ms", lambda: made + LIFE_MS + 1)
    assert "expired" in refused("central", "reopen", "--dir", closed, "--act", act)
    monkeypatch.setattr(carrying_out, "now_ms", lambda: made - 2 * 3600 * 1000)
    assert "dated in the future" in refused("central", "reopen", "--dir", closed, "--act", act)
    assert not is_open(closed)


def test_an_act_for_another_deed_or_centre_opens_nothing(closed: Path, three: Three, tmp_path: Path) -> None:
    change = tmp_path / "change.act"
    told("custodian", "name", three[0].public, "--dir", closed, "--ask", change)
    three[0].sign(change)
    three[1].sign(change)
    assert "not for centre.reopen" in refused("central", "reopen", "--dir", closed, "--act", change)
    elsewhere = make_act(bytes(32), naming.load(closed).custodians_since, "centre.reopen", {}, carrying_out.now_ms())
    act = tmp_path / "elsewhere.act"
    act.write_bytes(elsewhere.encoded())
    three[0].sign(act)
    three[1].sign(act)
    assert "another centre" in refused("central", "reopen", "--dir", closed, "--act", act)
    assert not is_open(closed)


def test_where_nobody_was_named_yet_two_names_are_written_down_as_unproven(centre: Path) -> None:
    told("central", "restored", "--dir", centre)
    assert "two custodians must answer" in refused("central", "reopen", "--dir", centre, "--custodian", "Amina")
    done = told("central", "reopen", "--dir", centre, "--custodian", "Amina", "--custodian", "Brahim")
    assert done["proven"] is False
    assert is_open(centre)
