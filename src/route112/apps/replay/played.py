"""What one wiring came to, as the report shows it."""

from dataclasses import dataclass, field

from route112.apps.replay.conditions import Conditions
from route112.apps.replay.joint import JointReport
from route112.model import Scenario, Wiring
from route112.simulation.tally import Counts, Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One scenario, played once in one wiring."""

    scenario: Scenario
    wiring: Wiring
    tally: Tally
    seconds: float
    """Real time until the last caller was through or had given up, some seconds past the end."""
    compression: float
    """Scenario seconds for each real one, as its clock goes; so says `scenario-time.json`."""
    conditions: Conditions = field(default_factory=Conditions)
    """What it was measured on."""
    joint: JointReport | None = None
    """Where the fault script makes gateways grey."""

    @property
    def lost_unnamed(self) -> int:
        """Attempts that were lost although the check of the plan had not said so before."""
        return self.tally.total.lost - (self.joint.count_named() if self.joint else 0)


ROWS: tuple[tuple[str, str], ...] = (
    ("attempts", "attempts"),
    ("right", "right"),
    ("delayed", "of them delayed"),
    ("misrouted", "misrouted"),
    ("lost", "lost"),
    ("ghosts", "ghost rings"),
)
"""Field of `Counts` and how it is written."""


def get_figure(counts: Counts, name: str) -> int:
    """Return one figure of ROWS."""
    return int(getattr(counts, name))
