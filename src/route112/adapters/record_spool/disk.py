"""What the recorder asks of the disk: durable files, one lock, and holes behind itself."""

import contextlib
import ctypes
import errno
import fcntl
import os
import stat
from collections.abc import Callable
from pathlib import Path

MODE_FOLDER = 0o700
MODE_FILE = 0o600

_KEEP_SIZE = 0x01
_PUNCH_HOLE = 0x02
"""FALLOC_FL_*, from linux/falloc.h."""


class NoRegularFileError(OSError):
    """A pipe, a folder or a device is in the place of a file."""


class RecorderRunningError(Exception):
    """Another recorder holds the lock of this records folder."""


def take_lock(path: Path) -> int:
    """
    Take the recorder's lock; the descriptor that is returned holds it until it is closed.

    Raises: RecorderRunningError when another process has it, OSError.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE_FILE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise RecorderRunningError(f"{path.parent} has a recorder already") from error
    return handle


def open_regular(path: Path) -> int:
    """
    Open a file for reading, and wait for nobody: a pipe in its place would be waited for.

    Raises: OSError; NoRegularFileError for what is none.
    """
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise NoRegularFileError(errno.EINVAL, "is no regular file", str(path))
    return handle


def write_durably(path: Path, content: bytes) -> None:
    """
    Write a file aside, sync it, rename it and sync the folder.

    Raises: OSError, a full disk for example; nothing is left behind then.
    """
    aside = path.with_name(f"{path.name}.new")
    try:
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, MODE_FILE)
        try:
            write_all(handle, content)
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(aside, path)  # noqa: PTH105  one call that a test can end the world at
    except OSError:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_all(handle: int, content: bytes) -> None:
    """Write all bytes; OSError where the disk takes no more."""
    view = memoryview(content)
    while view:
        written = os.write(handle, view)
        if written == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        view = view[written:]


def sync_folder(folder: Path) -> None:
    """Make a renaming or a removal in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def load_punch() -> Callable[[int, int, int], None]:
    """
    Return a function (descriptor, offset, length) that gives blocks of a file back to the disk.

    It raises OSError where the file system cannot. Python has no name for this call.
    """
    call = ctypes.CDLL(None, use_errno=True).fallocate
    call.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]

    def punch(handle: int, offset: int, length: int) -> None:
        if call(handle, _PUNCH_HOLE | _KEEP_SIZE, offset, length) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))

    return punch
