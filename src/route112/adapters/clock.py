"""The clock of the machine, and the time zones of the package."""

import datetime as dt
import importlib.resources
import re
import time
import zoneinfo
from collections.abc import Iterable

from route112.model import UtcTime

ZONE_NAME = re.compile(r"[A-Za-z0-9_+-]{1,32}(/[A-Za-z0-9_+-]{1,32}){0,2}")
"""What an IANA name may look like: no dots, so that it stays inside its folder."""


def utc_now() -> UtcTime:
    """Return the wall clock in UTC, microseconds since 1970; for expiry and hours only."""
    return UtcTime(time.time_ns() // 1_000)


def load_timezones(names: Iterable[str]) -> dict[str, dt.tzinfo]:
    """
    Return the time zones that exist, by IANA name; unknown names are left out.

    They come from the `tzdata` package and never from the machine's own files, so that two
    machines build the same bytes from the same sources.
    """
    zones: dict[str, dt.tzinfo] = {}
    for name in sorted(set(names)):
        file = importlib.resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
        if ZONE_NAME.fullmatch(name) and file.is_file():
            with file.open("rb") as stream:
                zones[name] = zoneinfo.ZoneInfo.from_file(stream, key=name)
    return zones
