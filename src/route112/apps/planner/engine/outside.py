"""What is measured, and who acts: each in a thread of its own, and believed while it is new."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from route112.apps.planner.seams import NOBODY_WATCHES, Hands, Measured, Senses
from route112.change import State
from route112.change.deciding import Act, Command
from route112.model import UtcTime

MEASURED_AGE_S_MAX = 5.0
"""What is older is not believed: no change goes on then."""


@dataclass(frozen=True, slots=True)
class _Look:
    measured: Measured
    at_s: float
    step: object
    """Of the change that it was made for."""


class Outside:
    """Senses and hands as the engine uses them."""

    def __init__(
        self,
        senses: Senses,
        hands: Hands,
        *,
        now: Callable[[], UtcTime],
        monotonic_s: Callable[[], float],
    ) -> None:
        self._senses, self._hands = senses, hands
        self._now, self._monotonic_s = now, monotonic_s
        self._began_s = monotonic_s()
        self._look: _Look | None = None
        self._acts: tuple[Act, ...] = ()

    def look(self, state: State) -> None:
        """Measure; raises whatever the senses raise."""
        measured = Measured(alarms=(NOBODY_WATCHES,))
        try:
            measured = self._senses.measure(state, self._now())
        finally:
            self._look = _Look(measured, self._monotonic_s(), _name_step(state))

    def get_measured(self, state: State) -> Measured:
        """
        Return what is known by now.

        What was measured for another step says nothing of this one; alarms count for all. One that
        has just begun to look knows nothing, which is no alarm: a restart freezes no change.
        """
        look = self._look
        at_s = self._began_s if look is None else look.at_s
        if self._monotonic_s() - at_s > MEASURED_AGE_S_MAX:
            return Measured(alarms=(NOBODY_WATCHES,))
        if look is None:
            return Measured()
        if look.step != _name_step(state):
            return Measured(alarms=look.measured.alarms)
        return look.measured

    def tell(self, commands: Iterable[Command]) -> None:
        """Take what is to be done now; what is left out is to be done no longer."""
        self._acts = tuple(each for each in commands if isinstance(each, Act))

    def act(self) -> None:
        """Do it; raises whatever the hands raise."""
        for each in self._acts:
            self._hands.act(each)


def _name_step(state: State) -> object:
    change = state.change
    if change is None:
        return None
    return replace(change, is_yielding=False, is_work_done=False, frozen_since_us=0)
