"""A certificate of training as a PDF, with its number in letters and as a QR code."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from diwan_core.web.language.formats import show_day
from diwan_core.web.language.i18n import _
from diwan_core.web.paper.qr import qr_inline

from diwan_central.paper import page, text
from diwan_central.rollout.certificates import Certificate
from diwan_central.rollout.training import CONTENT, MODULES, Course

_STYLE = """
@page { size: A4 landscape; margin: 20mm; }
body { text-align: center; border: 2pt solid #0d5c63; padding: 14mm 18mm; }
html[dir] p, h1 { text-align: center; }
h1 { font-size: 30pt; color: #0d5c63; margin: 6mm 0; }
.name { font-size: 26pt; margin: 5mm 0; }
.quiet { font-size: 10pt; }
.number { font-family: "DejaVu Sans Mono", monospace; font-size: 11pt; }
.signed { inline-size: 100%; margin-block-start: 12mm; }
.signed td { border: 0; vertical-align: bottom; text-align: center; inline-size: 33%; }
.signed .rule { border-block-end: .6pt solid #1d2428; }
svg { inline-size: 30mm; block-size: 30mm; }
"""


def certificate_page(certificate: Certificate, course: Course, centre: str) -> str:
    """Its HTML. The name is the one that was given by the trainee when the course began."""
    return page(_("Certificate of training"), _body(certificate, course, centre), certificate.number, _STYLE)


def _body(certificate: Certificate, course: Course, centre: str) -> Iterator[str]:
    module = _(MODULES[certificate.module])
    yield f'<p class="from"><b>Diwan</b> · {text(centre)}</p><h1>{escape(_("Certificate of training"))}</h1>'
    yield f'<p class="quiet">{escape(_("This certifies that"))}</p><p class="name">{text(certificate.name)}</p>'
    begins, ends = show_day(course.starts), show_day(course.ends)
    days = begins if begins == ends else f"{begins} – {ends}"
    yield f"<p>{escape(_('completed the module for {module}', module=module))}</p>"
    yield f"<p>{text(days)}{f' · {text(course.place)}' if course.place else ''}</p>"
    yield f'<p class="quiet">{escape(_(CONTENT[certificate.module][1]))}</p>'
    yield (
        f'<table class="signed"><tr><td class="rule">{text(course.trainer) if course.trainer else "&nbsp;"}</td>'
        f"<td>{qr_inline(certificate.number)}</td>"
        f'<td class="rule">{text(show_day(certificate.issued_on))}</td></tr>'
        f"<tr><td>{escape(_('Trainer'))}</td><td>{text(certificate.number)}</td><td>{escape(_('Date'))}</td></tr></table>"
    )
    yield f'<p class="quiet">{escape(_("The centre checks this number on its page of certificates."))}</p>'
