"""The whole UN/LOCODE, 116,029 lines, from the file to the look-up at a post: within 60 seconds and 15 MB there."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from diwan_core.health.findings import Findings
from diwan_core.intake.cli.commands_codes import codes_group
from diwan_core.register.code_loading import Loader
from diwan_core.register.codes.code_file import LoadedCodes, file_of, loaded_edition, use_editions

from tests.codes.whole_locode import LINES, write_whole_locode
from tests.exchange.network import network

pytestmark = pytest.mark.slow

MOST_SECONDS = 60
MOST_BYTES = 15_000_000


def test_the_whole_list_is_at_a_post_in_time_and_in_size(tmp_path: Path) -> None:
    """Run with -s to see the figures."""
    file = tmp_path / "locode.csv"
    write_whole_locode(file)
    with network(tmp_path, posts=1) as net:
        net.settle()
        (post,) = net.posts
        begun = time.monotonic()
        done = CliRunner().invoke(
            codes_group, ["import", "locode", str(file), "--dir", str(net.register.folder), "--json"]
        )
        assert done.exit_code == 0, done.output
        made, imported = json.loads(done.stdout), time.monotonic()
        loader = Loader(post.register, Findings(post.register.folder, "agent"), threading.Event())
        while loaded_edition(post.register.folder, "locode") != made["sha256"]:
            net.turn()
            loader.turn()
            post.exchange.woken()
        arrived = time.monotonic()
        table = file_of(post.register.folder, "locode").stat().st_size
        codes = LoadedCodes(post.register.folder, "locode")
        assert (made["entries"], codes.count()) == (LINES, LINES)
        assert codes.search("san", 12)
        print(
            f"\nimport {imported - begun:.1f} s, to the post and loaded {arrived - imported:.1f} s, search of the most "
            f"frequent word {_seconds_of(codes):.3f} s; blob {made['bytes']:,} + table {table:,} bytes"
        )
        assert arrived - begun < MOST_SECONDS
        assert made["bytes"] + table < MOST_BYTES
    use_editions(tmp_path / "none")


def _seconds_of(codes: LoadedCodes) -> float:
    begun = time.monotonic()
    codes.search("san", 12)
    return time.monotonic() - begun
