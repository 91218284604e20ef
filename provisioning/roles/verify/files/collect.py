#!/usr/bin/python3
"""What a machine says of itself, as one JSON object, for the acceptance sheet. It changes nothing."""

import glob
import grp
import json
import os
import pwd
import stat
import subprocess
import sys

PATHS = (
    "/etc/shadow",
    "/etc/passwd",
    "/etc/group",
    "/etc/ssh",
    "/etc/ssh/sshd_config",
    "/etc/sudoers",
    "/opt/diwan",
    "/opt/diwan/releases",
    "/etc/diwan",
    "/etc/diwan/technicians",
    "/var/lib/diwan",
    "/var/lib/diwan/central",
    "/var/lib/diwan/post",
    "/var/lib/diwan/broker",
    "/etc/nftables.conf",
    "/etc/crypttab",
)
UNITS = (
    "diwan.target",
    "diwan-broker",
    "diwan-ingest",
    "diwan-relay",
    "diwan-central-web",
    "diwan-agent",
    "diwan-post-web",
    "nginx",
    "nftables",
    "ssh",
    "chrony",
    "mosquitto",
    "avahi-daemon",
    "systemd-journald",
)


def said(*argv, seconds=60):
    """What a program printed; "" where it is not there or failed."""
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def read(path, most=65536):
    """The beginning of a file; "" where it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(most)
    except OSError:
        return ""


def name(of, number):
    """The name of a user or group, else its number."""
    try:
        return of(number)[0]
    except KeyError:
        return str(number)


def mode(path):
    """Owner, group and mode of a path; None where there is none."""
    try:
        held = os.lstat(path)
    except OSError:
        return None
    return [name(pwd.getpwuid, held.st_uid), name(grp.getgrgid, held.st_gid), f"{stat.S_IMODE(held.st_mode):04o}"]


def kernel(keys):
    """Kernel settings by name; "" where the kernel has none of that name."""
    return {key: read("/proc/sys/" + key.replace(".", "/")).strip() for key in keys}


def units():
    """State and confinement of the services that are there."""
    found = {}
    for unit in UNITS:
        full = unit if "." in unit else f"{unit}.service"
        lines = said(
            "systemctl", "show", full, "-p", "LoadState,ActiveState,UnitFileState,NRestarts,Result"
        ).splitlines()
        facts = dict(line.partition("=")[::2] for line in lines)
        if facts.get("LoadState") in ("loaded", "masked"):
            found[unit] = facts
            if full.endswith(".service") and facts.get("ActiveState") == "active":
                last = said("systemd-analyze", "security", "--no-pager", full).strip().splitlines()[-1:]
                facts["Exposure"] = last[0] if last else ""
    return found


def writable_by_others(top):
    """Files of a folder that somebody besides root may write, at most twenty."""
    found = []
    for folder, folders, files in os.walk(top):
        for entry in folders + files:
            path = os.path.join(folder, entry)
            try:
                held = os.lstat(path)
            except OSError:
                continue
            if not stat.S_ISLNK(held.st_mode) and (held.st_uid != 0 or held.st_mode & 0o022):
                found.append(path)
                if len(found) >= 20:
                    return found
    return found


def encrypted(path):
    """Names of the encrypted mappings below the file system a path is on."""
    source = said("findmnt", "-no", "SOURCE", "-T", path).strip()
    lines = said("lsblk", "-nso", "TYPE", source).split() if source.startswith("/dev/") else []
    return {"source": source, "crypt": "crypt" in lines}


def accounts():
    """Accounts with a shell, and those whose password is empty or is one."""
    passwords = dict(line.split(":")[:2] for line in read("/etc/shadow").splitlines() if line.count(":") > 1)
    shells = [line.split(":") for line in read("/etc/passwd").splitlines() if line.count(":") >= 6]
    login = [one[0] for one in shells if not one[6].endswith(("nologin", "false", "sync", "shutdown", "halt"))]
    return {
        "login": login,
        "empty": [account for account, word in passwords.items() if word == ""],
        "password": [account for account, word in passwords.items() if word.startswith("$")],
        "uid0": [one[0] for one in shells if one[2] == "0"],
        "duplicates": sorted({one[2] for one in shells if [other[2] for other in shells].count(one[2]) > 1}),
    }


def main():
    """Print everything."""
    asked = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    roles = read("/etc/diwan/roles").split()
    status = {}
    for role in roles:
        text = said(
            "runuser",
            "-u",
            "diwan",
            "--",
            "/usr/local/bin/diwan",
            role,
            "status",
            "--dir",
            f"/var/lib/diwan/{role}",
            "--json",
        )
        try:
            status[role] = json.loads(text)
        except ValueError:
            status[role] = {}
    facts = {
        "format": 1,
        "roles": roles,
        "os": dict(line.partition("=")[::2] for line in read("/etc/os-release").splitlines()),
        "machine": os.uname().machine,
        "kernel_release": os.uname().release,
        "model": read("/proc/device-tree/model").strip("\0\n") or read("/sys/class/dmi/id/product_name").strip(),
        "serial": read("/proc/device-tree/serial-number").strip("\0\n")
        or read("/sys/class/dmi/id/product_serial").strip(),
        "memory_mb": int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1048576),
        "container": said("systemd-detect-virt", "--container").strip() not in ("", "none"),
        "ports": said("ss", "-Hltunp"),
        "sshd": said("/usr/sbin/sshd", "-T"),
        "host_keys": sorted(os.path.basename(path) for path in glob.glob("/etc/ssh/ssh_host_*_key")),
        "kernel": kernel(asked.get("kernel", [])),
        "paths": {path: mode(path) for path in PATHS},
        "writable": writable_by_others("/opt/diwan"),
        "units": units(),
        "failed": said("systemctl", "list-units", "--failed", "--no-legend", "--plain").split("\n"),
        "firewall": said("nft", "list", "ruleset")[:65536],
        "clock": said("timedatectl", "show"),
        "tracking": said("chronyc", "-c", "tracking").strip(),
        "swaps": read("/proc/swaps"),
        "disk": {path: encrypted(path) for path in ("/var/lib/diwan", "/")},
        "accounts": accounts(),
        "rhosts": glob.glob("/home/*/.rhosts") + glob.glob("/root/.rhosts") + glob.glob("/etc/hosts.equiv"),
        "release": read("/opt/diwan/current/release.json"),
        "apt": sorted(glob.glob("/etc/apt/sources.list.d/*"))
        + ([] if not read("/etc/apt/sources.list").strip() else ["/etc/apt/sources.list"]),
        "limits": read("/etc/security/limits.d/diwan.conf"),
        "journal": read("/etc/systemd/journald.conf.d/diwan.conf"),
        "watchdog": read("/etc/systemd/system.conf.d/diwan.conf"),
        "login_defs": read("/etc/login.defs"),
        "status": {
            role: {"findings": held.get("findings", []), "running": held.get("running", {})}
            for role, held in status.items()
        },
    }
    json.dump(facts, sys.stdout)


main()
