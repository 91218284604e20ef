"""What runs on a machine and how it stands: system, services, kernel, clock, disk, release, findings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from diwan_core.acceptance.sheet import Check

from diwan_provisioning.verify.baseline import controls, is_of_the_host
from diwan_provisioning.verify.promised import Promised, again, check

SERVICES: Final[Mapping[str, tuple[str, ...]]] = {
    "central": ("diwan.target", "diwan-broker", "diwan-ingest", "diwan-relay", "diwan-central-web", "nginx"),
    "post": ("diwan.target", "diwan-post-web"),
}
EXPOSURE: Final[Mapping[str, float]] = {"nginx": 3.0}
MOST_EXPOSED: Final = 2.0


def judge_system(facts: Mapping[str, Any], promised: Promised) -> Iterator[Check]:
    release = str(facts["os"].get("VERSION_CODENAME", "")).strip('"')
    yield check(
        "os-release",
        "A system Diwan runs on",
        release in ("bookworm", "trixie"),
        "Debian 12 or 13",
        release,
        "Install Debian 12 or 13, or 64-bit Raspberry Pi OS of the same release.",
    )
    yield check(
        "os-roles",
        "It is what the inventory says",
        promised.role in facts["roles"],
        promised.role,
        " ".join(facts["roles"]) or "nothing",
        again("site"),
    )
    failed = [line.split()[0] for line in facts["failed"] if line.strip()]
    yield check(
        "os-units",
        "No service of the system has failed",
        not failed,
        "none",
        ", ".join(failed) or "none",
        "Look at `systemctl status` of what is named.",
        "warn",
    )
    bounded = "SystemMaxUse" in facts["journal"] or "RuntimeMaxUse" in facts["journal"]
    yield check(
        "os-journal", "The log has a largest size", bounded, "bounded", "bounded" if bounded else "not", again("site")
    )
    yield check(
        "os-watchdog",
        "The hardware starts a machine that hangs",
        "RuntimeWatchdogSec" in facts["watchdog"],
        "set",
        "set" if "RuntimeWatchdogSec" in facts["watchdog"] else "not set",
        again("site"),
    )
    yield check(
        "os-core",
        "Memory of crashed programs is not kept",
        "hard core 0" in facts["limits"],
        "hard core 0",
        facts["limits"].strip(),
        again("site"),
    )


def judge_services(facts: Mapping[str, Any], promised: Promised) -> Iterator[Check]:
    units = facts["units"]
    wanted = list(SERVICES[promised.role])
    if promised.role == "post" and (units.get("diwan-agent") or {}).get("ActiveState") == "active":
        wanted.append("diwan-agent")
    for name in wanted:
        unit = units.get(name) or {}
        state = str(unit.get("ActiveState") or "missing")
        yield check(f"service-{name}", f"{name} runs", state == "active", "active", state, f"journalctl -u {name}")
        if name.endswith(".target"):
            continue
        figure = re.search(r": ([0-9.]+) ", str(unit.get("Exposure") or ""))
        most = EXPOSURE.get(name, MOST_EXPOSED)
        yield check(
            f"confined-{name}",
            f"{name} is confined (systemd-analyze security)",
            figure is not None and float(figure[1]) <= most,
            f"{most} or less",
            figure[1] if figure else "unknown",
            again("site"),
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
        yield check(
            "service-mosquitto",
            "Debian's own broker does not start",
            debian in ("masked", "not-found"),
            "masked",
            debian,
            again("site"),
        )


def judge_kernel(facts: Mapping[str, Any], promised: Promised) -> Iterator[Check]:
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
        yield check(control.id, control.title, not wrong, expected, shown or expected, again("site"))


def judge_clock(facts: Mapping[str, Any], promised: Promised) -> Iterator[Check]:
    if facts["container"] is True:
        yield Check(
            "clock", "The clock follows a source of time", "waived", "", "", "a container has its computer's clock"
        )
        return
    told = dict(line.partition("=")[::2] for line in facts["clock"].splitlines())
    yield check(
        "clock",
        "The clock follows a source of time",
        told.get("NTPSynchronized") == "yes",
        "synchronised",
        facts["tracking"] or "not synchronised",
        "At a post without a line this is expected: its agent corrects it when the line is there (ADR 15).",
        "warn",
    )


def judge_disk(facts: Mapping[str, Any], promised: Promised) -> Iterator[Check]:
    data = facts["disk"]["/var/lib/diwan"]
    if promised.encrypted or data["crypt"]:
        yield check(
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
    yield check(
        "disk-swap",
        "Nothing in memory reaches a disk unencrypted",
        not plain,
        "no swap, or encrypted",
        ", ".join(swaps) or "no swap",
        "Remove it: swapoff -a, and its line in /etc/fstab.",
    )


def judge_release(facts: Mapping[str, Any], promised: Promised) -> Iterator[Check]:
    version = str(json.loads(facts["release"] or "{}").get("version", "none"))
    yield check(
        "release",
        "The release is that of the bundle",
        not promised.release or version == promised.release,
        promised.release,
        version,
        again("site"),
    )
    strange = [path for path in facts["apt"] if "diwan" not in path]
    yield check(
        "apt",
        "Packages come from the bundle",
        not strange,
        "diwan.sources",
        ", ".join(strange) or "diwan.sources",
        "Where the administration keeps Debian's own sources, it says so here.",
        "warn",
    )


def judge_findings(facts: Mapping[str, Any], promised: Promised) -> Iterator[Check]:
    told: Sequence[Mapping[str, Any]] = facts["status"].get(promised.role, {}).get("findings") or []
    yield check(
        "findings",
        "The node reports nothing wrong",
        not told,
        "none",
        "; ".join(str(one.get("what", one)) for one in told) or "none",
        "; ".join(str(one.get("remedy", "")) for one in told),
        "warn",
    )
