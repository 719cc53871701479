"""
List the lines that may ring for a call, best first, before any measured state is looked at.

The plan gives a sequence: the chosen variants' lines, the neighbours, the departement's default,
the national default (without a commune: the departement first, since nobody's neighbour is meant).
An order in force on a PSAP puts its own line in front of the first line of that PSAP. Nothing is
removed: the lines of a paused PSAP are only marked, and `ranking` puts them last.
"""

from collections.abc import Iterable, Iterator, MutableMapping
from dataclasses import dataclass

from route112.model import Order, OrderKind, Target
from route112.routing.notation import render_order
from route112.routing.orders import DIVERTS_MAX, OrdersInForce
from route112.routing.places import Place
from route112.routing.variants import Choice, Variant
from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot

LOOP_CUT = "loop cut"
"""Trace step: a divert leads back to a PSAP that it came from."""
CHAIN_CUT = "chain cut"
"""Trace step: more than DIVERTS_MAX diverts in a row."""
NO_LINE = "no such line"
"""Trace step: the snapshot has no line for what an order names."""

Rung = tuple[int, str]
"""Index of a line, and the rule that names it."""
Targets = MutableMapping[Rung, Target]
"""Targets made before, to be shared by every decision that names them."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """A line that may ring, and what must be said before it does."""

    target: Target
    ordered: bool
    """An `alternative` names this very line: no measured state and no pause moves it."""
    pause: Order | None
    """The order that pauses its PSAP."""
    steps: tuple[str, ...]
    """Orders that were followed on the way to this line."""


def list_rungs(
    snapshot: Snapshot, place: Place, variants: tuple[Variant, ...], choice: Choice
) -> Iterator[Rung]:
    """Yield the lines of the plan and of its fallbacks in try order; lines may repeat."""
    for index in choice.variants:
        yield from zip(variants[index].lines, variants[index].rules, strict=True)
    if place.departement is not None:
        fallback = snapshot.fallback(place.departement, place.number)
        neighbours = [(line, "neighbour") for line in fallback.neighbours]
        default = [] if fallback.departement == NONE else [(fallback.departement, "departement")]
        yield from (*neighbours, *default) if choice.variants else (*default, *neighbours)
    yield snapshot.national(place.number), "national"


def list_prospects(
    snapshot: Snapshot,
    rungs: Iterable[Rung],
    orders: OrdersInForce,
    *,
    short_number: str,
    targets: Targets,
) -> tuple[Prospect, ...]:
    """
    Put the lines that orders name in front of those of the plan, no line twice.

    Args:
        rungs: the plan's lines in try order.
        short_number: digits of the number that was dialled.
        targets: looked up and filled.
    Returns: 1 or more prospects in try order.
    """
    listing = _Listing(snapshot, orders, short_number, targets)
    for line, rule in rungs:
        listing.follow(line, ())
        listing.append(line, rule)
    return tuple(listing.prospects.values())


class _Listing:
    """Prospects in the making."""

    def __init__(
        self, snapshot: Snapshot, orders: OrdersInForce, short_number: str, targets: Targets
    ) -> None:
        self.prospects: dict[int, Prospect] = {}
        self._snapshot = snapshot
        self._orders = orders
        self._short_number = short_number
        self._targets = targets
        self._asked: set[str] = set()
        """PSAPs whose orders were followed."""
        self._steps: list[str] = []
        """Said before the next line that is listed."""

    def follow(self, line: int, chain: tuple[str, ...]) -> None:
        """List what an order on the PSAP of `line` names; `chain`: the PSAPs diverted so far."""
        psap = self._find_owner(line)
        order = self._orders.redirects.get((psap, self._short_number))
        if order is None or psap in self._asked:
            return
        self._asked.add(psap)
        self._steps.append(render_order(order))
        if order.kind is OrderKind.DIVERT:
            self._divert(order, (*chain, psap))
        else:
            self._ring_alternative(order)

    def append(self, line: int, rule: str, *, ordered: bool = False) -> None:
        """List a line unless it is listed."""
        if line in self.prospects:
            return
        target = self._find_target(line, rule)
        pause = None if ordered else self._orders.pauses.get((target.psap, self._short_number))
        self.prospects[line] = Prospect(target, ordered, pause, tuple(self._steps))
        self._steps.clear()

    def _divert(self, order: Order, chain: tuple[str, ...]) -> None:
        line = self._find_line(order.to_psap, "primary")
        if line is None:
            self._steps.append(NO_LINE)
        elif order.to_psap in chain:
            self._steps.append(LOOP_CUT)
        elif len(chain) > DIVERTS_MAX:
            self._steps.append(CHAIN_CUT)
        else:
            self.follow(line, chain)
            self.append(line, "divert")

    def _ring_alternative(self, order: Order) -> None:
        if order.to_number:
            line = self._snapshot.find_line(order.to_number)
        else:
            line = self._find_line(order.psap, "alternative")
        if line is None:
            self._steps.append(NO_LINE)
        else:
            self.append(line, "alternative", ordered=True)

    def _find_line(self, psap: str, role: str) -> int | None:
        index = self._snapshot.find_psap(psap)
        if index is None:
            return None
        owner = self._snapshot.psap(index)
        number = owner.primary if role == "primary" else owner.alternative
        return self._snapshot.find_line(number) if number else None

    def _find_owner(self, line: int) -> str:
        owner = self._snapshot.line(line).psap
        return "" if owner == NONE else self._snapshot.psap(owner).id

    def _find_capacity(self, owner: int) -> int:
        return 0 if owner == NONE else self._snapshot.psap(owner).capacity_calls

    def _find_target(self, line: int, rule: str) -> Target:
        target = self._targets.get((line, rule))
        if target is None:
            row = self._snapshot.line(line)
            trunk = self._snapshot.trunk(row.trunk)
            target = self._targets[line, rule] = Target(
                psap=self._find_owner(line),
                number=row.number,
                rule=rule,
                trunk=trunk.name,
                hops=trunk.hops,
                ring_time_s=row.ring_time_s,
                capacity_calls=self._find_capacity(row.psap),
            )
        return target
