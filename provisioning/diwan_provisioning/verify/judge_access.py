"""Who can reach a machine and its files: ports, the SSH server, owners and modes, people, the firewall."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from diwan_core.acceptance.sheet import Check

from diwan_provisioning.verify.baseline import Control, controls
from diwan_provisioning.verify.promised import Promised, again, check

PORTS: Final[Mapping[str, frozenset[int]]] = {
    "central": frozenset({22, 80, 123, 443, 5353, 6514, 8883}),
    "post": frozenset({22, 443, 5353, 8443}),
}
"""What may be reached on a machine from elsewhere; the firewall drops the rest."""
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


def judge_ports(facts: Mapping[str, Any], promised: Promised) -> Iterator[Check]:
    listening: set[int] = set()
    for line in facts["ports"].splitlines():
        local = line.split()[4]
        address, _, port = local.rpartition(":")
        inner = address.strip("[]").partition("%")[0]
        if not (inner.startswith("127.") or inner == "::1") and port.isdigit():
            listening.add(int(port))
    more = {port for port in listening - PORTS[promised.role] if port < 32768}
    expected = ", ".join(map(str, sorted(PORTS[promised.role])))
    yield check(
        "ports-listening",
        "Nothing else listens to the network",
        not more,
        f"of {expected}",
        ", ".join(map(str, sorted(more))) or "nothing else",
        "Find out which program it is: ss -ltnp",
        "warn",
    )


def judge_ssh(facts: Mapping[str, Any], promised: Promised) -> Iterator[Check]:
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
    yield check(
        "sshd-keys",
        "Only host keys that are offered",
        not odd,
        "ssh_host_ed25519_key",
        ", ".join(odd) or "fine",
        again("site"),
        "warn",
    )


def _of_control(control: Control, value: str) -> Check:
    if control.waived:
        return Check(control.id, control.title, "waived", "", "", control.waived)
    holds, expected = control.holds(value)
    return check(control.id, control.title, holds, expected, value or "not set", control.note or again("site"))


def judge_files(facts: Mapping[str, Any], promised: Promised) -> Iterator[Check]:
    for path, expected in PATHS.items():
        told = facts["paths"].get(path)
        if told is None:
            continue
        strict = int(str(told[2]), 8) & ~int(expected[2], 8) == 0
        holds = tuple(told[:2]) == expected[:2] and strict
        yield check(
            f"file-{path.strip('/').replace('/', '-')}",
            f"{path} is for its owner alone as promised",
            holds,
            " ".join(expected),
            " ".join(map(str, told)),
            again("site"),
        )
    others = facts["writable"]
    yield check(
        "file-release",
        "Nobody but root can change the program",
        not others,
        "none",
        ", ".join(others) or "none",
        "Install the release again: playbook site.",
    )
    yield check(
        "os-01",
        "No machine is trusted by its name (.rhosts, hosts.equiv)",
        not facts["rhosts"],
        "none",
        ", ".join(facts["rhosts"]) or "none",
        "Delete them.",
    )


def judge_people(facts: Mapping[str, Any], promised: Promised) -> Iterator[Check]:
    held = facts["accounts"]
    yield check(
        "people-empty",
        "No account has an empty password",
        not held["empty"],
        "none",
        ", ".join(held["empty"]) or "none",
        "Lock them: passwd -l NAME",
    )
    words = list(held["password"])
    yield check(
        "people-password",
        "No account of the machine has a password",
        not words,
        "none",
        ", ".join(words) or "none",
        "Lock them: passwd -l NAME. Technicians sign in with keys.",
        "warn",
    )
    yield check(
        "people-root",
        "Root is one account",
        held["uid0"] == ["root"],
        "root",
        ", ".join(held["uid0"]),
        "Delete the other account.",
    )
    yield check(
        "os-07",
        "Each account has a number of its own",
        not held["duplicates"],
        "none",
        ", ".join(held["duplicates"]) or "none",
        "Give them numbers of their own.",
    )


def judge_firewall(facts: Mapping[str, Any], promised: Promised) -> Iterator[Check]:
    rules = facts["firewall"]
    drops = re.search(r"hook input[^}]*policy drop", rules) is not None
    yield check(
        "firewall-input",
        "What is not named is dropped, IPv4 and IPv6",
        drops and "table inet diwan" in rules,
        "policy drop",
        "policy drop" if drops else "no such rules",
        again("site"),
    )
    forward = re.search(r"hook forward[^}]*policy drop", rules) is not None
    yield check(
        "firewall-forward",
        "Nothing is passed on",
        forward,
        "policy drop",
        "policy drop" if forward else "no such rules",
        again("site"),
    )
    enabled = (facts["units"].get("nftables") or {}).get("UnitFileState")
    yield check(
        "firewall-start",
        "The rules are loaded at each start",
        enabled == "enabled",
        "enabled",
        enabled or "no",
        again("site"),
    )
