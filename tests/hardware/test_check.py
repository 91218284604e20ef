"""The check as a technician runs it: real steps on this machine, interrupted and gone on with, never mixed up."""

from __future__ import annotations

import json
import mmap
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import CliRunner, Result
from diwan_central.cli import central
from diwan_core import node
from diwan_core.acceptance.signature import allowed_signers
from diwan_hardware.check import line, memory
from diwan_hardware.check.job import CannotCheck
from diwan_hardware.check_commands import hours
from diwan_hardware.commands import hardware

SHORT = ("--disk-gb", "0.05", "--memory-mb", "16", "--load-minutes", "0.02")
DIWAN = Path(sys.executable).with_name("diwan")


def check(folder: Path, *more: str, profile: str = "post-small") -> Result:
    arguments = ["check", "--profile", profile, "--dir", str(folder), "--work", str(folder / "work"), *more]
    return CliRunner().invoke(hardware, arguments)


@pytest.mark.slow
def test_every_step_is_judged_and_the_result_kept(tmp_path: Path) -> None:
    done = check(tmp_path, *SHORT, "--burn-in", "1s", "--asset", "XA-00012-M", "--json")
    assert done.exit_code in (0, 1), done.output
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    names = [step["step"] for step in result["steps"]]
    assert names == ["machine", "smart", "capacity", "safe_writes", "memory", "clock", "load", "burn_in"]
    assert all(finding["text"] for step in result["steps"] for finding in step["findings"])
    kept = json.loads((tmp_path / "work/result.json").read_text())
    assert kept["steps"] == result["steps"] and kept["asset"] == "XA-00012-M"
    assert [path.name for path in tmp_path.iterdir()] == ["work"], "nothing is left on the disk that was tested"
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["result.json"]


@pytest.mark.slow
def test_a_result_is_signed_and_the_centre_knows_the_machine(tmp_path: Path) -> None:
    assert check(tmp_path, *SHORT, "--asset", "XA-00012-M", "--place", "Aqaba", "--technician", "amal").exit_code == 0
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "amal", "-f", key], check=True)
    result, out = str(tmp_path / "work/result.json"), str(tmp_path / "sheets")
    done = CliRunner().invoke(hardware, ["sign", result, "--key", str(key), "--out", out, "--json"])
    assert done.exit_code == 0, done.output
    sheet = Path(json.loads(done.output)["sheet"])
    centre, signers = tmp_path / "centre", tmp_path / "technicians"
    node.create(centre, node.NodeConfig("central", node.mint_id(), "Headquarters", web_tls="off"))
    signers.write_text(allowed_signers([key.with_suffix(".pub").read_text()]))
    arguments = ["assets", "take", str(sheet), "--dir", str(centre), "--signers", str(signers)]
    taken = CliRunner().invoke(central, arguments)
    assert taken.exit_code == 0 and "machine #1 (XA-00012-M) is new" in taken.output, taken.output
    (tmp_path / "work/result.json").write_text("{}")
    refused = CliRunner().invoke(hardware, ["sign", result, "--key", str(key), "--out", out])
    assert refused.exit_code == 2 and "is no result" in refused.output


@pytest.mark.slow
def test_a_machine_below_its_profile_fails_with_code_1(tmp_path: Path) -> None:
    profiles = tmp_path / "profiles"
    profiles.mkdir()
    source = Path(__file__).parents[2] / "hardware/profiles"
    for file in source.glob("*.toml"):
        text = file.read_text()
        if file.stem == "post-small":
            text = text.replace("memory_mb = 700", "memory_mb = 4000000").replace(
                "memory_mb = 2048", "memory_mb = 4000000"
            )
        (profiles / file.name).write_text(text)
    done = check(tmp_path, *SHORT, "--profiles", str(profiles))
    assert done.exit_code == 1, done.output
    assert "At least 4,000,000 MB are needed" in done.output


