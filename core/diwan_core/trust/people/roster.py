"""The accounts of a node for its administrator: add, change, disable and reset, alone or with a second person."""

from collections.abc import Callable

from diwan_core.roles import Action, allowed
from diwan_core.trust.errors import TrustError
from diwan_core.trust.names import check_account_name, check_label, is_account_name
from diwan_core.trust.people import passwords
from diwan_core.trust.people.account import (
    COLUMNS,
    Account,
    AccountExists,
    UnknownAccount,
    account_of,
    check_role,
)
from diwan_core.trust.people.accounts_db import RowRefused, Store
from diwan_core.trust.people.passwords import Cost
from diwan_core.trust.people.second_person import (
    APPROVERS,
    FIRST,
    OPEN_MS,
    Actor,
    Deed,
    Request,
    RequestRefused,
    SecondPersonNeeded,
    alike,
    needs_second,
    request_of,
)
from diwan_core.trust.people.second_person import COLUMNS as REQUEST
from diwan_core.trust.people.sessions import Sessions
from diwan_core.trust.people.throttle import Throttle


class Roster:
    """The accounts of a node, and the requests about them."""

    def __init__(self, store: Store, clock: Callable[[], float], cost: Cost) -> None:
        self._store = store
        self._clock = clock
        self._cost = cost
        self._throttle = Throttle(store)
        self._sessions = Sessions(store)

    def get(self, name: str) -> Account | None:
        """The account of this name, None where there is none."""
        name = name.casefold()
        if not is_account_name(name):  # anything may have been typed, even what SQLite cannot take
            return None
        row = self._store.row(f"select {COLUMNS} from account where name = ?", (name,))
        return None if row is None else account_of(row)

    def all(self) -> list[Account]:
        """Every account, by name."""
        return [account_of(row) for row in self._store.rows(f"select {COLUMNS} from account order by name")]

    # --- what one person does ----------------------------------------------------------------------------------------

    def add(self, name: str, role: str, display_name: str = "") -> str:
        """Add an account; its one-time password, shown once. Raises AccountExists, UnknownRole, BadName, and
        SecondPersonNeeded unless the role needs none or this is one of the node's first two accounts."""
        name, display_name = _names(name, display_name)
        check_role(role)
        one_time, verifier = self._one_time()
        with self._store.writing():
            first = self._count() < FIRST
            if needs_second("add", "", role) and not first:
                raise _needed("add")
            self._insert(name, display_name, role, verifier, "first" if first else "free")
        return one_time

    def set_role(self, name: str, role: str) -> None:
        """Change a role; ends the sessions that had the old one. Raises UnknownAccount, UnknownRole,
        SecondPersonNeeded."""
        account = self.known(name)
        if needs_second("role", account.role, check_role(role)):
            raise _needed("role")
        with self._store.writing():
            self._set_role(account.name, role, "free")

    def reset_password(self, name: str) -> str:
        """A new one-time password for someone who forgot theirs; ends their sessions. Raises UnknownAccount,
        SecondPersonNeeded: who gives a password can sign in with it."""
        account = self.known(name)
        if needs_second("reset", account.role, account.role):
            raise _needed("reset")
        one_time, verifier = self._one_time()
        with self._store.writing():
            self._set_verifier(account.name, verifier, one_time_until=self._now() + passwords.ONE_TIME_MS)
        self._throttle.lift(account.name)
        return one_time

    def enable(self, name: str) -> None:
        """Undo `disable`; the password is as before. Raises UnknownAccount, SecondPersonNeeded."""
        account = self.known(name)
        if needs_second("enable", account.role, account.role):
            raise _needed("enable")
        with self._store.writing():
            self._store.write("update account set disabled = 0 where name = ?", (account.name,))

    def disable(self, name: str) -> None:
        """Nobody signs in as this account any more; its sessions end. Raises UnknownAccount."""
        name = self.known(name).name
        with self._store.writing():
            self._store.write("update account set disabled = 1 where name = ?", (name,))
            self._sessions.end_all(name)

    def end_sessions(self, name: str) -> int:
        """End every session of an account; how many there were. Raises UnknownAccount."""
        account = self.known(name)
        with self._store.writing():
            return self._sessions.end_all(account.name)

    def lift_throttle(self, name: str) -> int:
        """Forget the wrong passwords at an account: nobody has to wait for it; how many counts there were. Raises
        UnknownAccount."""
        return self._throttle.lift(self.known(name).name)

    def is_slowed_down(self, name: str) -> bool:
        """Whether somebody who tries to be this account may have to wait now."""
        return self._throttle.waiting(name.casefold(), self._now())

    # --- what two people do ------------------------------------------------------------------------------------------

    def ask(self, what: Deed, name: str, by: Actor, *, role: str = "", display_name: str = "") -> Request:
        """Ask for an act that needs a second person. Raises AccountExists, UnknownAccount, UnknownRole, BadName;
        RequestRefused where the same is asked for already, or `by` asks for themselves."""
        if what == "add":
            name, display_name = _names(name, display_name)
            before, role = "", check_role(role)
            if self.get(name) is not None:
                raise _exists(name)
        else:
            account = self.known(name)
            name, display_name, before = account.name, account.display_name, account.role
            role = check_role(role) if what == "role" else account.role
        if by.name == name:
            raise RequestRefused("Nobody can ask for a change of their own account. Ask another administrator.")
        now = self._now()
        with self._store.writing():
            if any(held.account == name and held.what == what for held in self._open(now)):
                raise RequestRefused(f"The same request for {name} is already open. Decide or withdraw it first.")
            self._store.write(
                "insert into grant_request (what, account, display_name, before, role, asked_by, asked_role, asked, "
                "place, device) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (what, name, display_name, before, role, by.name, by.role, now, by.place, by.device),
            )
            return self._open(now)[-1]

    def requests(self) -> list[Request]:
        """The requests that wait for a second person, the oldest first."""
        return self._open(self._now())

    def decided(self, limit: int = 100) -> list[Request]:
        """The requests that were decided, the newest first."""
        sql = f"select {REQUEST} from grant_request where decision <> '' order by decided desc, no desc limit ?"
        return [request_of(row) for row in self._store.rows(sql, (limit,))]

    def why_not(self, request: Request, by: Actor) -> str:
        """Why this person may not approve a request; "" where they may."""
        account = self.get(by.name)
        if account is None or account.disabled or account.must_change or account.role not in APPROVERS:
            return "Only an administrator or a supervisor with a password of their own approves."
        if by.name == request.asked_by:
            return "Somebody else must approve what you asked for."
        if by.name == request.account:
            return "Nobody approves for their own account."
        return ""

    def approve(self, number: int, by: Actor) -> tuple[Request, str]:
        """Do what was asked for; the request as it then is, and the one-time password where there is one: it is for
        the approver to hand over, so that whoever asked never knows it. Raises RequestRefused, SignInBusy."""
        return self._decide(number, by, "approved", "")

    def approve_alone(self, number: int, by: Actor, reason: str) -> tuple[Request, str]:
        """Approve a request at the machine, where there is no second person. Raises RequestRefused where there is
        one."""
        request = self._request(number)
        others = [
            account.name
            for account in self.all()
            if not self.why_not(request, Actor(account.name, account.role)) and account.name != by.name
        ]
        if others:
            raise RequestRefused(f"{' or '.join(others)} can approve this in the console, or with --by.")
        if not reason.strip():
            raise RequestRefused("Give a reason: the auditor reads it.")
        return self._decide(number, by, "alone", check_label(reason.strip(), "reason"))

    def refuse(self, number: int, by: Actor) -> Request:
        """Do not do what was asked for; whoever asked for it withdraws it so. Raises RequestRefused."""
        request = self._request(number)
        own = by.name == request.asked_by and by.role == request.asked_role
        if not own and (why := self.why_not(request, by)):
            raise RequestRefused(why)
        with self._store.writing():
            self._close(number, by, "withdrawn" if own else "refused", 0, "", "")
        return self._request(number, decided=True)

    def _decide(self, number: int, by: Actor, decision: str, reason: str) -> tuple[Request, str]:
        one_time, verifier = "", ""
        if self._request(number).what in ("add", "reset"):
            one_time, verifier = self._one_time()
        with self._store.writing():
            request = self._request(number)
            if decision == "approved" and (why := self.why_not(request, by)):
                raise RequestRefused(why)
            asker = self.get(request.asked_by)
            if allowed(request.asked_role, Action.MANAGE_PEOPLE) and (
                asker is None or asker.disabled or not allowed(asker.role, Action.MANAGE_PEOPLE)
            ):
                raise RequestRefused(f"{request.asked_by} may no longer add people. Ask again.")
            row = self._store.row("select place, device from grant_request where no = ?", (number,))
            decider = self.get(by.name) if decision == "approved" else None
            age = self._now() - decider.created if decider else 0
            common = alike((row["place"], row["device"]), by) if row else ""
            self._carry_out(request, verifier, decision)
            self._close(number, by, decision, age, common, reason)
        self._throttle.lift(request.account)
        return self._request(number, decided=True), one_time

    def _carry_out(self, request: Request, verifier: str, vouched: str) -> None:
        name = request.account
        if request.what == "add":
            self._insert(name, request.display_name, request.role, verifier, vouched)
            return
        account = self.get(name)
        if account is None or account.role != request.before:
            raise RequestRefused(f"The role of {name} has changed since this was asked for. Ask again.")
        if request.what == "role":
            self._set_role(name, request.role, vouched)
        elif request.what == "reset":
            self._set_verifier(name, verifier, one_time_until=self._now() + passwords.ONE_TIME_MS)
        else:
            self._store.write("update account set disabled = 0 where name = ?", (name,))

    def _close(self, number: int, by: Actor, decision: str, age: int, common: str, reason: str) -> None:
        done = self._store.write(
            "update grant_request set decision = ?, decided_by = ?, decided = ?, age = ?, alike = ?, reason = ?, "
            "place = x'', device = x'' where no = ? and decision = ''",
            (decision, by.name, self._now(), age, common, reason, number),
        )
        if not done:
            raise _gone(number)

    def _request(self, number: int, *, decided: bool = False) -> Request:
        if not 0 < number < 2**63:  # no row has such a number, and SQLite holds none
            raise _gone(number)
        row = self._store.row(f"select {REQUEST} from grant_request where no = ?", (number,))
        found = None if row is None else request_of(row)
        if found is None or (not decided and found not in self._open(self._now())):
            raise _gone(number)
        return found

    def _open(self, now: int) -> list[Request]:
        sql = f"select {REQUEST} from grant_request where decision = '' and asked > ? order by no"
        return [request_of(row) for row in self._store.rows(sql, (now - OPEN_MS,))]

    # --- rows --------------------------------------------------------------------------------------------------------

    def known(self, name: str) -> Account:
        """The account of this name. Raises UnknownAccount."""
        if (account := self.get(name)) is None:
            raise UnknownAccount(f"There is no account {name[:40]!r}. `user list` shows those there are.")
        return account

    def _count(self) -> int:
        row = self._store.row("select count(*) as n from account")
        return 0 if row is None else int(row["n"])

    def _insert(self, name: str, display_name: str, role: str, verifier: str, vouched: str) -> None:
        now = self._now()
        try:
            self._store.write(
                "insert into account (name, display_name, role, verifier, created, must_change, one_time_until, "
                "vouched) values (?, ?, ?, ?, ?, 1, ?, ?)",
                (name, display_name, role, verifier, now, now + passwords.ONE_TIME_MS, vouched),
            )
        except RowRefused as error:
            raise _exists(name) from error

    def _set_role(self, name: str, role: str, vouched: str) -> None:
        self._store.write("update account set role = ?, vouched = ? where name = ?", (role, vouched, name))
        self._sessions.end_all(name)

    def _set_verifier(self, name: str, verifier: str, *, one_time_until: int) -> None:
        """A new password, inside `Store.writing`; a one-time one where it has an end. Ends every session."""
        self._store.write(
            "update account set verifier = ?, must_change = ?, one_time_until = ? where name = ?",
            (verifier, one_time_until > 0, one_time_until, name),
        )
        self._sessions.end_all(name)

    def _one_time(self) -> tuple[str, str]:
        one_time = passwords.one_time_password()
        with passwords.one_at_a_time():
            return one_time, passwords.make_verifier(passwords.plain_one_time(one_time), self._cost)

    def _now(self) -> int:
        return int(self._clock() * 1000)


def _names(name: str, display_name: str) -> tuple[str, str]:
    """User name and display name as they are kept. Raises BadName."""
    name = check_account_name(name.casefold())
    return name, check_label(display_name or name, "display name")


def _exists(name: str) -> AccountExists:
    return AccountExists(f"There is an account {name} already. Choose another name, or reset it.")


def _needed(what: str) -> TrustError:
    deeds = {
        "add": "An account with this role",
        "role": "This role",
        "reset": "A new password for this account",
        "enable": "Enabling this account",
    }
    return SecondPersonNeeded(f"{deeds[what]} needs a second person: ask for it, and somebody else approves.")


def _gone(number: int) -> RequestRefused:
    return RequestRefused(f"Request {number} is not open: it was decided, withdrawn, or is older than a week.")
