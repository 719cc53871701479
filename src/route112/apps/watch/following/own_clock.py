"""The clock of this machine: whether somebody has set it since the last step."""

from collections.abc import Callable

STEP_US = 5_000_000
"""The clock of this machine has stepped when it differs by more from what it should tell."""


class OwnClock:
    """
    Compares the wall clock with one that nobody sets.

    Args:
        wall_us: when the last step was, by the wall clock; 0: there was none.
        complain: told each time that the clock was set.
    """

    def __init__(self, wall_us: int, complain: Callable[[str], None]) -> None:
        self._wall_us = wall_us
        self._complain = complain

    def step(self, now_us: int, passed_us: int | None) -> int:
        """
        Return by how much the clock was set since the last step; 0: it was not.

        Args:
            now_us: wall clock.
            passed_us: since the last step, by a clock that nobody sets; None where that is not
                known: then a step shows only when it goes back.
        """
        before_us, self._wall_us = self._wall_us, now_us
        by_us = now_us - before_us - (passed_us or 0)
        is_ahead = passed_us is not None and by_us > STEP_US
        if not before_us or (by_us >= -STEP_US and not is_ahead):
            return 0
        where = "ahead" if is_ahead else "back"
        self._complain(
            f"the clock of this machine was set {where} by {abs(by_us) / 1e6:,.0f} s: calls are as"
            " old as they were, sums begin anew"
        )
        return by_us
