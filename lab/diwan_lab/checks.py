"""The command `diwan test`: runs every check of the project, the same here and in continuous integration.

ruff, its formatter, mypy and import-linter run side by side first (they share nothing and take seconds), then pytest,
whose closing line stays the last line printed. A check that fails does not keep the tests from running: one run tells
everything.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 3
"""How many processes share the tests, on two cores: tests spend nearly half of their time waiting (for a machine that
boots, a playbook, a broker, a disk's confirmation, a fault that takes its time), and meanwhile another one runs."""
FAILED_CHECKS = "DIWAN_FAILED_CHECKS"
"""Environment variable by which tests/conftest.py learns what to repeat above pytest's closing line."""

CHECKS = {
    "ruff check": ["ruff", "check", "--quiet", "--output-format=concise"],
    "ruff format": ["ruff", "format", "--check", "--quiet", "--output-format=concise"],
    "mypy": ["mypy", "--no-error-summary"],
    "import-linter": ["lint-imports", "--no-logo"],
}


@dataclass(frozen=True)
class Outcome:
    """How one check ended: `output` is what it printed, `seconds` its wall time."""

    name: str
    passed: bool
    output: str
    seconds: float


def run_check(name: str, argv: list[str]) -> Outcome:
    started = time.monotonic()
    program = str(Path(sys.executable).parent / argv[0])
    done = subprocess.run(
        [program, *argv[1:]], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return Outcome(name, done.returncode == 0, done.stdout, time.monotonic() - started)


def run_checks() -> list[Outcome]:
    """Run all checks side by side and print each as it is known; the whole output only of those that fail."""
    outcomes = []
    with ThreadPoolExecutor(max_workers=len(CHECKS)) as pool:
        for outcome in pool.map(run_check, CHECKS.keys(), CHECKS.values()):
            click.echo(f"{outcome.name:<15} {'ok' if outcome.passed else 'FAILED':<7}{outcome.seconds:6.1f} s")
            if not outcome.passed:
                click.echo(outcome.output)
            outcomes.append(outcome)
    return outcomes


def environment(failed: Sequence[str]) -> dict[str, str]:
    """That of the tests: ours, with the checks that failed; bytecode is kept, as on a post. Without it each of the
    thousands of processes that tests start compiles what it imports, and so does each worker with the tests."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {FAILED_CHECKS: ", ".join(failed)}


@click.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]},
    epilog="All other arguments go to pytest: diwan test -k register -x",
)
@click.option("--quick", is_flag=True, help="Leave out the slow tests; at most three minutes.")
@click.option("--lab", is_flag=True, help="Also the tests that build whole machines; root, and many minutes.")
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def test(quick: bool, lab: bool, pytest_args: tuple[str, ...]) -> None:
    """Run every check: ruff, mypy, import-linter, and all tests."""
    failed = [outcome.name for outcome in run_checks() if not outcome.passed]
    argv = [sys.executable, "-m", "pytest", "-n", str(WORKERS), *pytest_args]
    argv += [flag for flag, given in (("--quick", quick), ("--lab", lab)) if given]
    sys.stdout.flush()
    done = subprocess.run(argv, cwd=ROOT, env=environment(failed), check=False)
    sys.exit(done.returncode or bool(failed))
