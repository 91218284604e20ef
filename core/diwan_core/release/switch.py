"""Changes the release in use: migrate, switch, restart, check health, and switch back when that fails.

The data never goes back: migrations only add, so that the release before runs on the newer schema (ADR 27).
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from diwan_core.release.layout import Layout, Release, ReleaseError

TARGET: Final = "diwan.target"
SERVICES: Final = {
    "central": ("diwan-broker", "diwan-ingest", "diwan-relay", "diwan-central-web"),
    "post": ("diwan-agent", "diwan-post-web"),
}
"""The long-running services of each role, in the order in which they start."""
HEALTHY_S: Final = 60.0
STEADY_S: Final = 5.0
"""A service counts as healthy when it has been up so long without a restart."""

Run = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True)
class Outcome:
    """The result of `use`. `reason` says why the release before is in use again; empty when the new one is."""

    before: str
    now: str
    reason: str = ""


def run(argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a program and keep what it prints."""
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def use(
    layout: Layout,
    version: str,
    execute: Run = run,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Make `version` the release in use and restart what runs here. When it does not become healthy, the release before
    is put back. Raises NoSuchRelease, ReleaseError; then nothing was changed."""
    wanted, before = layout.release(version), layout.current()
    roles = layout.roles()
    for role in roles:
        _migrate(layout, wanted, role, execute)
    trouble = _switched(layout, wanted, roles, execute, sleep, monotonic)
    if not trouble or before is None or before.version == version:
        return Outcome(before.version if before else "", version, trouble)
    again = _switched(layout, before, roles, execute, sleep, monotonic)
    return Outcome(before.version, before.version, trouble if not again else f"{trouble}; then also: {again}")


def install_units(layout: Layout, release: Release, roles: Sequence[str]) -> list[str]:
    """Copy the units of a release for these roles to where systemd reads them; the names. Units that
    another installed release brought and this one does not have are removed, so that going back leaves nothing behind;
    those of the playbooks, which also begin with `diwan`, stay."""
    wanted = {path.name: path for role in roles for path in sorted((release.units / role).glob("*.*"))}
    layout.units.mkdir(parents=True, exist_ok=True)
    brought = {path.name for other in layout.installed() for path in other.units.glob("*/*.*")}
    for name in brought - wanted.keys():
        old = layout.units / name
        if old.is_file() and not old.is_symlink():
            old.unlink()
    for name, path in wanted.items():
        partial = layout.units / f".{name}.new"
        partial.write_bytes(path.read_bytes())
        partial.chmod(0o644)
        partial.replace(layout.units / name)
    return sorted(wanted)


def _migrate(layout: Layout, release: Release, role: str, execute: Run) -> None:
    folder = layout.data(role)
    if not (folder / "node.toml").exists():
        return
    argv = ["runuser", "-u", "diwan", "--", str(release.program), role, "migrate", "--dir", str(folder)]
    done = execute(argv)
    if done.returncode:
        raise ReleaseError(f"the data in {folder} cannot be brought to release {release.version}: {_last(done)}")


def _switched(
    layout: Layout,
    release: Release,
    roles: Sequence[str],
    execute: Run,
    sleep: Callable[[float], None],
    monotonic: Callable[[], float],
) -> str:
    """Point to a release and start it; what is wrong with it, or nothing."""
    layout.point_to(release)
    install_units(layout, release, roles)
    if not any((layout.data(role) / "node.toml").exists() for role in roles):
        return ""
    for argv in (["systemctl", "daemon-reload"], ["systemctl", "restart", TARGET]):
        done = execute(argv)
        if done.returncode:
            return f"`{' '.join(argv)}` failed: {_last(done)}"
    services = [f"{name}.service" for role in roles for name in SERVICES[role]]
    return _unhealthy(services, execute, sleep, monotonic)


def _unhealthy(
    services: Sequence[str], execute: Run, sleep: Callable[[float], None], monotonic: Callable[[], float]
) -> str:
    """The services that are not up and steady within the time allowed; empty when all are."""
    end, steady_since = monotonic() + HEALTHY_S, None
    waiting: list[str] = []
    while monotonic() < end:
        waiting = [name for name in services if not _is_up(name, execute)]
        if waiting:
            steady_since = None
        else:
            steady_since = monotonic() if steady_since is None else steady_since
            if monotonic() - steady_since >= STEADY_S:
                return ""
        sleep(0.5)
    return f"{', '.join(waiting) or 'a service'} did not come up; see `journalctl -u {(waiting or ['diwan*'])[0]}`"


def _is_up(name: str, execute: Run) -> bool:
    return execute(["systemctl", "is-active", "--quiet", name]).returncode == 0


def _last(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}").splitlines()
    return lines[-1]
