"""Words that people searched for go with the record they could have found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from diwan_core.audit import verify_node
from diwan_core.register import Register
from diwan_core.register.erasure.erase import NOMINAL
from diwan_core.trust.access_log.events import event, event_of, filters
from diwan_core.trust.access_log.log import Look, ReadLog, head_of
from diwan_core.trust.people.accounts import Accounts

from tests.exchange.erased_kit import SECRETS, greet, order, report, traces
from tests.exchange.network import Network, network

pytestmark = pytest.mark.slow


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2) as made:
        made.settle()
        yield made


def looked_for(register: Register, *words: str) -> ReadLog:
    """A node's log after these searches, an export and an import."""
    log = ReadLog.open(register.folder)
    log.note("analyst", "analyst", [event("list.searched", types="case", words=word) for word in words])
    given = filters({"q": "Zephyrine", "office": "JOAQJ"}.items())
    export = event("list.exported", type="case", form="csv", personal=True, filters=given)
    log.note("analyst", "analyst", [export, event("import.begun", file="quagmire.xlsx")])
    log.note("analyst", "analyst", [event("record.shown", record="0", view="record.page")])
    return log


def looked_for_before_events(register: Register, *words: str) -> ReadLog:
    """The same as release 0.1.0 wrote it."""
    log = ReadLog.open(register.folder)
    log.note("analyst", "analyst", [Look("search", "", f"case: {word}") for word in words])
    export = "case csv, with personal data: " + urlencode({"q": "Zephyrine", "office": "JOAQJ"})
    log.note("analyst", "analyst", [Look("export", "", export), Look("import", "", "quagmire.xlsx")])
    log.note("analyst", "analyst", [Look("page", "0", "case.page")])
    return log


def searched(log: ReadLog) -> list[str | None]:
    """The words of every search that the log holds; None where they are erased."""
    rows = [row.detail for row in log.rows() if row.how == "search"]
    return [None if row is None else str(held.parameters["words"]) if (held := event_of(row)) else row for row in rows]


@pytest.mark.parametrize("written_down", [looked_for, looked_for_before_events])
def test_words_people_searched_for_go_too_and_the_log_still_verifies(
    net: Network, written_down: Callable[..., ReadLog]
) -> None:
    """Spaced, accented, in part, in capitals: whatever could have found the record by an erased value."""
    record, _ = report(net)
    before = [head_of(register.folder)[0] for register in net.registers()]
    typed = (
        "Zephyrine", "ZEPHYR", "zéphyrine oldfield", "oldfield, z", "Zephyrine Oldfield's brother", "quagmire behind",
        "tramontane", "Ｚｅｐｈｙｒｉｎｅ",
    )  # fmt: skip
    others = ("kilo", "warehouse 17", "Aldous")
    logs = [written_down(register, *typed, *others) for register in net.registers()]
    for register in net.registers():
        accounts = Accounts.open(register.folder)
        accounts.add("analyst", "analyst")
        accounts.views.keep("analyst", "case", "Mine", "q=Zephyrine&sort=date")
        accounts.views.keep("analyst", "case", "Theirs", "q=kilo")
        accounts.close()
        register.anchor(at_once=True)
    for post in net.posts:
        post.exchange.woken()
    net.settle()
    order(net, record)
    greet(net)
    for register, log, start in zip(net.registers(), logs, before, strict=True):
        last = start + len(typed) + len(others)
        assert traces(register, (*SECRETS, b"ldfield", b"ZEPHYR", "zéphyr".encode(), "Ｚ".encode())) == []
        rows = list(log.rows())
        gone = {row.no for row in rows if row.detail is None}
        assert gone == {*range(start + 1, start + len(typed) + 1), last + 1, last + 2}
        left = [words.removeprefix("case: ") for words in searched(log) if words is not None]
        assert left == list(others)
        said = [(row.record, row.detail or "") for row in rows if row.how == "erasure"]
        assert {int(number) for _, numbers in said for number in numbers.split()} == gone
        assert record in {one for one, _ in said}
        assert log.verify() is None
        assert verify_node(register.folder).findings == []
        accounts = Accounts.open(register.folder)
        assert accounts.views.of("analyst", "case") == [("Theirs", "q=kilo")]
        accounts.close()
        log.close()


def test_words_go_with_the_half_that_is_erased(net: Network) -> None:
    record, _ = report(net)
    log = looked_for(net.register, "Oldfield", "gate")
    order(net, record, NOMINAL)
    assert searched(log) == [None, "gate"]
    log.close()
