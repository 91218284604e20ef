"""Turns the facts that a machine reported (`roles/verify/files/collect.py`) into the checks of an acceptance sheet.

Everything in the facts was written by the machine: wrong kinds and absurd values fail a check, and are no error."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from diwan_core.acceptance.sheet import Check, Outcome, clean

from diwan_provisioning.verify.baseline import Control, controls, is_of_the_host

PORTS: Final[Mapping[str, frozenset[int]]] = {
    "central": frozenset({22, 80, 123, 443, 5353, 6514, 8883}),
    "post": frozenset({22, 443, 5353, 8443}),
}
"""What may be reached on a machine from elsewhere; the firewall drops the rest."""
SERVICES: Final[Mapping[str, tuple[str, ...]]] = {
    "central": ("diwan.target", "diwan-broker", "diwan-ingest", "diwan-relay", "diwan-central-web", "nginx"),
    "post": ("diwan.target", "diwan-post-web"),
}
EXPOSURE: Final[Mapping[str, float]] = {"nginx": 3.0}
MOST_EXPOSED: Final = 2.0
PATHS: Final[Mapping[str, tuple[str, str, str]]] = {
    "/etc/shadow": ("root", "shadow", "0640"),
    "/etc/passwd": ("root", "root", "0644"),
    "/etc/group": ("root", "root", "0644"),
    "/etc/ssh": ("root", "root", "0755"),
    "/etc/ssh/sshd_config": ("root", "root", "0644"),
    "/etc/sudoers": ("root", "root", "0440"),
    "/opt/diwan": ("root", "root", "0755"),
    "/opt/diwan/releases": ("root", "root", "0755"),
    "/etc/diwan": ("root", "root", "0755"),
    "/var/lib/diwan/central": ("diwan", "diwan", "0700"),
    "/var/lib/diwan/post": ("diwan", "diwan", "0700"),
    "/var/lib/diwan/broker": ("diwan", "diwan-broker", "2750"),
}


@dataclass(frozen=True)
class Promised:
    """What the inventory says of a machine."""

    name: str
    role: str
    release: str
    encrypted: bool
    """Whether its data was set up to be encrypted."""


def judge(facts: Mapping[str, Any], promised: Promised) -> list[Check]:
    """Every check of a machine, in the order of the sheet."""
    found: list[Check] = []
    for room in (
        _system,
        _services,
        _ports,
        _ssh,
        _kernel,
        _files,
        _people,
        _firewall,
        _clock,
        _disk,
        _release,
        _findings,
    ):
        found += _safely(room, facts, promised)
    return found


def _safely(
    room: Callable[[Mapping[str, Any], Promised], Iterator[Check]], facts: Mapping[str, Any], promised: Promised
) -> list[Check]:
    try:
        return list(room(facts, promised))
    except (TypeError, ValueError, KeyError, AttributeError, IndexError):
        name = room.__name__.strip("_")
        return [
            Check(
                f"{name}-told",
                f"The machine tells about: {name}",
                "fail",
                "facts",
                "something else",
                "Run verify again.",
            )
        ]


def _check(
    name: str,
    title: str,
    holds: bool,
    expected: object = "",
    found: object = "",
    remedy: str = "",
    bad: Outcome = "fail",
) -> Check:
    return Check(name, title, "pass" if holds else bad, clean(expected), clean(found), "" if holds else clean(remedy))


def _again(playbook: str) -> str:
    return f"Run the playbook {playbook} for this machine, then verify again."


def _system(facts: Mapping[str, Any], promised: Promised) -> Iterator[Check]:
    release = str(facts["os"].get("VERSION_CODENAME", "")).strip('"')
    yield _check(
        "os-release",
        "A system Diwan runs on",
        release in ("bookworm", "trixie"),
        "Debian 12 or 13",
        release,
        "Install Debian 12 or 13, or 64-bit Raspberry Pi OS of the same release.",
    )
    yield _check(
        "os-roles",
        "It is what the inventory says",
        promised.role in facts["roles"],
        promised.role,
        " ".join(facts["roles"]) or "nothing",
        _again("site"),
    )
    failed = [line.split()[0] for line in facts["failed"] if line.strip()]
    yield _check(
        "os-units",
        "No service of the system has failed",
        not failed,
        "none",
        ", ".join(failed) or "none",
        "Look at `systemctl status` of what is named.",
        "warn",
    )
    bounded = "SystemMaxUse" in facts["journal"] or "RuntimeMaxUse" in facts["journal"]
    yield _check(
        "os-journal", "The log has a largest size", bounded, "bounded", "bounded" if bounded else "not", _again("site")
    )
    yield _check(
        "os-watchdog",
        "The hardware starts a machine that hangs",
        "RuntimeWatchdogSec" in facts["watchdog"],
        "set",
        "set" if "RuntimeWatchdogSec" in facts["watchdog"] else "not set",
        _again("site"),
    )
    yield _check(
        "os-core",
        "Memory of crashed programs is not kept",
        "hard core 0" in facts["limits"],
        "hard core 0",
        facts["limits"].strip(),
        _again("site"),
    )


def _services(facts: Mapping[str, Any], promised: Promised) -> Iterator[Check]:
    units = facts["units"]
    wanted = list(SERVICES[promised.role])
    if promised.role == "post" and (units.get("diwan-agent") or {}).get("ActiveState") == "active":
        wanted.append("diwan-agent")
    for name in wanted:
        unit = units.get(name) or {}
        state = str(unit.get("ActiveState") or "missing")
        yield _check(f"service-{name}", f"{name} runs", state == "active", "active", state, f"journalctl -u {name}")
        if name.endswith(".target"):
            continue
        figure = re.search(r": ([0-9.]+) ", str(unit.get("Exposure") or ""))
        most = EXPOSURE.get(name, MOST_EXPOSED)
        yield _check(
            f"confined-{name}",
            f"{name} is confined (systemd-analyze security)",
            figure is not None and float(figure[1]) <= most,
            f"{most} or less",
            figure[1] if figure else "unknown",
            _again("site"),
        )
    if promised.role == "post" and "diwan-agent" not in wanted:
        yield Check(
            "service-diwan-agent",
            "The post exchanges with its centre",
            "warn",
            "active",
            "not enrolled yet",
            "Run the playbook enrol.",
        )
    debian = (units.get("mosquitto") or {}).get("LoadState", "not-found")
    if promised.role == "central":
        yield _check(
            "service-mosquitto",
            "Debian's own broker does not start",
            debian in ("masked", "not-found"),
            "masked",
            debian,
            _again("site"),
        )


def _ports(facts: Mapping[str, Any], promised: Promised) -> Iterator[Check]:
    listening: set[int] = set()
    for line in facts["ports"].splitlines():
        local = line.split()[4]
        address, _, port = local.rpartition(":")
        inner = address.strip("[]").partition("%")[0]
        if not (inner.startswith("127.") or inner == "::1") and port.isdigit():
            listening.add(int(port))
    more = {port for port in listening - PORTS[promised.role] if port < 32768}
    expected = ", ".join(map(str, sorted(PORTS[promised.role])))
    yield _check(
        "ports-listening",
        "Nothing else listens to the network",
        not more,
        f"of {expected}",
        ", ".join(map(str, sorted(more))) or "nothing else",
        "Find out which program it is: ss -ltnp",
        "warn",
    )


def _ssh(facts: Mapping[str, Any], promised: Promised) -> Iterator[Check]:
    effective: dict[str, str] = {}
    for line in facts["sshd"].splitlines():
        key, _, value = line.partition(" ")
        effective.setdefault(key.lower(), value.strip())
    if not effective:
        yield Check(
            "sshd-told",
            "The SSH server tells its settings",
            "fail",
            "sshd -T",
            "nothing",
            "Is openssh-server installed?",
        )
        return
    for control in controls("ssh"):
        yield _of_control(control, effective.get(control.key, ""))
    odd = [name for name in facts["host_keys"] if "ed25519" not in name and "rsa" not in name]
    yield _check(
        "sshd-keys",
        "Only host keys that are offered",
        not odd,
        "ssh_host_ed25519_key",
        ", ".join(odd) or "fine",
        _again("site"),
        "warn",
    )


def _of_control(control: Control, value: str) -> Check:
    if control.waived:
        return Check(control.id, control.title, "waived", "", "", control.waived)
    holds, expected = control.holds(value)
    return _check(control.id, control.title, holds, expected, value or "not set", control.note or _again("site"))


def _kernel(facts: Mapping[str, Any], promised: Promised) -> Iterator[Check]:
    told = facts["kernel"]
    for control in controls("kernel"):
        if control.waived:
            yield Check(control.id, control.title, "waived", "", "", control.waived)
            continue
        wrong = {key: told.get(key, "") for key, value in control.settings.items() if told.get(key) != value}
        if wrong and facts["container"] is True and all(is_of_the_host(key) for key in wrong):
            yield Check(control.id, control.title, "waived", "", "", "a container has its computer's kernel settings")
            continue
        expected = ", ".join(f"{key} = {value}" for key, value in control.settings.items())
        shown = ", ".join(f"{key} = {value or 'missing'}" for key, value in wrong.items())
        yield _check(control.id, control.title, not wrong, expected, shown or expected, _again("site"))


def _files(facts: Mapping[str, Any], promised: Promised) -> Iterator[Check]:
    for path, expected in PATHS.items():
        told = facts["paths"].get(path)
        if told is None:
            continue
        strict = int(str(told[2]), 8) & ~int(expected[2], 8) == 0
        holds = tuple(told[:2]) == expected[:2] and strict
        yield _check(
            f"file-{path.strip('/').replace('/', '-')}",
            f"{path} is for its owner alone as promised",
            holds,
            " ".join(expected),
            " ".join(map(str, told)),
            _again("site"),
        )
    others = facts["writable"]
    yield _check(
        "file-release",
        "Nobody but root can change the program",
        not others,
        "none",
        ", ".join(others) or "none",
        "Install the release again: playbook site.",
    )
    yield _check(
        "os-01",
        "No machine is trusted by its name (.rhosts, hosts.equiv)",
        not facts["rhosts"],
        "none",
        ", ".join(facts["rhosts"]) or "none",
        "Delete them.",
    )


def _people(facts: Mapping[str, Any], promised: Promised) -> Iterator[Check]:
    held = facts["accounts"]
    yield _check(
        "people-empty",
        "No account has an empty password",
        not held["empty"],
        "none",
        ", ".join(held["empty"]) or "none",
        "Lock them: passwd -l NAME",
    )
    words = list(held["password"])
    yield _check(
        "people-password",
        "No account of the machine has a password",
        not words,
        "none",
        ", ".join(words) or "none",
        "Lock them: passwd -l NAME. Technicians sign in with keys.",
        "warn",
    )
    yield _check(
        "people-root",
        "Root is one account",
        held["uid0"] == ["root"],
        "root",
        ", ".join(held["uid0"]),
        "Delete the other account.",
    )
    yield _check(
        "os-07",
        "Each account has a number of its own",
        not held["duplicates"],
        "none",
        ", ".join(held["duplicates"]) or "none",
        "Give them numbers of their own.",
    )


def _firewall(facts: Mapping[str, Any], promised: Promised) -> Iterator[Check]:
    rules = facts["firewall"]
    drops = re.search(r"hook input[^}]*policy drop", rules) is not None
    yield _check(
        "firewall-input",
        "What is not named is dropped, IPv4 and IPv6",
        drops and "table inet diwan" in rules,
        "policy drop",
        "policy drop" if drops else "no such rules",
        _again("site"),
    )
    forward = re.search(r"hook forward[^}]*policy drop", rules) is not None
    yield _check(
        "firewall-forward",
        "Nothing is passed on",
        forward,
        "policy drop",
        "policy drop" if forward else "no such rules",
        _again("site"),
    )
    enabled = (facts["units"].get("nftables") or {}).get("UnitFileState")
    yield _check(
        "firewall-start",
        "The rules are loaded at each start",
        enabled == "enabled",
        "enabled",
        enabled or "no",
        _again("site"),
    )


def _clock(facts: Mapping[str, Any], promised: Promised) -> Iterator[Check]:
    if facts["container"] is True:
        yield Check(
            "clock", "The clock follows a source of time", "waived", "", "", "a container has its computer's clock"
        )
        return
    told = dict(line.partition("=")[::2] for line in facts["clock"].splitlines())
    yield _check(
        "clock",
        "The clock follows a source of time",
        told.get("NTPSynchronized") == "yes",
        "synchronised",
        facts["tracking"] or "not synchronised",
        "At a post without a line this is expected: its agent corrects it when the line is there (ADR 15).",
        "warn",
    )


def _disk(facts: Mapping[str, Any], promised: Promised) -> Iterator[Check]:
    data = facts["disk"]["/var/lib/diwan"]
    if promised.encrypted or data["crypt"]:
        yield _check(
            "disk-data",
            "The data is on an encrypted disk",
            data["crypt"] is True,
            "encrypted",
            data["source"] or "unknown",
            "Set it up with the role luks_data before the machine holds cases.",
        )
    else:
        yield Check(
            "disk-data",
            "The data is on an encrypted disk",
            "warn",
            "encrypted",
            str(data["source"]),
            "The inventory does without (diwan_luks is off): whoever takes the disk reads what is on it.",
        )
    swaps = [line.split()[0] for line in facts["swaps"].splitlines()[1:] if line.strip()]
    plain = [name for name in swaps if "zram" not in name and "/dm-" not in name and "mapper" not in name]
    plain = [] if facts["container"] is True else plain
    yield _check(
        "disk-swap",
        "Nothing in memory reaches a disk unencrypted",
        not plain,
        "no swap, or encrypted",
        ", ".join(swaps) or "no swap",
        "Remove it: swapoff -a, and its line in /etc/fstab.",
    )


def _release(facts: Mapping[str, Any], promised: Promised) -> Iterator[Check]:
    version = str(json.loads(facts["release"] or "{}").get("version", "none"))
    yield _check(
        "release",
        "The release is that of the bundle",
        not promised.release or version == promised.release,
        promised.release,
        version,
        _again("site"),
    )
    strange = [path for path in facts["apt"] if "diwan" not in path]
    yield _check(
        "apt",
        "Packages come from the bundle",
        not strange,
        "diwan.sources",
        ", ".join(strange) or "diwan.sources",
        "Where the administration keeps Debian's own sources, it says so here.",
        "warn",
    )


def _findings(facts: Mapping[str, Any], promised: Promised) -> Iterator[Check]:
    told: Sequence[Mapping[str, Any]] = facts["status"].get(promised.role, {}).get("findings") or []
    yield _check(
        "findings",
        "The node reports nothing wrong",
        not told,
        "none",
        "; ".join(str(one.get("what", one)) for one in told) or "none",
        "; ".join(str(one.get("remedy", "")) for one in told),
        "warn",
    )


def now() -> datetime:
    """The laptop's time."""
    return datetime.now(UTC)
