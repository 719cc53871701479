"""What watch has to know of the country: its numbers, places, clocks and holidays."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

import route112.watch
from route112.adapters.source_folder import FILE_BYTES_MAX, read_plain
from route112.adapters.watch_store import Refusal
from route112.apps._console import EXIT_REFUSED, echo_problems, fail
from route112.apps.watch.names import Names
from route112.countries import COUNTRIES, read_builtin_profile, read_builtin_thresholds
from route112.model import Profile, UtcTime
from route112.model.holidays import Holidays
from route112.model.thresholds import Thresholds
from route112.snapshot.reader import Snapshot
from route112.watch.alarms.changes import Happening
from route112.watch.detectors import Expiry, Lapse
from route112.watch.series import Series
from route112.watch.watching.week import Week
from route112.wire.documents.profile import parse_profile
from route112.wire.documents.thresholds import parse_thresholds

HOUR_S = 3_600
WEEKEND_DAYS = 2
SNAPSHOT_WARN_US = 30 * 86_400 * 1_000_000
"""How long before its end a snapshot's validity is told."""
ORDER_WARN_US = 1_800 * 1_000_000
"""The same of an order: half an hour, in which it can be given again."""


class Country:
    """
    A country as its snapshot and its profile have it.

    Its own clock is the one that most departements have.

    Args:
        profile: of its holidays and of its usual week; None: neither is known.
        more: what has to be renewed besides snapshot and orders; asked at each look.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        profile: Profile | None = None,
        *,
        more: Sequence[Callable[[], Iterable[Lapse]]] = (),
    ) -> None:
        self._snapshot = snapshot
        self.more = tuple(more)
        self.names = Names(snapshot, profile)
        clocks = [each.offsets for each in snapshot.departements]
        (usual, _), *_ = Counter(clocks).most_common(1)
        self._main = clocks.index(usual)
        self._week = Week(self._offset_s, Holidays(profile.holidays if profile else ()))
        self.list_refusals: Callable[[], Iterable[Refusal]] = tuple
        """Stations that were offered two contents under one generation, as they are known now."""
        self.usual_week: tuple[float, ...] = ()
        """Calls of each hour of a week, in any unit, that are assumed until one has been seen."""
        if profile is not None:
            weekend = profile.usual_weekend * WEEKEND_DAYS
            self.usual_week = profile.usual_workday * (7 - WEEKEND_DAYS) + weekend

    def mean(self, dialled: str) -> str:
        """Return the short number that was meant."""
        return self.names.mean(dialled)

    def departement(self, commune: str) -> str:
        """Return the code of a commune's departement; empty where the plan does not know it."""
        index = self._snapshot.find_commune(commune)
        if index is None:
            return ""
        return self._snapshot.departements[self._snapshot.commune_departement(index)].code

    def list_expiries(self) -> tuple[Lapse, ...]:
        """Return when snapshot and orders end, what stations refuse, and what else is due."""
        snapshot = self._snapshot
        validity = Expiry(
            what=f"validity of snapshot g{snapshot.generation}",
            series=Series(),
            expires_us=int(snapshot.valid_until),
            warn_us=SNAPSHOT_WARN_US,
        )
        orders = (
            Expiry(
                what=f"order {each.id} ({each.kind})",
                series=Series((("psap", each.psap),)),
                expires_us=int(each.expires),
                warn_us=ORDER_WARN_US,
                is_meant=True,
            )
            for each in snapshot.orders
        )
        more = (each for listed in self.more for each in listed())
        return validity, *orders, *map(_tell_refusal, self.list_refusals()), *more

    def list_changes(self) -> tuple[Happening, ...]:
        """Return when each order in the snapshot begins and ends."""
        return tuple(
            Happening(
                what=f"order {each.id} ({each.kind}) {verb}",
                dimension="psap",
                value=each.psap,
                at_us=int(at_us),
            )
            for each in self._snapshot.orders
            for verb, at_us in (("begins", each.starts), ("ends", each.expires))
        )

    def hour_of(self, now_us: int) -> int:
        """Return the hour of the country's week."""
        return self._week.hour_of(now_us)

    def ahead_of(self, departement: str, now_us: int) -> int:
        """Return the whole hours that a departement's clock is ahead of the country's."""
        index = self._snapshot.find_departement(departement)
        if index is None:
            return 0
        own_s = self._snapshot.offset_s(index, UtcTime(now_us))
        return round((own_s - self._offset_s(now_us)) / HOUR_S)

    def _offset_s(self, now_us: int) -> int:
        return self._snapshot.offset_s(self._main, UtcTime(now_us))


def _tell_refusal(refusal: Refusal) -> Expiry:
    return Expiry(
        what=f"generation {refusal.generation} of {refusal.station}",
        series=Series(((refusal.kind, refusal.station),)),
        expires_us=refusal.at_us,
        warn_us=0,
        said=f"was offered another content under generation {refusal.generation}, which it has: "
        "two were signed under one number",
    )


def load_country(snapshot: Snapshot, path: Path | None) -> Country:
    """Return the country of a snapshot; its profile is the built-in one, or the one in a file."""
    if path is None and snapshot.country not in COUNTRIES:
        return Country(snapshot)
    try:
        content = (
            read_builtin_profile(snapshot.country)
            if path is None
            else read_plain(path, FILE_BYTES_MAX)
        )
    except OSError as error:
        fail(f"{path} cannot be read: {error.strerror}", "Name a profile.yaml, or leave it out")
    profile, problems = parse_profile(content, file=str(path or "profile"))
    if profile is None:
        echo_problems(problems)
        fail(f"{path} is refused", "Mend its errors, or leave --profile out", code=EXIT_REFUSED)
    return Country(snapshot, profile)


def load_thresholds(country: str, path: Path | None) -> Thresholds:
    """Return the alert thresholds of a country: built in, of a file, or none."""
    if path is None and country not in COUNTRIES:
        return Thresholds(version="", law="")
    try:
        content = (
            read_builtin_thresholds(country) if path is None else read_plain(path, FILE_BYTES_MAX)
        )
    except OSError as error:
        fail(f"{path} cannot be read: {error.strerror}", "Name a file, or leave --thresholds out")
    found, problems = parse_thresholds(content, file=str(path or "alert-thresholds.yaml"))
    if found is None:
        echo_problems(problems)
        fail(f"{path} is refused", "Mend its errors, or leave --thresholds out", code=EXIT_REFUSED)
    return found


def name_code() -> str:
    """Return a name of the code that looks at calls: state is understood by the same code only."""
    digest = hashlib.sha256(np.__version__.encode())
    for folder in route112.watch.__path__:
        for path in sorted(Path(folder).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
