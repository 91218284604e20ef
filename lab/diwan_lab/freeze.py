"""Freezes what a release leaves behind: a centre, a post, a stick and a backup, made by the release itself.

`python -m diwan_lab.freeze tests/release/frozen` is run once, when a release is cut; the archive is never made again.
Later releases open, merge and restore it (`tests/release`). Its keys and its cases belong to nobody."""

from __future__ import annotations

import json
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Final

from diwan_lab.cluster import Cluster
from diwan_lab.command import CommandFailed, diwan

HERE: Final = "10-30"
ON_THE_STICK: Final = "40-44"
LONGEST_S: Final = 120.0


def freeze(into: Path) -> Path:
    """Make the archive of the release that is installed; its path. Raises CommandFailed."""
    version = diwan("--version").split()[-1]
    path = into / f"{version}.tar.xz"
    if path.exists():
        raise CommandFailed(f"{path} is there: what a release left behind is never made again")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "frozen"
        facts = _live(folder)
        facts["version"] = version
        (folder / "facts.json").write_text(json.dumps(facts, indent=1) + "\n")
        into.mkdir(parents=True, exist_ok=True)
        with tarfile.open(path, "w:xz", preset=9) as archive:
            for name in ("central", "post1", "stick", "disk", "facts.json"):
                archive.add(folder / name, name, filter=_anybody)
    return path


def _live(folder: Path) -> dict[str, object]:
    """A short life: cases that arrive, a backup that is read back, cases that only a stick carries."""
    with Cluster(folder, posts=1) as cluster:
        central, post = cluster.central, cluster.posts[0]
        _enter(post, HERE)
        end = time.monotonic() + LONGEST_S
        while (cases := _cases(post)) != _cases(central):
            if time.monotonic() > end:
                raise CommandFailed("the cases did not arrive")
            time.sleep(0.5)
        cluster.stop()
    (folder / "disk").mkdir()
    begun = json.loads(
        diwan("backup", "init", folder / "disk/repository", "--dir", central, "--name", "disk", "--json")
    )
    diwan("backup", "run", "--dir", central, "--quiet")
    _enter(post, ON_THE_STICK)
    (folder / "stick").mkdir()
    diwan("post", "export-parcels", folder / "stick", "--dir", post)
    diwan("audit", "verify", "--dir", central)
    return {
        "cases": cases, "cases_of_the_post": _cases(post), "paper_key": _paper_key(begun),
    }  # fmt: skip


def _cases(node: Path) -> str:
    """All cases of a node, whole: what a later release is compared with."""
    return diwan("export", "case", "--dir", node, "--nominal")


def _enter(post: Path, rows: str) -> None:
    diwan("import", "sample:colombia", "--mapping", "colombia", "--dir", post, "--rows", rows.replace("-", ":"))


def _paper_key(begun: dict[str, object]) -> str:
    for name in ("paper", "paper_key", "recovery_key", "key"):
        if isinstance(begun.get(name), str):
            return str(begun[name])
    raise CommandFailed(f"`diwan backup init` did not show the recovery key: {sorted(begun)}")


def _anybody(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Files that belong to whoever unpacks them; no locks and sockets of processes that ended."""
    if entry.name.endswith((".lock", ".sock")) or not (entry.isfile() or entry.isdir()):
        return None
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


if __name__ == "__main__":
    try:
        print(freeze(Path(sys.argv[1])))
    except CommandFailed as error:
        sys.exit(str(error))
