"""What a process gives up that works on files of strangers; called by itself, before it sees the first."""

import ctypes
import os
import resource
import sys
from contextlib import suppress

_NEW_NAMESPACES = 0x10000000 | 0x40000000
"""CLONE_NEWUSER | CLONE_NEWNET"""

_DIE_WITH_PARENT, _NO_NEW_PRIVILEGES = 1, 38
"""PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS"""

_OPEN_FILES = 64
_LARGEST_COPY = 1 << 30


def shut_in(megabytes: int) -> None:
    """Bounds on memory, open files and copies, and no network. Where the system knows no such bound, others hold."""
    os.nice(5)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_COPY, _LARGEST_COPY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_DIE_WITH_PARENT, 9)
        libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        libc.unshare(_NEW_NAMESPACES)


def allow_time(seconds: int) -> None:
    """Processor time for the next file, on top of what the ones before took."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(spent.ru_utime + spent.ru_stime) + seconds + 1, -1))
