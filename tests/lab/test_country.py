"""From bare machines to a working country: the real playbooks on systemd hosts, from the bundle, without a network.

The whole is one story on one country, told in the order in which a technician lives it, since each step takes minutes.
"""

import json
import re
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_lab.chromium import PROGRAM, chromium
from diwan_lab.command import CommandFailed, grouped_secret
from diwan_lab.hosts import country as countries
from diwan_lab.hosts.base import LabUnavailable, require_programs
from diwan_lab.hosts.country import Country
from diwan_lab.hosts.host import Host
from diwan_lab.hosts.spy import Spy
from diwan_lab.visitor import Visitor

pytestmark = pytest.mark.slow

NO_PACKAGES = re.compile(r"fetch|resolve|reach|network|timed out|mirror", re.I)
SECRET = re.compile(rb"(?<![\w-])[A-Za-z2-7]{4}(-[A-Za-z2-7]{4}){2,}(?![\w-])")
"""A one-time code or password."""
DIWAN = "runuser -u diwan -- diwan"
CENTRE, POST = "/var/lib/diwan/central", "/var/lib/diwan/post"


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    """A centre and a post, set up from bare Debian by the playbook `site`."""
    try:
        require_programs()
        made = countries.create(tmp_path_factory.mktemp("country") / "lab")
    except LabUnavailable as error:
        pytest.skip(str(error))
    try:
        try:
            for name in ("central", "post-1"):
                made.add(name)
            countries.make_bundle(made)
        except LabUnavailable as error:
            pytest.skip(f"containers cannot be started here: {error}")
        except CommandFailed as error:
            if NO_PACKAGES.search(str(error)):
                pytest.skip(f"Debian's packages cannot be reached from here: {error}")
            raise
        made.write_inventory(["post-1"])
        told.update(with_every_trouble(made))
        yield made
    finally:
        made.remove()


told: dict[str, str] = {}
"""What a technician read in each trouble."""


def with_every_trouble(made: Country) -> dict[str, str]:
    """Set up the country as it may go on the worst day; each time the same command is given again."""
    said = {}
    made.interrupt("site", "TASK [central : Make the centre]")  # the laptop's battery is empty,
    for host in made.hosts.values():
        host.cut()  # and the power fails everywhere
        host.start()
    central, post = made.hosts["central"], made.hosts["post-1"]
    said["line"] = made.fail("site", "TASK [session_log : ", lambda: central.line(up=False))
    central.line(up=True)
    ran(post, "mkdir -p /opt/diwan/releases && mount -t tmpfs -o size=20m tmpfs /opt/diwan/releases")
    said["disk"] = made.fail("site")
    ran(post, "umount /opt/diwan/releases")
    said["set up"] = made.set_up("central", "post")
    return said


@pytest.fixture(scope="module")
def central(country: Country) -> Host:
    return country.hosts["central"]


@pytest.fixture(scope="module")
def post(country: Country) -> Host:
    return country.hosts["post-1"]


def ran(host: Host, command: str) -> str:
    said = host.run(command)
    assert said.code == 0, f"{host.name}: {command}: {said.out}{said.err}"
    return said.out


def is_steady(host: Host, *services: str) -> bool:
    return all(host.run(f"systemctl is-active {service}").out.strip() == "active" for service in services)


def soon(holds: object, seconds: float = 240) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if callable(holds) and holds():
            return True
        time.sleep(1)
    return False


def test_each_trouble_is_told_with_its_machine(country: Country) -> None:
    assert "central" in told["line"] and "does not answer any more" in told["line"]
    assert "the disk of /opt/diwan/releases has less than 400 MB free. Make" in told["disk"]
    assert "[post-1]" in told["disk"] and "To put right:\npost-1:" in told["disk"]


