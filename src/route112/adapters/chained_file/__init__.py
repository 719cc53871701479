"""A file of chained lines on a real disk: the journal of changes, the audit log."""

from route112.adapters.chained_file.file import (
    FILE_BYTES_MAX,
    ChainedFile,
    ChainedFileError,
    FullError,
    Prefix,
)

__all__ = ["FILE_BYTES_MAX", "ChainedFile", "ChainedFileError", "FullError", "Prefix"]
