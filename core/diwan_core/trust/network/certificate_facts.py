"""The end of validity and the names of a certificate, for acceptance sheets."""

from __future__ import annotations

from datetime import datetime

from cryptography import x509


def said_by(der: bytes) -> tuple[datetime, str]:
    """End of validity (UTC) and names of a certificate. Raises ValueError where it is none."""
    held = x509.load_der_x509_certificate(der)
    try:
        names = held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return held.not_valid_after_utc, held.subject.rfc4514_string()
    return held.not_valid_after_utc, ", ".join(str(name.value) for name in names)
