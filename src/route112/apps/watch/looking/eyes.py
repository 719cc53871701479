"""What looks at calls: each is given as it begins and as it ends, and what changed is told."""

import sqlite3
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from route112.adapters.watch_store import Frozen, Looks, Step, transaction
from route112.apps.watch.looking.freezing import Freezing
from route112.apps.watch.looking.makings import Makings
from route112.watch.alarms.changes import Happening
from route112.watch.callbacks import is_anonymous
from route112.watch.calls.joining import ARRIVAL_US, GRACE_US, OPEN_US
from route112.watch.findings import Change
from route112.watch.values import SeenCall
from route112.watch.watching import Watching
from route112.watch.watching.looks import LOOK_US, RateDetector
from route112.wire.documents.scenario_time import ScenarioTime
from route112.wire.record_calls import UNKNOWN

REFUSED = "refused"


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
        self.blind: tuple[str, ...] = ()
        self._freezing = Freezing(self._looks, makings, complain)
        kept = self._looks.load()
        if kept.maker and kept.clock != makings.clock_name:
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
        return self._freezing.is_busy

    def close(self) -> None:
        """End what is still being frozen; the steps are kept."""
        self._freezing.close()

    def add_change(self, change: Happening) -> None:
        """Take note of something that changed at a station, by the wall clock."""
        at_us = self._makings.scale(change.at_us)
        if at_us is not None:
            self._makings.changed(replace(change, at_us=at_us))

    def tick(self, time_us: int) -> Change:
        """Look at all that is due by then; keep what was given, and what changed."""
        self._freezing.poll(self.watching)
        now_us = self._makings.scale(time_us)
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
        self._freezing.keep_step(step, self.watching)
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
        self._makings.made(self._begin_anew(self._freezing.recall(self._looks.load().usual)))

    def _add(self, call: SeenCall, due_us: int, *, is_end: bool) -> None:
        if call.outcome == REFUSED and not call.operator:
            return  # a stranger's knock: nobody's caller, and no figure of any operator
        began_us, ended_us = self._makings.scale(call.began_us), self._makings.scale(call.ended_us)
        at_us = self._makings.scale(due_us)
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

    def _look(self, step: Step) -> Change:
        for is_end, at_us, call in step.calls:
            if is_end:
                self.watching.add_end(call, at_us)
            else:
                self.watching.add_arrival(call, at_us)
        return self.watching.tick(step.now_us, blind=step.blind)

    def _end_all(self) -> None:
        """Whatever was open by another clock is over, at the last time that is known of it."""
        self._looks.drop()
        for finding in [each.finding for each in self._looks.list_open()]:
            # What cannot be told to be over now is held over, and told then.
            with self._bearing_mistakes(is_new=True):
                self._tell(Change(over=((finding.kind, finding.series),)), finding.at_us)

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

    def _go_on(self, kept: Frozen) -> Watching:
        """Stand where whoever froze this stood after its last step, or begin anew."""
        rates = self._freezing.recall(kept.usual)
        watching = self._freezing.thaw(kept, rates)
        if watching is None:
            with transaction(self._store):
                return self._begin_anew(rates)
        self.watching = watching
        for step in kept.steps:
            self._look(step)
        return watching

    def _begin_anew(self, rates: RateDetector) -> Watching:
        """Know nothing but what is usual, and what was open."""
        held_over = [each.finding for each in self._looks.list_open()]
        self.watching = self._makings.make_watching(rates, held_over)
        self._freezing.freeze(self.watching)
        return self.watching
