"""Write a file whole or not at all, and so that it is still there after a power cut."""

import os
import tempfile
from pathlib import Path

MODE_PUBLIC = 0o644
MODE_PRIVATE = 0o600


def write_atomically(
    path: Path, content: bytes, *, mode: int = MODE_PUBLIC, durable: bool = True
) -> None:
    """
    Replace `path` by `content` in one step.

    Whoever opens or has mapped the file sees the old or the new bytes, never a mixture. A
    symbolic link is replaced where it points to, as an editor would. What is written anew every
    few seconds need not be durable: after a power cut it may be old, empty or gone.

    Raises: OSError where the folder is missing, full or not ours; the old file then stays.
    """
    target = path.resolve()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".new", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    if durable:
        _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
