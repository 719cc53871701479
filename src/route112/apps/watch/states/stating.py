"""
Measured states into files: all of them for people, those that are advice for each site.

Nothing of it is kept over a restart: the files expire, and what is silent shows again by three
calls. Times are those of the wall clock, also where a scenario is played: sites have no other.

A trial is offered to one site first: one call that meets silence says as much as one of each.
While nobody has made it, because no call came there, one more site is offered it each WIDEN_US.
What has been heard again by OPTIONS or test calls is offered to all of them at once.
"""

import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from route112.adapters.atomic_file import write_atomically
from route112.apps.watch.states.owning import Owned
from route112.model.states import ElementState, MeasuredState, StateKind, StateSource
from route112.routing.ranking import DOWN_WORDS, LOST_STATES
from route112.watch.states import Sign, StateWatch
from route112.watch.values import SeenCall
from route112.wire.documents.state_file import (
    ADVICE_MAX,
    FILE,
    SKEW_US,
    STATES_MAX,
    render_states,
)

WRITE_US = 5_000_000
"""The files are written at least as often."""
BEHIND_US = 10_000_000
"""Who reads records that are older than this says nothing of the present."""
TOLD_US = 6_000_000
"""What became of a call is told two to three seconds after its end; told later it is history."""
WIDEN_US = 5_000_000
"""Until one more site is offered a trial that nobody has made."""
POINTER = "current"
"""What a site has in its run directory, beside its records."""

Sound = Callable[[int, Collection[str]], Iterable[Sign]]
"""What answers at a time, given who is silent and is asked more often: `Sounding.step`."""


def listen_to_nobody(_now_us: int, _silent: Collection[str]) -> Iterable[Sign]:
    """Say nothing."""
    return ()


class StateKeeper:
    """
    Looks at calls, and keeps `states.json` of watch and of each site.

    Args:
        run_dir: of watch.
        edges: names of stations that ask no Python.
        complain: told once of each file that cannot be written, until it can be.
        sound: asked at each step what is seen otherwise.
    """

    def __init__(
        self,
        run_dir: Path,
        *,
        edges: Collection[str],
        complain: Callable[[str], None],
        sound: Sound = listen_to_nobody,
    ) -> None:
        self.watch = StateWatch()
        self._sound = sound
        self._file = run_dir / FILE
        self._edges = frozenset(edges)
        self._complain = complain
        self._owned = Owned(complain)
        self._changed = True
        self._time_us = self._now_us = 0
        self._written_us = -WRITE_US
        self._troubled: set[Path] = set()
        self._opened: dict[str, int] = {}
        """When the trial that stands of each thing was first offered."""

    def add_arrival(self, call: SeenCall) -> None:
        """Take an attempt that has begun."""
        self.watch.add_arrival(self._date(call))

    def add_end(self, call: SeenCall) -> None:
        """Take what became of it, unless that is history: after a pause of watch."""
        if call.ended_us >= self._now_us - TOLD_US:
            self.watch.add_end(self._date(call))

    def tick(self, time_us: int) -> None:
        """Take note of what is due."""
        self._time_us = time_us
        self._changed |= self.watch.tick(time_us)

    def begin(self, now_us: int) -> None:
        """
        Say what time it is, before a step.

        Records of a later time are of now. When the clock is set back what was known is of no time
        any more: all of it is learned anew, as after a restart.
        """
        if now_us < self._now_us - SKEW_US:
            self.watch, self._changed = StateWatch(), True
        self._now_us = now_us
        self.watch.add_signs(self._sound(now_us, self.watch.list_silent()))

    def write(self, now_us: int, records: Iterable[Path]) -> None:
        """
        Write what changed, and everything now and then.

        Args:
            records: folders of records; the sites among them are those with a `current` beside.
        """
        if not self._changed and 0 <= now_us - self._written_us < WRITE_US:
            return
        self._changed, self._written_us = False, now_us
        states = self.watch.list_states()
        if now_us - self._time_us > BEHIND_US:
            states = ()
        self._put(self._file, render_states(states[:STATES_MAX], now_us=now_us))
        advice = [state for state in states if is_advice(state)][:ADVICE_MAX]
        stations = [folder.parent for folder in records]
        sites = sorted(
            station
            for station in set(stations)
            if station.name not in self._edges
            and (station / POINTER).is_file()
            and self._owned.take(station)
        )
        for site, content in zip(sites, self._render(advice, len(sites), now_us), strict=True):
            self._put(site / FILE, content)

    def close(self) -> None:
        """Leave the sites to whoever comes next."""
        self._owned.close()

    def _render(self, advice: Sequence[MeasuredState], sites: int, now_us: int) -> Iterator[bytes]:
        """Yield what each site is told: the same, but for the trials that it is offered."""
        self._opened = {
            state.id: self._opened.get(state.id, state.trial_us)
            for state in advice
            if state.trial_us
        }
        heard = self.watch.list_heard()
        for place in range(sites):
            yield render_states(
                (
                    state
                    if state.id in heard or self._is_offered(state, place, sites, now_us)
                    else replace(state, trial_us=0)
                    for state in advice
                ),
                now_us=now_us,
            )

    def _is_offered(self, state: MeasuredState, place: int, sites: int, now_us: int) -> bool:
        opened_us = self._opened.get(state.id)
        if opened_us is None:
            return False
        first = zlib.crc32(str(opened_us).encode()) % sites
        return (place - first) % sites <= (now_us - opened_us) // WIDEN_US

    def _date(self, call: SeenCall) -> SeenCall:
        """A station whose clock is ahead says nothing of a time to come."""
        if call.began_us <= self._now_us:
            return call
        return replace(call, began_us=self._now_us)

    def _put(self, path: Path, content: bytes) -> None:
        try:
            write_atomically(path, content, durable=False)
        except OSError as error:
            if path not in self._troubled:
                self._troubled.add(path)
                self._complain(f"{path} cannot be written, states go nowhere: {error.strerror}")
            return
        self._troubled.discard(path)


def is_advice(state: MeasuredState) -> bool:
    """Tell whether a state changes the order in which a site rings."""
    if state.kind is StateKind.SERVICE:
        return state.state in DOWN_WORDS
    is_hop = state.kind is StateKind.ELEMENT and ":" in state.id
    # Watch has ways of its own: what only it cannot ask may be well for those who call.
    is_heard_of = state.source is not StateSource.OPTIONS
    return is_hop and is_heard_of and ElementState(state.state) in LOST_STATES
