"""Runs: what each kind of step does, and a whole run from a seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from diwan_core.register import RegisterError

from tests.simulation import (
    steps_of_backups,
    steps_of_brokers,
    steps_of_certificates,
    steps_of_codes,
    steps_of_disks,
    steps_of_harmed_sticks,
    steps_of_keys,
    steps_of_machines,
    steps_of_people,
    steps_of_releases,
    steps_of_sticks,
    steps_of_thieves,
)
from tests.simulation.country import Country, country
from tests.simulation.coverage import Coverage
from tests.simulation.plan import Step
from tests.simulation.run import Kind, Outcome, Run

KINDS: Final[Mapping[str, Kind]] = {
    "report": steps_of_people.report,
    "edit": steps_of_people.edit,
    "photograph": steps_of_people.photograph,
    "send-back": steps_of_people.send_back,
    "rivals": steps_of_people.rivals,
    "turns": steps_of_people.turns,
    "quiet": steps_of_people.quiet,
    "kill": steps_of_machines.kill,
    "crash": steps_of_machines.crash,
    "power": steps_of_machines.power,
    "death": steps_of_machines.death,
    "statement": steps_of_machines.statement,
    "full": steps_of_machines.full,
    "disk-error": steps_of_disks.error,
    "short-read": steps_of_disks.short_read,
    "clock": steps_of_machines.clock,
    "line": steps_of_machines.line,
    "weather": steps_of_machines.weather,
    "wipe": steps_of_machines.wipe,
    "older": steps_of_releases.older,
    "forge": steps_of_brokers.forge,
    "attack": steps_of_thieves.attack,
    "years": steps_of_certificates.years,
    "backup": steps_of_backups.backup,
    "put-back": steps_of_backups.put_back,
    "centre-backup": steps_of_backups.centre_backup,
    "centre-back": steps_of_backups.centre_back,
    "clone": steps_of_keys.clone,
    "revoke": steps_of_keys.revoke,
    "rekey": steps_of_keys.rekey,
    "new-post": steps_of_keys.new_post,
    "erase": steps_of_keys.erase,
    "stick": steps_of_sticks.stick,
    "carry": steps_of_sticks.carry,
    "harm-stick": steps_of_harmed_sticks.harm,
    "codes": steps_of_codes.codes,
}


def run_in(made: Country, folder: Path, seed: int) -> Run:
    """A run that begins in a country."""
    return Run(made, folder, seed, KINDS, look_after)


def look_after(run: Run) -> None:
    """What technicians do by themselves where they are needed."""
    steps_of_keys.look_after_cut_off(run)
    steps_of_sticks.open_by_sticks(run)


def simulate(
    seed: int,
    steps: Sequence[Step],
    folder: Path,
    posts: int = 3,
    coverage: Coverage | None = None,
    enough: int | None = None,
) -> Outcome:
    """Carry out these steps from this seed in an empty folder, or until there were enough faults, and let the country
    come to rest."""
    with country(folder / "country", seed, posts) as made:
        run = run_in(made, folder, seed)
        run.coverage = coverage
        for step in steps:
            try:
                run.do(step)
            except RegisterError as error:
                run.outcome.words.append(f"{step}: {error}")
            if run.outcome.words:
                return run.outcome
            if enough is not None and run.outcome.faults.total() >= enough:
                break
        run.rest()
        return run.outcome
