"""Bytes made wrong in many ways, from right ones: blindly, and along the structure of msgpack, JSON and lines."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import msgspec

NUMBERS = (0, 1, -1, 127, 128, 255, 256, 65535, 65536, 2**31, 2**32, 2**53, 2**53 + 1, 2**63 - 1, 2**64 - 1, -(2**63))
TEXTS = ("", "\x00", "../../x", "é" * 50, "\U0001f600", "\u202e", "'; --", "1e999", "a" * 3000, "NaN", "*", "1.1.1")


def mutated(corpus: Sequence[bytes], chance: random.Random) -> bytes:
    """One input: a right one, changed in one to six places."""
    data = chance.choice(corpus)
    way = chance.random()
    if way < 0.35:
        return _packed(data, chance)
    if way < 0.5:
        return _lines(data, chance)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        data = _blind(data, corpus, chance)
    return data


def _blind(data: bytes, corpus: Sequence[bytes], chance: random.Random) -> bytes:
    at, to = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
    to = min(to, at + chance.choice((1, 2, 4, 8, 64, 4096)))
    match chance.randrange(8):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + data[to:]
        case 2:
            return data[:at] + bytes(chance.randrange(256) for _ in range(min(64, to - at + 1))) + data[to:]
        case 3:
            return data[:at] + data[at:to] * chance.choice((2, 3, 100)) + data[to:]
        case 4:
            other = chance.choice(corpus)
            return data[:at] + other[chance.randrange(len(other) + 1) :]
        case 5:
            number = chance.choice(NUMBERS) & (2**64 - 1)
            width = chance.choice((1, 2, 4, 8))
            return data[:at] + number.to_bytes(8, "big")[-width:] + data[at + width :]
        case _:
            if not data:
                return b"\x00"
            at = min(at, len(data) - 1)
            return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]


def _packed(data: bytes, chance: random.Random) -> bytes:
    """Along the structure, where there is one."""
    try:
        return msgspec.msgpack.encode(_tree(msgspec.msgpack.decode(data), chance))
    except (msgspec.DecodeError, UnicodeDecodeError, OverflowError, RecursionError, TypeError):
        return _lines(data, chance)


def _lines(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    try:
        value = json.loads(lines[at])
    except (ValueError, RecursionError):
        return _blind(data, [data], chance)
    lines[at] = json.dumps(_tree(value, chance), separators=(",", ":"), ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    )
    return b"\n".join(lines)


def _tree(value: Any, chance: random.Random) -> Any:
    """The same with one node exchanged, dropped, doubled or put deep inside others."""
    if chance.random() < 0.25 or not isinstance(value, list | dict) or not value:
        return _other(value, chance)
    if isinstance(value, list):
        changed = list(value)
        at = chance.randrange(len(changed))
        match chance.randrange(6):
            case 0:
                del changed[at]
            case 1:
                changed.insert(at, changed[at])
            case 2:
                changed.append(_other(changed[at], chance))
            case _:
                changed[at] = _tree(changed[at], chance)
        return changed
    changed_map = dict(value)
    key = chance.choice(list(changed_map))
    match chance.randrange(5):
        case 0:
            del changed_map[key]
        case 1:
            changed_map[chance.choice(TEXTS)] = changed_map.pop(key)
        case _:
            changed_map[key] = _tree(changed_map[key], chance)
    return changed_map


def _other(value: Any, chance: random.Random) -> Any:
    match chance.randrange(9):
        case 0:
            return None
        case 1:
            return chance.choice(NUMBERS)
        case 2:
            return chance.choice(TEXTS)
        case 3:
            return [value] * chance.choice((0, 1, 2, 300))
        case 4:
            return {chance.choice(TEXTS): value}
        case 5:
            return chance.random() < 0.5
        case 6:
            return (
                bytes(chance.choice((0, 1, 8, 31, 32, 33, 64, 65)))
                if isinstance(value, bytes)
                else -value
                if (isinstance(value, int))
                else value
            )
        case 7:
            for _ in range(chance.choice((5, 50, 400))):
                value = [value]
            return value
        case _:
            if isinstance(value, bytes) and value:
                return _blind(value, [value], chance)
            if isinstance(value, str):
                return value[: chance.randrange(len(value) + 1)] + chance.choice(TEXTS)
            return value
