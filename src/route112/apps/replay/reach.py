"""Which long numbers a fault at the far end takes away, and when."""

import itertools
from collections.abc import Iterable, Mapping, Sequence

from route112.apps.demo.draw import list_lines
from route112.model import FaultStep, Hop
from route112.planning.trunks import HOPS_TRIED_MAX
from route112.simulation.checker import FIRST_RING_US_MAX, Interval
from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot

PSAP_KINDS = ("psap-silent", "psap-busy", "psap-flapping")
"""Faults whose targets are long numbers or ids of PSAPs."""
VENDOR_KIND = "gateway-grey"
"""A fault whose targets are makers of gateways."""
FOREVER_US = 1 << 62


def find_numbers(step: FaultStep, snapshot: Snapshot) -> frozenset[str]:
    """Return the numbers that cannot be reached while a step lasts; none for faults of sites."""
    if step.kind in PSAP_KINDS:
        return frozenset().union(
            *(
                {target} if target.startswith("+") else list_lines(snapshot, target)
                for target in step.targets
            )
        )
    if step.kind == VENDOR_KIND:
        return frozenset(
            line.number
            for line in map(snapshot.line, range(snapshot.lines_count))
            if line.trunk != NONE and _hangs_on(snapshot.trunk(line.trunk).hops, step.targets)
        )
    return frozenset()


def _hangs_on(hops: Sequence[Hop], vendors: Sequence[str]) -> bool:
    """Tell whether every way to a line that is tried is a gateway of one of these makers."""
    return all(hop.technology == "rtc" and hop.vendor in vendors for hop in hops[:HOPS_TRIED_MAX])


def was_cut_off(reachable: Sequence[Interval] | None, placed_us: int) -> bool:
    """
    Tell whether a number was out of reach at any instant in which a call might ring.

    Args:
        reachable: the times in which it could be reached; None: always.
        placed_us: the INVITE.

    """
    if reachable is None:
        return False
    until_us = placed_us + FIRST_RING_US_MAX
    return not any(since <= placed_us and until_us <= end for since, end in reachable)


class Reach:
    """Notes what happens at the far ends of one play."""

    def __init__(self) -> None:
        self._since_us: dict[str, dict[int, int]] = {}
        self._gone: dict[str, list[Interval]] = {}

    def lose(self, numbers: Iterable[str], *, step: int, at_us: int) -> None:
        """Say that a step takes numbers away from now on."""
        for number in numbers:
            self._since_us.setdefault(number, {})[step] = at_us

    def regain(self, numbers: Iterable[str], *, step: int, at_us: int) -> None:
        """Say that a step no longer does."""
        for number in numbers:
            since_us = self._since_us[number].pop(step)
            self._gone.setdefault(number, []).append((since_us, at_us))

    def list_reachable(self) -> Mapping[str, tuple[Interval, ...]]:
        """Return the times in which each number that was ever gone could be reached."""
        for number, steps in self._since_us.items():
            for since_us in steps.values():
                self._gone.setdefault(number, []).append((since_us, FOREVER_US))
            steps.clear()
        return {number: _invert(_join(spans)) for number, spans in self._gone.items()}


def _join(spans: Iterable[Interval]) -> list[Interval]:
    joined: list[Interval] = []
    for since_us, until_us in sorted(spans):
        if joined and since_us <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], until_us))
        else:
            joined.append((since_us, until_us))
    return joined


def _invert(gone: Iterable[Interval]) -> tuple[Interval, ...]:
    edges = [0, *itertools.chain.from_iterable(gone), FOREVER_US]
    spans = zip(edges[::2], edges[1::2], strict=True)
    return tuple((since_us, until_us) for since_us, until_us in spans if since_us < until_us)
