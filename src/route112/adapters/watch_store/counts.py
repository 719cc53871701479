"""What is counted for ever: `records` taken, `calls` given, and those that were `corrected`."""

import sqlite3


def count(store: sqlite3.Connection, name: str, by: int = 1) -> None:
    """Count something; whoever calls this has opened a transaction."""
    store.execute(
        "INSERT INTO counts VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
        (name, by),
    )


def load_counts(store: sqlite3.Connection) -> dict[str, int]:
    """Return what has been counted."""
    return dict(store.execute("SELECT name, value FROM counts").fetchall())
