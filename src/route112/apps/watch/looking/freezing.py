"""
The state of what looks at calls, frozen now and then, and thawed by the next process.

No alarm waits for freezing: a copy of the process does it (`Aside`), and steps go on meanwhile.
"""

from collections.abc import Callable

from route112.adapters.watch_store import Frozen, Looks, Step
from route112.adapters.watch_store.aside import Aside, AsideError, pack, unpack
from route112.apps.watch.looking.makings import Makings
from route112.watch.watching import Watching
from route112.watch.watching.frozen import FrozenError, freeze, thaw
from route112.watch.watching.looks import RateDetector
from route112.watch.watching.usual import export_usual, restore_usual

POLLS_MAX = 240
"""Polls after which the state is frozen anew, where anything was looked at: about a minute's."""
CALLS_MAX = 20_000
"""Calls in them after which it is."""


class Freezing:
    """Keeps steps, and instead of them, when there are many, the state that they led to."""

    def __init__(self, looks: Looks, makings: Makings, complain: Callable[[str], None]) -> None:
        self._looks = looks
        self._makings = makings
        self._complain = complain
        self._polls = self._calls = 0
        """Since the state was frozen, and the calls that came in them."""
        self._revision = -1
        """Of what is usual, as it was kept last."""
        self._aside = Aside()
        self._asked: tuple[int, bytes | None] = (0, None)
        """The last step that is in what the copy freezes, and what is usual if that is new."""

    @property
    def is_busy(self) -> bool:
        """Tell whether a copy of the process freezes the state."""
        return self._aside.is_busy

    def close(self) -> None:
        """End what is still being frozen; the steps are kept."""
        self._aside.end()

    def recall(self, usual: bytes) -> RateDetector:
        """Return rates that know what was usual, as far as it can be read."""
        rates = self._makings.make_rates()
        if usual:
            try:
                restore_usual(rates, usual)
            except ValueError as error:
                self._complain(f"{error}; it is learned anew")
                return self._makings.make_rates()
        return rates

    def thaw(self, kept: Frozen, rates: RateDetector) -> Watching | None:
        """
        Return what was frozen, for whoever goes through its steps then.

        Returns: None where this very code has frozen nothing that can be read.
        """
        if kept.maker == self._makings.maker:
            try:
                watching: Watching = thaw(unpack(kept.state), self._makings.list_hooks(rates))
            except (FrozenError, ValueError) as error:
                self._complain(f"the state of watch cannot be read: {error}; sums begin anew")
                return None
            self._polls = len(kept.steps)
            self._calls = sum(len(step.calls) for step in kept.steps)
            return watching
        if kept.maker:
            self._complain(
                "another version of watch ran before: sums begin anew, what is usual stays"
            )
        return None

    def poll(self, watching: Watching) -> None:
        """Keep what was frozen, if it is there."""
        self._take_frozen(watching)
        self._polls += 1

    def _take_frozen(self, watching: Watching) -> None:
        if not self._aside.is_busy:
            return
        try:
            state = self._aside.take()
        except AsideError as error:
            self._freeze_instead(watching, error)
            return
        if state is not None:
            last, usual = self._asked
            self._keep(state, usual, last=last)

    def keep_step(self, step: Step, watching: Watching) -> None:
        """Keep a step that was gone through; have the state frozen where that is due."""
        self._calls += len(step.calls)
        last = self._looks.add_step(step)
        is_due = self._polls >= POLLS_MAX or self._calls >= CALLS_MAX
        if not is_due or self._aside.is_busy:
            return
        hooks = self._makings.list_hooks(watching.rates)
        self._asked = (last, self._export_usual(watching.rates))
        try:
            self._aside.begin(lambda: freeze(watching, hooks))
        except AsideError as error:
            self._freeze_instead(watching, error)
        self._polls = self._calls = 0

    def _freeze_instead(self, watching: Watching, error: AsideError) -> None:
        self._complain(f"the state of watch is frozen while looking waits: {error}")
        self.freeze(watching)

    def freeze(self, watching: Watching) -> None:
        """Freeze and keep the state at once: there is none yet, or a copy could not."""
        self._aside.end()
        state = freeze(watching, self._makings.list_hooks(watching.rates))
        self._revision = -1
        self._keep(pack(state), self._export_usual(watching.rates), last=None)
        self._polls = self._calls = 0

    def _export_usual(self, rates: RateDetector) -> bytes | None:
        """Return what is usual; None where nothing new was learned."""
        before, self._revision = self._revision, rates.rates.baseline.revision
        return export_usual(rates) if self._revision != before else None

    def _keep(self, state: bytes, usual: bytes | None, *, last: int | None) -> None:
        self._looks.freeze(
            maker=self._makings.maker,
            clock=self._makings.clock_name,
            state=state,
            usual=usual,
            last=last,
        )
