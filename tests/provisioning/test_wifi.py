"""The post's wireless network as Ansible renders it, read by the real programs: no radio is needed for that."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.slow

ROLE = Path(__file__).parents[2] / "provisioning/roles/wifi_access_point"
GIVEN = {
    **yaml.safe_load((ROLE / "defaults/main.yml").read_text()), "diwan_wifi": True, "diwan_country": "JO",
    "diwan_wifi_passphrase": 'seven grey # herons "at" dawn', "diwan_hostname": "post-1",
    "diwan_wifi_interface": "dwnone0",
    "diwan_wifi_name": 'Diwan "المعبر"', "ansible_python_interpreter": sys.executable,
}  # fmt: skip
PATH = "/usr/sbin:/sbin:/usr/bin:/bin"


def rendered(folder: Path, template: str) -> Path:
    out = folder / template.removesuffix(".j2")
    argv: list[object] = [Path(sys.executable).with_name("ansible"), "localhost", "-c", "local"]
    argv += ["-m", "ansible.builtin.template", "-a", f"src={ROLE}/templates/{template} dest={out} mode=0600"]
    argv += ["-e", json.dumps(GIVEN)]
    environment = os.environ | {"ANSIBLE_HOME": str(folder / "ansible"), "ANSIBLE_NOCOLOR": "1", "LC_ALL": "C.UTF-8"}
    done = subprocess.run([str(word) for word in argv], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def program(name: str, package: str) -> str:
    found = shutil.which(name, path=PATH)
    if found is None:
        pytest.skip(f"{name} is not installed: apt install {package}")
    return found


def test_hostapd_understands_every_line_and_keeps_clients_apart(tmp_path: Path) -> None:
    path = rendered(tmp_path, "hostapd.conf.j2")
    text = path.read_text(encoding="utf-8")
    assert (
        "ap_isolate=1" in text
        and 'wpa_passphrase=seven grey # herons "at" dawn\n' in text
        and "country_code=JO" in text
    )
    hostapd = program("hostapd", "hostapd")
    done = subprocess.run([hostapd, path], capture_output=True, text=True, timeout=60, check=False)
    said = done.stdout + done.stderr
    assert "Line " not in said and "errors found in configuration" not in said, said
    assert done.returncode != 0, "there is no such interface here, which is all that may be wrong"
    broken = tmp_path / "broken.conf"
    broken.write_text(text + "no_such_setting=1\n")
    assert "Line " in subprocess.run([hostapd, broken], capture_output=True, text=True, timeout=60, check=False).stdout


def test_dnsmasq_understands_what_gives_addresses(tmp_path: Path) -> None:
    path = rendered(tmp_path, "dnsmasq.conf.j2")
    text = path.read_text()
    assert "dhcp-range=192.168.77.50,192.168.77.200" in text and "\ndhcp-option=3\n" in text, "no gateway is told"
    done = subprocess.run(
        [program("dnsmasq", "dnsmasq-base"), "--test", f"--conf-file={path}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_whoever_joins_reaches_the_console_and_no_other_network(tmp_path: Path) -> None:
    path = rendered(tmp_path, "isolation.nft.j2")
    text = path.read_text()
    assert 'iifname "dwnone0" drop' in text and 'oifname "dwnone0" drop' in text and "tcp dport { 443, 8443 }" in text
    assert "dport 22" not in text, "technicians sign in over the cable"
    if os.geteuid() != 0:
        pytest.skip("nft checks rules as root alone")
    done = subprocess.run([program("nft", "nftables"), "-c", "-f", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("passphrase", ["", "short", "x" * 64, "umlautü umlautü", "tab\there and there"])
def test_a_passphrase_that_will_not_do_is_refused(tmp_path: Path, passphrase: str) -> None:
    play = [{"hosts": "localhost", "gather_facts": False, "connection": "local", "roles": [str(ROLE)]}]
    (tmp_path / "play.yml").write_text(yaml.safe_dump(play))
    given = {**GIVEN, "diwan_wifi_passphrase": passphrase, "diwan_in_container": True}
    argv = [
        Path(sys.executable).with_name("ansible-playbook"),
        tmp_path / "play.yml",
        "--check",
        "-e",
        json.dumps(given),
    ]
    environment = os.environ | {"ANSIBLE_HOME": str(tmp_path / "ansible"), "ANSIBLE_NOCOLOR": "1", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(list(map(str, argv)), env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "Refuse a passphrase" in done.stdout
    assert not passphrase or passphrase not in done.stdout
