"""A post whose clock is wrong: TLS comes up, the centre's receipts put the clock right, and stamps go by true time."""

from __future__ import annotations

import errno
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from diwan_appliance.clock import PostClock
from diwan_core.register.journal import trusted_time
from diwan_core.register.journal.clock import BUILD_FLOOR_MS
from diwan_core.trust import NodeKeys
from diwan_core.trust.names import mint_id
from diwan_core.trust.network.ca import CertificateAuthority
from diwan_core.trust.network.certificates import clock_window, signing_request
from diwan_core.trust.network.enrolled_keys import load_central
from diwan_core.trust.network.keys import keys_folder
from diwan_core.trust.network.tls import check_dates, client_context

from tests.exchange.network import Network, case, network

TRUE = datetime(2027, 3, 1, 12, 0, tzinfo=UTC).timestamp()


class Machine:
    """A machine's two clocks: the system's, which may be set, and the one that counts from the boot."""

    def __init__(self, says: float) -> None:
        self.astray = says - TRUE
        self.up = 100.0
        self.sets: list[float] = []
        self.may = True

    def system(self) -> float:
        return TRUE + self.up - 100.0 + self.astray

    def mono(self) -> float:
        return self.up

    def set(self, seconds: float) -> None:
        if not self.may:
            raise PermissionError(errno.EPERM, "Operation not permitted")
        self.sets.append(seconds)
        self.astray += seconds - self.system()

    @property
    def wrong_by(self) -> float:
        return abs(self.astray)


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=1) as net:
        net.settle()
        yield net


def clock_of(net: Network, machine: Machine, *, sets: bool = True) -> PostClock:
    register = net.posts[0].register
    with register.store.write() as connection:
        connection.execute("UPDATE epoch SET receipt=NULL")  # TRUE is not the time this test is run at
    return PostClock(register, register.folder, machine.set if sets else None, machine.system, machine.mono)


def hear(clock: PostClock, machine: Machine, *, after: float = 0.5, age: float = 0.2) -> bool:
    """A line comes up, and `after` seconds later a receipt arrives that is `age` old."""
    clock.line_up()
    machine.up += after
    true = TRUE + machine.up - 100.0
    return clock.told(round((true - age) * 1000), machine.up)


YEARS = 3653 * 86_400.0


@pytest.mark.parametrize("says", [0.0, TRUE - YEARS, TRUE + 40 * 366 * 86_400.0], ids=["1970", "behind", "far ahead"])
def test_at_boot_the_clock_is_brought_to_where_certificates_hold(net: Network, says: float) -> None:
    machine = Machine(says)
    clock = clock_of(net, machine)
    assert not clock.plausible
    clock.boot()
    begin, end = clock_window(load_central(net.posts[0].register.folder).authority)
    assert begin.timestamp() <= machine.system() <= end.timestamp()
    assert machine.system() >= BUILD_FLOOR_MS / 1000
    assert clock.plausible


@pytest.mark.parametrize("says", [0.0, TRUE - YEARS, TRUE + YEARS, TRUE - 60, TRUE + 60])
def test_the_first_receipt_puts_it_right_forwards_and_back(net: Network, says: float) -> None:
    machine = Machine(says)
    clock = clock_of(net, machine)
    clock.boot()
    assert hear(clock, machine)
    assert machine.wrong_by < 1
    sets = len(machine.sets)
    assert not hear(clock, machine), "and then leaves it alone"
    assert len(machine.sets) == sets


def test_a_receipt_that_was_long_on_its_way_does_not_set_a_right_clock_back(net: Network) -> None:
    machine = Machine(TRUE)
    clock = clock_of(net, machine)
    assert not hear(clock, machine, after=50, age=49)
    machine.up += 3600
    assert not clock.told(round((TRUE + 60) * 1000), machine.up), "a later one is no bound at all"
    assert machine.sets == []


def test_a_receipt_from_before_the_last_one_says_nothing(net: Network) -> None:
    machine = Machine(TRUE)
    clock = clock_of(net, machine)
    hear(clock, machine)
    assert not clock.told(round((TRUE - 3600) * 1000), machine.up)
    assert not clock.told(0, machine.up)


