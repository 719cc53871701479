"""
What a station says of itself to whoever brings it snapshots: RUN-DIR/standing, one line.

    R1 standing t=0 version=<of the software> file=<of the offer that was refused> reason=<why>

`file` is the number, time and size of the offered file as the file system has them: another one
that lies there by now has not been looked at. Nothing in a station reads this, or waits for it.
"""

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path

from route112.adapters.atomic_file import write_atomically
from route112.adapters.source_folder import read_plain
from route112.wire.record_lines import parse_piece, render_fields

NAME = "standing"
VERSION_VARIABLE = "ROUTE112_VERSION"
"""Environment: name of the version that a station was started as; without it the package's."""
BYTES_MAX = 1_024
_REASON = re.compile(r"[a-z][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class Standing:
    """What the supervisor says."""

    version: str = ""
    """Of its software."""
    file: str = ""
    """The offered file that it refused last; empty: the last one was fine."""
    reason: str = ""
    """Why, in kebab-case."""


def stamp_file(path: Path) -> str:
    """Return which file lies at a path; empty where none does."""
    try:
        stat = path.stat()
    except OSError:
        return ""
    return f"{stat.st_dev}-{stat.st_ino}-{stat.st_mtime_ns}-{stat.st_size}"


def write_standing(folder: Path, standing: Standing) -> None:
    """Say it; a full disk is no reason to stop a station."""
    fields: dict[str, str | int] = {
        "version": standing.version,
        "file": standing.file,
        "reason": standing.reason,
    }
    line = f"R1 standing t=0{render_fields(fields)}\n"
    with contextlib.suppress(OSError):
        write_atomically(folder / NAME, line.encode("ascii"), durable=False)


def read_standing(folder: Path) -> Standing:
    """Return what was said; an empty one where nothing was, or nothing that can be read."""
    try:
        content = read_plain(folder / NAME, BYTES_MAX)
    except OSError:
        return Standing()
    if len(content) > BYTES_MAX or content[-1:] != b"\n":
        return Standing()
    record = parse_piece(content[:-1])
    if record.kind != "standing":
        return Standing()
    fields = dict(record.fields)
    reason = fields.get("reason", "")
    if not _REASON.fullmatch(reason):
        return Standing(fields.get("version", ""))
    return Standing(fields.get("version", ""), fields.get("file", ""), reason)
