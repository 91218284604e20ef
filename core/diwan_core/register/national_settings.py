"""The national settings, which the centre writes and every node reads (`dictionary.national` declares them)."""

from __future__ import annotations

import base64
import hashlib

from diwan_core.dictionary.national import LETTERHEAD_PICTURE, PICTURE_MOST, SETTINGS, read_setting
from diwan_core.register.codes.settings_held import TYPE, said
from diwan_core.register.codes.settings_held import national_settings as national_settings
from diwan_core.register.records.edits import Edit
from diwan_core.register.register import Register


def set_nationally(register: Register, name: str, value: str, *, author: str) -> bool:
    """Choose a setting, at the centre; whether that is new. Raises NoSetting, Refused."""
    return _set(register, name, read_setting(name, value), {}, author)


def set_picture(register: Register, picture: bytes, *, author: str) -> bool:
    """Choose the picture of the letterhead, at the centre: a small WebP, or none; whether that is new. Raises
    ValueError where it is too large, Refused."""
    if len(picture) > PICTURE_MOST:
        raise ValueError(f"a picture of {len(picture)} bytes")
    value = hashlib.sha256(picture).hexdigest() if picture else ""
    return _set(register, LETTERHEAD_PICTURE, value, {"picture": base64.b64encode(picture).decode() or None}, author)


def letterhead_picture(register: Register) -> bytes | None:
    """The picture of the letterhead as this node holds it; None where there is none, or what is held is not whole."""
    value, record = said(register.store).get(LETTERHEAD_PICTURE, ("", ""))
    held = register.get(record) if value else None
    try:
        picture = base64.b64decode(str(held.values.get("picture") or ""), validate=True) if held else b""
    except ValueError:  # no base64, or not even ASCII
        return None
    whole = len(picture) <= PICTURE_MOST and hashlib.sha256(picture).hexdigest() == value
    return picture if whole else None


def _set(register: Register, name: str, value: str, beside: dict[str, str | None], author: str) -> bool:
    held = said(register.store).get(name)
    if (SETTINGS[name].default if held is None else held[0]) == value:
        return False
    if held is None:
        given = {key: text for key, text in {"value": value, **beside}.items() if text}
        edit = Edit(TYPE, {"name": name, "status": "published", **given})
    else:
        edit = Edit(TYPE, {"value": value or None, **beside}, held[1])
    register.save([edit], author=author)
    return True
