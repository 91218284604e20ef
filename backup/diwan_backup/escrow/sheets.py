"""The sheet of one custodian as an HTML page and a PDF: numbered words, the same as a QR code, and instructions."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Final

import segno
from diwan_core.trust.files import write_private
from diwan_core.trust.network.custodian_acts import Custodian
from diwan_core.web.paper.press import NotPrinted, print_paper

from diwan_backup.escrow.shares import SHEETS, TypedSheet
from diwan_backup.node_backups import NodeBackups

_COLUMNS: Final = 3
_STYLE: Final = (
    "body{font:15px/1.45 sans-serif;max-width:46rem;margin:1.5rem auto;padding:0 1rem;color:#1d2428}"
    "h1{font-size:22px;margin:0 0 .3rem}table{border-collapse:collapse;width:100%;margin:1rem 0}"
    "td{padding:.22rem .4rem;border:1px solid #999}td.n{width:2rem;text-align:end;color:#555}"
    "td.w{font:bold 16px monospace}svg{width:5.5cm;height:5.5cm}.two{display:flex;gap:1.5rem}"
)
_RULES: Final = (
    "Two of the three sheets open the keys of this centre. One sheet alone opens nothing.",
    "Type the words back before you leave: diwan backup escrow confirm “{name}”. Until all three have done so, the "
    "backup does not count as healthy.",
    "Keep this sheet under lock, away from the other sheets, from the backup disks and from the stick with your key. "
    "Do not photograph or copy it, and read it to nobody.",
    "If the machine is gone: meet a second custodian at the new machine, take a backup disk, and run diwan backup "
    "restore centre. It asks for the words of two sheets.",
    "If this sheet is lost, or somebody has seen it, tell the other two custodians today: they make new sheets with "
    "diwan backup escrow rotate.",
    "Destroy this sheet only when a newer set of sheets has been confirmed and every disk has been backed up since.",
)


def write(
    out: Path, backups: NodeBackups, custodian: Custodian, sheet: TypedSheet, *, pdf: bool = True
) -> tuple[list[Path], str]:
    """The files of a sheet in the folder `out`, and why there is no PDF though it was asked for. Raises OSError."""
    moment = datetime.fromtimestamp(backups.now_ms() / 1000, UTC)
    html = page(backups.config.label, custodian.name, sheet, f"{moment:%Y-%m-%d}")
    files = [out / f"sheet-{sheet.number}-{sheet.begins.replace(' ', '-')}.html"]
    write_private(files[0], html.encode(), replace=False)
    if not pdf:
        return files, ""
    try:
        paper = print_paper(html, {}, backups.folder)
    except NotPrinted as error:
        return files, str(error)
    files.append(files[0].with_suffix(".pdf"))
    write_private(files[1], paper, replace=False)
    return files, ""


def page(centre: str, name: str, sheet: TypedSheet, day: str) -> str:
    """A sheet as a page that stands by itself."""
    words = sheet.words.split()
    rows = len(words) // _COLUMNS
    table = "".join(
        "<tr>"
        + "".join(f"<td class='n'>{at + 1}</td><td class='w'>{words[at]}</td>" for at in range(row, len(words), rows))
        + "</tr>"
        for row in range(rows)
    )
    rules = "".join(f"<li>{escape(rule.format(name=name))}</li>" for rule in _RULES)
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Escrow, sheet {sheet.number}</title>"
        f"<style>{_STYLE}@page{{size:A4;margin:1.6cm}}</style></head><body>"
        f"<h1>Escrow of {escape(centre)}: sheet {sheet.number} of {SHEETS}</h1>"
        f"<p>For <b><bdi>{escape(name)}</bdi></b>. Made on {day}. All sheets of this set begin with "
        f"“{sheet.begins}”.</p><table>{table}</table>"
        f"<div class='two'><div>{_qr(sheet.words)}</div><ol>{rules}</ol></div>"
        "</body></html>"
    )


def _qr(words: str) -> str:
    out = io.BytesIO()
    code = segno.make(words.upper(), error="m", micro=False)  # upper case: the dense alphabet of QR codes
    code.save(out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=4, dark="#000", light="#fff")
    return out.getvalue().decode()
