"""Confined processes: they work on bytes from strangers and can do nothing else.

There are two sides. The worker imports everything it needs and then calls `enter`: from then on it has a limited
amount of processor time, memory and file size, the descriptors it holds, and nothing else. The caller starts the
worker with `host.run`, which gives it an empty environment, waits a limited time and reads a limited answer.

    # worker, started as `python -I -m package.worker`        # console or job
    LIMITS = Limits(cpu_seconds=2, …)                          done = host.run("package.worker", …, seconds=10)
    import whatever_decodes
    enter(LIMITS)
    print(worked(sys.stdin.buffer))

A worker never opens a file by name: what it reads and writes are its standard input and output and the descriptors it
was passed (`pass_fds`), named to it by number.
"""

from diwan_core.confined.limits import Limits, enter

__all__ = ["Limits", "enter"]
