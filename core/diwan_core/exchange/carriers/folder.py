"""The carrier for USB sticks: a folder on a disk that may be carried, lost, copied or tampered with on its way.

    <stick>/diwan/manifest.json            what was written when: for people; made anew by every export, never believed
    <stick>/diwan/up/<node>/<name>.dwn     from that node to its centre
    <stick>/diwan/down/<node>/<name>.dwn   from the centre to that node

A file is one message of the protocol in an envelope its sender signs: on the line TLS says whose a message is, here the
signature does. Names are safe on every file system (lower-case letters, digits, hyphens, under 60 characters). Nothing
on a stick is trusted but what verifies: links, other kinds of file, strange names and sizes are named and left."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import stat
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from diwan_core import world
from diwan_core.exchange.carriers.envelope import MAX_FILE, BadFile, Letter, Verify, disclose

ROOT: Final = "diwan"
UP: Final = "up"
DOWN: Final = "down"
MAX_NAMES: Final = 20_000
"""Names looked at in one folder; a hostile stick may hold millions."""
MAX_NODES: Final = 1_000
MANIFEST: Final = "manifest.json"

_NAME: Final = re.compile(r"([a-z])(-[a-z0-9-]{1,54})?\.dwn")
_NODE: Final = re.compile(r"[a-z2-7]{13}")
_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class NoStick(Exception):
    """The folder is not there, or cannot be written; the message names it and the remedy."""


@dataclass(slots=True)
class Looked:
    """The result of reading a stick beside its messages: files left alone, each with the reason."""

    left: list[tuple[str, str]] = field(default_factory=list)

    def leave(self, name: str, reason: str) -> None:
        """Note a file that stays as it is. A hostile name is shown harmlessly."""
        if len(self.left) < 1000:
            self.left.append((name.encode("unicode_escape", "backslashreplace").decode("ascii")[:120], reason))


class Stick:
    """A stick, by its mount point. Reading follows no link and opens nothing but plain files of a sane size."""

    def __init__(self, mount: Path) -> None:
        self.mount = mount
        self.folder = mount / ROOT

    # -- reading --------------------------------------------------------------------------------------------------

    def nodes(self, way: str, looked: Looked) -> list[str]:
        """The nodes that have a folder one way."""
        found = []
        for name in self._names((way,), looked, MAX_NODES):
            if _NODE.fullmatch(name.lower()):
                found.append(name)
            else:
                looked.leave(f"{way}/{name}", "no node's folder")
        return sorted(found)

    def letters(self, way: str, node: str, verify: Verify, looked: Looked, kinds: str) -> Iterator[Letter]:
        """The messages in one node's folder: the kinds in this order, each sorted by name; bad ones are noted."""
        names: dict[str, list[str]] = {}
        for name in self._names((way, node), looked, MAX_NAMES):
            found = _NAME.fullmatch(name.lower())
            if found is None:
                if not name.startswith("."):
                    looked.leave(f"{way}/{node}/{name}", "not a name of this protocol")
            else:
                names.setdefault(found[1], []).append(name)
        for kind in kinds:
            for name in sorted(names.get(kind, ())):
                try:
                    yield disclose(name, self._read((way, node), name), verify)
                except BadFile as error:
                    looked.leave(f"{way}/{node}/{name}", str(error))
                except OSError as error:
                    looked.leave(f"{way}/{node}/{name}", f"cannot be read ({error.strerror})")

    def _open(self, path: tuple[str, ...]) -> int:
        handle = os.open(self.mount, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for step in (ROOT, *path):
            try:
                inner = os.open(step, _DIRECTORY, dir_fd=handle)
            finally:
                os.close(handle)
            handle = inner
        return handle

    def _names(self, path: tuple[str, ...], looked: Looked, limit: int) -> list[str]:
        try:
            handle = self._open(path)
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                looked.leave("/".join(path), f"no folder ({error.strerror})")
            return []
        try:
            found: list[str] = []
            with os.scandir(handle) as entries:
                for entry in entries:  # a hostile stick may hold a million: they are put in order below
                    if len(found) == limit:
                        looked.leave("/".join(path), f"more than {limit} names; the rest was not looked at")
                        break
                    found.append(entry.name)
            return sorted(found)
        except OSError as error:
            looked.leave("/".join(path), f"cannot be listed ({error.strerror})")
            return []
        finally:
            os.close(handle)

    def _read(self, path: tuple[str, ...], name: str) -> bytes:
        folder = self._open(path)
        try:
            handle = os.open(name, _FILE, dir_fd=folder)
        finally:
            os.close(folder)
        with os.fdopen(handle, "rb") as file:
            about = os.fstat(handle)
            if not stat.S_ISREG(about.st_mode):
                raise BadFile("not a plain file")
            if about.st_size > MAX_FILE:
                raise BadFile(f"{about.st_size} bytes where at most {MAX_FILE} are taken")
            return file.read(MAX_FILE + 1)

    # -- writing --------------------------------------------------------------------------------------------------

    def make(self) -> None:
        """Make the folder on a stick that has none. Raises NoStick."""
        if not self.mount.is_dir():
            raise NoStick(f"{self.mount} is not there: plug the stick in and give the folder it appears at")
        try:
            os.mkdir(self.folder)
        except FileExistsError:
            if self.folder.is_symlink() or not self.folder.is_dir():
                raise NoStick(f"{self.folder} is not a folder: use another stick") from None
        except OSError as error:
            raise NoStick(f"{self.mount} cannot be written ({error.strerror}): is it write-protected?") from error

    def place(
        self, way: str, node: str, wanted: Mapping[str, Callable[[], bytes]], damaged: Collection[str] = ()
    ) -> int:
        """Make one node's folder hold exactly the messages `wanted`; how many files were written.

        A file that is there under its name, and not `damaged`, is not written again. Raises NoStick."""
        written = 0
        try:
            folder = self._folder(way, node)
            try:
                present = {entry for entry in os.listdir(folder) if len(entry) < 100}
                for name, content in wanted.items():
                    if name not in present or name in damaged:
                        # A folder of this name is somebody's joke; what it keeps off this stick another one carries.
                        with contextlib.suppress(IsADirectoryError):
                            _write(folder, name, content())
                            written += 1
                for name in present - wanted.keys():
                    # On a stick that knows no capitals, `P-1.DWN` is the file `p-1.dwn` that is wanted.
                    if name.lower() not in wanted and (name.startswith(".tmp-") or _NAME.fullmatch(name.lower())):
                        with contextlib.suppress(IsADirectoryError, PermissionError):
                            os.unlink(name, dir_fd=folder)
                world.sync_folder(folder)
            finally:
                os.close(folder)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            remedy = "use a larger stick, or a second one" if full else "try again, or use another stick"
            raise NoStick(f"{self.mount}: {error.strerror or error}; {remedy}. What was written is whole") from error
        return written

    def _folder(self, way: str, node: str) -> int:
        self.make()
        handle = self._open(())
        for step in (way, node):
            try:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(step, dir_fd=handle)
                inner = os.open(step, _DIRECTORY, dir_fd=handle)
            finally:
                os.close(handle)
            handle = inner
        return handle

    def manifest(self, moment_ms: int) -> None:
        """List what is on the stick, for people and for `diwan … status`; lost or wrong, it is simply made again."""
        files, looked = [], Looked()
        for way in (UP, DOWN):
            for node in self.nodes(way, looked):
                for name in sorted(self._names((way, node), looked, MAX_NAMES)):
                    if _NAME.fullmatch(name.lower()):
                        try:
                            content = self._read((way, node), name)
                        except (OSError, BadFile):
                            continue
                        digest = hashlib.sha256(content).hexdigest()
                        files.append({"name": f"{way}/{node}/{name}", "bytes": len(content), "sha256": digest})
        content = msgspec.json.format(msgspec.json.encode({"written": moment_ms, "files": files}))
        try:
            folder = self._open(())
            try:
                _write(folder, MANIFEST, content)
            finally:
                os.close(folder)
        except OSError as error:
            raise NoStick(f"{self.mount}: {error.strerror}; the files are whole, the list of them is not") from error

    def missing(self) -> list[str]:
        """Names the manifest lists that are not there any more; nothing where there is no manifest to read."""
        try:
            raw = self._read((), MANIFEST)
            listed = msgspec.json.decode(raw, type=_Manifest).files
        except (OSError, BadFile, msgspec.DecodeError, UnicodeError, RecursionError):
            return []
        gone = []
        for item in listed[:MAX_NAMES]:
            parts = item.name.split("/")
            good = (
                len(parts) == 3 and parts[0] in (UP, DOWN) and _NODE.fullmatch(parts[1]) and _NAME.fullmatch(parts[2])
            )
            if good and not os.path.lexists(self.folder / item.name):
                gone.append(item.name)
        return gone


class _Listed(msgspec.Struct):
    name: str


class _Manifest(msgspec.Struct):
    files: list[_Listed]


def _write(folder: int, name: str, content: bytes) -> None:
    """Whole or not at all, and on the stick when this returns."""
    partial = f".tmp-{world.random_hex(6)}"
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            world.sync_file(file.fileno())
        world.replace(partial, name, folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(partial, dir_fd=folder)
        raise
    world.sync_folder(folder)
