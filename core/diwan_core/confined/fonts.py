"""Opens font files, and nothing else, for a confined process that lays out text (seccomp_unotify(2)).

Whoever lays out a page needs a font once it meets a letter, so it cannot have them all open beforehand. Its filter lets
the kernel ask this process, its parent, at each opening of a file: the name asked for is read, the file is opened here,
for reading only, it is looked at where it really lies, and the descriptor is handed over. The confined process itself
opens nothing; what is not a font is refused with EACCES.

    python -I -m diwan_core.confined.fonts MODULE ARGUMENT…   runs `python -I -m MODULE ARGUMENT…` beside itself

MODULE finds the line to this process in `line()`, and gives it to `enter`. The kernels we ship for have this since
5.14 (Debian 12: 6.1). Landlock would be simpler; Raspberry Pi OS builds its kernel without it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import signal
import socket
import stat
import struct
import subprocess
import sys
from pathlib import Path
from typing import Final

from diwan_core.processes.parent import end_with_parent, with_parent
from diwan_core.ready import ready

PLACES: Final = ("/usr/share/fonts/", "/usr/local/share/fonts/")
"""Where fonts lie that a package or the administrator has installed."""
LINE: Final = "DIWAN_FONTS"
"""Environment variable: number of the descriptor of the line."""
_NOTIFICATION: Final = struct.Struct("=QIIiIQ6Q")  # struct seccomp_notif: id pid flags, nr arch ip args
_RESPONSE: Final = struct.Struct("=QqiI")  # struct seccomp_notif_resp: id val error flags
_ADD: Final = struct.Struct("=QIIII")  # struct seccomp_notif_addfd: id flags srcfd newfd newfd_flags
_RECEIVE, _SEND, _VALID, _ADD_FD = 0xC0502100, 0xC0182101, 0x40082102, 0x40182103  # linux/seccomp.h
_ADD_AND_ANSWER: Final = 2
_OPEN: Final = 2
"""Number of open on x86-64, whose first argument is the name; of openat it is the second."""
_PAGE: Final = 4096
"""As long a name may be."""


def line() -> int | None:
    """The line to the process that opens fonts for this one; None where there is none."""
    number = os.environ.pop(LINE, "")
    return int(number) if number.isdecimal() else None


def main() -> None:
    """Run the command described above. Ends with the exit code of MODULE, 1 where a signal ended it."""
    end_with_parent(signal.SIGKILL)
    ours, theirs = socket.socketpair()
    theirs.set_inheritable(True)
    worker = subprocess.Popen(
        [sys.executable, "-I", "-m", *sys.argv[1:]],
        close_fds=False,  # what was passed to us is meant for it
        env=with_parent({**os.environ, LINE: str(theirs.fileno())}),
    )
    theirs.close()
    for descriptor in (0, 1, 2):  # its outputs end when it ends
        os.close(descriptor)
    ended = os.pidfd_open(worker.pid)
    listener = _received(ours, ended)
    if listener is not None:
        _serve(listener, ended)
    os._exit(max(worker.wait(), 0) if worker.wait() >= 0 else 1)


def _received(ours: socket.socket, ended: int) -> int | None:
    """The listener of the worker's filter; None where it ended without one."""
    with ours:
        if ended in ready([ours.fileno(), ended]):
            return None
        _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
    return descriptors[0] if descriptors else None


def _serve(listener: int, ended: int) -> None:
    """Answer until the worker has ended."""
    waiting = select.poll()
    waiting.register(ended, select.POLLIN)
    waiting.register(listener, select.POLLIN)
    while True:
        ready = dict(waiting.poll())
        if ended in ready:
            return
        if ready.get(listener, 0) & select.POLLIN:
            _answer(listener)
        else:  # nobody is left who could ask
            waiting.unregister(listener)


def _answer(listener: int) -> None:
    asked = bytearray(_NOTIFICATION.size)
    try:
        fcntl.ioctl(listener, _RECEIVE, asked)
    except OSError:  # whoever asked was killed meanwhile
        return
    identity, pid, _, number, _, _, *arguments = _NOTIFICATION.unpack(asked)
    try:
        descriptor = _font(_text_at(pid, arguments[0 if number == _OPEN else 1]))
    except OSError:
        _refuse(listener, identity)
        return
    try:
        # It may have ended, and its number be another's: what was read there counts only if it still waits.
        fcntl.ioctl(listener, _VALID, struct.pack("=Q", identity))
        fcntl.ioctl(listener, _ADD_FD, _ADD.pack(identity, _ADD_AND_ANSWER, descriptor, 0, os.O_CLOEXEC))
    except OSError:
        _refuse(listener, identity)
    finally:
        os.close(descriptor)


def _refuse(listener: int, identity: int) -> None:
    try:
        fcntl.ioctl(listener, _SEND, bytearray(_RESPONSE.pack(identity, 0, -errno.EACCES, 0)))
    except OSError:
        return  # nobody waits for it any more


def _text_at(pid: int, address: int) -> str:
    """The zero-ended name in another process's memory. Raises OSError."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        memory.seek(address)
        content = memory.read(_PAGE - address % _PAGE)  # it may end right before memory that is not there
        if b"\0" not in content:
            content += memory.read(_PAGE)
    name, end, _ = content.partition(b"\0")
    if not end:
        raise OSError(errno.ENAMETOOLONG, "no name")
    return os.fsdecode(name)


def _font(name: str) -> int:
    """An open font. Raises OSError where it is none."""
    if not name.startswith(PLACES):
        raise OSError(errno.EACCES, "not a font")
    descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
    real = os.readlink(f"/proc/self/fd/{descriptor}")
    if not real.startswith(PLACES) or not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EACCES, "not a font")
    return descriptor


if __name__ == "__main__":
    main()
