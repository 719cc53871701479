"""
Attempts that are held, and whose each line is where several go on under one Call-ID.

A device that counts its calls from 1 at each start has the Call-ID of another one. Only the first
line of an attempt at a station says who calls; all others name the Call-ID alone. So an attempt of
another caller, or of nobody known by another operator, is a *strand* of its own, and a line is of
the strand that is open at its station. Where several are, it is taken for all of them, and their
callers count as served when the station has ended as many, and all of them well: a caller too many
is called back, and none is forgotten.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from route112.watch.callbacks import is_anonymous
from route112.wire.record_lines import Record

BEGINNINGS = ("attempt", "refused")
"""Kinds of records that a call begins with."""
STRANDS_MAX = 8
"""Attempts under one Call-ID that are told apart at once."""
SUFFIX_MIN = 6
"""Digits that two spellings of one number have in common at least."""
_SERVED, _LEFT = "answered", "cancelled"


@dataclass(frozen=True, slots=True)
class Whose:
    """Who makes an attempt, as far as it is known."""

    operator: str = ""
    caller: str = ""
    """Empty: unknown, or a text that many may have."""

    def is_other(self, other: "Whose") -> bool:
        """Tell whether two lines cannot be of one attempt."""
        if self.caller and other.caller:
            return not _is_one_number(self.caller, other.caller)
        return bool(self.operator and other.operator and self.operator != other.operator)

    def add(self, other: "Whose") -> "Whose":
        """Return what both know."""
        return Whose(self.operator or other.operator, self.caller or other.caller)


@dataclass(slots=True)
class Strand:
    """An attempt that is not given yet."""

    heard_us: int
    """When it was first heard of: its own time, or when it was read, where that is later."""
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
    begun: set[str] = field(default_factory=set)
    """Stations that it has an attempt of."""
    ends: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """By station, how many ends it has written since."""
    beside: dict[str, int] = field(default_factory=dict)
    """By station, how many others were open there under the same Call-ID."""

    def is_open_at(self, station: str) -> bool:
        """Tell whether a station may have more to say of it."""
        return station in self.begun and not self.has_all_ends(station)

    def has_all_ends(self, station: str) -> bool:
        """Tell whether a station has ended it, and the others beside it."""
        return self.ends[station] > self.beside.get(station, 0)

    def begin_beside(self, others: "list[Strand]", station: str) -> None:
        """Take note of others that are open at a station when this one begins there."""
        for other in others:
            other.beside[station] = other.beside.get(station, 0) + 1
        if others:
            self.beside[station] = max(self.beside.get(station, 0), len(others))

    def list_records(self) -> list[Record]:
        """List its records by time, without ends that may be those of others beside it."""
        records = sorted(self.records, key=lambda record: record.time_us)
        if not self.beside:
            return records
        return [each for each in records if each.kind != "end" or self._is_sure(each)]

    def _is_sure(self, end: Record) -> bool:
        """Tell whether no end of its station is worse, and none may be still to come that is."""
        station = end.get("site")
        if station not in self.beside:
            return True
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


class Strands:
    """
    The attempts that are held, waited for, and remembered, each by what it is held as.

    That is the Call-ID, or for the second caller who uses it at the same time that Call-ID with a
    space and a number behind it, and so on.
    """

    def __init__(self) -> None:
        self.open: dict[str, Strand] = {}
        self.unknown: dict[str, Strand] = {}
        """Given without an end, which may still come."""
        self.done: dict[str, Given] = {}
        self._more: dict[str, list[str]] = {}
        """By Call-ID, what further attempts under it are held as."""

    def forget(self, *, done_us: int, unknown_us: int) -> None:
        """Forget what was given, or is waited for, since before these times."""
        for name in [name for name, given in self.done.items() if given.at_us < done_us]:
            del self.done[name]
        for name in [name for name, each in self.unknown.items() if each.heard_us < unknown_us]:
            del self.unknown[name]
        for call, names in list(self._more.items()):
            self._more[call] = [name for name in names if self._knows(name)]
            if not self._more[call]:
                del self._more[call]

    def find_own(self, record: Record) -> str | None:
        """Return what the attempt is held as that a first line is of; None: there is no room."""
        whose = tell_whose(record)
        names = [name for name in self.list_names(record) if self._knows(name)]
        own = [name for name in names if not self._whose(name).is_other(whose)]
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

    def resume(self, name: str, heard_us: int) -> bool:
        """Have the attempt held that a further line is of; False: it is over."""
        if name in self.unknown:
            known = self.open[name] = self.unknown.pop(name)
            known.was_unknown = True
        elif name not in self.open:
            if name in self.done:
                return False
            self.hold(name, heard_us)
        return True

    def hold(self, name: str, heard_us: int) -> Strand:
        """Hold an attempt that was first heard of then."""
        self.note_name(name)
        strand = self.open[name] = Strand(heard_us)
        return strand

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

    def _knows(self, name: str) -> bool:
        return name in self.open or name in self.unknown or name in self.done

    def _whose(self, name: str) -> Whose:
        strand = self.open.get(name) or self.unknown.get(name)
        return self.done[name].whose if strand is None else strand.whose


def tell_whose(record: Record) -> Whose:
    """Return what a line says of who calls."""
    caller = record.get("caller")
    return Whose(record.get("op"), "" if is_anonymous(caller) else caller)


def _is_at(record: Record, station: str) -> bool:
    return record.get("site") == station


def _rank(end: Record) -> int:
    """Order ends by how little they did for the caller."""
    outcome = end.get("outcome")
    return 2 if outcome == _SERVED else 1 if outcome == _LEFT else 0


def _is_one_number(left: str, right: str) -> bool:
    """Compare numbers in whatever form stations wrote them: `+33...`, `0033...`, `0...`."""
    if left == right:
        return True
    one, other = (_strip(text) for text in (left, right))
    if min(len(one), len(other)) < SUFFIX_MIN:
        return False
    return one.endswith(other) or other.endswith(one)


def _strip(number: str) -> str:
    """Return the digits of a number without what only dialling needs; empty where it is none."""
    digits = number.strip().removeprefix("+")
    return digits.lstrip("0") if digits.isdecimal() else ""


def _key(record: Record) -> str:
    """Return a Call-ID without spaces, which only a stranger writes there."""
    return record.call.replace(" ", "_")


def _name_strand(call: str, number: int) -> str:
    """Return what the attempt of a Call-ID is held as, the first one as that itself."""
    return call if number == 1 else f"{call} {number}"
