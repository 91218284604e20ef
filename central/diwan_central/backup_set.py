"""What the centre adds to a node's backup: the register of machines, the sheets they were accepted by, the roll-out."""

from typing import Final

from diwan_core.archives.sets import BackupSet, Database

CENTRAL_SET: Final = BackupSet(databases=(Database("assets.db"), Database("rollout.db")), files=("acceptance/**/*",))
