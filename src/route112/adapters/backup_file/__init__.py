"""
A backup: one file of mode 0600, a tar archive whose first member says what else is in it.

`write_backup` reads what it wrote before it gives it its name; `read_backup` believes nothing that
the manifest does not name, byte for byte. With a passphrase all of it is sealed (`sealing`).
What it is made of, or unpacked into, lies in a folder that goes with its command (`scratch`).
"""

from route112.adapters.backup_file.archive import (
    MANIFEST_VERSION,
    Backup,
    BackupError,
    Manifest,
    Piece,
    hash_file,
    read_backup,
    write_backup,
)
from route112.adapters.backup_file.scratch import clear_scratch, scratch_folder

__all__ = [
    "MANIFEST_VERSION",
    "Backup",
    "BackupError",
    "Manifest",
    "Piece",
    "clear_scratch",
    "hash_file",
    "read_backup",
    "scratch_folder",
    "write_backup",
]
