"""Callers, their attempts, and what is done for those who did not get through."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from route112.adapters.watch_store.schema import BUSY_SECONDS, CLOSE_BY_CLOCK, transaction
from route112.watch.callbacks import Attempt, CallBack, Person, describe_callback

DAY_US = 86_400_000_000
MONTH_US = 31 * DAY_US
CLEAR_DAYS = 7
"""How long numbers are kept in clear, unless told otherwise."""
PSEUDONYM_MONTHS = 12
"""How long the keys of pseudonyms are kept, and the rows that carry them."""
STRIDE_US = 3_600_000_000
"""How far the time by which is forgotten moves at once: a clock that jumps ahead by a month is
seen and mended before the list is gone."""
FORGOTTEN_AT_ONCE = 5_000
"""Callers of one transaction while numbers are forgotten: watch has to go on beside it."""

TEST_KEPT_US = 6 * 3_600_000_000
"""Test calls; each has its records, too."""

_PEOPLE = "p.id, p.caller, p.pseudonym, p.assigned, p.done, p.note"
_ATTEMPTS = (
    "c.began_us, c.ended_us, c.number, c.commune, c.place, c.outcome, c.party, c.lost, c.heard_us,"
    " c.end_heard_us, c.closed"
)
_LOST = "SELECT person FROM calls WHERE lost"


@dataclass(frozen=True, slots=True)
class Kept:
    """How long what names a caller is kept."""

    clear_days: int = CLEAR_DAYS
    pseudonym_months: int = PSEUDONYM_MONTHS


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nothing was changed; nothing in it: all was."""

    unknown: tuple[int, ...] = ()
    """Ids that are on no list."""
    assigned: tuple[tuple[int, str], ...] = ()
    """Ids that somebody has, and who."""


