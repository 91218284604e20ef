"""The firewall's rules as Ansible renders them: the same for IPv4 and IPv6, closed by default, read by the real nft."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

TEMPLATE = Path(__file__).parents[2] / "provisioning/roles/firewall/templates/nftables.conf.j2"
OPEN = [{"port": 443, "what": "console", "from": "consoles"}, {"port": 8883, "what": "exchange"}]


def rendered(folder: Path, networks: list[str], redirect: list[dict[str, int]]) -> str:
    out = folder / "rules"
    given = {"diwan_console_networks": networks, "diwan_firewall_open": OPEN, "diwan_firewall_redirect": redirect,
             "diwan_firewall_ssh": True,
             "ansible_python_interpreter": sys.executable}  # fmt: skip
    argv: list[object] = [
        Path(sys.executable).with_name("ansible"),
        "localhost",
        "-c",
        "local",
        "-m",
        "ansible.builtin.template",
    ]
    argv += ["-a", f"src={TEMPLATE} dest={out} mode=0600", "-e", json.dumps(given)]
    environment = os.environ | {"ANSIBLE_HOME": str(folder / "ansible"), "ANSIBLE_NOCOLOR": "1", "LC_ALL": "C.UTF-8"}
    done = subprocess.run([str(word) for word in argv], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "networks",
    [["10.0.0.0/8"], ["2001:db8::/32"], ["10.0.0.0/8", "fd00::/8", "192.0.2.7"], []],
    ids=["4", "6", "both", "none"],
)
def test_the_rules_are_rules_for_any_kind_of_network(tmp_path: Path, networks: list[str]) -> None:
    text = rendered(tmp_path, networks, [{"from": 443, "to": 8443}])
    for network in networks:
        assert network in text
    assert text.count("policy drop") == 2
    for port in (443, 22):
        assert f"ip saddr @technicians4 tcp dport {port} accept" in text
        assert f"ip6 saddr @technicians6 tcp dport {port} accept" in text
    assert "\n        tcp dport 8883 accept" in text
    if os.geteuid() != 0 or shutil.which("nft") is None:
        pytest.skip("nft checks rules as root alone: apt install nftables")
    (tmp_path / "rules").write_text(text)
    done = subprocess.run(["nft", "-c", "-f", tmp_path / "rules"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + text
