"""
The records folder of a site: raw file in, sealed segments out, and reading both as one.

Norm: docs/formats/records.md. One rule carries it: *the renaming of a segment is the only step
that counts*. Sequence numbers follow from the raw file alone, and nothing is freed before it is
sealed and synced; so whoever comes after a crash, recorder or reader, works out the same numbers
from the newest segment and the raw file behind it.

`prepare_folder` is for whoever starts a site, `Recorder` for whoever keeps its records,
`follow` and `read_records` for whoever reads them, `verify_folder` for whoever asks whether they
are still what was sealed.
"""

from route112.adapters.record_spool.bounds import Bounds
from route112.adapters.record_spool.disk import RecorderRunningError
from route112.adapters.record_spool.layout import Folder, RawFile, prepare_folder
from route112.adapters.record_spool.reader import (
    Position,
    Reader,
    follow,
    has_records,
    read_records,
)
from route112.adapters.record_spool.recorder import Recorder
from route112.adapters.record_spool.verify import Verified, verify_folder

__all__ = [
    "Bounds",
    "Folder",
    "Position",
    "RawFile",
    "Reader",
    "Recorder",
    "RecorderRunningError",
    "Verified",
    "follow",
    "has_records",
    "prepare_folder",
    "read_records",
    "verify_folder",
]
