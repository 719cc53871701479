"""One attempt: who makes it, what stations say of it, and what is remembered when it was given."""

from collections import defaultdict
from dataclasses import dataclass, field

from route112.wire.record_lines import Record

_SERVED, _LEFT = "answered", "cancelled"


@dataclass(frozen=True, slots=True)
class Whose:
    """Who makes an attempt, as far as it is known."""

    operator: str = ""
    caller: str = ""
    """In its one spelling. Empty: unknown, or a text that many may have."""

    def is_other(self, other: "Whose") -> bool:
        """Tell whether two lines cannot be of one attempt."""
        if self.caller and other.caller:
            return self.caller != other.caller
        return bool(self.operator and other.operator and self.operator != other.operator)

    def add(self, other: "Whose") -> "Whose":
        """Return what both know."""
        return Whose(self.operator or other.operator, self.caller or other.caller)


@dataclass(slots=True)
class Strand:
    """An attempt that is not given yet."""

    heard_us: int
    """When it was first heard of: its own time, or when it was read, where that is later."""
    station: str
    """Who was the first to tell of it."""
    whose: Whose = field(default_factory=Whose)
    records: list[Record] = field(default_factory=list)
    ended_us: int | None = None
    """When its end was heard of."""
    rang_us: int | None = None
    """When the last ringing was heard of that nothing has followed yet."""
    is_announced: bool = False
    """It has been told as arrived."""
    came_late: bool = True
    """None of its records was read soon after it was written."""
    was_unknown: bool = False
    """It has been given once, without an end."""
    begun: dict[str, int] = field(default_factory=dict)
    """By station that it has an attempt of, when that was."""
    ends: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """By station, how many ends it has written since."""
    beside: dict[str, int] = field(default_factory=dict)
    """By station, how many of its ends there may be of others under the same Call-ID."""
    shared: dict[str, int] = field(default_factory=dict)
    """By station, how many records it had before lines could be of others."""
    overtaken: list[Record] = field(default_factory=list)
    """Ends that are the last ones by a clock alone, and say less of what the caller lost."""

    def is_open_at(self, station: str) -> bool:
        """Tell whether a station may have more to say of it."""
        return station in self.begun and not self.has_all_ends(station)

    def has_all_ends(self, station: str) -> bool:
        """Tell whether a station has ended it, and the others beside it."""
        return self.ends[station] > self.beside.get(station, 0)

    def begin_beside(self, others: "list[Strand]", station: str) -> None:
        """Take note of others that are open at a station when this one begins there."""
        if others:
            # Who has ended there, before this one began, ends no more.
            due = max(other.count_due(station) for other in others)
            self.beside[station] = max(self.beside.get(station, 0), self.ends[station] + due)
            self.shared.setdefault(station, 0)
        for other in others:
            other.beside[station] = other.beside.get(station, 0) + 1
            other.shared.setdefault(station, len(other.records))

    def count_due(self, station: str) -> int:
        """Return how many ends of a station are to come until it has ended this one for sure."""
        return self.beside.get(station, 0) + 1 - self.ends[station]

    def list_records(self) -> list[Record]:
        """List its records by time, without what may be of others beside it."""
        own = [
            each
            for place, each in enumerate(self.records)
            if self._is_own(place, each) and each not in self.overtaken
        ]
        return sorted(own, key=lambda record: record.time_us)

    def _is_own(self, place: int, record: Record) -> bool:
        station = record.get("site")
        if station not in self.beside:
            return True
        if record.kind == "ring":
            return place < self.shared[station]
        return record.kind != "end" or self._is_sure(record)

    def _is_sure(self, end: Record) -> bool:
        """Tell whether no end of its station is worse, and none may be still to come that is."""
        station = end.get("site")
        worst = min(
            _rank(each) for each in self.records if each.kind == "end" and _is_at(each, station)
        )
        rank = _rank(end)
        return rank == worst and (rank == 0 or self.has_all_ends(station))


@dataclass(frozen=True, slots=True)
class Given:
    """An attempt that was given, and is remembered for a while."""

    at_us: int
    whose: Whose = field(default_factory=Whose)
    by_edge: bool = False
    """An edge has told of it; what it says of what sites alone have told of is news."""
    stations: frozenset[str] = frozenset()
    """Who has told of it; after a restart, its edge and the last one of its sites."""
    engines: frozenset[tuple[str, str]] = frozenset()
    """Who has told that it began: station and engine; after a restart, nobody that is known."""

    def is_news(self, *, is_edge: bool) -> bool:
        """Tell whether a line of it is the first that an edge says of it."""
        return is_edge and not self.by_edge

    def is_known_to(self, station: str, *, is_edge: bool) -> bool:
        """Tell whether a station has told of it, or an edge that it was passed on by."""
        return station in self.stations or (self.by_edge and not is_edge)

    def is_behind(self, record: Record, *, is_edge: bool) -> bool:
        """Tell whether an attempt that seems to be over is late, and not another one."""
        is_sites = self.by_edge and not is_edge
        has_told = name_engine(record) in self.engines
        return is_sites or (record.get("site") in self.stations and not has_told)


def gives_up(record: Record) -> bool:
    """Tell whether by this line the caller gave up."""
    return record.kind == "end" and record.get("outcome") == _LEFT


def name_engine(record: Record) -> tuple[str, str]:
    """Return station and engine of a line; one engine tells once that an attempt begins."""
    return record.get("site"), record.get("by")


def _is_at(record: Record, station: str) -> bool:
    return record.get("site") == station


def _rank(end: Record) -> int:
    """Order ends by how little they did for the caller."""
    outcome = end.get("outcome")
    return 2 if outcome == _SERVED else 1 if outcome == _LEFT else 0
