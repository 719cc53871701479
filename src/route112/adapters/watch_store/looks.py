"""What watch makes of calls: its state, the steps since it was frozen, and its findings."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from route112.watch.findings import Change, Finding, FindingKind
from route112.watch.series import Series
from route112.watch.values import SeenCall

FINDINGS_KEPT_US = 400 * 86_400 * 1_000_000
"""Findings that are over are kept this long: their yearly figures are asked for once more."""
_FOUND = "kind, series, since_us, at_us, expected, seen, strength, floor_s, party, evidence"
_KEY = "kind = ? AND series = ? AND over_us IS NULL"


@dataclass(frozen=True, slots=True)
class Step:
    """What one step gave to look at, and up to when it looked."""

    now_us: int
    calls: tuple[tuple[bool, int, SeenCall], ...] = ()
    """Whether it is an end, when it is looked at, and the call."""
    blind: tuple[str, ...] = ()
    """Stations whose records could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """The state that was kept last, and what came after it."""

    maker: str = ""
    """Names the code that froze `state`: no other understands it."""
    clock: str = ""
    """Names the clock that it was made by."""
    state: bytes = b""
    usual: bytes = b""
    """What is usual; any code understands it."""
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A finding as it is kept."""

    id: int
    finding: Finding
    over_us: int | None
    """None: it is open."""


class Looks:
    """Methods that write are called within a transaction."""

    def __init__(self, store: sqlite3.Connection) -> None:
        self._store = store

    # ------------------------------------------------------------ state
    def load(self) -> Frozen:
        """Return what was kept."""
        kept = dict(self._store.execute("SELECT name, body FROM state").fetchall())
        bodies = self._store.execute("SELECT body FROM steps ORDER BY id")
        return Frozen(
            maker=kept.get("maker", b"").decode(),
            clock=kept.get("clock", b"").decode(),
            state=kept.get("state", b""),
            usual=kept.get("usual", b""),
            steps=tuple(msgspec.json.decode(body, type=Step) for (body,) in bodies),
        )

    def add_step(self, step: Step) -> int:
        """Keep what was given to look at, until a state has it; return its number."""
        body = msgspec.json.encode(step)
        number = self._store.execute("INSERT INTO steps (body) VALUES (?)", (body,)).lastrowid
        assert number is not None, "a row was inserted"
        return number

    def freeze(
        self, *, maker: str, clock: str, state: bytes, usual: bytes | None, last: int | None = None
    ) -> None:
        """
        Keep a state.

        Args:
            usual: what is usual; None where it is as it was kept.
            last: step up to which all are in it; None: all are.
        """
        rows = [("maker", maker.encode()), ("clock", clock.encode()), ("state", state)]
        if usual is not None:
            rows.append(("usual", usual))
        self._store.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", rows)
        if last is None:
            self._store.execute("DELETE FROM steps")
        else:
            self._store.execute("DELETE FROM steps WHERE id <= ?", (last,))

    def drop(self) -> None:
        """Forget state and steps."""
        self._store.execute("DELETE FROM state")
        self._store.execute("DELETE FROM steps")

    def publish(self, shown: bytes) -> None:
        """Keep what is shown, for whoever asks another process."""
        self._store.execute("INSERT OR REPLACE INTO state VALUES ('shown', ?)", (shown,))

    def load_shown(self) -> bytes:
        """Return what was shown last; empty: nothing was."""
        row = self._store.execute("SELECT body FROM state WHERE name = 'shown'").fetchone()
        return b"" if row is None else bytes(row[0])

    # ------------------------------------------------------------ findings
    def note(self, change: Change, *, now_us: int) -> None:
        """Keep what began, once while it is open, and say what is over at `now_us`."""
        for finding in change.begun:
            self._store.execute(
                f"INSERT INTO findings ({_FOUND}) SELECT {', '.join('?' * 10)}"  # noqa: S608
                f" WHERE NOT EXISTS (SELECT 1 FROM findings WHERE {_KEY})",
                (*_write(finding), finding.kind, _name(finding.series)),
            )
        for kind, series in change.over:
            self._store.execute(
                f"UPDATE findings SET over_us = ? WHERE {_KEY}",  # noqa: S608
                (now_us, kind, _name(series)),
            )

    def forget_findings(self, now_us: int) -> None:
        """Delete what has been over for long."""
        past_us = now_us - FINDINGS_KEPT_US
        self._store.execute("DELETE FROM findings WHERE over_us < ?", (past_us,))

    def list_open(self) -> list[Found]:
        """List what is open, in the order in which it began."""
        return self._list("over_us IS NULL", 1_000_000)

    def list_over(self, count_max: int) -> list[Found]:
        """List what was over last, the latest first."""
        return self._list("over_us IS NOT NULL", count_max, order="over_us DESC, id DESC")

    def _list(self, where: str, count_max: int, *, order: str = "id") -> list[Found]:
        rows = self._store.execute(
            f"SELECT id, over_us, {_FOUND} FROM findings WHERE {where} ORDER BY {order} LIMIT ?",  # noqa: S608
            (count_max,),
        )
        return [Found(id_, _read(values), over_us) for id_, over_us, *values in rows]


def _name(series: Series) -> str:
    return json.dumps(list(map(list, series.pairs)), ensure_ascii=False)


def _write(finding: Finding) -> tuple[object, ...]:
    return (
        finding.kind.value,
        _name(finding.series),
        finding.since_us,
        finding.at_us,
        finding.expected,
        finding.seen,
        finding.strength,
        finding.floor_s,
        finding.party,
        json.dumps(finding.evidence, ensure_ascii=False),
    )


def _read(values: Sequence[object]) -> Finding:
    names = ("since_us", "at_us", "expected", "seen", "strength", "floor_s", "party")
    kind, series, *numbers, evidence = values
    return Finding(
        kind=FindingKind(str(kind)),
        series=Series(tuple((name, value) for name, value in json.loads(str(series)))),
        evidence=tuple(json.loads(str(evidence))),
        **dict(zip(names, numbers, strict=True)),  # type: ignore[arg-type]
    )
