"""What `diwan post status` and `diwan central status` print for a person: no names of the program, no raw times."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from diwan_core.cli import main
from diwan_core.status_lines import finding_lines, status_lines

POST = {
    "node": "o" * 13,
    "label": "Aqaba port",
    "role": "post",
    "journal": {"written": 180, "stored": 170, "safe": 0, "unsent": 10},
    "conflicts": 0,
    "refused": {},
    "blobs": {"complete": 2, "arriving": 0, "unsent": 1},
    "last_receipt_ms": 1_795_972_805_359,
    "stick_ms": {"exported_ms": 1_795_972_805_359},
    "state": "confirmed",
    "unsigned": [],
    "nodes": [{"id": "p" * 13, "label": "Centre", "revoked": 0, "confirmed": 1, "stored": 3}],
}


def test_moments_are_told_by_how_long_ago_they_were() -> None:
    text = "\n".join(status_lines(POST, {"agent": True, "web": False}, []))
    assert "_ms" not in text and "1795972805359" not in text
    assert re.search(r"^last receipt     (\d+ \w+ ago|just now)$", text, re.M)
    assert re.search(r"^sticks           exported (\d+ \w+ ago|just now)$", text, re.M)
    assert "refused          -" in text and "running          agent\n" in text


def test_a_post_says_what_is_unsent_and_a_centre_which_sends_nothing_up_does_not() -> None:
    assert any("unsent 10" in line for line in status_lines(POST, {}, []))
    centre = "\n".join(status_lines({**POST, "role": "central"}, {}, []))
    assert "written 180" in centre and "unsent" not in centre and "receipt" not in centre


def test_what_is_wrong_ends_before_the_remedy_begins() -> None:
    said = list(
        finding_lines([("a", "It is the centre's own", "Ask why."), ("b", "It is full.", ""), ("c", "Why?", "So.")])
    )
    assert [line.removeprefix("finding").strip() for line in said] == [
        "It is the centre's own. Ask why.",
        "It is full.",
        "Why? So.",
    ]


@pytest.mark.parametrize("kind", ["post", "central"])
def test_a_new_node_says_it_so(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "node"
    own = ["--office", "JOAQJ"] if kind == "post" else ["--broker-host", "127.0.0.1", "--broker-port", "8883"]
    made = CliRunner().invoke(main, [kind, "init", "--dir", str(folder), "--label", "Here", *own])
    assert made.exit_code == 0, made.output
    told = CliRunner().invoke(main, [kind, "status", "--dir", str(folder)])
    assert told.exit_code == 0, told.output
    assert "_ms" not in told.stdout and ("unsent 0" in told.stdout) == (kind == "post")
