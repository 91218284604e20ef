"""A node's files are its owner's alone, however they came to be."""

from __future__ import annotations

import os
import stat
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from diwan_core.processes.private import mend
from diwan_core.register import Edit, Register
from diwan_lab.cluster import Cluster
from diwan_lab.command import diwan, program


def open_to_others(folder: Path) -> list[str]:
    """What others may read, write or enter; the folder itself too."""
    found = [folder, *folder.rglob("*")]
    return [str(path) for path in found if not path.is_symlink() and path.stat().st_mode & 0o077]


def loosened(folder: Path) -> int:
    """What an older release, or a careless copy, leaves: everything can be read by everybody."""
    count = 0
    for path in [*folder.rglob("*"), folder]:
        path.chmod(0o755 if path.is_dir() else 0o644)
        count += 1
    return count


def test_what_an_older_release_left_open_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "post"
    diwan("post", "init", "--dir", folder, "--label", "Post", "--office", "JOAQJ")
    (folder / "blobs" / "ab").mkdir()
    (folder / "blobs" / "ab" / "picture").write_bytes(b"x")
    (tmp_path / "elsewhere").write_text("not the node's")
    (tmp_path / "elsewhere").chmod(0o644)
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    count = loosened(folder)
    mended = mend(folder)
    assert count - 1 <= mended <= count, "all but the link"
    assert open_to_others(folder) == []
    assert mend(folder) == 0
    assert stat.S_IMODE((tmp_path / "elsewhere").stat().st_mode) == 0o644


def test_a_folder_for_another_services_group_is_left_alone(tmp_path: Path) -> None:
    broker = tmp_path / "broker"
    broker.mkdir()
    broker.chmod(0o2750)
    (broker / "access.acl").touch(0o640)
    (broker / "access.acl").chmod(0o640)
    mend(tmp_path)
    assert stat.S_IMODE(broker.stat().st_mode) == 0o2750
    assert stat.S_IMODE((broker / "access.acl").stat().st_mode) == 0o640


def test_a_register_is_private_whatever_the_umask_of_who_opens_it(folder: Path, case: Any) -> None:
    before = os.umask(0o022)
    try:
        for path in folder.glob("register.db*"):
            path.unlink()
        with Register.open(folder, role="writer") as register:
            register.save([Edit("case", case())], author="officer")
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.glob("register.db*")}
        assert modes == dict.fromkeys(("register.db", "register.db-wal", "register.db-shm"), 0o600)
    finally:
        os.umask(before)


@pytest.mark.slow
def test_no_process_of_a_node_writes_a_file_that_others_may_read(tmp_path: Path) -> None:
    """A whole network, started with the umask of most machines; an import, an export, and what older releases left."""
    before = os.umask(0o022)
    try:
        with Cluster(tmp_path / "network", posts=1) as cluster:
            post = cluster.posts[0]
            loosened(cluster.central / "blobs")
            cluster.stop()
            cluster.start(*cluster.names())
            rows = ("import", "sample:colombia", "--dir", post, "--rows", "1:20", "--errors", tmp_path / "errors.csv")
            diwan(*rows, "--pictures", "2")
            out = tmp_path / "out.csv"
            subprocess.run([program(), "export", "case", "--dir", post, "-o", str(out)], check=True, timeout=60)
            diwan("central", "user", "add", "huda", "--role", "analyst", "--dir", cluster.central)
            end = time.monotonic() + 120
            while diwan("export", "case", "--dir", cluster.central).count("\n") < 20 and time.monotonic() < end:
                time.sleep(0.2)
            assert open_to_others(post) + open_to_others(cluster.central) == []
            assert stat.S_IMODE(out.stat().st_mode) == 0o600, "case data, wherever it is written to"
    finally:
        os.umask(before)
