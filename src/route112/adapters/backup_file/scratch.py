"""
A folder for the time of one command, with what nobody else may see: it goes with the command.

Its user holds a lock on it. So what a command left that was killed can be told from what another
one is using now, and is cleared by whoever comes next.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Have a folder of mode 0700, and remove it at the end. Raises: OSError."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        if (handle := _hold(folder)) is not None:
            break
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def clear_scratch(parent: Path, prefix: str) -> None:
    """Remove what nobody uses any more; what cannot be removed stays."""
    for folder in parent.glob(f"{prefix}*"):
        if (handle := _hold(folder)) is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(handle)


def _hold(folder: Path) -> int | None:
    """Lock a folder; None: somebody has it, or it is gone or none."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    if not folder.exists():
        # Whoever clears had it before us.
        os.close(handle)
        return None
    return handle
