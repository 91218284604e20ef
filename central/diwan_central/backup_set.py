"""The files that the centre adds to a node's backup: machines, acceptance sheets, roll-out, retention and access."""

from typing import Final

from diwan_core.archives.sets import BackupSet, Database

CENTRAL_SET: Final = BackupSet(
    databases=(Database("assets.db"), Database("rollout.db"), Database("privacy.db")), files=("acceptance/**/*",)
)
