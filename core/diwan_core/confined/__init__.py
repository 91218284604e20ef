"""A process that works on a stranger's bytes and can do nothing but that.

Two sides. The worker imports everything it needs and then calls `enter`: from there on it has so much processor time,
memory and file, the descriptors it holds, and nothing else. Whoever needs the work done starts the worker with
`host.run`, which gives it an empty environment, waits so long and reads so much.

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
