"""From signs to states: runs of bad signs, holds, offers of trials."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from route112.model import ServiceState
from route112.model.states import ElementState, MeasuredState, QueueState, StateKind, StateSource
from route112.watch.states.signs import Sign, SignReader, Verdict
from route112.watch.values import SeenCall

RUN_SIGNS = 3
"""Signs of the same kind, one after the other, that make a state."""
RUN_SPAN_US = 1_000_000
"""From the first of them to the latest: a hiccup of a network is shorter."""
RUN_US_MAX = 600_000_000
"""Signs further apart than this do not belong together."""
HOLD_US = 10_000_000
"""How long a silent thing is left alone at first."""
HOLD_US_MAX = 160_000_000
TRIAL_US = 30_000_000
"""A trial that nobody has made, or that was never told of, is offered again after this."""
CALM_US = 900_000_000
"""After this time without a relapse a thing is held as at first."""
KEPT_US = 900_000_000
"""What nobody has seen for so long is not known any more."""
TRACKS_MAX = 20_000
"""Things whose state is kept; those beyond it have none."""

SERVICE_WORDS = {
    Verdict.GOOD: ServiceState.NORMAL,
    Verdict.SILENT: ServiceState.UNREACHABLE,
    Verdict.LEFT: ServiceState.PARTIAL,
    Verdict.FULL: ServiceState.OVERLOADED,
}
ELEMENT_WORDS = {
    Verdict.GOOD: ElementState.NORMAL,
    Verdict.SILENT: ElementState.UNREACHABLE,
    Verdict.LEFT: ElementState.SERVICE_DISRUPTION,
    Verdict.FULL: ElementState.OVERLOADED,
}
QUEUE_WORDS = {
    Verdict.GOOD: QueueState.ACTIVE,
    Verdict.SILENT: QueueState.UNREACHABLE,
    Verdict.LEFT: QueueState.ACTIVE,
    Verdict.FULL: QueueState.FULL,
}

Thing = tuple[StateKind, str]


@dataclass(slots=True)
class _Run:
    """Signs of one kind with nothing else between them."""

    verdict: Verdict
    first_us: int
    last_us: int
    by_calls: bool
    """Not OPTIONS alone say so."""
    count: int = 1

    def add(self, at_us: int, *, by_call: bool) -> None:
        """Count one more; what lies too far back does not count with it."""
        self.by_calls |= by_call
        if at_us - self.first_us > RUN_US_MAX:
            self.first_us, self.last_us, self.count = at_us, at_us, 0
        self.first_us = min(self.first_us, at_us)
        self.last_us = max(self.last_us, at_us)
        self.count += 1

    @property
    def is_enough(self) -> bool:
        """Tell whether it makes a state."""
        return self.count >= RUN_SIGNS and self.last_us - self.first_us >= RUN_SPAN_US


@dataclass(slots=True)
class _Track:
    """What is known of one thing."""

    since_us: int
    seen_us: int
    source: StateSource
    verdict: Verdict = Verdict.GOOD
    good_us: int = -1
    """Of the latest good sign; what is older says nothing against it."""
    run: _Run | None = None
    hold_us: int = HOLD_US
    until_us: int = 0
    """How long it is held."""
    trial_us: int = 0
    back_us: int | None = None
    """When it was last Normal again after a silence."""
    answers_options: bool = False

    @property
    def is_known(self) -> bool:
        """Tell whether there is a state: too few bad signs alone make none."""
        return self.verdict is not Verdict.GOOD or self.good_us >= 0 or self.answers_options

    def see(self, sign: Sign) -> None:
        """Remember the latest sign."""
        self.seen_us = max(self.seen_us, sign.at_us)
        self.source = sign.source


class StateWatch:
    """Keeps the state of each thing; fed like a detector."""

    def __init__(self) -> None:
        self._reader = SignReader()
        self._tracks: dict[Thing, _Track] = {}
        self._now_us = 0
        self._changed = False

    def add_arrival(self, call: SeenCall) -> None:
        """Take an attempt that has begun; test calls too."""
        self._take(self._reader.read_arrival(call))

    def add_end(self, call: SeenCall) -> None:
        """Take what became of an attempt; test calls and corrections too."""
        self._take(self._reader.read_end(call))

    def add_sign(self, sign: Sign) -> None:
        """Take what was seen otherwise."""
        self._take((sign,))

    def tick(self, now_us: int) -> bool:
        """Offer trials, forget; tell whether any state or offer changed since the last tick."""
        self._now_us = max(self._now_us, now_us)
        for thing, track in list(self._tracks.items()):
            if self._now_us - track.seen_us > KEPT_US:
                del self._tracks[thing]
                self._changed |= track.verdict is not Verdict.GOOD
            elif track.verdict is Verdict.SILENT:
                due_us = track.trial_us + TRIAL_US if track.trial_us else track.until_us
                if due_us <= self._now_us:
                    self._offer(track)
        changed, self._changed = self._changed, False
        return changed

    def list_states(self) -> tuple[MeasuredState, ...]:
        """List what is known: first what is not Normal, the latest sign first."""
        found = [
            (track, kind, name, words[track.verdict])
            for (kind_of_thing, name), track in self._tracks.items()
            for kind, words in _list_words(kind_of_thing)
            if track.is_known
        ]
        found.sort(key=lambda each: (each[0].verdict is Verdict.GOOD, -each[0].seen_us))
        return tuple(
            MeasuredState(
                kind=kind,
                id=name,
                state=word,
                source=track.source,
                since_us=track.since_us,
                seen_us=track.seen_us,
                trial_us=track.trial_us,
            )
            for track, kind, name, word in found
        )

    def _take(self, signs: Iterable[Sign]) -> None:
        for sign in signs:
            self._now_us = max(self._now_us, sign.at_us)
            thing = (sign.kind, sign.id)
            track = self._tracks.get(thing)
            if track is None and len(self._tracks) >= TRACKS_MAX:
                continue
            if track is None:
                track = self._tracks[thing] = _Track(sign.at_us, sign.at_us, sign.source)
            if sign.verdict is Verdict.GOOD:
                self._take_good(track, sign)
            else:
                self._take_bad(track, sign)

    def _take_good(self, track: _Track, sign: Sign) -> None:
        run = track.run
        if sign.source is StateSource.OPTIONS:
            track.answers_options = True
            if run is not None and run.by_calls:
                if track.verdict is Verdict.SILENT and track.hold_us == HOLD_US:
                    track.until_us = min(track.until_us, self._now_us)
                return
        elif run is not None and sign.at_us <= run.last_us:
            if track.verdict is Verdict.GOOD and sign.at_us >= run.first_us:
                track.run = None
            return
        else:
            track.good_us = max(track.good_us, sign.at_us)
        track.run = None
        track.see(sign)
        if track.verdict is not Verdict.GOOD:
            if track.verdict is Verdict.SILENT:
                track.back_us = self._now_us
            self._set(track, Verdict.GOOD, sign.at_us)

    def _take_bad(self, track: _Track, sign: Sign) -> None:
        by_call = sign.source is not StateSource.OPTIONS
        if sign.at_us <= track.good_us or not (by_call or track.answers_options):
            return
        track.see(sign)
        if track.run is None or track.run.verdict is not sign.verdict:
            track.run = _Run(sign.verdict, sign.at_us, sign.at_us, by_call)
        else:
            track.run.add(sign.at_us, by_call=by_call)
        if track.verdict is sign.verdict:
            if track.trial_us and sign.at_us >= track.trial_us:
                self._hold(track, min(2 * track.hold_us, HOLD_US_MAX))
        elif track.run.is_enough:
            if sign.verdict is Verdict.SILENT:
                back_us = track.back_us
                again = back_us is not None and self._now_us - back_us < CALM_US
                self._hold(track, min(2 * track.hold_us, HOLD_US_MAX) if again else HOLD_US)
            self._set(track, sign.verdict, track.run.first_us)

    def _set(self, track: _Track, verdict: Verdict, since_us: int) -> None:
        track.verdict, track.since_us, self._changed = verdict, since_us, True
        if verdict is not Verdict.SILENT:
            track.trial_us = 0

    def _hold(self, track: _Track, hold_us: int) -> None:
        track.hold_us, track.until_us, track.trial_us = hold_us, self._now_us + hold_us, 0
        self._changed = True

    def _offer(self, track: _Track) -> None:
        track.trial_us, self._changed = self._now_us, True


def _list_words(kind: StateKind) -> Iterator[tuple[StateKind, dict[Verdict, str]]]:
    """A queue follows its service."""
    if kind is StateKind.ELEMENT:
        yield kind, {**ELEMENT_WORDS}
    else:
        yield StateKind.SERVICE, {**SERVICE_WORDS}
        yield StateKind.QUEUE, {**QUEUE_WORDS}
