"""What all tests share: the options --quick and --lab, and the order (fast ones first: a mistake shows early)."""

import gc
import os
import signal
from collections.abc import Iterator

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

ONE_STORY = ("tests/lab/test_country.py",)
"""Files whose tests are steps of one story, each on what the one before has left."""
ONE_NETWORK = {
    "tests/scenario/test_explain.py": "what is left of a network",
    "tests/scenario/test_revoked.py": "what is left of a network",
    "tests/scenario/test_scopes.py": "what is left of a network",
    "tests/scenario/test_verdict.py": "what is left of a network",
    "tests/web/test_journey.py": "a network with people",
}
"""Files whose tests look at a network of processes that takes half a minute to make: one worker makes it, and once."""


def pytest_configure() -> None:
    """A shell starts what it runs in the background with Ctrl-C ignored, and children inherit that: the tests that end
    a process by Ctrl-C would wait for ever."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="leave out tests marked slow")
    parser.addoption("--lab", action="store_true", help="also run tests that build whole machines (root, minutes)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    needs_lab = pytest.mark.skip(
        reason="takes minutes, some as root (whole machines, long faults, fuzzing): runs with ./diwan test --lab"
    )
    too_slow = pytest.mark.skip(reason="slow, or of a file of slow tests: runs with ./diwan test, without --quick")
    for item in items:
        if item.get_closest_marker("lab"):
            if not config.getoption("--lab"):
                item.add_marker(needs_lab)
        elif item.get_closest_marker("slow") and config.getoption("--quick"):
            item.add_marker(too_slow)
    # What takes minutes on machines of its own is the first of the slow ones; the scheduler begins with it.
    items.sort(key=lambda item: (item.get_closest_marker("slow") is not None, not _is_told_as_one(item.nodeid)))


def pytest_collection_finish() -> None:
    """What was collected, three quarters of a million objects, stays to the end: looking through it for garbage every
    few seconds takes a twentieth of the time of tests in this process."""
    gc.collect()
    gc.freeze()


def _is_told_as_one(nodeid: str) -> bool:
    return nodeid.partition("::")[0] in ONE_STORY


class _OneWorkerForAStory(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Deals out tests one by one, but those of a story, whose steps follow from each other, to one worker; and so
    those that share a network."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file in ONE_STORY else ONE_NETWORK.get(file, nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    return _OneWorkerForAStory(config, log) if config.getoption("dist") == "load" else None


@pytest.fixture(autouse=True)
def _umask_of_its_own() -> Iterator[None]:
    """Commands set the umask of their process; those that a test calls in its own must not set it for the others."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Repeat above pytest's own closing line what `diwan test` found before pytest began."""
    failed = os.environ.get("DIWAN_FAILED_CHECKS")
    if failed:
        terminalreporter.section("checks", red=True)
        terminalreporter.write_line(f"FAILED before the tests: {failed} (their output is at the top)", red=True)
