"""Which calls of a records folder are wanted."""

import re
from dataclasses import dataclass
from pathlib import Path

from route112.adapters.record_spool import read_records
from route112.adapters.record_spool.reader import Wanted
from route112.wire.record_calls import OPEN_SECONDS, UNKNOWN, CallHistory, join_calls

_UNESCAPED = re.compile(r"[A-Za-z0-9._-]+")
"""What no writer escapes, so that it can be looked for before a line is parsed."""
_US = 1_000_000
FOREVER_US = 1 << 61
"""Later than any record."""
CALL_US_MAX = 24 * 3_600 * _US
"""No call lasts longer: how far behind `until` an end is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a call must be; empty: anything."""

    call: str = ""
    number: str = ""
    psap: str = ""
    operator: str = ""
    outcome: str = ""
    party: str = ""
    since_us: int = 0
    until_us: int = FOREVER_US
    only_open: bool = False

    def describe(self) -> dict[str, object]:
        """Return what has been asked for, for the audit."""
        names = ("call", "number", "psap", "operator", "outcome", "party")
        asked: dict[str, object] = {name: getattr(self, name) for name in names}
        asked |= {"since_us": self.since_us, "only_open": self.only_open}
        if self.until_us < FOREVER_US:
            asked["until_us"] = self.until_us
        return {name: value for name, value in asked.items() if value}


def find_calls(path: Path, wanted: Filter, *, now_us: int) -> list[CallHistory]:
    """
    Return the wanted calls of a records folder, oldest first.

    Raises: OSError where the folder cannot be read.
    """
    needle = max(_UNESCAPED.findall(wanted.call), key=len, default="")
    scan = Wanted(
        containing=needle.encode("ascii"),
        since_us=wanted.since_us,
        until_us=wanted.until_us + CALL_US_MAX,
    )
    calls = join_calls(read_records(path, wanted=scan))
    found = [call for call in calls if is_wanted(call, wanted, now_us=now_us)]
    return sorted(found, key=lambda call: call.began_us)


def is_wanted(call: CallHistory, wanted: Filter, *, now_us: int) -> bool:
    """Tell whether a call passes; a call whose attempt has been removed counts if it ended."""
    began = call.find("attempt") or call.find("refused")
    if began is None and not call.is_closed:
        return False
    if not wanted.since_us <= call.began_us <= wanted.until_us:
        return False
    if wanted.only_open and not is_open(call, now_us=now_us):
        return False
    operators = {call.get("attempt", "op"), call.get("refused", "op")}
    return (
        wanted.call in ("", call.call)
        and wanted.number in ("", call.get("attempt", "dialled"))
        and wanted.operator in {"", *operators}
        and (not wanted.psap or wanted.psap in call.psaps)
        and wanted.outcome in ("", call.outcome)
        and wanted.party in ("", call.party)
    )


def is_open(call: CallHistory, *, now_us: int) -> bool:
    """Tell whether a call has no end although it had its time: the outcome is unknown."""
    old = now_us - call.began_us > OPEN_SECONDS * _US
    return call.outcome == UNKNOWN and call.find("attempt") is not None and old
