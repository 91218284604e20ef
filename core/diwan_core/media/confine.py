"""What the process that decodes a picture may use: so much time, memory and file, its open files, and nothing else.

Two layers. Resource limits hold everywhere. On the machines we ship for, a system-call filter (seccomp(2)) leaves it
what decoding needs: reading and writing what is open, memory, threads. It can open no file and no socket and start
no program, so a picture that takes the decoder over can neither read the node's data nor send it anywhere.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
from pathlib import Path
from typing import Final

CPU_SECONDS: Final = 2
EXTRA_BYTES: Final = 160 * 1024 * 1024
"""Memory beyond what Python and the codecs take before the picture is looked at; with those less than 200 MB."""
FILE_BYTES: Final = 4 * 1024 * 1024
"""The largest file it may write: a copy 1600 pixels wide takes a few hundred kilobytes."""

#: linux/audit.h AUDIT_ARCH_*, and the numbers of these calls (asm/unistd.h): clone, clone3, then what is allowed: read
#: write close fstat lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn pread64 pwrite64 readv
#: writev sched_yield mremap madvise dup ftruncate fcntl getpid gettid gettimeofday getrusage sysinfo exit exit_group
#: futex sched_getaffinity set_robust_list clock_gettime clock_nanosleep newfstatat getrandom rseq membarrier
_CALLS: Final[dict[str, tuple[int, int, int, str]]] = {
    "x86_64": (
        0xC000003E,
        56,
        435,
        "0 1 3 5 8 9 10 11 12 13 14 15 17 18 19 20 24 25 28 32 77 72 39 186 96 98 99 60 231 202 204 273 228 230 262 "
        "318 334 324",
    ),
    "aarch64": (
        0xC00000B7,
        220,
        435,
        "63 64 57 80 62 222 226 215 214 134 135 139 67 68 65 66 124 216 233 23 46 25 172 178 169 165 179 93 94 98 123 "
        "99 113 115 79 278 293 283",
    ),
}
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06  # linux/bpf_common.h
_ALLOW, _EPERM, _ENOSYS = 0x7FFF0000, 0x00050001, 0x00050026  # linux/seccomp.h: SECCOMP_RET_*
_NR, _ARCH, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
_CLONE_THREAD: Final = 0x10000
_PR_SET_SECCOMP, _FILTER, _PR_SET_NO_NEW_PRIVS = 22, 2, 38  # linux/prctl.h


def limit(cpu_seconds: int = CPU_SECONDS, extra_bytes: int = EXTRA_BYTES) -> None:
    """Limit this process for good. Called when all libraries are loaded, before the picture is touched."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + extra_bytes,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writing too much is an error of the write, with a reason
    os.nice(5)


def shut_in() -> bool:
    """Leave this process only the calls decoding needs; False where the kernel offers no filter (an emulator)."""
    calls = _CALLS.get(platform.machine())
    if calls is None:
        return False
    program = _program(*calls)
    buffer = ctypes.create_string_buffer(program, len(program))
    filters = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))  # struct sock_fprog
    libc = ctypes.CDLL(None, use_errno=True)
    prctl = libc.prctl
    prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    if prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    held = ctypes.create_string_buffer(filters, len(filters))
    return int(prctl(_PR_SET_SECCOMP, _FILTER, ctypes.addressof(held), 0, 0)) == 0


def _program(arch: int, clone: int, clone3: int, allowed: str) -> bytes:
    """The filter in classic BPF. A call it does not allow fails with EPERM; clone3 with ENOSYS, upon which the C
    library takes clone, whose flags can be looked at: a thread may be made, a process not."""
    steps = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, arch),
        (_RETURN, 0, 0, _EPERM),
        (_LOAD, 0, 0, _NR),
        (_EQUAL, 0, 1, clone3),
        (_RETURN, 0, 0, _ENOSYS),
        (_EQUAL, 0, 4, clone),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_ANY_BIT, 0, 1, _CLONE_THREAD),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _EPERM),
    ]
    for number in map(int, allowed.split()):
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    steps.append((_RETURN, 0, 0, _EPERM))
    return b"".join(struct.pack("HBBI", *step) for step in steps)
