"""Nobody gives sight of cases, or the power to give it, alone."""

import itertools
import threading

import pytest
from diwan_core.trust.errors import BadName
from diwan_core.trust.people.account import ROLES
from diwan_core.trust.people.accounts import (
    AccountExists,
    Accounts,
    Actor,
    Request,
    RequestRefused,
    SecondPersonNeeded,
    SignInRefused,
    UnknownAccount,
    UnknownRole,
)
from diwan_core.trust.people.second_person import GUARDED, needs_second

from .accounts_kit import GOOD, Clock, root


@pytest.fixture
def people(accounts: Accounts) -> Accounts:
    """A node with an administrator and a supervisor, its first two accounts."""
    for name, role in (("adam", "administrator"), ("sana", "supervisor")):
        accounts.change_password(name, accounts.add(name, role), GOOD)
    return accounts


def asked(people: Accounts, name: str = "huda", role: str = "officer") -> Request:
    return people.ask("add", name, people.actor("adam"), role=role)


def test_only_the_first_two_accounts_of_a_node_need_no_second_person(people: Accounts) -> None:
    assert {account.name: account.vouched for account in people.all()} == {"adam": "first", "sana": "first"}
    for role in sorted(GUARDED):
        with pytest.raises(SecondPersonNeeded, match="second person"):
            people.add(f"third-{role}", role)
    people.disable("sana")
    with pytest.raises(SecondPersonNeeded):
        people.add("third", "officer")


def test_the_administrator_asks_and_the_supervisor_approves(people: Accounts) -> None:
    request = asked(people)
    assert people.get("huda") is None and people.requests() == [request]
    done, one_time = people.approve(request.number, people.actor("sana"))
    assert people.sign_in("huda", one_time).account.role == "officer"
    assert (done.decision, done.decided_by, done.asked_by) == ("approved", "sana", "adam")
    account = people.get("huda")
    assert account is not None and account.vouched == "approved"
    assert people.requests() == [] and people.decided() == [done]


@pytest.mark.parametrize("what", ["add", "role", "reset", "enable"])
def test_nobody_approves_what_they_asked_for_or_what_is_for_themselves(people: Accounts, what: str) -> None:
    people.add("tarek", "technician")
    match what:
        case "add":
            request = asked(people)
        case "role":
            request = people.ask("role", "tarek", people.actor("adam"), role="analyst")
        case "reset":
            request = people.ask("reset", "sana", people.actor("adam"))
        case _:
            people.disable("sana")
            request = people.ask("enable", "sana", people.actor("adam"))
    tried = [people.actor("adam"), people.actor("tarek"), Actor("nobody", "administrator"), root()]
    if what in ("reset", "enable"):
        tried.append(people.actor("sana"))
    for by in tried:
        with pytest.raises(RequestRefused):
            people.approve(request.number, by)
    assert people.requests() == [request]


def test_no_way_round_by_a_new_password_another_role_or_a_disabled_account(people: Accounts) -> None:
    """Each of these would give an administrator a session that reads cases, or a second vote."""
    people.add("tarek", "technician")
    people.disable("sana")
    for refused in (
        lambda: people.reset_password("sana"),
        lambda: people.enable("sana"),
        lambda: people.set_role("tarek", "analyst"),
        lambda: people.set_role("tarek", "administrator"),
        lambda: people.add("second.me", "administrator"),
    ):
        with pytest.raises(SecondPersonNeeded):
            refused()


def test_taking_rights_away_needs_one_person(people: Accounts) -> None:
    people.set_role("sana", "officer")
    people.set_role("sana", "technician")
    people.disable("sana")
    people.enable("sana")
    assert people.reset_password("sana")
    with pytest.raises(SecondPersonNeeded):
        people.set_role("sana", "officer")


def test_whoever_has_not_chosen_a_password_or_is_disabled_approves_nothing(people: Accounts) -> None:
    request = asked(people, "second", "administrator")
    people.approve(request.number, people.actor("sana"))
    request = asked(people)
    with pytest.raises(RequestRefused, match="password of their own"):
        people.approve(request.number, people.actor("second"))
    people.disable("sana")
    with pytest.raises(RequestRefused):
        people.approve(request.number, people.actor("sana"))


def test_what_is_asked_for_is_checked_when_it_is_asked_and_when_it_is_done(people: Accounts) -> None:
    with pytest.raises(AccountExists):
        asked(people, "SANA")
    with pytest.raises(UnknownRole):
        asked(people, "huda", "emperor")
    with pytest.raises(BadName):
        asked(people, "../x")
    with pytest.raises(UnknownAccount):
        people.ask("reset", "nobody", people.actor("adam"))
    with pytest.raises(RequestRefused, match="own account"):
        people.ask("role", "adam", people.actor("adam"), role="supervisor")
    request = asked(people)
    with pytest.raises(RequestRefused, match="already"):
        asked(people)
    people.add("huda", "technician")  # meanwhile
    with pytest.raises(AccountExists):
        people.approve(request.number, people.actor("sana"))
    role = people.ask("role", "huda", people.actor("adam"), role="analyst")
    people.set_role("sana", "officer")
    for number in (role.number, 999):
        with pytest.raises(RequestRefused):
            people.approve(number, people.actor("sana"))


