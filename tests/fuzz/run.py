"""One target under fire, in a process with limits: `python -m tests.fuzz.run "rows" --seconds 600 --seed 1`.

Memory is limited to 256 MB, libraries included, and a single input to ten seconds; whatever breaks either, or raises
what it may not, ends the run with the input kept in `--keep`, to be added to `tests/fuzz/found/` with the repair."""

from __future__ import annotations

import argparse
import logging
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.exchange.network import network
from tests.fuzz.mutate import mutated
from tests.fuzz.targets import targets

MEMORY = 256 * 1024 * 1024
HANG_S = 10
FOUND = Path(__file__).parent / "found"


def main() -> int:
    """Exit code 0, or 1 with what was found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-found.bin"))
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)  # for the whole process, so never where a suite imports it
    # Writable memory of the process, whatever is mapped of libraries besides (setrlimit(2), RLIMIT_DATA).
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, _hangs)
    chance = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as place, network(Path(place), posts=2) as net:
        net.settle()
        target = targets(net, Path(place))[asked.target]()
        inputs = [path.read_bytes() for path in sorted((FOUND / asked.target.replace(" ", "-")).glob("*"))]
        inputs += target.corpus
        end, tried = time.monotonic() + asked.seconds, 0
        while inputs or time.monotonic() < end:
            data = inputs.pop() if inputs else mutated(target.corpus, chance)
            tried += 1
            signal.alarm(HANG_S)
            try:
                target.take(data)
            except Exception:  # noqa: BLE001  (anything a target raises is the finding)
                asked.keep.write_bytes(data)
                traceback.print_exc()
                print(f"{asked.target}: input {tried} of seed {asked.seed} is kept in {asked.keep}")
                return 1
            finally:
                signal.alarm(0)
    peak = _peak()
    told = f"{asked.target}: {tried} inputs of seed {asked.seed} in {asked.seconds / 60:g} min, peak {peak >> 20} MB"
    print(f"{told}, {'nothing found' if peak <= MEMORY else 'MORE THAN IT MAY TAKE'}")
    return int(peak > MEMORY)


def _peak() -> int:
    """The most resident memory this program had, in bytes. getrusage would count whoever started it, too: what the
    process held before it became this program."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024  # proc_pid_status(5): KiB
    raise NotImplementedError("no VmHWM here: this needs Linux")


def _hangs(_number: int, _frame: object) -> None:
    raise TimeoutError(f"one input took more than {HANG_S} s")


if __name__ == "__main__":
    sys.exit(main())
