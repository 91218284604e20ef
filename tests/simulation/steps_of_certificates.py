"""Certificates that come to their end: years pass, in which those who are on renew them, or nobody does."""

from __future__ import annotations

from random import Random
from typing import Final

from diwan_core.trust.network.tls import NODE_CERTIFICATE

from tests.simulation.certificates import LAST_S, SERVICES, end_s
from tests.simulation.run import Run

DAY_S: Final = 86_400.0
FROM_END_S: Final = (-700 * DAY_S, -600 * DAY_S, -30 * DAY_S, -60.0, 60.0, 30 * DAY_S, 700 * DAY_S)
"""A third of a certificate's life is 609 days."""
HOP_S: Final = 50 * DAY_S


def years(run: Run, chance: Random) -> bool:
    """Time passes until some certificate is about to end, has just ended, or ended long ago. The country works on
    meanwhile, or is switched off."""
    folders = [post.machine.folder for post in run.country.posts]
    ends = [
        end_s(folder) for folder in folders if (folder / "keys" / NODE_CERTIFICATE).exists()
    ]  # else it gets new keys
    ends += [end_s(run.country.centre.machine.folder, f"keys/{name}.crt") for name in SERVICES]
    left = chance.choice(ends) + chance.choice(FROM_END_S) - run.country.certificates.true_s
    asleep = chance.random() < 0.5
    if left <= 0 or run.country.world.seconds + left > LAST_S:
        return False
    while left > 0:
        hop = left if asleep else min(left, HOP_S)
        run.turn(hop)
        left -= hop
    return True
