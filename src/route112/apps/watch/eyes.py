"""
From calls to findings: what looks at calls, and how its state outlives the process.

All that is given to look at is kept, in the transaction of the step that it came with, until the
state is frozen whole. Whoever is started again thaws the state and goes through those steps once
more: it stands where the one before it stood, findings and all. No alarm waits for freezing: a
copy of the process does it (`Aside`), and steps go on meanwhile.
"""

import sqlite3
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from route112.adapters.watch_store import Frozen, Looks, Step, transaction
from route112.adapters.watch_store.aside import Aside, AsideError, pack, unpack
from route112.apps.watch.country import Country
from route112.watch.alarms.changes import Happening
from route112.watch.callbacks import is_anonymous
from route112.watch.calls.joining import ARRIVAL_US, GRACE_US, OPEN_US
from route112.watch.detectors import make_detectors
from route112.watch.findings import Change, Detector, Finding
from route112.watch.values import SeenCall
from route112.watch.watching import Watching
from route112.watch.watching.frozen import FrozenError, freeze, thaw
from route112.watch.watching.looks import LOOK_US, RateDetector
from route112.watch.watching.usual import export_usual, restore_usual
from route112.wire.documents.scenario_time import ScenarioTime
from route112.wire.record_calls import UNKNOWN

REFUSED = "refused"
POLLS_MAX = 240
"""Polls after which the state is frozen anew, where anything was looked at: about a minute's."""
CALLS_MAX = 20_000
"""Calls in them after which it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Makings:
    """What looks are made of."""

    country: Country
    maker: str
    """Names this very code: `country.name_code`."""
    name_caller: Callable[[str, int], str]
    """Pseudonym of a caller at a time: nothing here knows a number in clear."""
    make_detectors: Callable[..., Sequence[Detector]] = make_detectors
    clock: ScenarioTime | None = None
    """What real time stands for; None: itself."""
    told: Callable[[Change, int], None] = field(default=lambda _change, _now_us: None)
    """Given what each look changed, nothing too, within the transaction of its step."""
    changed: Callable[[Happening], None] = field(default=lambda _change: None)
    """Given what changed at stations, within the transaction of a step."""
    made: Callable[[Watching], None] = field(default=lambda _watching: None)
    """Given what looks at calls from now on, whenever that is another one."""


class Eyes:
    """Looks at calls; whoever calls `add_...` and `tick` has opened a transaction."""

    def __init__(
        self, store: sqlite3.Connection, makings: Makings, *, complain: Callable[[str], None]
    ) -> None:
        self._makings = makings
        self._complain = complain
        self._store = store
        self._looks = Looks(store)
        self._calls: list[tuple[bool, int, SeenCall]] = []
        self._polls = self._calls_kept = 0
        """Since the state was frozen, and the calls that came in them."""
        self._revision = -1
        self.blind: tuple[str, ...] = ()
        self._aside = Aside()
        self._asked: tuple[int, bytes | None] = (0, None)
        """The last step that is in what the copy freezes, and what is usual if that is new."""
        kept = self._looks.load()
        if kept.maker and kept.clock != self._clock_name:
            complain("time is another one now: what was usual and what was open is of no use")
            kept = Frozen()
            with transaction(store):
                self._end_all()
        self.watching = self._go_on(kept)
        makings.made(self.watching)
        self._settle()

    @property
    def clock(self) -> ScenarioTime | None:
        """What real time stands for."""
        return self._makings.clock

    def add_arrival(self, call: SeenCall) -> None:
        """Look at an attempt that has begun, about a second after it."""
        self._add(call, call.began_us + ARRIVAL_US, is_end=False)

    def add_end(self, call: SeenCall) -> None:
        """Look at what became of an attempt, when its lines are complete."""
        is_late = call.outcome == UNKNOWN
        due_us = call.began_us + OPEN_US if is_late else call.ended_us + GRACE_US
        self._add(call, due_us, is_end=True)

    @property
    def is_freezing(self) -> bool:
        """Tell whether a copy of the process freezes the state."""
        return self._aside.is_busy

    def close(self) -> None:
        """End what is still being frozen; the steps are kept."""
        self._aside.end()

    def add_change(self, change: Happening) -> None:
        """Take note of something that changed at a station, by the wall clock."""
        at_us = self._scale(change.at_us)
        if at_us is not None:
            self._makings.changed(replace(change, at_us=at_us))

    def tick(self, time_us: int) -> Change:
        """Look at all that is due by then; keep what was given, and what changed."""
        self._take_frozen()
        self._polls += 1
        now_us = self._scale(time_us)
        if now_us is None:
            return Change()
        looked_us = self.watching.looked_us
        if not self._calls and looked_us is not None and now_us < looked_us + LOOK_US:
            return Change()
        # What is known by now is looked at by now, also when a station's clock is ahead.
        latest_us = now_us + GRACE_US
        step = Step(
            now_us,
            tuple((end, min(at, latest_us), call) for end, at, call in self._calls),
            self.blind,
        )
        told: Change | None = None
        with self._bearing_mistakes():
            change = self._look(step)
            self._tell(change, now_us)
            told = change
        self._calls.clear()
        if told is None:
            return Change()
        self._calls_kept += len(step.calls)
        last = self._looks.add_step(step)
        is_due = self._polls >= POLLS_MAX or self._calls_kept >= CALLS_MAX
        if is_due and not self._aside.is_busy:
            self._begin_freezing(last)
        return told

    def _tell(self, change: Change, now_us: int) -> None:
        """Tell of a change, and keep it then: what could not be told is found once more."""
        self._makings.told(change, now_us)
        if change.begun or change.over:
            self._looks.note(change, now_us=now_us)

    @contextmanager
    def _bearing_mistakes(self, *, is_new: bool = False) -> Iterator[None]:
        """
        Say what goes wrong inside, and have sums begin anew.

        A mistake in a detector, or in what makes alarms, must not end the list of callers who wait
        for help: what it tripped over is left out, and looking goes on.

        Args:
            is_new: sums begin anew in any case.
        """
        try:
            yield
        except sqlite3.Error:
            raise
        except Exception as error:  # noqa: BLE001  see above
            where = traceback.extract_tb(error.__traceback__)[-1]
            self._complain(
                f"looking at calls failed: {type(error).__name__}: {error}, {where.name} line"
                f" {where.lineno} of {Path(where.filename).name}; sums begin anew"
            )
            if not is_new:
                self.begin_anew()

    def begin_anew(self) -> None:
        """Have all sums begin anew at the next time that is told; what is usual stays."""
        self._makings.made(self._begin_anew(self._recall(self._looks.load().usual)))

    def _add(self, call: SeenCall, due_us: int, *, is_end: bool) -> None:
        if call.outcome == REFUSED and not call.operator:
            return  # a stranger's knock: nobody's caller, and no figure of any operator
        began_us, ended_us = self._scale(call.began_us), self._scale(call.ended_us)
        at_us = self._scale(due_us)
        if began_us is None or ended_us is None or at_us is None:
            return
        caller = ""  # whatever word stands for a number, or whatever name, it is nobody's
        if not is_anonymous(call.caller):
            caller = self._makings.name_caller(call.caller, call.began_us)
        seen = replace(
            call,
            began_us=began_us,
            ended_us=ended_us,
            caller=caller,
            number=self._makings.country.mean(call.number),
            clocks=(),
        )
        self._calls.append((is_end, at_us, seen))

    def _scale(self, wall_us: int) -> int | None:
        return wall_us if self.clock is None else self.clock.read(wall_us)

    @property
    def _clock_name(self) -> str:
        return "" if self.clock is None else repr(self.clock)

    def _look(self, step: Step) -> Change:
        for is_end, at_us, call in step.calls:
            if is_end:
                self.watching.add_end(call, at_us)
            else:
                self.watching.add_arrival(call, at_us)
        return self.watching.tick(step.now_us, blind=step.blind)

    # ------------------------------------------------------------ from one process to the next
    def _end_all(self) -> None:
        """Whatever was open by another clock is over, at the last time that is known of it."""
        self._looks.drop()
        for finding in [each.finding for each in self._looks.list_open()]:
            # What cannot be told to be over now is held over, and told then.
            with self._bearing_mistakes(is_new=True):
                self._tell(Change(over=((finding.kind, finding.series),)), finding.at_us)

    def _go_on(self, kept: Frozen) -> Watching:
        rates = self._recall(kept.usual)
        hooks = self._list_hooks(rates)
        if kept.maker == self._makings.maker:
            try:
                self.watching = thaw(unpack(kept.state), hooks)
            except (FrozenError, ValueError) as error:
                self._complain(f"the state of watch cannot be read: {error}; sums begin anew")
            else:
                for step in kept.steps:
                    self._look(step)
                self._polls = len(kept.steps)
                self._calls_kept = sum(len(step.calls) for step in kept.steps)
                return self.watching
        elif kept.maker:
            self._complain(
                "another version of watch ran before: sums begin anew, what is usual stays"
            )
        with transaction(self._store):
            return self._begin_anew(rates)

    def _settle(self) -> None:
        """
        Keep and tell what came out otherwise when the steps were gone through once more.

        Dates and deviations are asked for as they are known now, and not as they were then.
        """
        kept = {(each.finding.kind, each.finding.series) for each in self._looks.list_open()}
        known = {(each.kind, each.series): each for each in self.watching.open}
        change = Change(
            begun=tuple(each for key, each in known.items() if key not in kept),
            over=tuple(sorted(kept - known.keys())),
        )
        now_us = self.watching.looked_us
        if now_us is not None and (change.begun or change.over):
            with transaction(self._store), self._bearing_mistakes():
                self._tell(change, now_us)

    def _begin_anew(self, rates: RateDetector) -> Watching:
        """Know nothing but what is usual, and what was open."""
        held_over: list[Finding] = [each.finding for each in self._looks.list_open()]
        country = self._makings.country
        detectors = self._makings.make_detectors(
            number_of=country.mean,
            departement_of=country.departement,
            list_expiries=country.list_expiries,
        )
        self.watching = Watching(rates, detectors, held_over=held_over)
        self._freeze()
        return self.watching

    def _recall(self, usual: bytes) -> RateDetector:
        """Return rates that know what was usual, as far as it can be read."""
        rates = self._make_rates()
        if usual:
            try:
                restore_usual(rates, usual)
            except ValueError as error:
                self._complain(f"{error}; it is learned anew")
                return self._make_rates()
        return rates

    def _make_rates(self) -> RateDetector:
        country = self._makings.country
        return RateDetector(
            hour_of=country.hour_of,
            ahead_of=country.ahead_of,
            usual_week=country.usual_week,
            number_of=country.mean,
            departement_of=country.departement,
        )

    def _list_hooks(self, rates: RateDetector) -> dict[str, object]:
        country = self._makings.country
        return {
            "hour_of": country.hour_of,
            "ahead_of": country.ahead_of,
            "number_of": country.mean,
            "departement_of": country.departement,
            "list_expiries": country.list_expiries,
            "usual": rates.rates.baseline,
        }

    def _begin_freezing(self, last: int) -> None:
        """Have the state frozen as it is after this step."""
        hooks = self._list_hooks(self.watching.rates)
        self._asked = (last, self._export_usual())
        try:
            self._aside.begin(lambda: freeze(self.watching, hooks))
        except AsideError as error:
            self._freeze(why=str(error))
        self._polls = self._calls_kept = 0

    def _take_frozen(self) -> None:
        """Keep what was frozen, if it is there."""
        if not self._aside.is_busy:
            return
        try:
            state = self._aside.take()
        except AsideError as error:
            self._freeze(why=str(error))
            return
        if state is not None:
            last, usual = self._asked
            self._keep(state, usual, last=last)

    def _freeze(self, *, why: str = "") -> None:
        """Freeze and keep the state at once: there is none yet, or a copy could not."""
        if why:
            self._complain(f"the state of watch is frozen while looking waits: {why}")
        self._aside.end()
        state = freeze(self.watching, self._list_hooks(self.watching.rates))
        self._revision = -1
        self._keep(pack(state), self._export_usual(), last=None)
        self._polls = self._calls_kept = 0

    def _export_usual(self) -> bytes | None:
        """Return what is usual; None where nothing new was learned."""
        rates = self.watching.rates
        before, self._revision = self._revision, rates.rates.baseline.revision
        return export_usual(rates) if self._revision != before else None

    def _keep(self, state: bytes, usual: bytes | None, *, last: int | None) -> None:
        self._looks.freeze(
            maker=self._makings.maker, clock=self._clock_name, state=state, usual=usual, last=last
        )
