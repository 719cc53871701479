"""
Detectors that compare: with siblings in the same minutes, with what was usual, with a plan.

Each is a `Detector`; `make_detectors` makes one of each.

- `grey`: an element that looks well and does not do its work, while its siblings do;
- `divergence`: stations that decide otherwise than the others under one plan;
- `slow`: ringing and answers that come later than elsewhere, or than they use to (`delays`);
- `stale`: records that do not arrive, an old generation, dates that come near, deviations that
  somebody else measures (`upkeep.clocks`);
- `flood`: far more attempts than usual, and whether they are failed callers who try again, one
  event that many people see, or few who call without end.

The first three, and the one of records, are one comparison (`comparing`) of different `trials`;
`docket` and `suspects` say who may be at fault instead. All share one calculation of how sure they
have to be (`budget`), and one kind of sum (`evidence`). That of test calls is in `watch.probing`.
"""

from collections.abc import Callable, Iterable

from route112.watch.detectors.divergence import DivergenceWatch
from route112.watch.detectors.flood import FloodWatch
from route112.watch.detectors.grey import GreyWatch
from route112.watch.detectors.slow import SlowWatch
from route112.watch.detectors.stale import (
    Deviation,
    Expiry,
    Lapse,
    ShippingWatch,
    StaleWatch,
    list_nothing,
)
from route112.watch.findings import Detector
from route112.watch.probing.watching import ProbeWatch

__all__ = ["Deviation", "Expiry", "Lapse", "list_nothing", "make_detectors"]


def make_detectors(
    *,
    number_of: Callable[[str], str],
    departement_of: Callable[[str], str],
    list_expiries: Callable[[], Iterable[Lapse]] = list_nothing,
) -> tuple[Detector, ...]:
    """
    Make one of each, knowing nothing yet.

    Args:
        number_of: short number that was meant, from what was dialled; empty where unknown.
        departement_of: departement of a commune; empty where unknown.
        list_expiries: dates at which something ends, and deviations, as they are known now.
    """
    return (
        FloodWatch(number_of=number_of, departement_of=departement_of),
        GreyWatch(),
        DivergenceWatch(number_of=number_of),
        SlowWatch(number_of=number_of),
        ShippingWatch(),
        StaleWatch(list_expiries=list_expiries),
        ProbeWatch(),
    )
