"""Read a source folder: names in order, sizes bounded, nothing from outside the folder."""

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

FILE_BYTES_MAX = 32 * 1024 * 1024
"""Largest source file."""
FOLDER_BYTES_MAX = 512 * 1024 * 1024
"""Largest sum of the files that a build reads."""
NAMES_MAX = 20_000
"""Most names in a folder, at all depths."""
DEPTH_MAX = 4
"""Deepest folder; a plan needs one level."""


class SourceFolderError(Exception):
    """A folder or file that cannot be read, in words for its user."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class SourceFolder:
    """A folder on disk, read by names relative to it."""

    path: Path

    def list_names(self) -> tuple[str, ...]:
        """
        List the names below the folder, sorted; hidden folders are left out.

        What cannot be read as a file (a pipe, a link that leads nowhere or outside, a folder that
        is linked or too deep) is listed too: somebody delivered it, so that whoever wants its
        name must hear of it.

        Raises: SourceFolderError where a folder is missing, unreadable, or holds too many names.
        """
        if not self.path.is_dir():
            raise SourceFolderError(
                f"{self.path} is not a folder",
                "Name the folder that holds profile.yaml; `route112 country demo` writes one",
            )
        names: list[str] = []
        for path, folders, files in os.walk(self.path, onerror=_refuse_folder):
            folder = Path(path)
            shown = sorted(name for name in folders if not name.startswith("."))
            at_end = len(folder.relative_to(self.path).parts) >= DEPTH_MAX
            folders[:] = [n for n in shown if not at_end and not (folder / n).is_symlink()]
            closed = [name for name in shown if name not in folders]
            names += [(folder / n).relative_to(self.path).as_posix() for n in (*files, *closed)]
            if len(names) > NAMES_MAX:
                raise SourceFolderError(
                    f"{self.path} holds more than {NAMES_MAX:,} files",
                    "Name the source folder itself, not one that contains it",
                )
        return tuple(sorted(names))

    def read(self, names: tuple[str, ...]) -> dict[str, bytes]:
        """
        Return the bytes of some files by name.

        Raises: SourceFolderError where one is missing, unreadable, too large, or leads outside.
        """
        contents: dict[str, bytes] = {}
        left = FOLDER_BYTES_MAX
        for name in names:
            contents[name] = self._read_one(name)
            left -= len(contents[name])
            if left < 0:
                raise SourceFolderError(
                    f"the files of {self.path} exceed {FOLDER_BYTES_MAX:,} bytes together",
                    "Remove what is no plan from pdaau/",
                )
        return contents

    def _read_one(self, name: str) -> bytes:
        real = (self.path / name).resolve()
        if not real.is_relative_to(self.path.resolve()):
            raise SourceFolderError(
                f"{name} leads outside {self.path}", "Replace the link by the file itself"
            )
        try:
            content = read_plain(real, FILE_BYTES_MAX)
        except OSError as error:
            raise SourceFolderError(
                f"{name} cannot be read: {error.strerror}", "Check its name and permissions"
            ) from error
        if len(content) > FILE_BYTES_MAX:
            raise SourceFolderError(
                f"{name} is larger than {FILE_BYTES_MAX:,} bytes",
                "Remove pictures and unused sheets, and save it again",
            )
        return content


def _refuse_folder(error: OSError) -> NoReturn:
    raise SourceFolderError(
        f"{error.filename} cannot be listed: {error.strerror}", "Check its permissions"
    )


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
