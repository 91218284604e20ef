"""The process that reads one sheet of a workbook into a sheet file and ends. It is started by `workbook`, never by
hand:

    python -I -m diwan_core.intake.sources.workbook_worker SHEET OUT-FD TOLD-FD <workbook

It opens nothing itself: the workbook is its standard input, the rows go to one descriptor it was given, how far it is
to another (a byte for each hundredth), and to standard output one line of JSON: {"done": true}, {"full": true} or
{"refused": sentence}. SHEET is empty for the first sheet that is not hidden."""

from __future__ import annotations

import errno
import json
import mmap
import os
import re
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Any, Final, Protocol

from diwan_core.confined import Limits, enter
from diwan_core.dictionary import N_, Sentence, sentence
from diwan_core.intake.faults import Unreadable
from diwan_core.intake.sources import sheet as sheets
from diwan_core.intake.sources.sheet import SheetFacts, SheetRow
from diwan_core.intake.sources.workbook import NO_MEMORY
from diwan_core.intake.wording import pack_words

LIMITS: Final = Limits(cpu_seconds=240, extra_bytes=400 * 1024 * 1024, file_bytes=512 * 1024 * 1024)
SHEETS_MOST: Final = 200
TELL_EVERY_S: Final = 0.2
_OLE: Final = b"\xd0\xcf\x11\xe0"
_ENCRYPTED: Final = re.compile("EncryptedPackage".encode("utf-16-le") + rb"|\x09\x08\x10\0.{16}\x2f\0", re.DOTALL)
"""The container of an encrypted XLSX ([MS-OFFCRYPTO] §2.3), or FILEPASS behind the first record of an XLS."""
_ZIP: Final = b"PK"
_LOCKED: Final = N_("the workbook is protected by a password: remove it in the spreadsheet program")
_DAMAGED: Final = N_("the workbook is cut off or damaged: copy or download it again, or save it anew")
_NO_WORKBOOK: Final = N_("this is not a workbook with a sheet in it: save the sheet as XLSX or CSV (UTF-8)")


class _Book(Protocol):
    @property
    def sheets(self) -> list[tuple[str, bool]]: ...

    def size_of(self, sheet: str) -> int: ...

    def rows(self, sheet: str, facts: SheetFacts) -> Iterator[SheetRow]: ...


class _Teller:
    """Says how far the work is, not more often than somebody looks."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._due = 0.0
        self.total = 0
        self._done = 0

    def __call__(self, count: int) -> None:
        self._done += count
        now = time.monotonic()
        if self.total and now >= self._due:
            self._due = now + TELL_EVERY_S
            with suppress(OSError):  # nobody listens any more
                os.write(self._descriptor, bytes([min(100, self._done * 100 // self.total)]))


def main() -> None:
    name, out, told = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    warnings.simplefilter("ignore")
    os.environ |= {"OPENPYXL_DEFUSEDXML": "False", "OPENPYXL_LXML": "False"}  # `package` does what the first is for
    from diwan_core.intake.sources import package, workbook_other, workbook_xlsx  # noqa: F401  loaded while files can be opened

    workbook_xlsx.prepare()
    enter(LIMITS)
    with os.fdopen(out, "wb", closefd=False) as file:
        print(json.dumps(_worked(name, sys.stdin.buffer, file, _Teller(told))), flush=True)
    os._exit(0)  # nothing is left to tidy up, and nothing may be opened to do it


def _worked(name: str, source: IO[bytes], out: IO[bytes], tell: _Teller) -> dict[str, Any]:
    try:
        _read(name, source, out, tell)
    except Unreadable as error:
        return {"refused": pack_words(error.sentence)}
    except MemoryError:
        os._exit(NO_MEMORY)  # there is none left to say it with
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return {"full": True}
        return {"refused": pack_words(sentence(_DAMAGED))}
    except Exception as error:  # noqa: BLE001  libraries raise anything on damaged input; the process ends here anyway
        return {"refused": pack_words(_of(error))}
    return {"done": True}


def _of(error: Exception) -> Sentence:
    return sentence(_LOCKED if type(error).__name__ == "PasswordError" else _DAMAGED)


def _read(name: str, source: IO[bytes], out: IO[bytes], tell: _Teller) -> None:
    form, book = _opened(source, tell)
    facts = SheetFacts(form=form, sheets=book.sheets[:SHEETS_MOST])
    facts.sheet = _chosen(facts.sheets, name)
    tell.total = book.size_of(facts.sheet)
    sheets.write(out, book.rows(facts.sheet, facts), facts)


def _opened(source: IO[bytes], tell: _Teller) -> tuple[str, _Book]:
    """What kind of workbook it is, and the workbook. Raises Unreadable."""
    from diwan_core.intake.sources.package import Package
    from diwan_core.intake.sources.workbook_other import OtherWorkbook
    from diwan_core.intake.sources.workbook_xlsx import Workbook

    head = source.read(8)
    source.seek(0)
    if head.startswith(_OLE):
        with mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as content:
            if _ENCRYPTED.search(content):
                raise Unreadable(_LOCKED)
        return "xls", OtherWorkbook(source)
    if not head.startswith(_ZIP):
        raise Unreadable(_NO_WORKBOOK)
    archive = Package(source, tell)
    if archive.has("xl/workbook.bin"):
        return "xlsb", OtherWorkbook(source)
    if archive.has("content.xml") and archive.has("mimetype"):
        if archive.has("META-INF/manifest.xml") and b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise Unreadable(_LOCKED)
        if b"spreadsheet" not in archive.read("mimetype"):
            raise Unreadable(_NO_WORKBOOK)
        return "ods", OtherWorkbook(source)
    return "xlsx", Workbook(archive)


def _chosen(there: list[tuple[str, bool]], name: str) -> str:
    """The sheet of this name; the first that is shown where none is named. Raises Unreadable naming those there are."""
    if not there:
        raise Unreadable(_NO_WORKBOOK)
    if not name:
        return next((known for known, hidden in there if not hidden), there[0][0])
    if not any(known == name for known, _hidden in there):
        names = ", ".join(known for known, _hidden in there[:20])
        template = N_("the workbook has no sheet {sheet}; its sheets are {there}")
        raise Unreadable(template, sheet=repr(name[:80]), there=names)
    return name


if __name__ == "__main__":
    main()
