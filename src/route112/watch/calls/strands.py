"""
Attempts that are held, and whose each line is where several go on under one Call-ID.

A device that counts its calls from 1 at each start has the Call-ID of another one. Only the first
line of an attempt at a station says who calls; all others name the Call-ID alone. So an attempt of
another caller, or of nobody known by another operator, is a *strand* of its own, and a line is of
the strand that is open at its station. Where several are, it is taken for all of them, and their
callers count as served when the station has ended as many, and all of them well; whose telephone
rang is not said by then. So a caller too many is called back, and none is forgotten.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from route112.watch.callbacks import is_anonymous
from route112.watch.calls.shelf import Shelf
from route112.wire.record_lines import Record

BEGINNINGS = ("attempt", "refused")
"""Kinds of records that a call begins with."""
STRANDS_MAX = 8
"""Attempts under one Call-ID that are told apart at once."""
AWAITED_MAX = 100_000
"""Attempts whose end is waited for after they were given: those of ten minutes at 150 a second."""
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


class Strands:
    """
    The attempts that are held, waited for, and remembered, each by what it is held as.

    That is the Call-ID, or for the second caller who uses it at the same time that Call-ID with a
    space and a number behind it, and so on.
    """

    def __init__(self, spell: Callable[[str], str]) -> None:
        self._spell = spell
        self.open: Shelf[Strand] = Shelf()
        self.unknown: Shelf[Strand] = Shelf()
        """Given without an end, which may still come."""
        self.done: dict[str, Given] = {}
        self._more: dict[str, list[str]] = {}
        """By Call-ID, what further attempts under it are held as."""

    def forget(self, *, done_us: int, unknown_us: int) -> None:
        """Forget what was given, or is waited for, since before these times."""
        for name in [name for name, given in self.done.items() if given.at_us < done_us]:
            del self.done[name]
        for name in [name for name, each in self.unknown.items() if each.heard_us < unknown_us]:
            self.unknown.pop(name)
        for call, names in list(self._more.items()):
            self._more[call] = [name for name in names if self._knows(name)]
            if not self._more[call]:
                del self._more[call]

    def find_own(self, record: Record) -> str | None:
        """Return what the attempt is held as that a first line is of; None: there is no room."""
        whose = self.tell_whose(record)
        names = [name for name in self.list_names(record) if self._knows(name)]
        own = [
            name
            for name in names
            if not self._whose(name).is_other(whose) and not self._is_beside(name, record)
        ]
        if own:
            is_named = bool(whose.caller)
            return min(
                own,
                key=lambda name: (
                    bool(self._whose(name).caller) is not is_named,
                    name not in self.open,
                ),
            )
        for number in range(1, STRANDS_MAX + 1):
            name = _name_strand(_key(record), number)
            if name not in names:
                return name
        return None

    def list_takers(self, record: Record) -> list[str]:
        """List what the attempts are held as that a further line may be of."""
        if _key(record) not in self._more:
            return [_key(record)]
        strands = {
            name: strand
            for name in self.list_names(record)
            if (strand := self.open.get(name) or self.unknown.get(name)) is not None
        }
        station = record.get("site")
        if not any(station in strand.begun for strand in strands.values()):
            return list(strands)
        return [name for name, strand in strands.items() if strand.is_open_at(station)]

    def resume(self, name: str, heard_us: int, station: str, *, is_edge: bool = False) -> bool:
        """Have the attempt held that a further line of a station is of; False: it is over."""
        if name in self.unknown:
            known = self.unknown.pop(name)
            known.was_unknown = True
            self.open.put(name, known)
        elif name not in self.open:
            if name in self.done and not self.done[name].is_news(is_edge=is_edge):
                return False
            self.hold(name, heard_us, station)
        return True

    def hold(self, name: str, heard_us: int, station: str) -> Strand:
        """Hold an attempt that was first heard of then, and from this station."""
        self.note_name(name)
        strand = Strand(heard_us, station)
        self.open.put(name, strand)
        return strand

    def await_end(self, name: str, strand: Strand) -> tuple[str, ...]:
        """Wait for the end of an attempt that was given; return what is so no more."""
        self.unknown.put(name, strand)
        if len(self.unknown) <= AWAITED_MAX:
            return ()
        excess = self.unknown.find_excess()
        self.unknown.pop(excess)
        return (excess,)

    def note_name(self, name: str) -> None:
        """Know what an attempt is held as."""
        call = name.partition(" ")[0]
        if name != call and name not in self._more.get(call, ()):
            self._more.setdefault(call, []).append(name)

    def list_names(self, record: Record) -> list[str]:
        """List what attempts under the Call-ID of a record are held as."""
        call = _key(record)
        return [call, *self._more.get(call, ())]

    def tell_age(self, name: str) -> int:
        """Return when an attempt was heard of, or given."""
        strand = self.open.get(name) or self.unknown.get(name)
        return self.done[name].at_us if strand is None else strand.heard_us

    def list_beside(self, call: Strand, record: Record) -> list[Strand]:
        """List what else is open at a station under the Call-ID of an attempt that begins."""
        strands = (
            self.open.get(name) or self.unknown.get(name) for name in self.list_names(record)
        )
        station = record.get("site")
        return [
            each
            for each in strands
            if each is not None and each is not call and each.is_open_at(station)
        ]

    def tell_whose(self, record: Record) -> Whose:
        """Return what a line says of who calls."""
        caller = record.get("caller")
        return Whose(record.get("op"), "" if is_anonymous(caller) else self._spell(caller))

    def _is_beside(self, name: str, record: Record) -> bool:
        """
        Tell whether an attempt that has begun at an engine is another one than what begins there.

        One of them has a caller and the other has none. Two engines of a station may know
        different things of one attempt, and so may two stations; one engine does not.
        """
        strand = self.open.get(name) or self.unknown.get(name)
        if strand is None or record.kind != "attempt":
            return False
        is_named = bool(self.tell_whose(record).caller)
        engine = name_engine(record)
        return any(
            name_engine(each) == engine and bool(self.tell_whose(each).caller) is not is_named
            for each in strand.records
            if each.kind == "attempt"
        )

    def _knows(self, name: str) -> bool:
        return name in self.open or name in self.unknown or name in self.done

    def _whose(self, name: str) -> Whose:
        strand = self.open.get(name) or self.unknown.get(name)
        return self.done[name].whose if strand is None else strand.whose


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


def _key(record: Record) -> str:
    """Return a Call-ID without spaces, which only a stranger writes there."""
    return record.call.replace(" ", "_")


def _name_strand(call: str, number: int) -> str:
    """Return what the attempt of a Call-ID is held as, the first one as that itself."""
    return call if number == 1 else f"{call} {number}"
