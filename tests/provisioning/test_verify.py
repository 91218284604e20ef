"""Verify judges what a machine says: every promise once, deviations with their reason, absurd answers as failures."""

from __future__ import annotations

import ast
import json
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from diwan_core.acceptance.sheet import decode
from diwan_provisioning.commands import provision
from diwan_provisioning.verify.baseline import controls, kernel_keys
from diwan_provisioning.verify.judge import judge
from diwan_provisioning.verify.judge_access import PATHS
from diwan_provisioning.verify.judge_machine import SERVICES
from diwan_provisioning.verify.outside import _greeting
from diwan_provisioning.verify.promised import Promised

COLLECTOR = Path(__file__).parents[2] / "provisioning/roles/verify/files/collect.py"
POST = Promised("post-1", "post", "0.1.0", False)


def good() -> dict[str, Any]:
    """What a post says that is as it was promised."""
    sshd = {
        control.key: control.value or (control.one_of or control.subset or (str(control.most),))[0]
        for control in controls("ssh")
        if control.key
    }
    kernel = {key: value for control in controls("kernel") for key, value in control.settings.items()}
    unit = {"LoadState": "loaded", "ActiveState": "active", "Exposure": "→ Overall exposure level for x: 1.8 OK :-)"}
    return {
        "roles": ["post"], "os": {"VERSION_CODENAME": "bookworm"}, "failed": [""], "container": False,
        "journal": "SystemMaxUse=200M", "watchdog": "RuntimeWatchdogSec=15s", "limits": "* hard core 0\n",
        "units": {name: dict(unit) for name in (*SERVICES["post"], "diwan-agent")}
        | {"nftables": {"UnitFileState": "enabled"}},
        "ports": "tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:*\ntcp LISTEN 0 64 [::]:8443 [::]:*\n"
        "udp UNCONN 0 0 127.0.0.1:323 0.0.0.0:*\n",
        "sshd": "\n".join(f"{key} {value}" for key, value in sshd.items()), "host_keys": ["ssh_host_ed25519_key"],
        "kernel": kernel, "paths": {path: list(wanted) for path, wanted in PATHS.items()}, "writable": [], "rhosts": [],
        "accounts": {"empty": [], "password": [], "uid0": ["root"], "duplicates": [], "login": ["root"]},
        "firewall": "table inet diwan { chain input { type filter hook input priority filter; policy drop; } "
        "chain forward { type filter hook forward priority filter; policy drop; } }",
        "clock": "NTPSynchronized=yes\n", "tracking": "", "swaps": "Filename\n",
        "disk": {"/var/lib/diwan": {"source": "/dev/mapper/diwan-data", "crypt": True}},
        "release": '{"version": "0.1.0"}', "apt": ["/etc/apt/sources.list.d/diwan.sources"],
        "status": {"post": {"findings": []}},
    }  # fmt: skip


def outcomes(facts: dict[str, Any], promised: Promised = POST) -> dict[str, str]:
    return {check.id: check.outcome for check in judge(facts, promised)}


def test_a_machine_that_is_as_promised_has_no_fault_and_every_deviation_its_reason() -> None:
    checks = judge(good(), POST)
    assert {check.outcome for check in checks} == {"pass", "waived"}, [
        c for c in checks if c.outcome in ("fail", "warn")
    ]
    assert all(check.remedy for check in checks if check.outcome == "waived")
    assert len({check.id for check in checks}) == len(checks) > 80


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"sshd": "passwordauthentication yes"}, "sshd-27"),
        ({"sshd": ""}, "sshd-told"),
        ({"firewall": ""}, "firewall-input"),
        ({"writable": ["/opt/diwan/x"]}, "file-release"),
        ({"release": ""}, "release"),
        ({"release": "{"}, "release-told"),
        ({"roles": []}, "os-roles"),
        ({"os": {"VERSION_CODENAME": "buster"}}, "os-release"),
        ({"swaps": "Filename\n/swapfile file 1 0 -2\n"}, "disk-swap"),
        ({"kernel": {}}, "sysctl-02"),
        ({"units": {}}, "service-diwan-post-web"),
        ({"units": None}, "services-told"),
        ({"ports": "nonsense"}, "ports-told"),
        ({"accounts": {"empty": ["x"], "password": [], "uid0": ["root"], "duplicates": []}}, "people-empty"),
        ({"accounts": {"empty": [], "password": [], "uid0": ["root", "toor"], "duplicates": []}}, "people-root"),
        ({"paths": {"/etc/shadow": ["root", "shadow", "0644"]}}, "file-etc-shadow"),
        ({"paths": {"/var/lib/diwan/post": ["root", "root", "0700"]}}, "file-var-lib-diwan-post"),
    ],
)
def test_what_is_not_as_promised_fails(change: dict[str, Any], check: str) -> None:
    assert outcomes(good() | change)[check] == "fail"


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"ports": "tcp LISTEN 0 128 0.0.0.0:3306 0.0.0.0:*\n"}, "ports-listening"),
        ({"clock": ""}, "clock"),
        ({"status": {"post": {"findings": [{"what": "no line", "remedy": "wait"}]}}}, "findings"),
        ({"disk": {"/var/lib/diwan": {"source": "/dev/mmcblk0p2", "crypt": False}}}, "disk-data"),
        ({"apt": ["/etc/apt/sources.list"]}, "apt"),
    ],
)
def test_what_somebody_has_to_look_at_is_a_warning(change: dict[str, Any], check: str) -> None:
    assert outcomes(good() | change)[check] == "warn"


