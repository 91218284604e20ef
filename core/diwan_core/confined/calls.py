"""The system-call filter of a confined process (seccomp(2)), written in classic BPF.

A call it does not allow fails with EPERM. A thread may be made, a process not: clone3, whose flags cannot be looked at,
fails with ENOSYS, upon which the C library takes clone, whose flags can.
"""

from __future__ import annotations

import os
import platform
import socket
import struct
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Numbers:
    """The numbers of one machine's system calls (asm/unistd.h). `allowed`: read write close fstat lseek mmap mprotect
    munmap brk rt_sigaction rt_sigprocmask rt_sigreturn pread64 pwrite64 readv writev sched_yield mremap madvise dup
    ftruncate fcntl getpid gettid gettimeofday getrusage sysinfo exit exit_group futex sched_getaffinity
    set_robust_list clock_gettime clock_nanosleep newfstatat getrandom rseq membarrier getcwd."""

    arch: int
    """linux/audit.h AUDIT_ARCH_*."""
    clone: int
    clone3: int
    seccomp: int
    sendmsg: int
    openings: tuple[int, ...]
    """openat, and open where there is one."""
    allowed: tuple[int, ...]


_MACHINES: Final = {
    "x86_64": Numbers(
        0xC000003E, 56, 435, 317, 46, (257, 2),
        (0, 1, 3, 5, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 24, 25, 28, 32, 77, 72, 39, 186, 96, 98, 99, 60, 231,
         202, 204, 273, 228, 230, 262, 318, 334, 324, 79),
    ),
    "aarch64": Numbers(
        0xC00000B7, 220, 435, 277, 211, (56,),
        (63, 64, 57, 80, 62, 222, 226, 215, 214, 134, 135, 139, 67, 68, 65, 66, 124, 216, 233, 23, 46, 25, 172, 178,
         169, 165, 179, 93, 94, 98, 123, 99, 113, 115, 79, 278, 293, 283, 17),
    ),
}  # fmt: skip
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06  # linux/bpf_common.h
_ALLOW, _ASK, _EPERM, _ENOSYS = 0x7FFF0000, 0x7FC00000, 0x00050001, 0x00050026  # linux/seccomp.h: SECCOMP_RET_*
_NR, _ARCH, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
_CLONE_THREAD: Final = 0x10000
_SET_MODE_FILTER, _ALL_THREADS, _NEW_LISTENER, _PR_SET_NO_NEW_PRIVS = 1, 1 | 16, 8, 38  # linux/seccomp.h, prctl.h


def shut_in(fonts: int | None = None) -> bool:
    """Leave this process only the calls that computing needs; False where the kernel offers no filter.

    With `fonts`, whoever holds the other end of that socket is asked about every file to be opened (see `fonts`)."""
    import ctypes  # 0.8 MB, which the process that starts this one does without

    numbers = _MACHINES.get(platform.machine())
    if numbers is None:
        return False
    program = filter_of(numbers, asking=fonts is not None)
    buffer = ctypes.create_string_buffer(program, len(program))
    filters = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))  # struct sock_fprog
    held = ctypes.create_string_buffer(filters, len(filters))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), *[ctypes.c_ulong(0)] * 3) != 0:
        return False
    line = None if fonts is None else socket.socket(fileno=fonts)  # looks at the descriptor, which is forbidden later
    flags = _ALL_THREADS if fonts is None else _ALL_THREADS | _NEW_LISTENER
    libc.syscall.restype = ctypes.c_long
    made = libc.syscall(
        ctypes.c_long(numbers.seccomp), ctypes.c_ulong(_SET_MODE_FILTER), ctypes.c_ulong(flags), ctypes.byref(held)
    )
    if made < 0:
        return False
    if line is not None:
        with line:
            socket.send_fds(line, [b"f"], [made])
        os.close(made)
    return True


def filter_of(numbers: Numbers, *, asking: bool) -> bytes:
    """The filter's program for one machine."""
    steps = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, numbers.arch),
        (_RETURN, 0, 0, _EPERM),
        (_LOAD, 0, 0, _NR),
        (_EQUAL, 0, 1, numbers.clone3),
        (_RETURN, 0, 0, _ENOSYS),
        (_EQUAL, 0, 4, numbers.clone),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_ANY_BIT, 0, 1, _CLONE_THREAD),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _EPERM),
    ]
    for number in (*numbers.allowed, *((numbers.sendmsg,) if asking else ())):
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    for number in numbers.openings if asking else ():
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ASK)]
    steps.append((_RETURN, 0, 0, _EPERM))
    return b"".join(struct.pack("HBBI", *step) for step in steps)