class People:
    """The call-back list; each method is a transaction of its own."""

    def __init__(self, store: sqlite3.Connection) -> None:
        self._store = store
        self._is_owed = True
        """The log of changes may still have what was deleted, also by whoever came before."""

    def set_kept(self, kept: Kept) -> None:
        """Have everybody who opens the store forget after these times."""
        rows = [("clear_days", kept.clear_days), ("pseudonym_months", kept.pseudonym_months)]
        with transaction(self._store):
            self._store.executemany("INSERT OR REPLACE INTO settings VALUES (?, ?)", rows)

    def find_kept(self) -> Kept:
        """Return the times that were set last."""
        return Kept(**dict(self._store.execute("SELECT name, value FROM settings").fetchall()))

    def respell(self, spell: Callable[[str], str]) -> int:
        """
        Have each number in the one form that it has by now; return how many had another one.

        Whoever has two rows by that is one person: what was done for the one was done for both.
        """
        with transaction(self._store):
            # Nothing is written otherwise than E.164: of a million callers few are read.
            rows = self._store.execute(
                "SELECT id, caller FROM people WHERE caller > '' AND caller < '+'"
                " UNION ALL SELECT id, caller FROM people WHERE caller >= ','"
            ).fetchall()
            changed = [(id_, new) for id_, old in rows if (new := spell(old)) != old]
            for id_, caller in changed:
                query = "SELECT id FROM people WHERE caller = ?"
                known = self._store.execute(query, (caller,)).fetchone()
                if known is None:
                    query = "UPDATE people SET caller = ? WHERE id = ?"
                    self._store.execute(query, (caller, id_))
                else:
                    self._merge(id_, into=known[0])
        return len(changed)

    def _merge(self, id_: int, *, into: int) -> None:
        """Have all that is known of one caller be known of another, who is the same."""
        for table in ("calls", "lefts"):
            self._store.execute(
                f"UPDATE {table} SET person = ? WHERE person = ?",  # noqa: S608
                (into, id_),
            )
        self._store.execute(
            "UPDATE people SET last_us = max(p.last_us, o.last_us),"
            " assigned = iif(p.assigned = '', o.assigned, p.assigned),"
            " done = iif(o.done_us > p.done_us, o.done, p.done),"
            " note = iif(o.done_us > p.done_us, o.note, p.note),"
            " done_us = max(p.done_us, o.done_us)"
            " FROM people p, people o WHERE people.id = ? AND p.id = people.id AND o.id = ?",
            (into, id_),
        )
        self._store.execute("DELETE FROM people WHERE id = ?", (id_,))
        self._store.execute(f"{CLOSE_BY_CLOCK} AND person = ?", (into,))

    def list_callbacks(self) -> list[CallBack]:
        """List every caller who lost an attempt, whoever waits longest first."""
        rows = self._store.execute(
            f"SELECT {_PEOPLE}, {_ATTEMPTS} FROM people p JOIN calls c ON c.person = p.id"  # noqa: S608
            f" WHERE p.id IN ({_LOST}) ORDER BY p.id, c.id"
        )
        found = [back for _, back in _group(rows) if back is not None]
        return sorted(found, key=lambda back: (back.first_us, back.id))

    def assign(self, ids: Sequence[int], to: str, *, again: bool = False) -> Refused:
        """
        Say who calls these back: all of them, or none where one of them is refused.

        Args:
            again: take them from whoever they are assigned to.
        """
        with transaction(self._store):
            if not again and (others := self._list_others(ids, to)):
                return Refused(assigned=others)
            return Refused(self._set(ids, "assigned = ?", (to,)))

    def _list_others(self, ids: Sequence[int], to: str) -> tuple[tuple[int, str], ...]:
        """List those of these callers whom somebody else calls back, and who."""
        backs = [back for id_ in sorted(set(ids)) if (back := self._describe(id_)) is not None]
        return tuple(
            (back.id, back.assigned)
            for back in backs
            if back.state == "assigned" and back.assigned != to
        )

    def close(self, ids: Sequence[int], *, outcome: str, note: str, at_us: int) -> Refused:
        """Say how it ended; who is on the list again afterwards is nobody's."""
        change = "done = ?, note = ?, done_us = ?, assigned = ''"
        with transaction(self._store):
            unknown = self._set(ids, change, (outcome, note, at_us))
            if not unknown:
                self._store.executemany(
                    "UPDATE calls SET closed = 1 WHERE person = ?", [(id_,) for id_ in ids]
                )
        return Refused(unknown)

    def forget(self, now_us: int, name: Callable[[str, int], str]) -> int:
        """
        Forget who called, where the time is over; return how many numbers went.

        Who got through, or never lost an attempt, is deleted; everybody else keeps a pseudonym,
        without Call-IDs, into which devices write what they like. What watch had in hand when it
        was ended goes, too, where nobody has gone on with it.
        The time that is judged by moves by `STRIDE_US` at most since the call before, and not
        back.

        Args:
            now_us: wall clock.
            name: gives the pseudonym of a caller who called last at some time.
        """
        kept = self.find_kept()
        now_us = self._advance(now_us)
        clear_us = now_us - kept.clear_days * DAY_US
        gone = 0
        while count := self._forget_some(clear_us, name):
            gone += count
        with transaction(self._store):
            # All that is held came before the last step of watch; stations' clocks have no say.
            held = self._store.execute(
                "DELETE FROM held WHERE (SELECT wall_us FROM stepped) < ?", (clear_us,)
            )
            self._delete(
                self._store.execute(
                    "SELECT id FROM people WHERE last_us < ?",
                    (now_us - kept.pseudonym_months * MONTH_US,),
                ).fetchall()
            )
            # A prober's calls are many, and name nobody: only the latest are worth their room.
            self._store.execute(
                "DELETE FROM calls WHERE person IS NULL AND began_us < iif(is_test, ?, ?)",
                (max(clear_us, now_us - TEST_KEPT_US), clear_us),
            )
        self._is_owed = self._is_owed or gone > 0 or held.rowcount > 0
        if self._is_owed:
            self._is_owed = not self._empty_log()
        return gone

    def _empty_log(self) -> bool:
        """Tell whether nothing of what was deleted is left; whoever reads now keeps it there."""
        self._store.execute("PRAGMA busy_timeout = 0")
        try:
            ((busy, *_),) = self._store.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            self._store.execute(f"PRAGMA busy_timeout = {round(BUSY_SECONDS * 1_000)}")
        return not busy

    def find_judged(self) -> int | None:
        """Return the time by which was forgotten last; None: nothing ever was."""
        row = self._store.execute("SELECT at_us FROM forgot").fetchone()
        return None if row is None else int(row[0])

    def _advance(self, now_us: int) -> int:
        """Return the time to forget by."""
        with transaction(self._store):
            judged_us = self.find_judged()
            before_us = now_us if judged_us is None else judged_us
            by_us = max(before_us, min(now_us, before_us + STRIDE_US))
            self._store.execute("INSERT OR REPLACE INTO forgot VALUES (1, ?)", (by_us,))
        return by_us

    def _forget_some(self, clear_us: int, name: Callable[[str, int], str]) -> int:
        with transaction(self._store):
            old = self._store.execute(
                "SELECT id, caller, last_us FROM people"
                " WHERE last_us < ? AND caller IS NOT NULL ORDER BY last_us LIMIT ?",
                (clear_us, FORGOTTEN_AT_ONCE),
            ).fetchall()
            missed = {back.id for id_, *_ in old if (back := self._find(id_)) is not None}
            self._delete([(id_,) for id_, *_ in old if id_ not in missed])
            for id_, caller, last_us in old:
                if id_ in missed:
                    self._store.execute("UPDATE calls SET call = '' WHERE person = ?", (id_,))
                    self._store.execute(
                        "UPDATE people SET caller = NULL, pseudonym = ? WHERE id = ?",
                        (name(caller, last_us) if caller else "", id_),
                    )
        return len(old)

    def _find(self, id_: int) -> CallBack | None:
        """Return what is to be done for a caller; None: nothing, they got through."""
        found = self._describe(id_)
        return None if found is None or found.state == "through" else found

    def _describe(self, id_: int) -> CallBack | None:
        """Return a caller who lost an attempt; None: this one lost none."""
        rows = self._store.execute(
            f"SELECT {_PEOPLE}, {_ATTEMPTS} FROM people p JOIN calls c ON c.person = p.id"  # noqa: S608
            " WHERE p.id = ? ORDER BY c.id",
            (id_,),
        )
        return next((back for _, back in _group(rows)), None)

    def _delete(self, ids: Iterable[tuple[int]]) -> None:
        rows = list(ids)
        self._store.executemany("DELETE FROM calls WHERE person = ?", rows)
        self._store.executemany("DELETE FROM people WHERE id = ?", rows)

    def _set(self, ids: Sequence[int], change: str, values: tuple[object, ...]) -> tuple[int, ...]:
        """Change all of these callers, or none where one of them is on no list."""
        unknown = [
            id_
            for id_ in ids
            if self._store.execute(f"{_LOST} AND person = ?", (id_,)).fetchone() is None
        ]
        if not unknown:
            self._store.executemany(
                f"UPDATE people SET {change} WHERE id = ?",  # noqa: S608
                [(*values, id_) for id_ in ids],
            )
        return tuple(unknown)


def _group(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int, CallBack | None]]:
    """Yield each caller of rows that are sorted by caller."""
    for _, own in groupby(rows, key=lambda row: row[0]):
        lines = list(own)
        id_, caller, pseudonym, assigned, done, note, *_ = lines[0]
        person = Person(
            id=id_,
            caller=caller or "",
            pseudonym=pseudonym,
            assigned=assigned,
            done=done,
            note=note,
        )
        attempts = [_read_attempt(line[6:]) for line in lines]
        yield id_, describe_callback(person, attempts)


def _read_attempt(row: Sequence[Any]) -> Attempt:
    began_us, ended_us, number, commune, place, outcome, party, *rest = row
    lost, heard_us, end_heard_us, closed = rest
    return Attempt(
        began_us=began_us,
        ended_us=ended_us,
        number=number,
        commune=commune,
        place=place,
        outcome=outcome,
        party=party,
        lost=bool(lost),
        heard_us=heard_us,
        end_heard_us=end_heard_us,
        closed=bool(closed),
    )