def start(folder: Path, *more: str) -> subprocess.Popen[str]:
    """The check as a process of its own."""
    argv = [str(DIWAN), "hardware", "check", "--profile", "post-small", "--dir", str(folder)]
    argv += ["--work", str(folder / "work"), *more]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(folder: Path, step: str) -> None:
    """Until a step has kept something."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            state = json.loads((folder / "work/check.json").read_text())
        except (OSError, ValueError):
            state = {"progress": {}}
        if step in state["progress"] and len(state["progress"][step]) > 2:
            return
        time.sleep(0.02)
    raise AssertionError(f"{step} never began")


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_check_that_was_interrupted_goes_on_and_leaves_nothing_running(tmp_path: Path, how: signal.Signals) -> None:
    options = ("--disk-gb", "1", "--memory-mb", "16", "--load-minutes", "0.02")
    process = start(tmp_path, *options)
    wait_for(tmp_path, "capacity")
    process.send_signal(how)
    _out, err = process.communicate(timeout=60)
    assert process.returncode == (-how if how is signal.SIGKILL else 130)
    assert ("stopped. What is done is kept" in err) == (how is not signal.SIGKILL)
    before = json.loads((tmp_path / "work/check.json").read_text())
    assert [done["step"] for done in before["done"]] == ["machine", "smart"]
    done = check(tmp_path, *options, "--json")
    assert done.exit_code == 0, done.output
    assert "goes on where it was interrupted: 2 steps are done" in done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["interrupted"] == 1
    assert result["steps"][0] == before["done"][0] | {"seconds": result["steps"][0]["seconds"]}
    assert not (tmp_path / "diwan-capacity-test").exists()


@pytest.mark.slow
def test_a_load_whose_check_was_killed_ends_by_itself(tmp_path: Path) -> None:
    process = start(tmp_path, "--disk-gb", "0.02", "--memory-mb", "16", "--load-minutes", "1")
    workers: list[psutil.Process] = []
    end = time.monotonic() + 60
    while not workers and time.monotonic() < end:
        workers = psutil.Process(process.pid).children()
        time.sleep(0.05)
    assert workers
    process.kill()
    process.communicate(timeout=60)
    _gone, alive = psutil.wait_procs(workers, timeout=20)
    assert alive == []


@pytest.mark.slow
def test_a_check_of_other_limits_another_machine_or_other_options_is_not_gone_on_with(tmp_path: Path) -> None:
    assert check(tmp_path, *SHORT).exit_code == 0
    state = {
        "format": 1, "wanted": {"profile": "post-small", "tested": str(tmp_path)}, "profile_digest": "0" * 16,
        "identity": {
            "model": "another", "serial": "1", "architecture": "aarch64", "system": "", "memory_mb": 1, "cores": 1,
        },
        "began": 0,
    }  # fmt: skip
    file = tmp_path / "work/check.json"
    file.write_text(json.dumps(state))
    done = check(tmp_path, *SHORT)
    assert done.exit_code == 2 and "the check of another machine (another 1 aarch64)" in done.output
    for content, said in (("{", "is damaged"), ('{"format": 9}', "is damaged"), ("[]", "is damaged")):
        file.write_text(content)
        done = check(tmp_path, *SHORT)
        assert done.exit_code == 2 and said in done.output and "--again" in done.output
    assert check(tmp_path, *SHORT, "--again").exit_code == 0
    file.write_text("{")
    done = check(tmp_path, "--abandon")
    assert done.exit_code == 0 and not file.exists()


def test_a_work_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root to make somebody else's folder")
    (tmp_path / "work").mkdir()
    os.chown(tmp_path / "work", 12345, 12345)
    done = check(tmp_path, *SHORT)
    assert done.exit_code == 2 and "belongs to somebody else" in done.output


@pytest.mark.parametrize(("text", "length"), [("24h", 24.0), ("30m", 0.5), ("2d", 48.0), ("0", 0.0), ("1.5h", 1.5)])
def test_lengths_are_read(text: str, length: float) -> None:
    assert hours(text) == length


@pytest.mark.parametrize("text", ["24", "-1h", "h", "1w", "15d", "", "nan"])
def test_a_length_without_a_unit_or_sense_is_refused(text: str) -> None:
    with pytest.raises(CannotCheck):
        hours(text)


def test_a_bit_that_flips_in_memory_is_found() -> None:
    piece = 4 * 1024 * 1024
    with mmap.mmap(-1, 3 * piece) as held:
        for _name, pattern in memory.patterns():
            memory.fill(held, 3, pattern)
            assert memory.differing(held, 3, pattern) == []
            held[piece + 12345] ^= 0x10
            assert memory.differing(held, 3, pattern) == [1]


@pytest.mark.parametrize(
    ("text", "found"),
    [("central.customs.example", ("central.customs.example", 8443)), ("https://192.0.2.1:9443/", ("192.0.2.1", 9443)),
     ("[2001:db8::1]:8443", ("2001:db8::1", 8443))],
)  # fmt: skip
def test_the_centre_s_address_is_read(text: str, found: tuple[str, int]) -> None:
    assert line.address(text) == found


@pytest.mark.parametrize("text", ["", ":8443", "central:port", "central:0", "central:99999"])
def test_a_wrong_address_is_refused_before_anything_is_tested(tmp_path: Path, text: str) -> None:
    with pytest.raises(CannotCheck, match="host:port"):
        line.address(text)
    if text:
        done = check(tmp_path, *SHORT, "--central", text)
        assert done.exit_code == 2 and not (tmp_path / "work").exists()
