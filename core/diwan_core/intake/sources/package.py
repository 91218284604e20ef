"""Opens the zip archive of a workbook safely: sizes are added up before anything is unpacked, names of parts are
found whatever their case, and a document type declaration in XML is refused (it could expand without limit).

Parts of a workbook saved as "Strict Open XML" are given with the names of things that the usual form has."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import IO, Final

from diwan_core.dictionary import N_
from diwan_core.intake.faults import Unreadable

UNPACKED_MOST: Final = 400 * 1024 * 1024
RATIO_MOST: Final = 200
"""How many times as long as the archive its parts may be: 16 kB that become 289 MB are an attack."""
SMALL: Final = 64 * 1024
"""An archive is taken to have at least these bytes when the ratio is looked at: a small honest file is mostly zeros."""
PARTS_MOST: Final = 10_000
PART_READ_MOST: Final = 1024 * 1024
"""Bytes of a part that is read whole: relationships, a manifest."""
QUIET_MOST: Final = 1024 * 1024
"""Bytes in which at least one element has to end: a cell holds 32,767 characters at the most."""
_HEAD: Final = 64 * 1024
_PROLOG: Final = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
"""What may stand before the first element, but for a document type declaration (XML 1.0, §2.8)."""
_ENCODING: Final = re.compile(rb"^[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})", re.DOTALL)
_ENCODINGS: Final = frozenset((b"utf-8", b"utf8", b"us-ascii", b"ascii", b"iso-8859-1", b"windows-1252"))
_STRICT: Final = b"http://purl.oclc.org/ooxml/"
_USUAL: Final = (
    (_STRICT + b"spreadsheetml/main", b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"),
    (_STRICT + b"officeDocument/relationships", b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"),
)
_TOO_LARGE: Final = N_("the workbook unpacks to far more than it is long: save its sheet as CSV (UTF-8)")


class Package(zipfile.ZipFile):
    """An archive opened for reading; `counted` is told of every block that is unpacked. Raises Unreadable where it is
    none, is too much, or hides something."""

    def __init__(self, file: IO[bytes], counted: Callable[[int], None] = lambda _count: None) -> None:
        self._counted = counted
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        try:
            super().__init__(file)
        except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            template = N_("the workbook is cut off or damaged: copy or download it again, or save it anew")
            raise Unreadable(template) from error
        members = self.infolist()
        if len(members) > PARTS_MOST:
            raise Unreadable(N_("the workbook holds very many parts: save its sheet as CSV (UTF-8)"))
        unpacked = sum(member.file_size for member in members)
        if unpacked > UNPACKED_MOST or unpacked > RATIO_MOST * max(size, SMALL):
            raise Unreadable(_TOO_LARGE)
        self._by_name = {member.filename.lower().replace("\\", "/").lstrip("/"): member for member in members}

    def has(self, name: str) -> bool:
        return _key(name) in self._by_name

    def part(self, name: str) -> Part:
        """A part, to be read in blocks. Raises KeyError, Unreadable."""
        member = self._by_name[_key(name)]
        if member.flag_bits & 1:
            raise Unreadable(N_("the workbook is protected by a password: remove it in the spreadsheet program"))
        return Part(super().open(member), self._counted)

    def size(self, name: str) -> int:
        """Bytes of a part when it is unpacked; 0 where there is none."""
        member = self._by_name.get(_key(name))
        return 0 if member is None else member.file_size

    def read(self, name: str | zipfile.ZipInfo, pwd: bytes | None = None) -> bytes:
        """The whole of a small part. Raises KeyError, Unreadable."""
        with self.part(name if isinstance(name, str) else name.filename) as stream:
            content = stream.read(PART_READ_MOST + 1)
        if len(content) > PART_READ_MOST:
            raise Unreadable(_TOO_LARGE)
        return content


def _key(name: str) -> str:
    return name.lower().lstrip("/")


class Part(io.BytesIO):
    """A part of a workbook as it unpacks, once its beginning was looked at. Whoever parses it sets `quiet` to 0 when an
    element has ended; a part in which none does for long is elements within elements without end, and refused."""

    def __init__(self, stream: IO[bytes], counted: Callable[[int], None]) -> None:
        super().__init__()
        self._stream = stream
        self._counted = counted
        self.quiet = 0
        self._head = _checked(_beginning(stream))

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0:
            block, self._head = self._head + self._stream.read(), b""
        elif self._head:
            block, self._head = self._head[:size], self._head[size:]
        else:
            block = self._stream.read(size)
        self._counted(len(block))
        self.quiet += len(block)
        if self.quiet > QUIET_MOST:
            raise Unreadable(N_("the workbook is nested too deep, which no spreadsheet program writes"))
        return block

    def close(self) -> None:
        self._stream.close()
        super().close()


def _beginning(stream: IO[bytes]) -> bytes:
    head = b""
    while len(head) < _HEAD and (block := stream.read(_HEAD - len(head))):
        head += block
    return head


def _checked(head: bytes) -> bytes:
    """The beginning of a part of XML, which must show its first element and no document type declaration before it: one
    behind it is not XML. Anything else (pictures, binary sheets) is given as it is. Raises Unreadable."""
    text = head
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")):
        little = head.startswith((b"\xff\xfe", b"<\0"))
        text = head.decode("utf-16-le" if little else "utf-16-be", "replace").encode()
    text = text.removeprefix(b"\xef\xbb\xbf")
    start = text.lstrip()[:5]
    if start[:1] not in (b"<", b"") or not head:
        return head
    declared = _ENCODING.match(text) if start == b"<?xml" else None
    if declared and declared[1].lower() not in _ENCODINGS and not declared[1].lower().startswith(b"utf-16"):
        raise Unreadable(N_("the workbook has an encoding that no spreadsheet program uses: save it again"))
    prolog = _PROLOG.match(text)
    root = text[prolog.end() : prolog.end() + 2] if prolog else b""
    if root[:1] != b"<" or root in (b"<!", b"<?"):
        raise Unreadable(N_("the workbook holds a document type declaration, which no spreadsheet program writes"))
    if text is head and _STRICT in head:
        for strict, usual in _USUAL:
            head = head.replace(strict, usual)
    return head
