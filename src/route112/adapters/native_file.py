"""
The native table as the SQLite file from which Kamailio's htable module loads.

The file has two tables, `c2z` and `zn`, whose rows are described in `route112.native`. The
configuration of a site loads each of them into two htables, of which one is in use:

    modparam("htable", "db_url", "@{native_url}")         sqlite:///FILE, absolute
    modparam("htable", "fetch_rows", 5000)
    modparam("htable", "htable", "c2z_a=>size=14;autoexpire=0;dbtable=c2z;")    and c2z_b
    modparam("htable", "htable", "zn_a=>size=12;autoexpire=0;dbtable=zn;")      and zn_b
    modparam("pv", "shvset", "slot=s:a")
    modparam("jsonrpcs", "dgram_socket", "@{rpc_socket}") and transport 4, pretty_format 0

(`native_url`, `rpc_socket` and all other names: `route112.apps.site.setup`.)

At a start all four hold the same rows and slot `a` is in use. Later the supervisor replaces the
file, reloads the two htables of the idle slot, compares `count`, `gen` and `built` of both with
what it wrote, and only then sets `$shv(slot)`. A route reads `$shv(slot)` once for each look-up.

As a program it translates the snapshot that is its standard input, for a supervisor that has no
time for it, and says on its standard output what a `Translation` holds:

    python -m route112.adapters.native_file FILE NOW-US [DIGEST-OF-THE-TABLE-BEFORE]

"""

import gc
import hashlib
import json
import mmap
import os
import signal
import sqlite3
import sys
import tempfile
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Mapping, Sequence

from route112.model import UtcTime
from route112.native import NativeTable, next_change, translate
from route112.snapshot.reader import Snapshot

MODE = 0o600
VALUE_LENGTH_MAX = 1_024
"""Characters of a row's value: three targets with two next hops take some 400."""
SECONDS_MAX = 60
"""Of a translation as a program: a country takes less than one on a machine that is not busy."""
MARKS = ("count", "gen", "built")
"""Rows of each table that say what the table is; they do not count."""

_SCHEMA = """
CREATE TABLE {name} (
    id INTEGER PRIMARY KEY NOT NULL,
    key_name VARCHAR(64) DEFAULT '' NOT NULL,
    key_type INTEGER DEFAULT 0 NOT NULL,
    value_type INTEGER DEFAULT 0 NOT NULL,
    key_value VARCHAR(1024) DEFAULT '' NOT NULL,
    expires INTEGER DEFAULT 0 NOT NULL
)"""
"""As Kamailio's own htable-create.sql has it, with longer values; TEXT columns are refused."""
_INSERT = "INSERT INTO {name} (key_name, key_value) VALUES (?, ?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """What became of a snapshot at one instant."""

    generation: int
    built: int
    """Instant for which it was translated."""
    zones: int
    """Rows of `c2z` without its marks."""
    attempts: int
    """Rows of `zn` without its marks."""
    digest: str
    """Equal for two tables of one generation that say the same."""
    due: int | None
    """Next instant at which an answer may change."""

    @property
    def marks(self) -> Mapping[str, Mapping[str, str]]:
        """The rows that tell what each table is, by table and key."""
        return {
            name: {
                "count": str(count),
                "gen": str(self.generation),
                "built": f"{self.generation}@{self.built}",
            }
            for name, count in (("c2z", self.zones), ("zn", self.attempts))
        }


def describe_table(table: NativeTable, *, due: UtcTime | None = None) -> Translation:
    """Say what a table is."""
    content = json.dumps((table.generation, dict(table.zones), dict(table.attempts)))
    return Translation(
        generation=table.generation,
        built=table.built,
        zones=len(table.zones),
        attempts=len(table.attempts),
        digest=hashlib.sha256(content.encode()).hexdigest(),
        due=due,
    )


def write_native(path: Path, table: NativeTable) -> None:
    """
    Replace `path` by the table, whole or not at all.

    Raises: OSError or sqlite3.Error where the folder is missing, full or not ours; the old file
        then stays. ValueError where a value is longer than VALUE_LENGTH_MAX.
    """
    marks = describe_table(table).marks
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
    try:
        os.fchmod(handle, MODE)
        with closing(sqlite3.connect(name, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = OFF")
            database.execute("PRAGMA synchronous = OFF")  # synced once, below
            database.execute("BEGIN")
            _fill(database, "c2z", {**table.zones, **marks["c2z"]})
            _fill(database, "zn", {**table.attempts, **marks["zn"]})
            database.execute("COMMIT")
        os.fsync(handle)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)


def _fill(database: sqlite3.Connection, name: str, rows: Mapping[str, str]) -> None:
    longest = max(map(len, rows.values()))
    if longest > VALUE_LENGTH_MAX:
        raise ValueError(f"a row of {name} has {longest} characters, at most {VALUE_LENGTH_MAX}")
    database.execute(_SCHEMA.format(name=name))
    database.executemany(_INSERT.format(name=name), rows.items())


def render_translation(translation: Translation) -> str:
    """Render for another process."""
    return json.dumps(asdict(translation))


def read_translation(content: bytes) -> Translation:
    """Read what `render_translation` made; ValueError or TypeError where it is something else."""
    return Translation(**json.loads(content))


def main(arguments: Sequence[str]) -> int:
    """Translate standard input into a file, unless the table before says the same."""
    signal.alarm(SECONDS_MAX)  # whoever asked may be gone
    gc.disable()  # a short life that makes half a million values and drops none
    path, now, known = Path(arguments[0]), UtcTime(int(arguments[1])), arguments[2:]
    snapshot = Snapshot(mmap.mmap(0, 0, access=mmap.ACCESS_READ), checked=True)
    table = translate(snapshot, now=now)
    translation = describe_table(table, due=next_change(snapshot, now=now))
    if translation.digest not in known:
        try:
            write_native(path, table)
        except (OSError, sqlite3.Error, ValueError) as error:
            print(f"{path} cannot be written: {error}", file=sys.stderr)  # noqa: T201
            return 1
    print(render_translation(translation))  # noqa: T201  the answer to who started it
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