def test_data_that_was_to_be_encrypted_and_is_not_is_a_failure() -> None:
    plain = good() | {"disk": {"/var/lib/diwan": {"source": "/dev/sda2", "crypt": False}}}
    assert outcomes(plain, Promised("post-1", "post", "", True))["disk-data"] == "fail"


def test_whatever_a_machine_says_judging_it_ends_with_a_sheet() -> None:
    for key in good():
        for absurd in (None, 7, "x", [], {}, [None], {"a": None}, "\x1b[31m" * 100):
            checks = judge(good() | {key: absurd}, POST)
            assert checks and all(isinstance(check.found, str) for check in checks)
    assert all(check.outcome == "fail" for check in judge({}, POST))


def test_every_control_says_what_is_expected_or_why_not() -> None:
    for group in ("ssh", "kernel"):
        for control in controls(group):
            assert bool(control.waived) != bool(control.key or control.settings), control.id
    assert "kernel.sysrq" in kernel_keys()


def test_the_collector_needs_nothing_but_python_and_runs_here(tmp_path: Path) -> None:
    imported = {
        name.name.partition(".")[0]
        for item in ast.walk(ast.parse(COLLECTOR.read_text()))
        if isinstance(item, ast.Import)
        for name in item.names
    }
    assert imported <= sys.stdlib_module_names
    asked = json.dumps({"kernel": kernel_keys()})
    done = subprocess.run([sys.executable, COLLECTOR, asked], capture_output=True, text=True, check=True, timeout=120)
    facts = json.loads(done.stdout)
    assert facts["kernel"]["kernel.randomize_va_space"] and facts["paths"]["/etc/passwd"][:2] == ["root", "root"]
    assert judge(facts, POST), "a machine that is not a post has a sheet too, of failures"


def test_a_sheet_is_made_signed_and_readable(tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    (tmp_path / "facts.json").write_text(json.dumps(good()))
    (tmp_path / "country.yml").write_text(
        "all: {children: {posts: {hosts: {post-1: {ansible_host: 127.0.0.1, diwan_label: A, diwan_office: XA001}}}}}\n"
    )
    arguments = ["sheet", tmp_path / "facts.json", "--inventory", tmp_path / "country.yml", "--key", tmp_path / "key",
                 "--out", tmp_path / "out", "--release", "0.1.0"]  # fmt: skip
    done = CliRunner().invoke(provision, [*map(str, arguments), "--machine", "post-1", "--json"])
    assert done.exit_code == 0, done.output
    path = Path(json.loads(done.output)["sheet"])
    sheet = decode(path.read_bytes())
    assert sheet.machine == "post-1" and "root" in sheet.sentence
    assert path.with_name(f"{path.name}.sig").exists() and "<table>" in path.with_suffix(".html").read_text()
    wrong = CliRunner().invoke(provision, [*map(str, arguments), "--machine", "post-9"])
    assert wrong.exit_code == 1 and "not a centre or post there" in wrong.output


@pytest.fixture
def old_server(tmp_path: Path) -> Iterator[int]:
    """A server that still speaks TLS 1.1."""
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=old", "-days", "2"]
    subprocess.run([*made, "-keyout", tmp_path / "k", "-out", tmp_path / "c"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "c", tmp_path / "k")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        end = threading.Event()

        def serve() -> None:
            while not end.is_set():
                try:
                    line, _ = server.accept()
                    with line, context.wrap_socket(line, server_side=True):
                        pass
                except OSError:
                    continue

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        end.set()
        thread.join()


def test_a_server_that_accepts_old_tls_is_noticed(old_server: int) -> None:
    assert _greeting("127.0.0.1", old_server, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_1) is not None
    assert _greeting("127.0.0.1", old_server, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3) is not None
