"""The README's *By hand*, pasted whole into a shell: what a newcomer does first must work to the letter."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from diwan_lab.ports import HeldPorts

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("mosquitto") is None, reason="mosquitto is not installed: apt install mosquitto"),
]
README = Path(__file__).parents[2] / "README.md"


def by_hand() -> str:
    part = README.read_text(encoding="utf-8").partition("## By hand")[2].partition("\n## ")[0]
    return "\n".join(line.removeprefix("    ") for line in part.splitlines() if line.startswith("    "))


def test_pasted_whole_it_ends_with_the_first_cases_at_the_centre(tmp_path: Path) -> None:
    (tmp_path / "diwan").symlink_to(Path(sys.executable).with_name("diwan"))
    lines = by_hand()
    with HeldPorts([0, 0, 0]) as ports:
        _paste(lines, ports.numbers, tmp_path)


def _paste(lines: str, ports: list[int], folder: Path) -> None:
    broker, console, post = ports
    assert all(number in lines for number in ("8883", "8443", "8081"))
    lines = lines.replace("8883", str(broker)).replace("8081", str(post)).replace("8443", str(console))
    lines = lines.replace("--label Centre", f"--label Centre --web-port {console}", 1)
    waiting = (
        "for turn in $(seq 60); do ./diwan search --dir c leticia | grep -q '^[1-9].* found' && break; sleep 1; done"
    )
    lines = lines.replace("sleep 10;", f"{waiting};")
    shell = subprocess.Popen(
        ["bash"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, env=os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin"},
    )  # fmt: skip
    try:
        said, told = shell.communicate(f"{lines}\nkill %1 %2; wait\n", timeout=300)
    finally:
        if shell.poll() is None:
            os.killpg(shell.pid, signal.SIGKILL)
    assert re.search("^[1-9][0-9]* found$", said, re.M), said + told
    assert "Error" not in told, told
