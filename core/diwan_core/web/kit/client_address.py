"""The address a request comes from, as limits and logs count it."""

from flask import request

from diwan_core.proxies import TrustedProxies
from diwan_core.web.kit.console import console


def client_address() -> str:
    """The address of this request's client; behind a trusted proxy the one that the proxy names. Empty where the
    request came over a Unix socket and nobody names one."""
    proxies = TrustedProxies.parse(console().node.trusted_proxies)
    return proxies.client(request.remote_addr or "", request.headers.getlist("X-Forwarded-For"))