def test_where_the_clock_may_not_be_set_changes_are_stamped_by_true_time_all_the_same(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    register = net.posts[0].register
    monkeypatch.setattr("diwan_core.register.journal.clock.monotonic_ms", lambda: round(machine.mono() * 1000))
    monkeypatch.setattr(trusted_time.wall_clock, "__defaults__", (machine_says, lambda: round(machine.mono() * 1000)))
    machine.may = False
    clock = clock_of(net, machine)
    clock.boot()
    net.posts[0].save(case())
    before = register.store.rows("SELECT e.id, json_extract(meta, '$[4]') FROM journal j JOIN epoch e ON e.no=j.epoch")
    assert hear(clock, machine)
    machine.up += 3600
    ids = net.posts[0].save(case())
    (stamp,) = register.store.rows(
        "SELECT json_extract(meta, '$[2]') FROM journal j JOIN record r ON r.no=j.record WHERE r.id=?", (ids[0],)
    )[0]
    assert abs((stamp >> 16) / 1000 - (TRUE + machine.up - 100)) < 1
    assert not hear(clock, machine), "the anchor is right: nothing more is written"
    assert machine.sets == []
    with register.store.read() as connection:
        epoch, mono = before[-1]
        assert abs((trusted_time.time_written(connection, epoch, mono) or 0) / 1000 - TRUE) < 1, (
            "and rows before it are dated"
        )
        assert trusted_time.time_written(connection, "another", 5) is None
        assert trusted_time.anchor_of(connection, "another boot") is None


machine = Machine(0.0)


def machine_says() -> float:
    return machine.system()


def test_what_the_centre_said_is_a_floor_for_all_later_boots(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    post = net.posts[0]
    monkeypatch.setattr("diwan_core.exchange.centre.receipts_due.now_ms", lambda: round(TRUE * 1000))
    post.save(case())
    net.settle()
    post.exchange.flush(force=True)
    ids = post.save(case())
    (stamp,) = post.register.store.rows(
        "SELECT json_extract(meta, '$[2]') FROM journal j JOIN record r ON r.no=j.record WHERE r.id=?", (ids[0],)
    )[0]
    assert stamp >> 16 >= TRUE * 1000, "though this machine's clock is behind"


def test_dates_of_certificates_are_judged_again_as_soon_as_the_clock_can_be_right(net: Network) -> None:
    wrong = Machine(0.0)
    clock = clock_of(net, wrong, sets=False)
    context = clock.dates(client_context(net.posts[0].register.folder))
    assert int(context.verify_flags) & 0x200000
    wrong.astray = 0.0  # somebody has set it
    clock.line_up()
    assert not int(context.verify_flags) & 0x200000


def test_without_leave_no_machine_s_clock_is_touched(net: Network) -> None:
    wrong = Machine(0.0)
    clock = clock_of(net, wrong, sets=False)
    clock.boot()
    assert hear(clock, wrong)
    assert wrong.sets == []


# --- TLS -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def later(tmp_path: Path) -> tuple[Path, Path]:
    """A node, and a broker's certificate, of an authority whose first day has not come by this machine's clock."""
    begins = datetime.now(UTC) + timedelta(days=3653)
    centre, node, broker = tmp_path / "centre", tmp_path / "node", tmp_path / "broker"
    authority = CertificateAuthority.create(centre, mint_id(), begins)
    keys, name = NodeKeys.create(node), mint_id()
    (keys_folder(node) / "node.crt").write_bytes(authority.issue(signing_request(keys, name), name, begins))
    (keys_folder(node) / "ca.crt").write_bytes(authority.certificate)
    authority.create_broker(broker, ["localhost"], begins)
    return node, broker


def greeted(node: Path, broker: Path, *, dates: bool) -> bool:
    """Whether the node takes this broker for the one it is."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(broker / "server.crt", broker / "server.key")
    context = client_context(node)
    check_dates(context, dates)
    ours, theirs = socket.socketpair()

    def serve() -> None:
        with theirs:
            try:
                server.wrap_socket(theirs, server_side=True).close()
            except (ssl.SSLError, OSError):
                return

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        context.wrap_socket(ours, server_hostname="localhost").close()
    except ssl.SSLCertVerificationError as error:
        assert error.verify_code == 9, "X509_V_ERR_CERT_NOT_YET_VALID"  # noqa: PT017  either way is right, and this one says why
        return False
    finally:
        ours.close()
        thread.join()
    return True


def test_a_post_with_a_clock_that_cannot_be_right_still_meets_its_broker_and_no_other(
    later: tuple[Path, Path], tmp_path: Path
) -> None:
    node, broker = later
    assert not greeted(node, broker, dates=True)
    assert greeted(node, broker, dates=False)
    stranger = CertificateAuthority.create(tmp_path / "stranger", mint_id(), datetime.now(UTC))
    stranger.create_broker(tmp_path / "false", ["localhost"], datetime.now(UTC))
    with pytest.raises(AssertionError, match="NOT_YET_VALID"):  # refused for another reason: the authority
        greeted(node, tmp_path / "false", dates=False)
