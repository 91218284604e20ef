"""The roll-out belongs to the centre's backup: what people enter exists nowhere else."""

from __future__ import annotations

from diwan_central.backup_set import CENTRAL_SET
from diwan_central.rollout.store import FILE
from diwan_core.archives.sets import of_role


def test_the_roll_out_is_in_the_backup_of_the_centre_and_of_no_post() -> None:
    assert FILE in {database.name for database in CENTRAL_SET.databases}
    assert FILE in {database.name for database in of_role("central").databases}
    assert FILE not in {database.name for database in of_role("post").databases}