def test_technicians_sign_in_and_the_first_account_is_closed(country: Country, central: Host, post: Host) -> None:
    for host in (central, post):
        assert signs_in(country, "technician", host, "sudo -n id -u") == "0"
        assert signs_in(country, "root", host, "id -u") is None
        assert ran(host, "ls /etc/ssh/sshd_config.d").split() == ["10-diwan.conf"]


def signs_in(country: Country, account: str, host: Host, command: str) -> str | None:
    """What the command says over SSH with the technician's key, or None where nobody is let in."""
    options = [
        "-o",
        "BatchMode=yes",
        "-o",
        "ConnectTimeout=5",
        "-o",
        f"UserKnownHostsFile={country.folder}/known_hosts",
    ]
    argv = ["ssh", *options, "-i", str(country.key), f"{account}@{host.address}", command]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return done.stdout.strip() if done.returncode == 0 else None


def test_every_service_runs_and_nothing_has_failed(central: Host, post: Host) -> None:
    assert is_steady(
        central, "diwan-broker", "diwan-ingest", "diwan-relay", "diwan-central-web", "nginx", "diwan.target"
    )
    assert is_steady(post, "diwan-post-web", "diwan.target")
    for host in (central, post):
        assert ran(host, "systemctl list-units --failed --no-legend --plain").strip() == ""


def test_no_machine_asked_for_anything_outside(country: Country) -> None:
    assert country.network.wanted_out() == 0, country.network.wanted()


def test_services_are_confined_and_own_what_they_may(central: Host, post: Host) -> None:
    for host, services, limit in (
        (central, ("diwan-broker", "diwan-ingest", "diwan-relay", "diwan-central-web"), 2.0),
        (central, ("nginx",), 3.0),
        (post, ("diwan-agent", "diwan-post-web"), 2.0),
    ):
        for service in services:
            shown = ran(host, f"systemd-analyze security --no-pager {service}.service | tail -1")
            exposure = float(re.findall(r": ([0-9.]+) ", shown)[0])
            assert exposure <= limit, f"{service}: {shown}"
    assert ran(central, f"stat -c %a:%U {CENTRE} /opt/diwan/releases/*").split()[0] == "700:diwan"
    assert ran(central, "find /opt/diwan/releases -not -type l -perm /022 | head").strip() == ""
    assert "diwan-broker" in ran(central, "ps -o user:20= -C mosquitto")


def test_each_machine_is_verified_and_its_signed_sheet_is_kept_at_the_centre(country: Country, central: Host) -> None:
    told = country.play("verify", "-e", f"diwan_acceptance_key={country.key}", "-e", "diwan_acceptance_by=technician")
    assert re.findall(r"changed=(\d+)", told) == ["2", "0"], "the machines are as before; two sheets came to the centre"
    kept = json.loads(ran(central, f"{DIWAN} central acceptance list --dir {CENTRE} --json"))
    assert {(one["machine"], one["passed"]) for one in kept} == {("central", True), ("post-1", True)}
    again = country.play("verify", "-e", f"diwan_acceptance_key={country.key}")
    assert re.findall(r"changed=(\d+)", again) == ["2", "0"]


def test_only_what_was_said_can_be_reached(country: Country, central: Host, post: Host) -> None:
    def is_open(host: Host, port: int) -> bool:
        done = subprocess.run(["timeout", "2", "bash", "-c", f"</dev/tcp/{host.address}/{port}"], capture_output=True)
        return done.returncode == 0

    assert [port for port in (22, 80, 443, 8080, 8883, 1883, 5432) if is_open(central, port)] == [22, 80, 443, 8883]
    assert [port for port in (22, 80, 443, 8080, 8443, 8883) if is_open(post, port)] == [22, 443, 8443]


