"""The console that serves a request: its node, its register and its accounts.

The register is one connection for writing, taken by one thread at a time, and a small pool of connections for
reading: a SQLite connection must not be shared by two threads in the middle of a transaction, and each has its own
page cache, so eight of them would cost a Pi what the whole console may use. All are opened on first use, in the
process that serves.
"""

import logging
import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, cast

from flask import Flask, current_app, g, has_app_context, request

from diwan_core.dictionary.national import with_defaults
from diwan_core.dictionary.scopes import UNITS
from diwan_core.node import NodeConfig
from diwan_core.register import Register, RegisterError
from diwan_core.register.admission import reach
from diwan_core.register.departments import departments
from diwan_core.register.drafts import Drafts
from diwan_core.register.national_settings import national_settings as settings_in
from diwan_core.register.storage.damage import DamageKind
from diwan_core.trust.access_log.event_tally import EventTally
from diwan_core.trust.access_log.events import Value, event
from diwan_core.trust.access_log.log import Look, ReadLog
from diwan_core.trust.people.accounts import Accounts
from diwan_core.web.kit.access import view_of
from diwan_core.web.kit.node_names import NodeName, NodeNames
from diwan_core.web.kit.sign_in_budget import SignInBudget
from diwan_core.web.language import formats

KEY: Final = "diwan"
DEPARTMENT: Final = "unit"
"""The text field of a record that names the department responsible for it, by its code."""
ONE_POST: Final = "for_post"
"""The text field of a message that names the one post it is for, by the id of its node."""
READERS: Final = 2

log = logging.getLogger("diwan.web")

OpenRegister = Callable[[Path, Literal["writer", "reader"]], Register]
OpenAccounts = Callable[[Path], Accounts]


@dataclass
class Console:
    """The node of a console, as its pages need it. `folder` is the node's data folder."""

    app: Flask
    folder: Path
    node: NodeConfig
    open_register: OpenRegister
    open_accounts: OpenAccounts
    sign_ins: SignInBudget = field(default_factory=SignInBudget)
    _writer: Register | None = None
    _accounts: Accounts | None = None
    _reads: ReadLog | None = None
    _drafts: Drafts | None = None
    _tally: EventTally | None = None
    _readers: "queue.LifoQueue[Register | None]" = field(default_factory=queue.LifoQueue)
    _names: NodeNames | None = None
    damage: "tuple[DamageKind | None, float]" = (None, 0.0)
    """What was wrong with a file of this node last, and when (`web.kit.damage_words`)."""
    _writing: threading.Lock = field(default_factory=threading.Lock)
    _opening: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        for _ in range(READERS):
            self._readers.put(None)

    @property
    def at_post(self) -> bool:
        """Whether this is a post's console, where cases are reported."""
        return self.node.role == "post"

    @contextmanager
    def writing(self) -> Iterator[Register]:
        """The register for saving, one thread at a time.

        Inside, read with it too: waiting for a reader while those who have one wait for this would wait for ever."""
        with self._writing:
            writer = self._opened_writer()
            if has_app_context():
                g.writer = writer
            try:
                yield writer
            finally:
                if has_app_context():
                    g.pop("writer", None)

    def _opened_writer(self) -> Register:
        with self._opening:
            if self._writer is None:
                self._writer = self.open_register(self.folder, "writer")
            return self._writer

    def take_reader(self) -> Register:
        """A register for reading that no other thread has; give it back."""
        reader = self._readers.get()
        try:
            if reader is None:
                self._opened_writer()  # it brings the tables to this release; readers cannot
                reader = self.open_register(self.folder, "reader")
            return reader
        except BaseException:
            self._readers.put(None)
            raise

    def give_back(self, reader: Register) -> None:
        self._readers.put(reader)

    def node_name(self, node_id: str) -> NodeName:
        """How a node is called."""
        if self._names is None:
            self._names = NodeNames(self.node, register)
        return self._names.of(node_id)

    @property
    def accounts(self) -> Accounts:
        """The node's accounts, opened once."""
        if self._accounts is None:
            with self._opening:
                self._accounts = self._accounts or self.open_accounts(self.folder)
        return self._accounts

    @property
    def drafts(self) -> Drafts:
        """The drafts of this node, opened once."""
        if self._drafts is None:
            with self._opening:
                self._drafts = self._drafts or Drafts.open(self.folder)
        return self._drafts

    @property
    def reads(self) -> ReadLog:
        """The log of who looked at what, opened once."""
        if self._reads is None:
            with self._opening:
                self._reads = self._reads or ReadLog.open(self.folder)
        return self._reads

    @property
    def tally(self) -> EventTally:
        """Counts refusals, which may come in floods, for the log of reads."""
        if self._tally is None:
            with self._opening:
                self._tally = self._tally or EventTally(lambda: self.reads)
        return self._tally

    def close(self) -> None:
        """Close what was opened; no request may be under way. What this console showed is anchored first."""
        if self._tally is not None:
            self._tally.close()
            self._tally = None
        if self._reads is not None:
            try:
                self._opened_writer().anchor(at_once=True)
            except RegisterError as error:
                log.warning("the log of reads could not be anchored: %s", error)
        held = [self._writer, self._accounts, self._reads, self._drafts, *(self._readers.get() for _ in range(READERS))]
        for opened in held:
            if opened is not None:
                opened.close()
        self._writer = self._accounts = self._reads = self._drafts = None
        self.__post_init__()


