"""A register that is marked after an error of a sync: by every process of the node, until the machine was restarted."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_core.health.findings import findings_of
from diwan_core.register import Edit, Register, RegisterDamaged
from diwan_core.register.maintenance import Upkeep
from diwan_core.register.storage import unsynced
from diwan_core.register.storage.database import FILE

from .conftest import Case

_ANOTHER_PROCESS = """
import sys
from pathlib import Path
from diwan_core.register import Register, RegisterDamaged
folder = Path(sys.argv[1])
try:
    with Register.open(folder, role="writer") as register:
        print("open", flush=True)
        sys.stdin.readline()
        with register.store.write():
            pass
except RegisterDamaged as error:
    print(error.kind, flush=True)
"""

_ENDS_WITHOUT_CLOSING = """
import sys
from pathlib import Path
from diwan_core.register import Register
register = Register.open(Path(sys.argv[1]), role="writer")
print("open", flush=True)
sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def _boots(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[None]:
    """The machine was started once; what this process remembers of it is forgotten."""
    monkeypatch.setenv("DIWAN_BOOT_ID", "one boot")
    yield
    os.environ["DIWAN_BOOT_ID"] = "after the test"
    unsynced.forget_earlier_boots(folder)
    monkeypatch.undo()


def another_process(folder: Path, code: str = _ANOTHER_PROCESS) -> subprocess.Popen[str]:
    """Open the register in a process of its own, which goes on after a line on its standard input: it writes."""
    command = [sys.executable, "-c", code, str(folder)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_process_that_has_the_register_open_writes_no_more_and_leaves_the_log(folder: Path, case: Case) -> None:
    log = folder / f"{FILE}-wal"
    with Register.open(folder, role="writer") as register:
        register.save([Edit("case", case())], author="officer")
        process = another_process(folder)
        assert process.stdout is not None and process.stdout.readline() == "open\n"
        before = log.read_bytes()
        unsynced.mark(register.store.path, "disk I/O error")
    assert process.communicate("\n", timeout=60)[0].splitlines()[-1] == "unsynced"
    assert log.read_bytes() == before
    assert another_process(folder).communicate("\n", timeout=60)[0] == "unsynced\n"
    assert log.read_bytes() == before


def test_a_process_that_is_the_last_to_close_leaves_the_log(folder: Path, case: Case) -> None:
    with Register.open(folder, role="writer") as register:
        register.save([Edit("case", case())], author="officer")
        (folder / unsynced.MARK).write_text(f'{{"boot": "{unsynced._boot()}"}}')  # as another process would
    assert (folder / f"{FILE}-wal").stat().st_size > 0
    os.environ["DIWAN_BOOT_ID"] = "the next boot"
    with Register.open(folder, role="writer") as register:
        register.save([Edit("case", case())], author="officer")
        assert len(list(register.ids("case"))) == 2
    assert not (folder / f"{FILE}-wal").exists()
    assert not (folder / unsynced.MARK).exists()


def test_a_process_that_ends_without_closing_leaves_the_log(folder: Path, case: Case) -> None:
    with Register.open(folder, role="writer") as register:
        register.save([Edit("case", case())], author="officer")
        process = another_process(folder, _ENDS_WITHOUT_CLOSING)
        assert process.stdout is not None and process.stdout.readline() == "open\n"
    before = (folder / f"{FILE}-wal").read_bytes()
    (folder / unsynced.MARK).write_text(f'{{"boot": "{unsynced._boot()}"}}')
    process.communicate("\n", timeout=60)
    assert process.returncode == 0
    assert (folder / f"{FILE}-wal").read_bytes() == before


def test_a_mark_that_a_power_cut_cut_off_is_void(folder: Path) -> None:
    (folder / unsynced.MARK).touch()
    with Register.open(folder, role="writer"):
        assert not (folder / unsynced.MARK).exists()


def test_the_upkeep_notes_what_the_operator_has_to_do_until_the_machine_was_restarted(folder: Path, case: Case) -> None:
    with Register.open(folder, role="writer") as register:
        register.save([Edit("case", case())], author="officer")
        unsynced.mark(register.store.path, "disk I/O error")
        with Upkeep(register.store.path):
            wait_for_findings(folder, ["register_unsynced"])
        with pytest.raises(RegisterDamaged, match="restarted"):
            register.save([Edit("case", case())], author="officer")
    os.environ["DIWAN_BOOT_ID"] = "the next boot"
    with Register.open(folder, role="writer") as register, Upkeep(register.store.path):
        wait_for_findings(folder, [])


def wait_for_findings(folder: Path, codes: list[str]) -> None:
    """Return once the node has noted exactly these findings."""
    end = time.monotonic() + 60
    while [found.code for found in findings_of(folder)] != codes:
        assert time.monotonic() < end
        time.sleep(0.02)


_MARKS_WITHOUT_ROOM = """
import resource, sys
from pathlib import Path
from diwan_core.register.storage import unsynced
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))  # no byte can be written, as on a full disk
unsynced.mark(Path(sys.argv[1]) / "register.db", "a sync failed")
"""


def test_a_mark_is_seen_by_others_though_the_disk_has_no_room_for_it(folder: Path) -> None:
    subprocess.run([sys.executable, "-c", _MARKS_WITHOUT_ROOM, str(folder)], check=True)
    assert unsynced.is_marked(folder)
    with pytest.raises(RegisterDamaged, match="until this machine has been restarted"):
        Register.open(folder, role="writer")
    unsynced.forget(folder)
    os.environ["DIWAN_BOOT_ID"] = "another boot"
    with Register.open(folder, role="writer"):
        assert not os.path.lexists(folder / unsynced.MARK)
