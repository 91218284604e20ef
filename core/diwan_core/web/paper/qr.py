"""QR codes (ISO/IEC 18004, error correction M): as a picture, and as part of a page or a paper. A console
loads what makes them only once somebody asks for one."""

from __future__ import annotations

import io


def qr_code(text: str) -> bytes:
    """A QR code as SVG, dark on light in both colour schemes."""
    import segno

    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", scale=5, border=4, dark="#000", light="#fff")
    return out.getvalue()


def qr_inline(text: str) -> str:
    """A QR code as part of a page, in the size that the page says."""
    import segno

    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", xmldecl=False, omitsize=True, border=2, dark="#000")
    return out.getvalue().decode()
