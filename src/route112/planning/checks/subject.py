"""What checks look at, and how they say who is touched."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Mapping

from route112.model import Plan, Problem, Severity, UtcTime
from route112.planning.population import Touched, count_touched
from route112.planning.resolve import Resolution
from route112.snapshot.content import NONE
from route112.wire.problems import make_problem


@dataclass(frozen=True, kw_only=True)  # no slots: what is counted once is kept
class Subject:
    """A plan, its routes, and what checks may not find out by themselves."""

    plan: Plan
    resolution: Resolution
    now: UtcTime
    """For expired overrides only; nothing of it enters the snapshot."""
    timezones: Mapping[str, dt.tzinfo]
    """By IANA name; a name that is missing is unknown."""
    psaps_file: str = "psaps.csv"
    """Name for messages."""

    def count(self, communes: Iterable[int]) -> Touched:
        """Count the people of communes, given by their indexes in the resolution."""
        return count_touched(self.resolution.communes, communes)

    def find_keys(self, routes: Collection[int]) -> dict[int, list[int]]:
        """Return the keys of some routes, by route; keys ascend."""
        keys: dict[int, list[int]] = defaultdict(list)
        for key, route in enumerate(self.resolution.mapping_route):
            if route in routes:
                keys[route].append(key)
        return keys

    def count_callers(self, psaps: Collection[str]) -> Touched:
        """Count the people who reach one of `psaps` first, at any hour and by any number."""
        return self.count(set().union(*(self._callers.get(psap, set()) for psap in psaps)))

    @cached_property
    def served(self) -> Mapping[str, set[str]]:
        """Short numbers by the PSAP that one of their routes rings, first or later."""
        resolution = self.resolution
        width = len(resolution.short_numbers)
        served: dict[str, set[str]] = defaultdict(set)
        for column, short in enumerate(resolution.short_numbers):
            for route in set(resolution.mapping_route[column::width]) - {NONE}:
                for variant in resolution.routes[route]:
                    for line in variant.lines:
                        served[resolution.lines[line].psap].add(short.number)
        return served

    @cached_property
    def _callers(self) -> dict[str, set[int]]:
        """Communes by the PSAP that one of their routes rings first."""
        lines = self.resolution.lines
        first = [
            {lines[variant.lines[0]].psap for variant in route if variant.lines}
            for route in self.resolution.routes
        ]
        width = len(self.resolution.short_numbers)
        mapping = self.resolution.mapping_route
        alike: dict[bytes, list[int]] = defaultdict(list)
        for commune in range(len(self.resolution.communes)):
            alike[mapping[commune * width : (commune + 1) * width].tobytes()].append(commune)
        callers: dict[str, set[int]] = defaultdict(set)
        for communes in alike.values():
            routes = mapping[communes[0] * width : (communes[0] + 1) * width]
            for psap in set().union(*(first[route] for route in routes if route != NONE)):
                callers[psap].update(communes)
        return callers

    def place_key(self, key: int) -> dict[str, str | int]:
        """Return file, sheet and row that a key's route comes from; nothing where inherited."""
        index = self.resolution.mapping_source[key]
        if index >= len(self.resolution.sources):
            return {}
        source = self.resolution.sources[index]
        row = self.resolution.mapping_row[key]
        return {"file": source.file, "sheet": source.sheet, "row": row}


def report_error(code: str, message: str, remedy: str, **place: str | int) -> Problem:
    """Make an error; `place` as in `route112.wire.problems.make_problem`."""
    return make_problem(Severity.ERROR, code, message, remedy, **place)


def report_warning(code: str, message: str, remedy: str, **place: str | int) -> Problem:
    """Make a warning; `place` as in `route112.wire.problems.make_problem`."""
    return make_problem(Severity.WARNING, code, message, remedy, **place)
