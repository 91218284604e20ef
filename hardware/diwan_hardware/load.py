"""Reads the hardware profiles and refuses impossible ones; each fault names the file, the key and the remedy."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, get_args

import msgspec

from diwan_hardware.profile import MEASURES, Flash, Item, Kind, Limit, Profile

FOLDER: Final = Path(__file__).with_name("profiles")
_LARGEST: Final = 256 * 1024
_KEY: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_KINDS: Final = get_args(Kind)
_ARCHITECTURES: Final = frozenset({"aarch64", "x86_64"})
_TBW_PER_GB: Final = {"sd": 3.0, "emmc": 5.0, "ssd": 20.0}
"""More terabytes written for each gigabyte of capacity than any flash of the kind is rated for: a slip of the pen."""


class BadProfile(Exception):
    """A profile cannot be used. The message names the file and the key, and says what to write."""


def load_all(folder: Path = FOLDER) -> dict[str, Profile]:
    """Every profile of a folder, by name, posts first. Raises BadProfile with all faults of all files, a line each."""
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise BadProfile(f"{folder}: holds no profiles (*.toml). Name the folder `hardware/profiles` of a release.")
    profiles: dict[str, Profile] = {}
    faults: list[str] = []
    for file in files:
        try:
            profile = read(file)
        except BadProfile as error:
            faults += str(error).splitlines()
            continue
        profiles[profile.name] = profile
    if not faults:
        faults += [fault for profile in profiles.values() for fault in _strangers(folder, profile, profiles)]
    if faults:
        raise BadProfile("\n".join(faults))
    return dict(sorted(profiles.items(), key=lambda pair: (_KINDS.index(pair[1].kind), pair[0])))


@functools.cache
def shipped() -> Mapping[str, Profile]:
    """The profiles of this release. Raises BadProfile."""
    return load_all()


def read(file: Path) -> Profile:
    """Read one profile. Raises BadProfile with every fault of it, a line each."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise BadProfile(f"{file}: cannot be read ({error.strerror}).") from error
    if len(content) > _LARGEST:
        raise BadProfile(f"{file}: is larger than {_LARGEST // 1024} kB and is not a profile.")
    try:
        plain = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadProfile(f"{file}: is no TOML file: {error}. Correct that place.") from error
    try:
        profile = msgspec.convert(plain, Profile)
    except msgspec.ValidationError as error:
        raise BadProfile(f"{file}: {_worded(str(error))}") from error
    faults = list(_faults(profile, file.stem))
    if faults:
        raise BadProfile("\n".join(f"{file}: {fault}" for fault in faults))
    return profile


def _worded(error: str) -> str:
    """A fault of the shape, with its key first. msgspec names it as `$.items[0].watts`."""
    text, _, place = error.partition(" - at `")
    key = place.rstrip("`").removeprefix("$.").removeprefix("$") or "the file"
    return f"{key}: {text}."


def _faults(profile: Profile, stem: str) -> Iterator[str]:
    if profile.name != stem:
        yield f"name: is {profile.name!r} in the file {stem}.toml. Both must be the same."
    for key in ("title", "purpose"):
        if not getattr(profile, key).strip():
            yield f"{key}: is empty."
    yield from _machine_faults(profile)
    for name, limit in profile.limits.items():
        yield from _limit_faults(name, limit)
    yield from _item_faults(profile)


def _machine_faults(profile: Profile) -> Iterator[str]:
    least, bought = profile.least, profile.bought
    is_machine = profile.kind in ("post", "central", "laptop")
    if is_machine and (least is None or bought is None):
        yield f"least, bought: a profile of the kind {profile.kind} says both what is refused and what is bought."
    if not 0 <= profile.burn_in_hours <= 336:
        yield f"burn_in_hours: {profile.burn_in_hours:g} is not a length for a burn-in. Write 0 to 336 (two weeks)."
    if least is None or bought is None:
        return
    for name, low, high in (("memory_mb", 256, 4_194_304), ("disk_gb", 4, 1_000_000), ("cores", 1, 1024)):
        for part, value in (("least", getattr(least, name)), ("bought", getattr(bought, name))):
            if not low <= value <= high:
                yield f"{part}.{name}: {value} is impossible. Write {low} to {high}."
        if getattr(bought, name) < getattr(least, name):
            yield f"bought.{name}: {getattr(bought, name)} is less than least.{name} ({getattr(least, name)})."
    if not least.architectures or not set(least.architectures) <= _ARCHITECTURES:
        yield f"least.architectures: must be among {', '.join(sorted(_ARCHITECTURES))}, which Diwan is built for."


