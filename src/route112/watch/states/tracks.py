"""From signs to states: who is silent is held, offered for trial, and back when a call answers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from route112.model import ServiceState
from route112.model.states import ElementState, MeasuredState, QueueState, StateKind, StateSource
from route112.watch.states.signs import Sign, SignReader, Thing, Verdict
from route112.watch.states.voices import OVERRULES, SOURCES, Depth, Voice, find_depth
from route112.watch.values import SeenCall

HOLD_US = 10_000_000
"""How long a silent thing is left alone at first."""
TRIALS_HOLD_US_MAX = 30_000_000
"""Between two trials of who stays silent: one caller loses some time by each."""
HOLD_US_MAX = 160_000_000
"""Before the first trial of who has come and gone again and again."""
STEADY_PART = 5
"""Who is heard again is tried after this part of its first hold, if it is heard all that time."""
WAKING_SIGNS = 2
"""Test calls or OPTIONS that it left unanswered before, else it was there all the time."""
TRIAL_US = 30_000_000
"""A trial that nobody has made, or that was never told of, is offered again after this."""
CALM_US = 900_000_000
"""After this time without a relapse a thing is held as at first."""
KEPT_US = 900_000_000
"""What nobody has seen for so long is not known any more."""
TRACKS_MAX = 20_000
"""Things whose state is kept; those beyond it have none."""
HOPS_MAX = 8
"""Next hops that are remembered of a silent PSAP."""

SERVICE_WORDS = {
    Verdict.GOOD: ServiceState.NORMAL,
    Verdict.SILENT: ServiceState.UNREACHABLE,
    Verdict.LEFT: ServiceState.PARTIAL,
    Verdict.FULL: ServiceState.OVERLOADED,
    Verdict.MUTE: ServiceState.PARTIAL,
}
ELEMENT_WORDS = {
    Verdict.GOOD: ElementState.NORMAL,
    Verdict.SILENT: ElementState.UNREACHABLE,
    Verdict.LEFT: ElementState.SERVICE_DISRUPTION,
    Verdict.FULL: ElementState.OVERLOADED,
    Verdict.MUTE: ElementState.SERVICE_DISRUPTION,
}
QUEUE_WORDS = {
    Verdict.GOOD: QueueState.ACTIVE,
    Verdict.SILENT: QueueState.UNREACHABLE,
    Verdict.LEFT: QueueState.ACTIVE,
    Verdict.FULL: QueueState.FULL,
    Verdict.MUTE: QueueState.ACTIVE,
}


@dataclass(slots=True)
class _Track:
    """What is known of one thing."""

    since_us: int
    seen_us: int
    source: StateSource
    voices: dict[Depth, Voice] = field(default_factory=dict)
    shown: Verdict = Verdict.GOOD
    is_held: bool = False
    """Calls or test calls say that it is silent."""
    base_us: int = HOLD_US
    """How long it is held before its first trial."""
    hold_us: int = HOLD_US
    held_us: int = 0
    """Since when."""
    tried_us: int = 0
    """When the latest call began that it left unanswered."""
    trial_us: int = 0
    back_us: int | None = None
    """When it was last well again after a silence."""
    woke_us: int = 0
    """Since when it is heard again without a gap; 0: it is not, or never was silent."""
    hops: dict[str, None] = field(default_factory=dict)
    """Of a PSAP: those over which it was silent."""

    @property
    def is_known(self) -> bool:
        """Tell whether there is a state: too few bad signs alone make none."""
        return self.shown is not Verdict.GOOD or any(
            voice.good_us >= 0 for voice in self.voices.values()
        )

    def find_speaker(self) -> Depth | None:
        """Return the deepest one that has something against it; None: it is well."""
        return next((depth for depth in sorted(self.voices) if self._accuses(depth)), None)

    def _accuses(self, depth: Depth) -> bool:
        return self.voices[depth].verdict is not Verdict.GOOD


class StateWatch:
    """Keeps the state of each thing; fed like a detector."""

    def __init__(self) -> None:
        self._reader = SignReader()
        self._tracks: dict[Thing, _Track] = {}
        self._now_us = 0
        self._changed = False

    def add_arrival(self, call: SeenCall) -> None:
        """Take an attempt that has begun; test calls too."""
        self.add_signs(self._reader.read_arrival(call))

    def add_end(self, call: SeenCall) -> None:
        """Take what became of an attempt; test calls and corrections too."""
        self.add_signs(self._reader.read_end(call))

    def add_signs(self, signs: Iterable[Sign]) -> None:
        """Take what was seen, by whatever source."""
        for sign in signs:
            self._now_us = max(self._now_us, sign.at_us)
            thing = (sign.kind, sign.id)
            track = self._tracks.get(thing)
            if track is None and len(self._tracks) >= TRACKS_MAX:
                continue
            if track is None:
                track = self._tracks[thing] = _Track(sign.at_us, sign.at_us, sign.source)
            self._take(track, sign)

    def tick(self, now_us: int) -> bool:
        """Offer trials, forget; tell whether any state or offer changed since the last tick."""
        self._now_us = max(self._now_us, now_us)
        for thing, track in list(self._tracks.items()):
            self._forget(thing, track)
            if track.is_held and self._find_due(track) <= self._now_us:
                track.trial_us, self._changed = self._now_us, True
        changed, self._changed = self._changed, False
        return changed

    def list_states(self) -> tuple[MeasuredState, ...]:
        """List what is known: first what is not Normal, the latest sign first."""
        found = [
            (track, kind, name, words[track.shown])
            for (kind_of_thing, name), track in self._tracks.items()
            for kind, words in _list_words(kind_of_thing)
            if track.is_known
        ]
        found.sort(key=lambda each: (each[0].shown is Verdict.GOOD, -each[0].seen_us))
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

    def list_silent(self) -> frozenset[str]:
        """List the elements that are silent, and those by which silent PSAPs are reached."""
        held = {thing: track for thing, track in self._tracks.items() if track.is_held}
        elements = (name for kind, name in held if kind is StateKind.ELEMENT)
        return frozenset((*elements, *(hop for track in held.values() for hop in track.hops)))

    def list_heard(self) -> frozenset[str]:
        """List what is silent in calls, and has been heard again otherwise since."""
        return frozenset(
            name
            for (_, name), track in self._tracks.items()
            if track.is_held and self._find_woken(track)
        )

    def _take(self, track: _Track, sign: Sign) -> None:
        depth = find_depth(sign)
        voice = track.voices.setdefault(depth, Voice(sign.at_us))
        voice.seen_us = max(voice.seen_us, sign.at_us)
        take = self._take_good if sign.verdict is Verdict.GOOD else self._take_bad
        if take(track, depth, sign):
            self._show(track, sign.at_us)

    def _take_good(self, track: _Track, depth: Depth, sign: Sign) -> bool:
        voice = track.voices[depth]
        if depth is not Depth.CALLS and voice.unanswered >= WAKING_SIGNS:
            track.woke_us = self._now_us
        if not voice.take_good(sign.at_us):
            return False
        for other in OVERRULES[depth]:
            if other in track.voices:
                silence_only = other is Depth.OPTIONS
                track.voices[other].overrule(sign.at_us, silence_only=silence_only)
        return True

    def _take_bad(self, track: _Track, depth: Depth, sign: Sign) -> bool:
        voice, is_silent = track.voices[depth], sign.verdict is Verdict.SILENT
        if is_silent:
            voice.unanswered += 1
            track.woke_us = 0
        is_refusal = depth is Depth.OPTIONS and not is_silent
        wiser = () if is_refusal else (each for each in track.voices if depth in OVERRULES[each])
        if sign.at_us <= max(track.voices[each].good_us for each in (depth, *wiser)):
            return False
        if depth is Depth.OPTIONS and is_silent and voice.good_us < 0:
            return False  # many answer no OPTIONS at all
        voice.take_bad(sign.at_us, sign.verdict)
        for hop in sign.hops:
            if len(track.hops) < HOPS_MAX:
                track.hops[hop] = None
        if not is_silent or depth is Depth.OPTIONS:
            return True
        track.tried_us = max(track.tried_us, sign.at_us)
        if track.trial_us and sign.at_us >= track.trial_us:
            longer_us = min(2 * track.hold_us, TRIALS_HOLD_US_MAX)
            self._hold(track, max(track.base_us, longer_us))
        return True

    def _show(self, track: _Track, at_us: int) -> None:
        """Show what the deepest voice says that says anything bad, with its own source and age."""
        speaker = track.find_speaker()
        shown = Verdict.GOOD if speaker is None else track.voices[speaker].verdict
        if speaker is not None:
            track.source, track.seen_us = SOURCES[speaker], track.voices[speaker].seen_us
        elif track.voices:
            latest = max(track.voices, key=lambda depth: track.voices[depth].good_us)
            track.source = SOURCES[latest]
            track.seen_us = max(track.voices[latest].good_us, track.since_us)
        if shown is not track.shown:
            self._changed, track.shown = True, shown
            track.since_us = at_us if speaker is None else track.voices[speaker].since_us
        is_held = shown is Verdict.SILENT and speaker is not Depth.OPTIONS
        if is_held and not track.is_held:
            self._fall(track)
        elif track.is_held and not is_held:
            track.back_us = track.woke_us = self._now_us
            track.trial_us = 0
            hops, track.hops = track.hops, {}
            self._release(hops)
        track.is_held = is_held

    def _release(self, hops: Iterable[str]) -> None:
        """
        Forget that these were silent: the PSAP behind them was, and it is back.

        A trial goes over the first of them alone; the others would wait for one in vain.
        """
        for hop in hops:
            thing = (StateKind.ELEMENT, hop)
            track = self._tracks.get(thing)
            if track is not None and track.is_held:
                track.voices.pop(Depth.CALLS, None)
                self._show(track, self._now_us)

    def _fall(self, track: _Track) -> None:
        back_us = track.back_us
        again = back_us is not None and self._now_us - back_us < CALM_US
        track.base_us = min(2 * track.base_us, HOLD_US_MAX) if again else HOLD_US
        self._hold(track, track.base_us)

    def _hold(self, track: _Track, hold_us: int) -> None:
        track.hold_us, track.held_us, track.trial_us = hold_us, self._now_us, 0
        self._changed = True

    def _find_due(self, track: _Track) -> int:
        """Return when it is offered next, or offered anew."""
        if track.trial_us:
            return track.trial_us + TRIAL_US
        due_us = track.held_us + track.hold_us
        woken_us = self._find_woken(track)
        return min(due_us, woken_us + track.base_us // STEADY_PART) if woken_us else due_us

    def _find_woken(self, track: _Track) -> int:
        """Return since when it, or a hop to it, is heard again; 0: not since its latest call."""
        hops = (self._tracks.get((StateKind.ELEMENT, hop)) for hop in track.hops)
        woken = [each.woke_us for each in (track, *hops) if each and each.woke_us > track.tried_us]
        return min(woken, default=0)

    def _forget(self, thing: Thing, track: _Track) -> None:
        past_us = self._now_us - KEPT_US
        old = [depth for depth, voice in track.voices.items() if voice.seen_us < past_us]
        for depth in old:
            del track.voices[depth]
        if old:
            self._show(track, self._now_us)
        if not track.voices:
            del self._tracks[thing]


def _list_words(kind: StateKind) -> Iterator[tuple[StateKind, dict[Verdict, str]]]:
    """A queue follows its service."""
    if kind is StateKind.ELEMENT:
        yield kind, {**ELEMENT_WORDS}
    else:
        yield StateKind.SERVICE, {**SERVICE_WORDS}
        yield StateKind.QUEUE, {**QUEUE_WORDS}
