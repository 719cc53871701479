"""
Which software a member runs, where that is not the one of `up`; and whether it runs at all.

A *version* is a folder of its own, beside others: a whole tree with `src`, `kamailio` and `.venv`.
Whoever exchanges a member's software leaves a file in its run directory; `up` looks at each tick,
ends the member, and starts it with the interpreter and the source of that tree. Without the file
it is the software of `up` again. So it stays exchanged, or stopped, through every restart.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from route112.adapters.atomic_file import write_atomically
from route112.apps.station.standing import VERSION_VARIABLE

FILE = "software.json"
FILE_BYTES_MAX = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Software:
    """What one member runs."""

    version: str = ""
    """Name of a version; empty: the software of `up`."""
    tree: str = ""
    """Folder of that version, absolute."""
    is_stopped: bool = False
    """It runs nothing at all."""


OWN = Software()


def read_software(folder: Path) -> Software | None:
    """Return what a member is to run; None where the file cannot be read: then as before."""
    try:
        with (folder / FILE).open("rb") as file:
            return msgspec.json.decode(file.read(FILE_BYTES_MAX), type=Software)
    except FileNotFoundError:
        return OWN
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def render_software(software: Software) -> str:
    """Return one line that says which it is."""
    return msgspec.json.encode(software).decode()


def parse_software(text: str) -> Software | None:
    """Return what such a line says; None where it is none."""
    try:
        return msgspec.json.decode(text, type=Software)
    except msgspec.DecodeError:
        return None


def is_stopped(folder: Path) -> bool:
    """Tell whether a member is to run nothing; what cannot be read is no such word."""
    found = read_software(folder)
    return found is not None and found.is_stopped


def choose_software(folder: Path, wanted: Software) -> None:
    """Have a member run this from now on; raises OSError."""
    if wanted == OWN:
        (folder / FILE).unlink(missing_ok=True)
    elif read_software(folder) != wanted:
        write_atomically(folder / FILE, msgspec.json.encode(wanted))


def find_tree(versions: Path, version: str) -> Path | None:
    """Return the folder of a version that can be started; None: there is none."""
    tree = versions.absolute() / version
    if Path(version).name != version or not os.access(_find_python(tree), os.X_OK):
        return None
    return tree if (tree / "src" / "route112").is_dir() else None


def adapt(
    argv: Sequence[str], environment: Mapping[str, str], software: Software
) -> tuple[list[str], dict[str, str]]:
    """Return the command line and the environment that start a member with its software."""
    adapted = {name: value for name, value in environment.items() if name != VERSION_VARIABLE}
    if not software.tree:
        return list(argv), adapted
    tree = Path(software.tree)
    adapted |= {VERSION_VARIABLE: software.version, "PYTHONPATH": str(tree / "src")}
    return [str(_find_python(tree)), *argv[1:]], adapted


def _find_python(tree: Path) -> Path:
    return tree / ".venv" / "bin" / "python"