def _limit_faults(name: str, limit: Limit) -> Iterator[str]:
    measure = MEASURES.get(name)
    if measure is None:
        yield f"limits.{name}: is no measured value. Measured are {', '.join(MEASURES)}."
        return
    values = {
        key: value for key in ("warn_above", "fail_above", "warn_below", "fail_below")
        if (value := getattr(limit, key)) is not None
    }  # fmt: skip
    side = "above" if measure.more_is_worse else "below"
    if not values:
        yield f"limits.{name}: has no value. Write warn_{side} and fail_{side}."
    for key, value in values.items():
        if not key.endswith(side):
            yield f"limits.{name}.{key}: would refuse the better machine. Write warn_{side} and fail_{side}."
        elif not measure.least <= value <= measure.most:
            yield (
                f"limits.{name}.{key}: {value:g} {measure.unit} is impossible. Write {measure.least:g} to "
                f"{measure.most:g}."
            )
    warn, fail = values.get(f"warn_{side}"), values.get(f"fail_{side}")
    if warn is not None and fail is not None and ((warn > fail) if side == "above" else (warn < fail)):
        yield f"limits.{name}: fails at {fail:g} before it warns at {warn:g}. Exchange the two."


def _item_faults(profile: Profile) -> Iterator[str]:
    if not profile.items:
        yield "items: is empty. A profile names at least one thing to buy."
    seen: set[str] = set()
    for item in profile.items:
        where = f"items.{item.key}"
        if not _KEY.fullmatch(item.key):
            yield f"{where}: a key has small letters, digits and hyphens, such as `power-supply`."
        if item.key in seen:
            yield f"{where}: stands there twice. Give one of them another key."
        seen.add(item.key)
        yield from (f"{where}.{fault}" for fault in _number_faults(item))
        if not item.specification or not item.acceptance:
            yield f"{where}: needs at least one clause in `specification` and one in `acceptance`."
    required = {item.key for item in profile.items_of("required")}
    replaced = [item.replaces for item in profile.items_of("tight")]
    for item in profile.items:
        if item.need == "tight" and item.replaces not in required:
            yield (
                f"items.{item.key}.replaces: {item.replaces!r} is not a required item here. Name one of "
                f"{sorted(required)}."
            )
        if item.need == "tight" and replaced.count(item.replaces) > 1:
            yield f"items.{item.key}.replaces: {item.replaces!r} is replaced by two items. Keep one."
        if item.need != "tight" and item.replaces:
            yield f'items.{item.key}.replaces: only an item for a tight budget (need = "tight") replaces another.'


def _number_faults(item: Item) -> Iterator[str]:
    for name, low, high in (
        ("quantity", 1, 10_000), ("spare_ratio", 0, 2), ("watts", 0, 5_000), ("watts_most", 0, 10_000),
        ("warranty_months", 0, 120), ("life_years", 0.5, 30), ("battery_wh", 0, 200_000),
    ):  # fmt: skip
        value = getattr(item, name)
        if not low <= value <= high:  # also refuses nan
            yield f"{name}: {value:g} is impossible. Write {low:g} to {high:g}."
    if item.watts_most < item.watts:
        yield f"watts_most: {item.watts_most:g} is less than the typical draw of {item.watts:g} W."
    if item.warranty_months > item.life_years * 12:
        yield f"warranty_months: {item.warranty_months} is longer than its life of {item.life_years:g} years."
    if item.operating_c is not None:
        low_c, high_c = item.operating_c
        if not -60 <= low_c < high_c <= 125:
            yield f"operating_c: {low_c} to {high_c} is not a range of air temperatures. Write [lowest, highest] in °C."
    if item.flash is not None:
        yield from (f"flash.{fault}" for fault in _flash_faults(item.flash))


def _flash_faults(flash: Flash) -> Iterator[str]:
    if not 4 <= flash.capacity_gb <= 100_000:
        yield f"capacity_gb: {flash.capacity_gb} is impossible. Write 4 to 100000."
        return
    most = flash.capacity_gb * _TBW_PER_GB[flash.kind]
    if not 0 < flash.endurance_tbw <= most:
        yield (
            f"endurance_tbw: {flash.endurance_tbw:g} terabytes written is impossible for {flash.capacity_gb} GB of "
            f"{flash.kind}. Write the number of its data sheet; no such memory is rated for more than {most:g}."
        )
    if not flash.source.strip():
        yield "source: is empty. Say which data sheet or arithmetic the endurance comes from."


def _strangers(folder: Path, profile: Profile, all_profiles: Mapping[str, Profile]) -> Iterator[str]:
    file = folder / f"{profile.name}.toml"
    for name, count in profile.accompanied_by.items():
        other = all_profiles.get(name)
        if other is None:
            yield f"{file}: accompanied_by.{name}: there is no such profile. Profiles are {', '.join(all_profiles)}."
        elif not 1 <= count <= 100:
            yield f"{file}: accompanied_by.{name}: {count} is impossible. Write 1 to 100."
        elif other.accompanied_by:
            yield f"{file}: accompanied_by.{name}: {name} is itself accompanied. Name profiles that stand alone."
