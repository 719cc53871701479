"""
Attempts that are held, and whose each line is where several go on under one Call-ID.

A device that counts its calls from 1 at each start has the Call-ID of another one. Only the first
line of an attempt at a station says who calls; all others name the Call-ID alone. So an attempt of
another caller, or of nobody known by another operator, is a *strand* of its own, and a line is of
the strand that is open at its station. Where several are, it is taken for all of them, and their
callers count as served when the station has ended as many, and all of them well; whose telephone
rang is not said by then. So a caller too many is called back, and none is forgotten.
"""

from collections.abc import Callable

from route112.watch.callbacks import is_anonymous
from route112.watch.calls.shelf import Shelf
from route112.watch.calls.strand import Given, Strand, Whose, name_engine
from route112.wire.record_lines import Record

BEGINNINGS = ("attempt", "refused")
"""Kinds of records that a call begins with."""
STRANDS_MAX = 8
"""Attempts under one Call-ID that are told apart at once."""
AWAITED_MAX = 100_000
"""Attempts whose end is waited for after they were given: those of ten minutes at 150 a second."""


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


def _key(record: Record) -> str:
    """Return a Call-ID without spaces, which only a stranger writes there."""
    return record.call.replace(" ", "_")


def _name_strand(call: str, number: int) -> str:
    """Return what the attempt of a Call-ID is held as, the first one as that itself."""
    return call if number == 1 else f"{call} {number}"
