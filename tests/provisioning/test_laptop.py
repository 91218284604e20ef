"""A laptop set up by the role trusts the consoles of its administration, and no other name their authority signs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from diwan_lab.chromium import PROGRAM, chromium
from diwan_lab.firefox import PROGRAM as FIREFOX
from diwan_lab.firefox import firefox
from diwan_lab.tab import BrowserError

from tests.web.tls_kit import authority_in, secured

pytestmark = pytest.mark.slow

CENTRE = "central.customs.example"
PROVISIONING = Path(__file__).parents[2] / "provisioning"
ROLE = PROVISIONING / "roles/laptop_officer"


def rendered(folder: Path, template: str, certificate: str) -> str:
    """A template of the role as Ansible renders it for a country of a centre and two posts."""
    (folder / "country.yml").write_text(json.dumps({"all": {"children": {
        "central": {"hosts": {"central": {"diwan_label": "Headquarters", "diwan_public_name": CENTRE}}},
        "posts": {"hosts": {"post-1": {"diwan_label": 'Northern "border"'}, "post-2": {"diwan_label": "المطار"}}},
        "laptops": {"hosts": {"laptop-1": {"ansible_connection": "local", "diwan_laptop_bookmarks": [],
                                           "ansible_python_interpreter": sys.executable}}},
    }}}))  # fmt: skip
    out = folder / "rendered"
    task = f"src={ROLE}/templates/{template} dest={out} mode=0600"
    argv: list[object] = [Path(sys.executable).with_name("ansible"), "-i", folder / "country.yml", "laptop-1"]
    argv += ["-m", "ansible.builtin.template", "-a", task]
    argv += ["-e", json.dumps({"diwan_laptop_certificate": certificate})]
    environment = os.environ | {"ANSIBLE_HOME": str(folder / "ansible"), "ANSIBLE_NOCOLOR": "1", "LC_ALL": "C.UTF-8"}
    done = subprocess.run([str(word) for word in argv], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out.read_text(encoding="utf-8")


def test_bookmarks_lead_to_the_consoles_whatever_people_call_them(tmp_path: Path) -> None:
    certificate = authority_in(tmp_path / "centre").certificate.decode()
    firefox: dict[str, Any] = json.loads(rendered(tmp_path, "firefox.json.j2", certificate))["policies"]
    assert firefox["ManagedBookmarks"][1:] == [
        {"name": "Headquarters", "url": "https://central.customs.example/"},
        {"name": 'Northern "border"', "url": "https://post-1.local/"},
        {"name": "المطار", "url": "https://post-2.local/"},
    ]
    assert firefox["Certificates"]["Install"] == ["/usr/local/share/ca-certificates/diwan-consoles.crt"]
    chromium_policy = json.loads(rendered(tmp_path, "chromium.json.j2", certificate))
    assert chromium_policy["ManagedBookmarks"] == firefox["ManagedBookmarks"]
    assert "".join(certificate.split("-----")[2].split()) == chromium_policy["CACertificates"][0]


@pytest.mark.skipif(PROGRAM is None, reason="chromium is not installed: apt install chromium")
@pytest.mark.skipif(os.geteuid() != 0, reason="the browser's settings are laid over /etc/chromium, which needs root")
def test_a_browser_trusts_the_console_by_its_policy_and_no_foreign_name(tmp_path: Path) -> None:
    with secured(tmp_path) as served:
        settings = tmp_path / "chromium"
        (settings / "policies/managed").mkdir(parents=True)
        policy = rendered(tmp_path, "chromium.json.j2", served.authority.certificate.decode())
        (settings / "policies/managed/diwan.json").write_text(policy)
        names = (
            f"--host-resolver-rules=MAP aqaba.local 127.0.0.1:{served.port}, MAP bank.example 127.0.0.1:{served.port}"
        )
        with chromium(tmp_path / "profile", names, home=tmp_path / "home", settings=settings) as page:
            page.open("https://aqaba.local/")
            assert page.value("window.isSecureContext && location.protocol") == "https:"
            with pytest.raises(BrowserError, match="ERR_CERT"):
                page.open("https://bank.example/")
        with (
            chromium(tmp_path / "other", names, home=tmp_path / "home") as page,
            pytest.raises(BrowserError, match="ERR_CERT"),
        ):
            page.open("https://aqaba.local/")


@pytest.mark.lab
@pytest.mark.skipif(FIREFOX is None, reason="firefox is not installed: apt install firefox-esr")
@pytest.mark.skipif(os.geteuid() != 0, reason="the browser's settings are laid over those in /etc, which needs root")
def test_firefox_trusts_the_console_by_its_policy_and_no_foreign_name(tmp_path: Path) -> None:
    with secured(tmp_path) as served:
        certificate = served.authority.certificate
        for name in ("with", "without"):
            (tmp_path / name / "policies").mkdir(parents=True)
            (tmp_path / name / "certificates").mkdir()
            (tmp_path / name / "hosts").write_text("127.0.0.1 localhost aqaba.local bank.example\n")
        (tmp_path / "with/certificates/diwan-consoles.crt").write_bytes(certificate)
        (tmp_path / "with/policies/policies.json").write_text(
            rendered(tmp_path, "firefox.json.j2", certificate.decode())
        )
        with firefox(tmp_path / "first", tmp_path / "with") as browser:
            browser.open(f"https://aqaba.local:{served.port}/")
            assert "Diwan" in browser.value("document.title")
            with pytest.raises(BrowserError, match="insecure certificate"):
                browser.open(f"https://bank.example:{served.port}/")
        with (
            firefox(tmp_path / "second", tmp_path / "without") as browser,
            pytest.raises(BrowserError, match="insecure certificate"),
        ):
            browser.open(f"https://aqaba.local:{served.port}/")


def test_the_screen_is_locked_by_settings_that_people_cannot_change() -> None:
    tasks = yaml.safe_load((ROLE / "tasks/main.yml").read_text())
    gnome = next(task for task in tasks if task["name"].startswith("Lock the screen of GNOME"))
    files = {item["dest"]: item["content"] for item in gnome["loop"]}
    locked = files["/etc/dconf/db/local.d/locks/diwan"].split()
    assert "/org/gnome/desktop/screensaver/lock-enabled" in locked and "/org/gnome/desktop/session/idle-delay" in locked
    assert 'locked="*"' in (ROLE / "templates/xfce4-screensaver.xml.j2").read_text()
