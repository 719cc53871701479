"""What is held of many stations: one that brings more than all others takes only its own room."""

from collections import OrderedDict
from collections.abc import ItemsView, Iterator, Mapping
from typing import Generic, Protocol, TypeVar


class Placed(Protocol):
    """Something that a station has begun."""

    @property
    def station(self) -> str:
        """Which one."""


Thing = TypeVar("Thing", bound=Placed)


class Shelf(Mapping[str, Thing], Generic[Thing]):
    """Things by name, in the order in which they came."""

    def __init__(self) -> None:
        self._things: dict[str, Thing] = {}
        self._names: dict[str, OrderedDict[str, None]] = {}
        """By station, those that it has begun."""

    def __getitem__(self, name: str) -> Thing:
        return self._things[name]

    def __contains__(self, name: object) -> bool:
        return name in self._things

    def __iter__(self) -> Iterator[str]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)

    def items(self) -> ItemsView[str, Thing]:
        """Return all with their names."""
        return self._things.items()

    def put(self, name: str, thing: Thing) -> None:
        """Hold something under a name that nothing is held under."""
        assert name not in self._things, "each has its name"
        self._things[name] = thing
        self._names.setdefault(thing.station, OrderedDict())[name] = None

    def pop(self, name: str) -> Thing:
        """Hold it no more."""
        thing = self._things.pop(name)
        names = self._names[thing.station]
        del names[name]
        if not names:
            del self._names[thing.station]
        return thing

    def find_excess(self) -> str:
        """Return the name of the oldest of the station of which most are held."""
        most = max(self._names.values(), key=len)
        return next(iter(most))
