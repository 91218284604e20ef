"""A process's log: every line with time and offset, and nothing from outside looks like a line of ours."""

import re
import subprocess
import sys
from datetime import datetime, timedelta

import pytest

LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d) diwan\.test (WARNING|ERROR) (.*)")
SCRIPT = """
import logging
from diwan_core import process_log
process_log.configure()
log = logging.getLogger("diwan.test")
log.warning("%s", "one\\n2026-01-01T00:00:00.000+00:00 diwan.test ERROR forged\\x1b[31m\\u2028end")
try:
    1 / 0
except ZeroDivisionError:
    log.exception("it failed")
"""


@pytest.mark.parametrize(("zone", "offset"), [("Asia/Kathmandu", 345), ("UTC", 0), ("America/Caracas", -240)])
def test_each_line_carries_its_time_and_offset_and_forged_lines_are_set_in(zone: str, offset: int) -> None:
    command = [sys.executable, "-c", SCRIPT]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env={"TZ": zone}).stderr.splitlines()
    matches = [match for match in map(LINE.fullmatch, said) if match]
    assert [match[3] for match in matches] == ["one", "it failed"]
    assert datetime.fromisoformat(matches[0][1]).utcoffset() == timedelta(minutes=offset)
    assert all(line.startswith("    ") for line in said if not LINE.fullmatch(line))
    assert not any("\x1b" in line or "\u2028" in line for line in said)
