"""The national settings, which the centre writes and every node reads (`dictionary.national` declares them)."""

from __future__ import annotations

from diwan_core.dictionary.national import SETTINGS, read_setting
from diwan_core.register.codes.settings_held import TYPE, said
from diwan_core.register.codes.settings_held import national_settings as national_settings
from diwan_core.register.records.edits import Edit
from diwan_core.register.register import Register


def set_nationally(register: Register, name: str, value: str, *, author: str) -> bool:
    """Choose a setting, at the centre; whether that is new. Raises NoSetting, Refused."""
    value = read_setting(name, value)
    held = said(register.store).get(name)
    if (SETTINGS[name].default if held is None else held[0]) == value:
        return False
    if held is None:
        edit = Edit(TYPE, {"name": name, "status": "published"} | ({"value": value} if value else {}))
    else:
        edit = Edit(TYPE, {"value": value or None}, held[1])
    register.save([edit], author=author)
    return True
