"""
What became of a snapshot at one instant, and the frame of a program that translates it.

A supervisor has no time to translate, so a child process does: the snapshot is its standard input,
and on its standard output it says what a `Translation` holds.

    python -m route112.adapters.tables.MODULE FILE NOW-US [DIGEST-OF-THE-TABLES-BEFORE [...]]
"""

import gc
import hashlib
import json
import mmap
import signal
import sqlite3
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from route112.adapters.tables.file import write_htables
from route112.model import UtcTime
from route112.snapshot.reader import Snapshot

SECONDS_MAX = 60
"""Of a translation as a program: a country takes less than one on a machine that is not busy."""

Tables = Mapping[str, Mapping[str, str]]
"""Rows by the name of each table, without the rows that tell what it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """What became of a snapshot at one instant."""

    generation: int
    built: int
    """Instant for which it was translated."""
    counts: Mapping[str, int]
    """Rows of each table without its marks."""
    digest: str
    """Equal for two translations of one generation that say the same."""
    due: int | None
    """Next instant at which an answer may change."""

    @property
    def marks(self) -> Tables:
        """The rows that tell what each table is, by table and key; they do not count."""
        return {
            name: {
                "count": str(count),
                "gen": str(self.generation),
                "built": f"{self.generation}@{self.built}",
            }
            for name, count in self.counts.items()
        }


def describe(tables: Tables, *, generation: int, built: int, due: int | None) -> Translation:
    """Say what tables are."""
    content = json.dumps((generation, {name: dict(rows) for name, rows in tables.items()}))
    return Translation(
        generation=generation,
        built=built,
        counts={name: len(rows) for name, rows in tables.items()},
        digest=hashlib.sha256(content.encode()).hexdigest(),
        due=due,
    )


def write_tables(path: Path, tables: Tables, translation: Translation) -> None:
    """Replace a file by tables with their marks; raises what `write_htables` does."""
    marks = translation.marks
    write_htables(path, {name: {**rows, **marks[name]} for name, rows in tables.items()})


def render_translation(translation: Translation) -> str:
    """Render for another process."""
    return json.dumps(asdict(translation))


def read_translation(content: bytes) -> Translation:
    """Read what `render_translation` made; ValueError or TypeError where it is something else."""
    return Translation(**json.loads(content))


def run_translator(
    arguments: Sequence[str], translate: Callable[[Snapshot, UtcTime], tuple[Tables, Translation]]
) -> int:
    """Translate standard input into a file, unless the tables before say the same."""
    signal.alarm(SECONDS_MAX)  # whoever asked may be gone
    gc.disable()  # a short life that makes half a million values and drops none
    path, now, known = Path(arguments[0]), UtcTime(int(arguments[1])), arguments[2:3]
    snapshot = Snapshot(mmap.mmap(0, 0, access=mmap.ACCESS_READ), checked=True)
    tables, translation = translate(snapshot, now)
    if translation.digest not in known:
        try:
            write_tables(path, tables, translation)
        except (OSError, sqlite3.Error, ValueError) as error:
            print(f"{path} cannot be written: {error}", file=sys.stderr)  # noqa: T201
            return 1
    print(render_translation(translation))  # noqa: T201  the answer to who started it
    return 0
