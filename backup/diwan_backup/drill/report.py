"""The report of a drill: JSON as it was signed, and the same as an HTML page and a PDF for a director to file."""

from __future__ import annotations

from base64 import b32encode
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Final

import msgspec
from diwan_core.archives.record import FOLDER
from diwan_core.trust import NodeKeys, fingerprint, verify
from diwan_core.trust.files import make_private_folder, write_private
from diwan_core.web.paper.press import NotPrinted, print_paper

from diwan_backup.drill.trial import Drill

PLACE: Final = "drills"
DOMAIN: Final = b"diwan/1/backup-drill"
_STYLE: Final = (
    "body{font:15px/1.5 sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem;color:#1d2428}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:start;padding:.3rem .5rem;border-bottom:1px solid #bbb;"
    "vertical-align:top}.sign{font-family:monospace;overflow-wrap:anywhere;font-size:12px}"
)


class Written(msgspec.Struct, frozen=True):
    """The files of a report. `paper` is empty where no PDF could be made; the reason is in `not_printed`."""

    folder: str
    page: str
    paper: str
    not_printed: str


def write(folder: Path, drill: Drill) -> Written:
    """Write the report into `DIR/backup/drills/`, signed by this node. Raises OSError, TrustError."""
    keys = NodeKeys.load(folder)
    raw = msgspec.json.format(msgspec.json.encode(drill))
    signature = keys.sign(DOMAIN, raw)
    place = folder / FOLDER / PLACE
    make_private_folder(place)
    name = f"{datetime.fromtimestamp(drill.began_ms / 1000, UTC):%Y-%m-%d-%H%M%S}"
    html = page(drill, keys.identity_public, signature)
    write_private(place / f"{name}.json", raw)
    write_private(place / f"{name}.sig", signature)
    write_private(place / f"{name}.html", html.encode())
    try:
        paper = print_paper(html, {}, folder)
        write_private(place / f"{name}.pdf", paper)
    except NotPrinted as error:
        return Written(str(place), f"{name}.html", "", str(error))
    return Written(str(place), f"{name}.html", f"{name}.pdf", "")


def is_signed(raw: bytes, signature: bytes, identity: bytes) -> bool:
    """Whether a node signed this report."""
    return verify(identity, DOMAIN, raw, signature)


def page(drill: Drill, identity: bytes, signature: bytes) -> str:
    """The report as a page that stands by itself."""
    result = "The restore works." if drill.ok else "THE RESTORE FAILED."
    facts = [
        ("Centre", f"{drill.label} ({drill.node})"),
        ("Result", result),
        ("Tried on", f"{_moment(drill.began_ms)}, {round((drill.ended_ms - drill.began_ms) / 1000)} seconds"),
        ("Archive", f"{drill.archive}, made {_moment(drill.archive_ms)} by release {drill.release}"),
        ("Repository", drill.repository),
        ("SHA-256 of its manifest", drill.manifest),
        ("Signed by the key", fingerprint(identity)),
    ]
    rows = "".join(f"<tr><th scope='row'>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in facts)
    steps = "".join(
        f"<tr><td class='nowrap'>{'done' if step.ok else '<b>FAILED</b>'}</td><td>{escape(step.name)}</td>"
        f"<td>{escape(step.found)}</td><td class='nowrap'>{step.seconds:.1f} s</td></tr>"
        for step in drill.steps
    )
    return (
        f"<!doctype html><html lang='en' dir='ltr'><head><meta charset='utf-8'><title>Trial of a restore</title>"
        f"<style>{_STYLE}</style></head><body><header><h1>Trial of a restore</h1></header>"
        f"<table class='facts'>{rows}</table><h2>What was tried</h2>"
        "<table class='grid'><thead><tr><th class='nowrap'>Result</th><th>Step</th><th>What was found</th>"
        "<th>Time</th></tr></thead>"
        f"<tbody>{steps}</tbody></table><h2>Signature</h2><p class='quiet sign'>{_grouped(signature)}</p>"
        "<p class='quiet'>Of the file of the same name that ends in .json, by the centre's identity key "
        "(Ed25519). Check it "
        "with: diwan backup drill --check FILE.json</p><p>Read and filed by: ______________________ "
        "on: ______________</p></body></html>"
    )


def _moment(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def _grouped(signature: bytes) -> str:
    text = b32encode(signature).decode().rstrip("=").lower()
    return " ".join(text[at : at + 8] for at in range(0, len(text), 8))