def console() -> Console:
    """The console serving this request."""
    return cast(Console, current_app.extensions[KEY])


def register() -> Register:
    """The register as this request reads it; given back when the request ends."""
    if "reader" not in g:
        g.reader = console().take_reader()
        g.reader.on_read = _looked_at
    return cast(Register, g.reader)


def national_settings() -> Mapping[str, str]:
    """The national settings as this request reads them, with the register it has; the defaults where it cannot be
    read, so that the page that says so can be shown."""
    try:
        return settings_in((g.get("writer") or register()).store)
    except (RegisterError, OSError):
        return with_defaults({})


def register_here() -> Register | None:
    """The register by which names are shown: that of a change being saved or of a command, else the request's; None
    where there is neither, as where a command only puts something into words."""
    if not has_app_context():
        return None
    if held := g.get("writer"):
        return cast(Register, held)
    return register() if KEY in current_app.extensions else None


def department_names() -> Mapping[str, str]:
    """The names of the departments by their codes, as this request reads them; none outside of one."""
    held = register_here()
    if held is None:
        return {}
    if "departments" not in g:
        found = departments(held.store)
        g.departments = {one.code: one.name for one in found}
    return cast("Mapping[str, str]", g.departments)


def post_names() -> Mapping[str, str]:
    """The names of the posts by the ids of their nodes, as this request reads them; none outside of one."""
    held = register_here()
    if held is None:
        return {}
    if "posts" not in g:
        g.posts = held.named_posts()
    return cast("Mapping[str, str]", g.posts)


def unit_codes() -> frozenset[str]:
    """The codes that a record's field *unit* can name, in small letters: of departments, and of units with posts."""
    here = register_here()
    if here is None:
        return frozenset()
    if "unit_codes" not in g:
        with here.store.read() as connection:
            scopes = {scope for _node, scope in reach.held(connection).homes if scope.startswith(UNITS)}
        g.unit_codes = frozenset(code.lower() for code in department_names()) | {
            scope.removeprefix(UNITS) for scope in scopes
        }
    return cast("frozenset[str]", g.unit_codes)


def _looked_at(record: str) -> None:
    looked("record.shown", record=record, view=shown_view())


def looked(code: str, /, **parameters: Value) -> None:
    """This request shows a record, or what a search found: the event is logged before the answer leaves (`auditing`).
    Raises UnknownEvent."""
    looks: dict[Look, None] = g.setdefault("looks", {})
    looks[event(code, **parameters)] = None


def shown_view() -> str:
    """The view that this request shows, as the log of reads calls it (`log_views`)."""
    return view_of(current_app, request.endpoint or "")


def done_reading() -> None:
    """Give the register back before something slow: there are fewer readers than threads."""
    _end_reading(None)


def _end_reading(_error: BaseException | None) -> None:
    reader = g.pop("reader", None)
    if reader is not None:
        console().give_back(reader)


def install(app: Flask, made: Console) -> None:
    """Make `made` the console of the app's requests."""
    app.extensions[KEY] = made
    formats.install(app, national_settings)
    app.teardown_appcontext(_end_reading)