def test_a_laptop_finds_the_post_by_its_name(country: Country, post: Host) -> None:
    """A question by multicast from another machine of its network, as a browser's resolver asks it (RFC 6762)."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in ("post-1", "local"))
    question = struct.pack(">6H", 7, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(country.network.gateway))
        asking.bind((country.network.gateway, 0))
        asking.settimeout(20)
        asking.sendto(question, ("224.0.0.251", 5353))
        answer, sender = asking.recvfrom(4096)
    assert sender[0] == post.address and answer.endswith(socket.inet_aton(post.address))


def test_nobody_signs_in_with_a_password(central: Host, post: Host) -> None:
    for host in (central, post):
        effective = ran(host, "sshd -T")
        assert "passwordauthentication no" in effective and "kbdinteractiveauthentication no" in effective
        assert "\nx11forwarding no" in effective and "allowagentforwarding no" in effective


def test_the_post_is_enrolled_and_no_secret_is_in_any_log_or_process(
    country: Country, central: Host, post: Host
) -> None:
    with Spy(SECRET) as spy:
        printed = country.play("enrol", "-v") + country.play("people", "-v")
    assert spy.looks > 50 and spy.found == set(), "no secret was in the arguments or environment of any process"
    assert is_steady(post, "diwan-agent")
    assert soon(lambda: '"stored"' in ran(central, f"{DIWAN} central status --dir {CENTRE} --json"))
    assert not SECRET.search(printed.encode())
    for host in (central, post):
        assert not SECRET.search(ran(host, "journalctl --no-pager -o cat | tail -n 3000").encode())
    letters = sorted((country.land / "letters").iterdir())
    assert [letter.name for letter in letters] == [
        "central-administrator.txt", "central-analyst.txt", "post-1-officer.txt", "post-1-supervisor.txt",
    ]  # fmt: skip
    assert {letter.stat().st_mode & 0o777 for letter in letters} == {0o600}
    assert all(SECRET.search(letter.read_bytes()) for letter in letters)


def password(country: Country, letter: str) -> str:
    """The one-time password in a letter."""
    return grouped_secret((country.land / "letters" / f"{letter}.txt").read_text())


def test_a_second_run_and_a_dry_run_change_nothing(country: Country, central: Host, post: Host) -> None:
    for host in (central, post):
        assert soon(lambda host=host: unsettled(host) == ""), unsettled(host)
    for arguments in ((), ("--check", "--diff")):
        again = country.play("site", *arguments)
        assert re.findall(r"changed=(\d+)", again) == ["0", "0"], what_changed(again)


def unsettled(host: Host) -> str:
    """Which units that the playbooks look after have failed, or are just being started, stopped or read again."""
    states = "activating,deactivating,reloading,failed"
    units = "'diwan*' 'rsyslog*' 'avahi-daemon*' 'nginx*' 'ssh.service' 'systemd-journald*'"
    return ran(host, f"systemctl list-units --state={states} --no-legend --plain {units}").strip()


def what_changed(said: str) -> list[str]:
    """The tasks of a run that changed something, each with what it said."""
    tasks = re.split(r"(?m)^(?=(?:TASK|RUNNING HANDLER) \[)", said)
    return [task for task in tasks if "changed: [" in task]


def test_root_sessions_at_the_post_are_logged_at_the_centre(central: Host, post: Host) -> None:
    ran(post, "logger -p authpriv.notice -t sudo 'technician : COMMAND=/bin/bash of the test'")
    logged = f"grep -s 'COMMAND=/bin/bash of the test' /var/log/diwan/sessions/{post.address}.log"
    assert soon(lambda: central.run(logged).code == 0), ran(post, "journalctl -u rsyslog --no-pager | tail -20")
    assert ran(central, "stat -c %a:%U /var/log/diwan/sessions").strip() == "750:root"


@pytest.mark.skipif(PROGRAM is None, reason="chromium is not installed: apt install chromium")
def test_a_case_reported_at_the_post_is_found_at_the_centre(
    central: Host, post: Host, country: Country, tmp_path: Path
) -> None:
    officer, analyst = password(country, "post-1-officer"), password(country, "central-analyst")
    confirm(central, post)
    root = json.loads(ran(central, f"{DIWAN} central console-authority --dir {CENTRE} --json"))["certificate"]
    home = laptop(tmp_path, root)
    names = f"--host-resolver-rules=MAP post-1.local {post.address}"
    with chromium(tmp_path / "profile", names, home=home) as page:
        visitor = Visitor(page, "https://post-1.local")
        visitor.sign_in("officer", officer)
        visitor.report(office="XA001")
        assert page.value("window.isSecureContext") is True
        visitor = Visitor(page, f"https://{central.address}")
        visitor.sign_in("analyst", analyst)
        assert visitor.find("")
        assert "XA001" in visitor.page.text()


def confirm(central: Host, post: Host) -> None:
    """As the analyst, compare the words that the post shows."""
    words = json.loads(ran(post, f"{DIWAN} post status --dir {POST} --json"))["words"]
    ran(central, f"{DIWAN} central confirm --dir {CENTRE} --by analyst {node_id(post)} {words}")


def node_id(post: Host) -> str:
    found = re.search(r'^id = "([^"]+)"', ran(post, f"cat {POST}/node.toml"), re.M)
    assert found is not None
    return found[1]


def laptop(folder: Path, root: str) -> Path:
    """A home folder whose browser trusts the console authority and nothing else of ours."""
    certutil = shutil.which("certutil")
    if certutil is None:
        pytest.skip("certutil is not installed: apt install libnss3-tools")
    store = folder / ".pki" / "nssdb"
    store.mkdir(parents=True)
    (folder / "root.crt").write_text(root)
    for command in (["-N", "--empty-password"], ["-A", "-n", "Diwan", "-t", "C,,", "-i", str(folder / "root.crt")]):
        subprocess.run([certutil, "-d", f"sql:{store}", *command], check=True)
    return folder


def test_a_console_that_hangs_is_noticed_by_its_watchdog_and_started_again(post: Host) -> None:
    """With a shorter time than in use, so that nobody waits two minutes; the console and systemd are the real ones."""
    quick = "/run/systemd/system/diwan-post-web.service.d"
    ran(post, f"mkdir -p {quick} && printf '[Service]\\nWatchdogSec=8\\nTimeoutAbortSec=2\\n' > {quick}/quick.conf")
    ran(post, "systemctl daemon-reload && systemctl restart diwan-post-web")
    before = ran(post, "systemctl show -p MainPID --value diwan-post-web").strip()
    ran(post, f"kill -STOP {before}")
    assert soon(
        lambda: (
            ran(post, "systemctl show -p MainPID --value diwan-post-web").strip() not in ("0", before)
            and is_steady(post, "diwan-post-web")
        )
    )
    assert "Watchdog timeout" in ran(post, "journalctl --no-pager -o cat -u diwan-post-web")
    ran(post, f"rm -r {quick} && systemctl daemon-reload && systemctl restart diwan-post-web")


def test_rules_that_lock_technicians_out_are_taken_back(country: Country, post: Host) -> None:
    before = ran(post, "nft list ruleset; sha256sum /etc/nftables.conf")
    country.fail(
        "post", "", None, "-e", '{"diwan_console_networks": ["192.0.2.0/24"], "diwan_firewall_revert_s": 60}',
    )  # fmt: skip
    assert "192.0.2.0/24" in ran(post, "nft list ruleset"), "the wrong rules are in use for a while"
    assert "192.0.2.0" not in ran(post, "cat /etc/nftables.conf"), "a start of the machine would not load them"
    assert soon(lambda: ran(post, "nft list ruleset; sha256sum /etc/nftables.conf") == before, 90)
    assert signs_in(country, "technician", post, "id -un") == "technician"
    country.play("post")


def test_a_machine_that_loses_power_comes_back_with_all_it_had(country: Country, central: Host, post: Host) -> None:
    before = ran(central, f"{DIWAN} export case --nominal --dir {CENTRE}")
    assert "XA001" in before
    for host in (central, post):
        host.cut()
        host.start()
    assert soon(lambda: is_steady(central, "diwan-broker", "diwan-ingest", "diwan-relay", "diwan-central-web", "nginx"))
    assert soon(lambda: is_steady(post, "diwan-agent", "diwan-post-web"))
    assert ran(central, f"{DIWAN} export case --nominal --dir {CENTRE}") == before
    assert "policy drop" in ran(central, "nft list ruleset")


def test_a_newer_release_is_used_and_left_again(country: Country, central: Host) -> None:
    """The same wheels under another version stand for the next release: what differs is the switch itself."""
    ran(
        central,
        "cp -a /opt/diwan/releases/0.1.0 /opt/diwan/releases/0.1.1 && cd /opt/diwan/releases/0.1.1"
        ' && sed -i \'s/"version": "0.1.0"/"version": "0.1.1"/\' release.json'
        " && grep -rlI /opt/diwan/releases/0.1.0 bin | xargs sed -i 's#releases/0.1.0#releases/0.1.1#g'",
    )
    assert "0.1.1 is in use" in ran(central, "diwan release use 0.1.1")
    assert "* 0.1.1" in ran(central, "diwan release list")
    assert "0.1.0 is in use" in ran(central, "diwan release use 0.1.0")
    broken = central.run(
        "rm /opt/diwan/releases/0.1.1/lib/python3*/site-packages/diwan_central/exchange/relay_service.py;"
        " diwan release use 0.1.1"
    )
    assert broken.code == 1 and "release 0.1.0 is in use" in broken.err
    assert soon(lambda: is_steady(central, "diwan-relay", "diwan-central-web"))


@pytest.mark.lab
def test_a_technicians_laptop_is_set_up_and_a_second_run_changes_nothing(country: Country) -> None:
    laptop = country.add("laptop-1")
    country.write_inventory(["post-1"], ["laptop-1"])
    country.play("laptop")
    assert re.findall(r"laptop-1 .*changed=(\d+)", country.play("laptop")) == ["0"]
    assert re.findall(r"laptop-1 .*changed=(\d+)", country.play("laptop", "--check", "--diff")) == ["0"]
    known = ran(laptop, "cat /etc/ssh/ssh_known_hosts")
    assert {line.split(",")[0] for line in known.splitlines() if line[:1] != "#"} == {"central", "post-1"}
    assert "stricthostkeychecking true" in ran(laptop, "ssh -G post-1").lower()
    assert "Set up the centre" in ran(laptop, "echo 0 | diwan-technician")
    assert "ansible-playbook [core 2.19" in ran(laptop, "LC_ALL=C.UTF-8 ansible-playbook --version")
    assert "diwan-consoles.pem" in ran(laptop, "ls /etc/ssl/certs"), "the system trusts the consoles"
    assert json.loads(ran(laptop, "cat /etc/chromium/policies/managed/diwan.json"))["CACertificates"]


def test_a_revoked_post_is_cut_off(country: Country, central: Host, post: Host) -> None:
    country.play("revoke", "-e", f"diwan_node={node_id(post)}", "-e", "diwan_reason=stolen")
    connected = "ss -Htn state established '( sport = :8883 )'"
    assert soon(lambda: post.address not in ran(central, connected), 60)
    ran(post, "systemctl restart diwan-agent")
    time.sleep(5)  # it tries again at once
    assert post.address not in ran(central, connected)
    assert soon(lambda: node_id(post) not in ran(central, "cat /etc/rsyslog.d/20-diwan-peers.conf"), 60)
    assert soon(lambda: post.address not in ran(central, connected.replace("8883", "6514")), 60)
    ran(post, "logger -p authpriv.notice -t sudo 'after the revocation'")
    time.sleep(5)
    assert central.run(f"grep -s 'after the revocation' /var/log/diwan/sessions/{post.address}.log").code != 0
