"""
What became of a snapshot at one instant, and the frame of a program that translates it.

A supervisor has no time to translate, so a child process does: the snapshot is its standard input,
and on its standard output it says what a `Translation` holds.

    python -m route112.adapters.tables.MODULE FILE NOW-US DIGEST-OF-THE-TABLES-BEFORE [...]

Where nothing but orders differs from a table whose hours still stand, only the rows that orders
may change are made anew: `reorder_file`, which takes some hundredths of a second and no child.
"""

import gc
import hashlib
import json
import mmap
import signal
import sqlite3
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from route112.adapters.tables.file import patch_htables, read_rows, write_htables
from route112.model import UtcTime
from route112.snapshot.reader import Snapshot

SECONDS_MAX = 60
"""Of a translation as a program: a country takes less than one on a machine that is not busy."""
ABOUT = "about"
"""A table of one row: the `Translation`, for who makes rows anew."""
BASIS = "basis"
"""The table that says what the rows are made of that orders may change."""
CHANGES = "changes"
"""The table of rows that differ from the basis of a file that was made of one."""

Tables = Mapping[str, Mapping[str, str]]
"""Rows by the name of each table, without the rows that tell what it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a translator made, without the rows that tell what it is."""

    tables: Tables
    ordered: str
    """The table of which orders may change rows."""
    basis: Mapping[str, str]
    """By the keys of these rows, what they are made of before any order."""
    generation: int
    built: int
    """Instant for which it was translated."""
    plan_hash: str
    order_due: int | None
    """Next instant at which an order begins or ends."""
    plan_due: int | None
    """Until when all but the orders stands."""


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
    ordered: str
    """The table of which orders may change rows."""
    fixed: str
    """Digest of what they cannot change."""
    plan_hash: str
    order_due: int | None
    """Next instant at which an order begins or ends."""
    plan_due: int | None
    """Until when all but the orders stands; of no meaning where only orders were worked in."""

    @property
    def due(self) -> int | None:
        """Next instant at which an answer may change."""
        return min((at for at in (self.order_due, self.plan_due) if at is not None), default=None)

    @property
    def marks(self) -> Tables:
        """The rows that tell what each table is, by table and key; they do not count."""
        return {
            name: {
                "count": str(count),
                "gen": str(self.generation),
                "built": self.mark,
            }
            for name, count in self.counts.items()
        }

    @property
    def mark(self) -> str:
        """What tells this table from any other in a running Kamailio."""
        return f"{self.generation}@{self.built}"


@dataclass(frozen=True, slots=True)
class Reordering:
    """How one of the translations works orders in."""

    reorder: Callable[[Snapshot, Mapping[str, str], UtcTime], Mapping[str, str]]
    """Make the rows of a basis anew under the orders of an instant."""
    find_order_change: Callable[[Snapshot, UtcTime], int | None]


def describe(content: Content) -> Translation:
    """Say what tables are."""
    ordered = {
        key: row for key, row in content.tables[content.ordered].items() if key in content.basis
    }
    fixed = {
        name: {
            key: row
            for key, row in rows.items()
            if not (name == content.ordered and key in ordered)
        }
        for name, rows in content.tables.items()
    }
    digest = _hash(fixed)
    return Translation(
        generation=content.generation,
        built=content.built,
        counts={name: len(rows) for name, rows in content.tables.items()},
        digest=_hash((content.generation, digest, ordered)),
        ordered=content.ordered,
        fixed=digest,
        plan_hash=content.plan_hash,
        order_due=content.order_due,
        plan_due=content.plan_due,
    )


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


def write_tables(path: Path, content: Content, translation: Translation) -> None:
    """Replace a file by tables with their marks; raises what `write_htables` does."""
    marks = translation.marks
    tables = {name: {**rows, **marks[name]} for name, rows in content.tables.items()}
    tables[BASIS] = dict(content.basis)
    tables[ABOUT] = {ABOUT: render_translation(translation)}
    write_htables(path, tables)


def render_translation(translation: Translation) -> str:
    """Render for another process."""
    return json.dumps(asdict(translation))


def read_translation(content: bytes | str) -> Translation:
    """Read what `render_translation` made; ValueError or TypeError where it is something else."""
    return Translation(**json.loads(content))


def run_translator(
    arguments: Sequence[str], translate: Callable[[Snapshot, UtcTime], Content]
) -> int:
    """Translate standard input into a file, unless the tables before say the same."""
    signal.alarm(SECONDS_MAX)  # whoever asked may be gone
    gc.disable()  # a short life that makes half a million values and drops none
    path, now, known = Path(arguments[0]), UtcTime(int(arguments[1])), arguments[2]
    snapshot = Snapshot(mmap.mmap(0, 0, access=mmap.ACCESS_READ), checked=True)
    content = translate(snapshot, now)
    translation = describe(content)
    if translation.digest != known:
        try:
            write_tables(path, content, translation)
        except (OSError, sqlite3.Error, ValueError) as error:
            print(f"{path} cannot be written: {error}", file=sys.stderr)  # noqa: T201
            return 1
    print(render_translation(translation))  # noqa: T201  the answer to who started it
    return 0


def reorder_file(
    reordering: Reordering,
    snapshot: Snapshot,
    *,
    basis: Path,
    target: Path,
    now: UtcTime,
    known: str,
) -> Translation:
    """
    Make a copy of a table in which the orders of a snapshot and an instant are worked in.

    Args:
        basis: file of a table of the same plan, whose hours still stand.
        target: left alone where the digest is `known`; its table `changes` has what differs.
    Raises: OSError, sqlite3.Error; ValueError where `basis` is of another plan.

    """
    before = read_translation(read_rows(basis, ABOUT)[ABOUT])
    if before.plan_hash != snapshot.plan_hash:
        raise ValueError(f"{basis} is of another plan")
    standing = read_rows(basis, BASIS)
    rows = reordering.reorder(snapshot, standing, now)
    translation = replace(
        before,
        generation=snapshot.generation,
        built=now,
        digest=_hash((snapshot.generation, before.fixed, rows)),
        order_due=reordering.find_order_change(snapshot, now),
    )
    if translation.digest != known:
        old = read_rows(basis, before.ordered, like=BASIS)
        changes = {key: row for key, row in rows.items() if old.get(key) != row}
        replaced = {name: dict(marks) for name, marks in translation.marks.items()}
        replaced[before.ordered] |= changes
        replaced[ABOUT] = {ABOUT: render_translation(translation)}
        patch_htables(basis, target, replaced, kept={CHANGES: changes})
    return translation


def read_changes(path: Path) -> dict[str, str]:
    """Return what differs from the basis in a file that was made of one; raises sqlite3.Error."""
    return read_rows(path, CHANGES)
