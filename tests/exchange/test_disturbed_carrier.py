"""The carrier that breaks its promises does so only when told to, and only as told."""

import json
import struct
from pathlib import Path

import pytest
from diwan_core.exchange.carriers.chaos import DisturbedCarrier, disturb
from diwan_core.exchange.carriers.memory import MemoryBus, MemoryCarrier


@pytest.fixture
def reader() -> MemoryCarrier:
    return MemoryBus().carrier("reader", ["a/#"])


def carrier(reader: MemoryCarrier, tmp_path: Path, **rates: float) -> DisturbedCarrier:
    (tmp_path / "orders").write_text(json.dumps({"seed": 1, **rates}))
    made = DisturbedCarrier(reader._bus.carrier("writer", []), "writer", str(tmp_path / "orders"), None)
    made.poll(0)
    return made


def got(reader: MemoryCarrier) -> list[bytes]:
    return [payload for _, payload in reader.poll(0)]


def test_without_the_variables_there_is_no_disturbed_carrier(
    reader: MemoryCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DIWAN_CHAOS", raising=False)
    monkeypatch.delenv("DIWAN_TAP", raising=False)
    assert disturb(reader, "agent") is reader


def test_without_orders_everything_passes(reader: MemoryCarrier, tmp_path: Path) -> None:
    writer = DisturbedCarrier(reader._bus.carrier("writer", []), "writer", str(tmp_path / "none"), None)
    writer.publish("a/1", b"one")
    assert got(reader) == [b"one"]


@pytest.mark.parametrize(
    ("rates", "arrived"), [({"lose": 1.0}, []), ({"double": 1.0}, [b"one", b"one"]), ({}, [b"one"])]
)
def test_messages_are_lost_and_doubled(
    reader: MemoryCarrier, tmp_path: Path, rates: dict[str, float], arrived: list[bytes]
) -> None:
    carrier(reader, tmp_path, **rates).publish("a/1", b"one")
    assert got(reader) == arrived


def test_a_message_held_back_comes_after_the_next_one(reader: MemoryCarrier, tmp_path: Path) -> None:
    writer = carrier(reader, tmp_path, hold=1.0)
    writer.publish("a/1", b"one")
    assert got(reader) == []
    (tmp_path / "orders").unlink()
    writer._rates = {"seed": 1}
    writer.publish("a/1", b"two")
    assert got(reader) == [b"two", b"one"]


def test_messages_are_cut_short_and_altered_by_one_bit(reader: MemoryCarrier, tmp_path: Path) -> None:
    carrier(reader, tmp_path, cut=1.0).publish("a/1", b"0123456789")
    assert b"0123456789".startswith(got(reader)[0])
    carrier(reader, tmp_path, flip=1.0).publish("a/1", bytes(10))
    (altered,) = got(reader)
    assert sum(byte.bit_count() for byte in altered) == 1


def test_when_the_orders_go_the_messages_pass_again(reader: MemoryCarrier, tmp_path: Path) -> None:
    writer = carrier(reader, tmp_path, lose=1.0)
    (tmp_path / "orders").unlink()
    writer.poll(0)
    writer.publish("a/1", b"one")
    assert got(reader) == [b"one"]


def test_the_tap_notes_what_goes_out(reader: MemoryCarrier, tmp_path: Path) -> None:
    writer = DisturbedCarrier(reader._bus.carrier("writer", []), "writer", None, str(tmp_path / "tap"))
    writer.publish("a/1", b"one")
    assert (tmp_path / "tap").read_bytes() == b"TAP\n\x00\x03\x00\x00\x00\x03a/1one"


def test_what_a_hostile_broker_makes_comes_in_before_what_it_passes_on(reader: MemoryCarrier, tmp_path: Path) -> None:
    forged = tmp_path / "forged"
    forged.mkdir()
    disturbed_reader = DisturbedCarrier(reader, "reader", None, None, str(forged))
    writer = reader._bus.carrier("writer", [])
    for number, payload in enumerate((b"first", b"")):
        frame = struct.pack(">4sHI", b"TAP\n", 3, len(payload)) + b"a/x" + payload
        (forged / f"{number}.message").write_bytes(frame)
    (forged / "3.new").write_bytes(b"half written")
    writer.publish("a/1", b"true")
    assert disturbed_reader.poll(0) == [("a/x", b"first"), ("a/x", b""), ("a/1", b"true")]
    assert disturbed_reader.poll(0) == []
    assert [path.name for path in forged.iterdir()] == ["3.new"]
