"""Read a source folder: names in order, sizes bounded, nothing from outside the folder."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

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
        List all regular files below the folder, sorted; hidden folders are left out.

        A symbolic link counts where it leads to a file inside the folder.

        Raises: SourceFolderError where the folder is missing or holds too many names.
        """
        if not self.path.is_dir():
            raise SourceFolderError(
                f"{self.path} is not a folder",
                "Name the folder that holds profile.yaml; `route112 country demo` writes one",
            )
        names: list[str] = []
        for folder, folders, files in os.walk(self.path):
            depth = len(Path(folder).relative_to(self.path).parts)
            folders[:] = sorted(f for f in folders if not f.startswith(".") and depth < DEPTH_MAX)
            names += [Path(folder, file).relative_to(self.path).as_posix() for file in files]
            if len(names) > NAMES_MAX:
                raise SourceFolderError(
                    f"{self.path} holds more than {NAMES_MAX:,} files",
                    "Name the source folder itself, not one that contains it",
                )
        return tuple(sorted(name for name in names if self._is_inside(name)))

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
            # Without O_NONBLOCK, opening a pipe would wait for its writer for ever.
            with os.fdopen(os.open(real, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise SourceFolderError(f"{name} is no file", "Replace it by a plain file")
                content = file.read(FILE_BYTES_MAX + 1)
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

    def _is_inside(self, name: str) -> bool:
        """Tell whether a name leads to a regular file below the folder, links resolved."""
        real = (self.path / name).resolve()
        return real.is_file() and real.is_relative_to(self.path.resolve())
