"""`diwan demo` as a person meets it: started, looked at, ended, started again."""

import http.client
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from diwan_lab.command import program

pytestmark = pytest.mark.slow

KEYS = (
    "posts records changes_sent changes_applied duplicates waiting conflicts quarantined pictures missing seconds"
    " changes_per_second wire_bytes_up wire_bytes_down broker"
)


class Demo:
    """A running demonstration and what it has printed so far."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.printed = folder.with_suffix(".out")
        argv = [program(), "demo", "--dir", str(folder), "--port", "0", "--posts", "1", *options]
        with self.printed.open("w") as out:
            self.process = subprocess.Popen(argv, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)

    def text(self) -> str:
        return self.printed.read_text()

    def wait_for(self, words: str, seconds: float = 300) -> None:
        wait_until(lambda: words in self.text() or self.process.poll() is not None, seconds)
        assert words in self.text(), self.text()

    def processes(self) -> list[int]:
        """Ids of all processes that work in the demonstration's folder."""
        found = []
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if str(self.folder).encode() in entry.read_bytes():
                    found.append(int(entry.parent.name))
            except OSError:  # it ended while we looked
                continue
        return found

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


def wait_until(holds: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.1)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Demo]]:
    started: list[Demo] = []

    def begin(*options: str) -> Demo:
        started.append(Demo(tmp_path / "data", *options))
        return started[-1]

    yield begin
    for demo in started:
        if demo.process.poll() is None:
            demo.end(signal.SIGTERM)


def page(address: str) -> int:
    host, port = re.fullmatch(r"http://([\d.]+):(\d+)", address).groups()  # type: ignore[union-attr]
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    connection.request("GET", "/sign-in")
    return connection.getresponse().status


def test_it_prints_addresses_that_answer_and_ctrl_c_leaves_nothing_behind(start: Callable[..., Demo]) -> None:
    demo = start("--records", "30")
    demo.wait_for("Ctrl-C ends")
    addresses = set(re.findall(r"http://[\d.]+:\d+", demo.text()))
    assert len(addresses) == 2, "the centre's and the post's"
    assert all(page(address) == 200 for address in addresses)
    assert "nothing is missing" in demo.text()
    assert len(demo.processes()) >= 7, "broker, ingest, relay, web, agent, web, and the demonstration itself"

    assert demo.end(signal.SIGINT) == 0
    assert demo.processes() == []

    again = start("--once", "--json")
    assert again.process.wait(60) == 0
    assert "nothing is imported again" in again.text()
    assert json.loads(again.text().splitlines()[-1])["records"] == 30


def test_once_prints_one_json_object_with_exactly_the_promised_keys(tmp_path: Path) -> None:
    argv = [program(), "demo", "--dir", str(tmp_path / "data"), "--port", "0", "--posts", "2", "--records", "1100"]
    done = subprocess.run([*argv, "--once", "--json"], capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    result = json.loads(done.stdout)
    assert list(result) == KEYS.split()
    assert (result["posts"], result["records"], result["missing"]) == (2, 1100, 0), "33 more than the samples hold"
    assert result["changes_applied"] == result["changes_sent"] > 1100
    assert (result["waiting"], result["conflicts"], result["quarantined"]) == (0, 0, 0)
    assert result["wire_bytes_up"] > 100_000
    assert result["broker"].startswith("mosquitto 2.")


def test_a_process_that_is_killed_is_started_again(start: Callable[..., Demo]) -> None:
    demo = start("--records", "10")
    demo.wait_for("Ctrl-C ends")
    agent = next(pid for pid in demo.processes() if b"\0agent\0" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(agent, signal.SIGKILL)
    demo.wait_for("post1.agent ended by itself and is started again", seconds=90)


def test_kill_9_of_the_demonstration_leaves_nothing_behind(start: Callable[..., Demo]) -> None:
    demo = start("--records", "10")
    demo.wait_for("Ctrl-C ends")
    demo.end(signal.SIGKILL)
    wait_until(lambda: demo.processes() == [], seconds=60)
    assert demo.processes() == []


def test_more_posts_can_be_added_but_none_taken_away(start: Callable[..., Demo]) -> None:
    assert start("--records", "10", "--once").process.wait(300) == 0
    assert start("--once", "--posts", "2").process.wait(300) == 0
    refused = start("--once", "--posts", "1")
    assert refused.process.wait(30) == 1
    assert "holds 2 posts" in refused.text().splitlines()[-1]
