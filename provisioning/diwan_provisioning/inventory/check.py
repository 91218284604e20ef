"""Checks an inventory before any machine is changed: each fault is one line that names file, machine and remedy."""

from __future__ import annotations

import difflib
import ipaddress
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import available_timezones

from diwan_core.roles import ROLES

from diwan_provisioning.inventory import machine_profiles
from diwan_provisioning.inventory.country import GROUPS, Country, Machine
from diwan_provisioning.inventory.specs import BY_PLAYBOOKS, options

_HOST_NAME: Final = re.compile(r"(?=.{1,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(\.[A-Za-z0-9-]{1,63})*")
_MACHINE_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SSH_KEY: Final = re.compile(r"(ssh-ed25519|sk-ssh-ed25519@openssh\.com) [A-Za-z0-9+/=]{60,}( .*)?")
_OFFICE: Final = re.compile(r"[A-Z0-9]{2,12}")
_ACCOUNT: Final = re.compile(r"[a-z][a-z0-9._-]{1,31}")
_ROLES_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "central": tuple(name for name, role in ROLES.items() if "central" in role.at),
    "posts": tuple(name for name, role in ROLES.items() if "post" in role.at),
}
_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "str": (str, int, float), "int": (int,), "float": (int, float), "bool": (bool,), "list": (list,), "dict": (dict,),
    "path": (str,),
}  # fmt: skip


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong, where, and what to do. `machine` is empty for the country itself."""

    machine: str
    text: str

    def __str__(self) -> str:
        return f"{self.machine}: {self.text}" if self.machine else self.text


def check(country: Country) -> list[Fault]:
    """Every fault of an inventory, in the order of the file; none when it may be used."""
    faults = [
        Fault("", f"line {line}: {group!r} is not a group. Groups are {', '.join(GROUPS)}.")
        for group, line in country.strange.items()
    ]
    faults += _of_the_country(country)
    faults += _unknown_to_every_group(country)
    faults += _twice(country)
    for machine in country.machines:
        faults += _of_a_machine(machine)
    return list(dict.fromkeys(faults))


def _of_the_country(country: Country) -> Iterator[Fault]:
    centres = country.of("central")
    if len(centres) != 1:
        yield Fault("", f"there must be one machine in `central`, and there are {len(centres)}.")
    keys = country.variables.get("diwan_admin_keys") or []
    if not keys and not country.variables.get("diwan_ssh_root_with_key"):
        yield Fault(
            "", "diwan_admin_keys is empty: give the SSH public key of at least one technician, or nobody can sign in."
        )
    for key in keys if isinstance(keys, list) else []:
        if not (isinstance(key, str) and _SSH_KEY.fullmatch(key)):
            yield Fault(
                "",
                f"diwan_admin_keys: {str(key)[:30]!r}… is no Ed25519 public key. Make one: `ssh-keygen -t ed25519`.",
            )
    code = country.variables.get("diwan_country")
    if not (isinstance(code, str) and re.fullmatch("[A-Z]{2}", code)):
        yield Fault(
            "",
            f"diwan_country is {code!r}; give the two letters of ISO 3166-1 in quotes (YAML reads NO as false).",
        )


def _unknown_to_every_group(country: Country) -> Iterator[Fault]:
    """A variable of the whole country may concern some groups alone, but a mistyped one concerns none."""
    known = {name: option for group in GROUPS for name, option in options(group).items()}
    for name in country.variables:
        if name.startswith("diwan_") and name not in known and name not in BY_PLAYBOOKS:
            yield Fault("", f"{name} is not a variable of any machine.{_nearest(name, known)}")


def _twice(country: Country) -> Iterator[Fault]:
    for what, groups, value_of in (
        ("the name", GROUPS, lambda machine: machine.name if machine.group != "central" else None),
        ("the address", ("central", "posts", "laptops"), lambda machine: machine.own.get("ansible_host")),
        ("diwan_label", ("central", "posts"), lambda machine: _folded(machine.own.get("diwan_label"))),
        ("diwan_disk_label", ("backup_disks",), lambda machine: machine.own.get("diwan_disk_label")),
    ):
        first: dict[object, Machine] = {}
        for machine in (each for group in groups for each in country.of(group)):
            value = value_of(machine)
            if value is None:
                continue
            if value in first:
                other = f"{first[value].name} (line {first[value].line})"
                text = f"line {machine.line}: {what} {value!r} is also that of {other}. Each must be different."
                yield Fault(machine.name, text)
            first.setdefault(value, machine)


def _of_a_machine(machine: Machine) -> Iterator[Fault]:
    if not _MACHINE_NAME.fullmatch(machine.name):
        yield Fault(machine.name, f"line {machine.line}: a machine's name has small letters, digits and hyphens only.")
    address = machine.all.get("ansible_host")
    if not _is_address(address):
        yield Fault(
            machine.name,
            f"line {machine.line}: ansible_host {address!r} is not an address or name. Give its IP address.",
        )
    known = options(machine.group)
    for name, value in machine.all.items():
        if name == "ansible_user":
            yield Fault(
                machine.name,
                "ansible_user is found by the playbooks. Name the account of the installation in diwan_first_user, "
                "that of the technicians in diwan_admin_user.",
            )
        elif name in BY_PLAYBOOKS:
            yield Fault(machine.name, f"{name} is set by the playbooks. Remove it from the inventory.")
        elif name in known:
            yield from _of_a_value(machine, name, value, known[name])
        elif name.startswith("diwan_") and name in machine.own:
            yield Fault(
                machine.name,
                f"line {machine.line}: {name} is not a variable of {machine.group}.{_nearest(name, known)}",
            )
        elif not name.startswith(("ansible_", "diwan_")):
            yield Fault(machine.name, f"line {machine.line}: {name} is not a variable.{_nearest(name, known)}")
    for name, option in known.items():
        if option.get("required") and name not in machine.all and name != "diwan_bundle_folder":
            yield Fault(machine.name, f"line {machine.line}: {name} is missing. {_text(option)}")
    office = machine.own.get("diwan_office")
    if office is not None and not _OFFICE.fullmatch(str(office)):
        yield Fault(
            machine.name, f"diwan_office {office!r} is not a customs office: capital letters and digits, such as XA001."
        )


def _of_a_value(machine: Machine, name: str, value: Any, option: Mapping[str, Any]) -> Iterator[Fault]:
    kind = str(option.get("type", "str"))
    is_truth = isinstance(value, bool)
    if not isinstance(value, _KINDS[kind]) or (is_truth and kind != "bool"):
        yield Fault(machine.name, f"{name} is {value!r}, and must be of the kind {kind}. {_text(option)}")
    elif "choices" in option and value not in option["choices"]:
        yield Fault(machine.name, f"{name} is {value!r}; choose from {', '.join(map(str, option['choices']))}.")
    elif name.endswith("_networks") and isinstance(value, list):
        for network in value:
            if not _is_network(network):
                yield Fault(machine.name, f"{name}: {network!r} is not a network. Write it as 10.1.0.0/16.")
    elif name == machine_profiles.VARIABLE and value not in (known := machine_profiles.fits(machine.group)):
        yield Fault(machine.name, f"{name} is {value!r}; for {machine.group} choose from {', '.join(known)}.")
    elif name == "diwan_timezone" and (zones := available_timezones()) and value not in zones:
        yield Fault(
            machine.name, f"diwan_timezone {value!r} is not a time zone. Write it as Etc/UTC or Africa/Nairobi."
        )
    elif name == "diwan_first_people":
        yield from _of_first_people(machine, value)
    elif name == "diwan_label" and not str(value).strip():
        yield Fault(machine.name, "diwan_label is empty. Give the name people call this place.")


def _of_first_people(machine: Machine, people: Any) -> Iterator[Fault]:
    roles = _ROLES_OF.get(machine.group, ())
    if len(people) > 2:
        yield Fault(machine.name, "diwan_first_people names more than two. Further people are added in the console.")
    for person in people if isinstance(people, list) else []:
        name = person.get("name") if isinstance(person, dict) else None
        if not isinstance(name, str) or not _ACCOUNT.fullmatch(name) or person.get("role") not in roles:
            yield Fault(
                machine.name,
                f"diwan_first_people: {person!r} needs a name in small letters and a role: {', '.join(roles)}.",
            )


def _is_address(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        ipaddress.ip_address(value)
    except ValueError:
        # Digits and points alone are a mistyped address, not a name.
        return bool(_HOST_NAME.fullmatch(value)) and not re.fullmatch(r"[0-9.]+", value)
    return True


def _is_network(value: object) -> bool:
    try:
        ipaddress.ip_network(str(value))
    except ValueError:
        return False
    return True


def _nearest(name: str, known: Mapping[str, object]) -> str:
    whole = name if name.startswith("diwan_") else f"diwan_{name}"
    near = difflib.get_close_matches(whole, list(known), 1)
    return f" Did you mean {near[0]}?" if near else " Remove it."


def _folded(label: object) -> str | None:
    return None if label is None else " ".join(unicodedata.normalize("NFKC", str(label)).casefold().split())


def _text(option: Mapping[str, Any]) -> str:
    description = option.get("description", "")
    return " ".join(description) if isinstance(description, list) else str(description)
