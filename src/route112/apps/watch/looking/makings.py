"""What looks are made of: a country, the clock they go by, and who is told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from route112.apps.watch.country import Country
from route112.watch.alarms.changes import Happening
from route112.watch.detectors import make_detectors
from route112.watch.findings import Change, Detector, Finding
from route112.watch.watching import Watching
from route112.watch.watching.looks import RateDetector
from route112.wire.documents.scenario_time import ScenarioTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Makings:
    """Makes what looks at calls, of one country and one clock."""

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

    @property
    def clock_name(self) -> str:
        """What tells this clock from others; empty: real time."""
        return "" if self.clock is None else repr(self.clock)

    def scale(self, wall_us: int) -> int | None:
        """Return the time by this clock; None: it had not begun."""
        return wall_us if self.clock is None else self.clock.read(wall_us)

    def make_rates(self) -> RateDetector:
        """Return rates that have seen nothing."""
        return RateDetector(
            hour_of=self.country.hour_of,
            ahead_of=self.country.ahead_of,
            usual_week=self.country.usual_week,
            number_of=self.country.mean,
            departement_of=self.country.departement,
        )

    def make_watching(self, rates: RateDetector, held_over: Sequence[Finding]) -> Watching:
        """Return what knows nothing but what is usual, and what was open."""
        detectors = self.make_detectors(
            number_of=self.country.mean,
            departement_of=self.country.departement,
            list_expiries=self.country.list_expiries,
        )
        return Watching(rates, detectors, held_over=held_over)

    def list_hooks(self, rates: RateDetector) -> dict[str, object]:
        """Return, by name, what a frozen state refers to and does not have in it."""
        return {
            "hour_of": self.country.hour_of,
            "ahead_of": self.country.ahead_of,
            "number_of": self.country.mean,
            "departement_of": self.country.departement,
            "list_expiries": self.country.list_expiries,
            "usual": rates.rates.baseline,
        }
