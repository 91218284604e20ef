"""What the centre adds to a node's backup: the register of machines, and the sheets they were accepted by."""

from typing import Final

from diwan_core.archives.sets import BackupSet, Database

CENTRAL_SET: Final = BackupSet(databases=(Database("assets.db"),), files=("acceptance/**/*",))
