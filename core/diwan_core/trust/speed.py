"""Measures the cryptographic operations on this machine: `python -m diwan_core.trust.speed` prints one JSON object.

Microseconds, best of five runs, for 1 kB messages; `argon2id_ms` in milliseconds. Figures of machines we know are in
docs/adr/0003-trust.md.
"""

import json
import sys
import tempfile
import time
import timeit
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from diwan_core.trust.names import mint_id
from diwan_core.trust.network.ca import CertificateAuthority
from diwan_core.trust.network.certificates import read_certificate, signing_request
from diwan_core.trust.network.keys import NodeKeys, verify
from diwan_core.trust.network.seal import seal
from diwan_core.trust.people import passwords

DOMAIN, INFO, MESSAGE = b"diwan/1/speed", b"header", bytes(1024)


def measure(folder: Path, runs: int = 200) -> dict[str, float]:
    """Times of each primitive; writes throw-away keys into `folder`."""
    keys, node_id, now = NodeKeys.create(folder), mint_id(), datetime.now(UTC)
    authority = CertificateAuthority.create(folder, node_id, now)
    request = signing_request(keys, node_id)
    certificate = authority.issue(request, node_id, now)
    signature = keys.sign(DOMAIN, MESSAGE)
    sealed = seal(keys.sealing_public, MESSAGE, INFO)
    found = {
        "sign_us": _best(runs, lambda: keys.sign(DOMAIN, MESSAGE)),
        "verify_us": _best(runs, lambda: verify(keys.identity_public, DOMAIN, MESSAGE, signature)),
        "seal_us": _best(runs, lambda: seal(keys.sealing_public, MESSAGE, INFO)),
        "open_us": _best(runs, lambda: keys.open(sealed, INFO)),
        "issue_certificate_us": _best(runs, lambda: authority.issue(request, node_id, now)),
        "read_certificate_us": _best(runs, lambda: read_certificate.__wrapped__(certificate, authority.certificate)),
    }
    with passwords.one_at_a_time():
        begin = time.perf_counter()
        passwords.make_verifier("three words together")
        found["argon2id_ms"] = round((time.perf_counter() - begin) * 1000, 1)
    return found


def _best(runs: int, act: Callable[[], object]) -> float:
    return round(min(timeit.repeat(act, number=runs, repeat=5)) / runs * 1e6, 1)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        json.dump(measure(Path(made)), sys.stdout)
        print()
