"""Read a file that somebody named: never wait for a pipe, never take more than fits."""

import errno
import os
import stat
from pathlib import Path


def read_plain(path: Path, most: int) -> bytes:
    """
    Return the bytes of a plain file, at most `most` + 1, so that a longer one shows.

    Raises: OSError where it cannot be read, or is a pipe or a device.
    """
    # Without O_NONBLOCK, opening a pipe would wait for its writer for ever.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is no plain file", str(path))
        return file.read(most + 1)
