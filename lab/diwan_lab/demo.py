"""The command `diwan demo`: a centre and posts on this machine, all real but the network between them."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Final

import click

from diwan_lab import loading
from diwan_lab.checker import Account as Tally
from diwan_lab.checker import changes_taken_in, changes_written, first_commit, is_level, take_account
from diwan_lab.cluster import Cluster, MosquittoMissing
from diwan_lab.command import CommandFailed, diwan, grouped_secret
from diwan_lab.joining import CONFIRMER
from diwan_lab.kept import Account, FolderRefused, occupied, read_notes
from diwan_lab.ports import PortInUse
from diwan_lab.process import ProcessFailed
from diwan_lab.showcase import CASES
from diwan_lab.wire import Wire, measure

FIRST_PORT = 8600
STALLED_SECONDS = 60.0
"""The centre is given up on when it takes nothing in for so long."""
PICTURES_PER_POST = CASES
PEOPLE = {
    "central": (("analyst", "analyst"), ("administrator", "administrator")),
    "post": (("officer", "officer"), ("supervisor", "supervisor")),
}
"""User names and their roles at the centre and at each post."""


CHANGED: Final = "changed by you"
"""What stands in place of a one-time password that is used up."""


class GivenUp(Exception):
    """The demonstration cannot go on; the message is for the person."""


@click.command()
@click.option("--posts", type=click.IntRange(1, 50), help="How many posts; 3 at the first start, then those there are.")
@click.option("--records", type=click.IntRange(0, 1_000_000), help="Records to load in all; the bundled sample.")
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path), help="Data folder, kept between starts.  [default: demo-data]"
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_000),
    default=FIRST_PORT,
    show_default=True,
    help="The centre's port, the posts' follow; 0 = any free.",
)
@click.option("--once", is_flag=True, help="End when the centre holds everything; exit 0 only if nothing is missing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object, the last line.")
def demo(posts: int | None, records: int | None, folder: Path | None, port: int, once: bool, as_json: bool) -> None:
    """Run a centre and three posts on this machine: report a case at a post, see it at the centre.

    Runs until Ctrl-C and leaves nothing running. The data stays in the folder; delete it to begin anew.
    """
    chosen = (folder or loading.ROOT / "demo-data").absolute()
    signal.signal(signal.SIGTERM, _as_ctrl_c)
    try:
        with occupied(chosen):
            show = Demonstration(chosen, posts, records, port, once=once, as_json=as_json)
            sys.exit(0 if show.run() else 1)
    except KeyboardInterrupt:
        click.echo("\nDiwan: ended.", err=True)
        sys.exit(0 if not once else 130)
    except (FolderRefused, PortInUse, MosquittoMissing, CommandFailed, ProcessFailed, GivenUp) as error:
        _fail(str(error))
    except sqlite3.Error as error:
        _fail(f"a database in {chosen} cannot be read ({error}): remove the folder or choose another with --dir")
    except OSError as error:
        _fail(
            f"{error.strerror}: {error.filename or chosen}: choose another folder with --dir, or free some disk space"
        )


def _fail(message: str) -> None:
    click.echo(f"Diwan: {message}", err=True)
    sys.exit(1)


def _as_ctrl_c(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


class Demonstration:
    """One start of the demonstration in a folder."""

    def __init__(
        self, folder: Path, posts: int | None, records: int | None, port: int, *, once: bool, as_json: bool
    ) -> None:
        self._folder = folder
        self._notes = read_notes(folder)
        self._kept = bool(self._notes.accounts)
        if posts is not None and posts < self._notes.posts:
            raise GivenUp(f"{folder} holds {self._notes.posts} posts: leave --posts out, or choose another with --dir")
        self._posts = posts or self._notes.posts or 3
        self._records = loading.BUNDLED_CASES + CASES * self._posts if records is None else records
        self._once, self._as_json = once, as_json
        self._cluster = Cluster(folder, self._posts, port, steps=self.say)
        self._seconds = 0.0

    def say(self, text: str) -> None:
        """Tell the person; with --json standard output is left to the result."""
        click.echo(f"Diwan: {text}", err=self._as_json)

    def run(self) -> bool:
        """All of it; whether nothing is missing at the centre."""
        started = time.monotonic()
        self._notes.posts = self._posts
        self._notes.save(self._folder)
        with self._cluster:
            self._add_people()
            if self._notes.records is None:
                self._load()
            else:
                self.say("the records of the earlier start are kept; nothing is imported again")
            tally = take_account(self._cluster.central, self._cluster.posts)
            wire = measure(
                [pid for post in self._cluster.posts if (pid := self._pid(post))], self._cluster.ports.broker
            )
            self.say(f"ready after {time.monotonic() - started:.0f} s")
            self._print_result(tally, wire)
            if not self._once:
                self._print_addresses()
                self._stay()
        return tally.missing == 0

    def _pid(self, post: Path) -> int | None:
        return self._cluster.pid(f"{post.name}.agent")

    def _add_people(self) -> None:
        if password := self._cluster.confirmer_password:
            self._notes.accounts.append(Account("central", CONFIRMER, CONFIRMER, password))
        known = {(account.node, account.user) for account in self._notes.accounts}
        for node in ("central", *(post.name for post in self._cluster.posts)):
            kind = "central" if node == "central" else "post"
            for user, role in PEOPLE[kind]:
                if (node, user) not in known:
                    said = diwan(kind, "user", "add", user, "--role", role, "--dir", self._folder / node)
                    self._notes.accounts.append(Account(node, user, role, grouped_secret(said)))
                    self._notes.save(self._folder)

    # --- loading -----------------------------------------------------------------------------------------------------

    def _load(self) -> None:
        central, posts = self._cluster.central, self._cluster.posts
        already = take_account(central, posts).records
        self.say(f"importing {self._records - already:,} records at {len(posts)} posts")
        since = int(time.time() * 1000)
        progress = Progress(self.say, central, posts)
        job = loading.Loading(posts, self._records - already, PICTURES_PER_POST, self._folder / "logs")
        loaded = job.run(between=progress.show)
        if loaded.refused:
            self.say(f"{loaded.refused} rows were refused: why is in {self._folder / 'logs'}/*.refused-rows.csv")
        self._wait_until_level(progress)
        ended = time.time()
        first = [commit for post in posts if (commit := first_commit(post, since)) is not None]
        self._seconds = ended - min(first) / 1000 if first else 0.0
        self._notes.records = self._records
        self._notes.save(self._folder)

    def _wait_until_level(self, progress: "Progress") -> None:
        central, posts = self._cluster.central, self._cluster.posts
        while not is_level(central, posts):
            if ended := self._cluster.ended():
                raise GivenUp(f"{ended[0]} ended by itself: see {self._folder / 'logs' / ended[0]}.log")
            if progress.stalled_for() > STALLED_SECONDS:
                raise GivenUp(
                    f"the centre has taken in nothing for {STALLED_SECONDS:.0f} s: see {self._folder / 'logs'}"
                )
            progress.show()

    # --- what the person sees ----------------------------------------------------------------------------------------

    def _print_result(self, tally: Tally, wire: Wire) -> None:
        rate = tally.changes_applied / self._seconds if self._seconds > 0 else 0.0
        result = {
            "posts": self._posts,
            "records": tally.records,
            "changes_sent": tally.changes_sent,
            "changes_applied": tally.changes_applied,
            "duplicates": tally.duplicates,
            "waiting": tally.waiting,
            "conflicts": tally.conflicts,
            "quarantined": tally.quarantined,
            "pictures": tally.pictures,
            "missing": tally.missing,
            "seconds": round(self._seconds, 3),
            "changes_per_second": round(rate, 1),
            "wire_bytes_up": wire.sent,
            "wire_bytes_down": wire.received,
            "broker": broker_version(),
        }
        if self._as_json:
            click.echo(json.dumps(result))
            return
        verdict = "nothing is missing" if tally.missing == 0 else f"{tally.missing} MISSING"
        self.say(
            f"{tally.records:,} records and {tally.pictures} pictures of {self._posts} posts are at the centre"
            f" ({tally.changes_applied:,} changes applied of {tally.changes_sent:,} sent); {verdict}"
        )
        if self._seconds:
            self.say(f"{self._seconds:.2f} s from the first import to the centre's last commit, {rate:,.0f} changes/s")

    def _print_addresses(self) -> None:
        changed = changed_passwords(self._folder, self._notes.accounts) if self._kept else set()
        rows = [
            (
                "centre" if account.node == "central" else account.node,
                self._cluster.url(account.node),
                account.user,
                CHANGED if account in changed else account.password,
            )
            for account in self._notes.accounts
        ]
        click.echo("\n" + table(("where", "address", "user", "one-time password"), rows))
        if changed:
            click.echo("\n" + how_to_reset(self._folder, sorted(changed, key=self._notes.accounts.index)[0]))
        click.echo("\nSign in at a post as its officer and report a case; then find it at the centre as the analyst.")
        click.echo(
            "The supervisor of the post checks it and may send it back. The cases on top are samples with pictures."
        )
        click.echo(
            "A one-time password is changed at the first sign-in; what you choose there holds at later starts too."
        )
        click.echo("Ctrl-C ends the demonstration.\n")
        sys.stdout.flush()

    def _stay(self) -> None:
        """Watch over the processes and tell what arrives, until Ctrl-C."""
        held = -1
        while True:
            for name in self._cluster.ended():
                self.say(f"{name} ended by itself and is started again (its log is in {self._folder / 'logs'})")
                self._cluster.start(name)
            now = changes_taken_in(self._cluster.central)
            if held >= 0 and now != held:
                self.say(
                    f"{time.strftime('%H:%M:%S')} the centre has taken in {now - held:,} more, {now:,} changes in all"
                )
            held = now
            time.sleep(1.0)


class Progress:
    """Tells once in a while how far the loading is."""

    def __init__(self, say: Callable[[str], None], central: Path, posts: list[Path]) -> None:
        self._say, self._central, self._posts = say, central, posts
        self._next = time.monotonic() + 1.0
        self._moved, self._taken_in = time.monotonic(), -1

    def show(self) -> None:
        """Rest a moment, and say something if it is time to: at most one line in two seconds."""
        time.sleep(0.03)
        if time.monotonic() < self._next:
            return
        taken_in = changes_taken_in(self._central)
        if taken_in != self._taken_in:
            self._moved, self._taken_in = time.monotonic(), taken_in
        self._say(f"  {changes_written(self._posts):,} changes saved at the posts, {taken_in:,} of them at the centre")
        self._next = time.monotonic() + 2.0

    def stalled_for(self) -> float:
        """Seconds since the centre last took something in."""
        return time.monotonic() - self._moved


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Columns as wide as their widest entry."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = [head, tuple("-" * width for width in widths), *rows]
    padded = ("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in lines)
    return "\n".join(f"  {line}".rstrip() for line in padded)


def changed_passwords(folder: Path, accounts: Sequence[Account]) -> set[Account]:
    """The accounts whose one-time password somebody has replaced by one of their own."""
    own: set[tuple[str, str]] = set()
    for node in dict.fromkeys(account.node for account in accounts):
        kind = "central" if node == "central" else "post"
        listed = json.loads(diwan(kind, "user", "list", "--json", "--dir", folder / node))["users"]
        own.update((node, one["name"]) for one in listed if one["password"] == "own")
    return {account for account in accounts if (account.node, account.user) in own}


def how_to_reset(folder: Path, account: Account) -> str:
    """What to do about a password that was changed and forgotten, with one account as the example."""
    kind = "central" if account.node == "central" else "post"
    place = folder / account.node
    return (
        f'"{CHANGED}": somebody signed in and chose a password; it still holds. If it is forgotten, such as that of '
        f"{account.user}:\n"
        f"  ./diwan {kind} user reset {account.user} --dir {place}\n"
        "and, where that waits for a second person, with the number it says:\n"
        f"  ./diwan {kind} user approve NUMBER --alone demonstration --dir {place}\n"
        f"Or delete {folder} to begin anew."
    )


def broker_version() -> str:
    """As Mosquitto names itself: "mosquitto 2.0.21"."""
    path = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    said = subprocess.run([path, "-h"], capture_output=True, text=True, check=False).stdout.split()
    return f"mosquitto {said[2]}" if said[:2] == ["mosquitto", "version"] else "mosquitto"