def test_a_role_that_changed_meanwhile_is_asked_for_anew(people: Accounts) -> None:
    people.approve(asked(people, "nadia", "supervisor").number, people.actor("sana"))
    request = people.ask("role", "nadia", people.actor("adam"), role="administrator")
    people.set_role("nadia", "technician")
    with pytest.raises(RequestRefused, match="has changed"):
        people.approve(request.number, people.actor("sana"))


def test_a_request_ends_with_its_asker_and_after_a_week(people: Accounts, clock: Clock) -> None:
    request = asked(people)
    people.disable("adam")
    with pytest.raises(RequestRefused, match="may no longer add people"):
        people.approve(request.number, people.actor("sana"))
    clock.seconds += 7 * 86400
    assert people.requests() == []
    with pytest.raises(RequestRefused, match="not open"):
        people.approve(request.number, people.actor("sana"))


def test_a_request_is_refused_by_others_and_withdrawn_by_its_asker(people: Accounts) -> None:
    assert people.refuse(asked(people).number, people.actor("sana")).decision == "refused"
    request = asked(people)
    assert people.refuse(request.number, people.actor("adam")).decision == "withdrawn"
    with pytest.raises(RequestRefused):
        people.approve(request.number, people.actor("sana"))
    people.add("tarek", "technician")
    request = asked(people)
    with pytest.raises(RequestRefused):
        people.refuse(request.number, people.actor("tarek"))


def test_what_two_people_had_in_common_and_how_new_the_approver_was_is_written_down(
    people: Accounts, clock: Clock
) -> None:
    browser = people.sign_in("adam", GOOD, address="10.0.0.7").device
    request = people.ask("add", "huda", people.actor("adam", address="10.0.0.7", device=browser), role="officer")
    browser = people.sign_in("sana", GOOD, address="10.0.0.7", device=browser).device
    clock.seconds += 180
    done, _ = people.approve(request.number, people.actor("sana", address="10.0.0.7", device=browser))
    assert (done.alike, done.age_ms) == ("browser", 180_000)
    request = people.ask("add", "omar", people.actor("adam", address="10.0.0.7"), role="officer")
    assert people.approve(request.number, people.actor("sana", address="10.0.0.7"))[0].alike == "address"
    request = people.ask("add", "lina", people.actor("adam", address="10.0.0.7"), role="officer")
    assert people.approve(request.number, people.actor("sana", address="10.0.0.8"))[0].alike == ""


def test_alone_only_where_nobody_else_could_approve(people: Accounts) -> None:
    request = people.ask("add", "huda", root(), role="officer")
    with pytest.raises(RequestRefused, match="adam or sana can approve"):
        people.approve_alone(request.number, root(), "quickly")
    people.disable("sana")
    people.disable("adam")
    with pytest.raises(RequestRefused, match="reason"):
        people.approve_alone(request.number, root(), "  ")
    done, one_time = people.approve_alone(request.number, root(), "both have left")
    assert (done.decision, done.reason) == ("alone", "both have left")
    assert people.sign_in("huda", one_time).account.vouched == "alone"


def test_two_who_approve_at_the_same_moment_add_one_account(people: Accounts) -> None:
    people.approve(asked(people, "second", "administrator").number, people.actor("sana"))
    second = people.ask("reset", "second", people.actor("adam"))
    one_time = people.approve(second.number, people.actor("sana"))[1]
    people.change_password("second", one_time, GOOD)
    request = asked(people)
    answers: list[str] = []

    def approve(name: str) -> None:
        try:
            answers.append(people.approve(request.number, people.actor(name))[1])
        except RequestRefused:
            answers.append("")

    threads = [threading.Thread(target=approve, args=(name,)) for name in ("sana", "second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(bool, answers)) == [False, True]
    with pytest.raises(SignInRefused):
        people.sign_in("huda", "wrong password")
    assert people.sign_in("huda", max(answers))


def test_every_change_to_a_role_that_reads_cases_needs_two_unless_it_takes_away() -> None:
    alone = {(a, b) for a, b in itertools.permutations(ROLES, 2) if not needs_second("role", a, b)}
    assert alone == {(a, "technician") for a in ROLES if a != "technician"} | {
        ("supervisor", "officer"),
    }
