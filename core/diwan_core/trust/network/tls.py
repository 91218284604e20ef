"""TLS between nodes and the broker: version 1.3 only, only our own authority, with a client certificate."""

import ssl
from pathlib import Path

from diwan_core.trust.errors import KeysMissing, KeysUnreadable
from diwan_core.trust.names import SERVICES
from diwan_core.trust.network.ca import AUTHORITY_CERTIFICATE
from diwan_core.trust.network.keys import IDENTITY_FILE, keys_folder
from diwan_core.trust.network.keys import NODE_CERTIFICATE as NODE_CERTIFICATE

_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME (openssl/x509_vfy.h), which Python's ssl passes on and has no name for."""


def client_context(folder: Path, service: str | None = None) -> ssl.SSLContext:
    """The TLS context of the node in `folder`, or of one of the centre's services ("central-ingest", …).

    The broker must show a server certificate of our authority for the host that is dialled.
    Raises KeysMissing (not enrolled yet), KeysUnreadable.
    """
    place = keys_folder(folder)
    certificate, key = _pair(service)
    for name in (certificate, key, AUTHORITY_CERTIFICATE):
        if not (place / name).exists():
            raise KeysMissing(f"{place / name} is missing: this node is not enrolled. Run `diwan enrol` first.")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks host name and certificate
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    try:
        context.load_verify_locations(place / AUTHORITY_CERTIFICATE)
        context.load_cert_chain(place / certificate, place / key, password=_no_password)
    except (ssl.SSLError, OSError) as error:
        raise KeysUnreadable(f"The keys in {place} cannot be used ({error}). Enrol this node again.") from error
    return context


def check_dates(context: ssl.SSLContext, really: bool) -> None:
    """Whether the context's next connections judge the dates of certificates; all else they judge always."""
    flags = int(context.verify_flags)
    context.verify_flags = ssl.VerifyFlags(flags & ~_NO_CHECK_TIME if really else flags | _NO_CHECK_TIME)


def reload_certificate(context: ssl.SSLContext, folder: Path, service: str | None = None) -> None:
    """Use a renewed certificate, of the node or of a service, for the context's next connections. Raises
    KeysUnreadable."""
    place = keys_folder(folder)
    certificate, key = _pair(service)
    try:
        context.load_cert_chain(place / certificate, place / key, password=_no_password)
    except (ssl.SSLError, OSError) as error:
        raise KeysUnreadable(f"The keys in {place} cannot be used ({error}). Enrol this node again.") from error


def _pair(service: str | None) -> tuple[str, str]:
    """The files of a certificate and its key."""
    if service is not None and service not in SERVICES:
        raise ValueError(f"not a service of the centre: {service!r}")
    return (NODE_CERTIFICATE, IDENTITY_FILE) if service is None else (f"{service}.crt", f"{service}.pem")


def _no_password() -> str:
    # Without it OpenSSL would ask at the terminal and a service would wait for ever.
    return ""
