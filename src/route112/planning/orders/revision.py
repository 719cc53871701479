"""
Orders on a snapshot that exists: the planner's checks of them, their lines, the next generation.

An emergency order has no time for a build. What its checks need of the plan stands in the
snapshot, but for the number plan and the bound of an order, which stand in the profile; so the
checks are the very ones of a build, and the bytes are those that a build of the same sources would
give.
"""

import functools
from array import array
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from route112.model import Order, Plan, Problem, Profile, Psap, Severity, Territory, UtcTime
from route112.planning.checks.orders import check_divert_circles, check_orders
from route112.planning.checks.others import check_ordered_lines
from route112.planning.checks.subject import Subject
from route112.planning.lines import collect_lines
from route112.planning.orders.touched import PLANS_READ_MAX, OrdersReach, compare_orders
from route112.planning.resolve import Resolution, Route, Variant
from route112.snapshot.content import NONE, LineRow
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_orders
from route112.wire.problems import make_problem

ORDER_CHECKS = (check_orders, check_divert_circles, check_ordered_lines)
"""Those of a build that look at orders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A generation that follows another one by orders alone."""

    snapshot: bytes | None
    """Unsigned; None where a problem is an error."""
    reach: OrdersReach | None
    """What it changes; None where there is no snapshot."""
    problems: tuple[Problem, ...]


def revise_orders(  # noqa: PLR0913  what a person orders, and by what it is judged
    parent: Snapshot,
    *,
    added: Collection[Order],
    withdrawn: Collection[str],
    profile: Profile,
    now: UtcTime,
    generation: int = 0,
    order_files: Mapping[str, str] | None = None,
) -> Revision:
    """
    Make the generation that follows a snapshot when orders are given or withdrawn.

    The others stay as they are; those that are over by now are left out.

    Args:
        parent: what is in force.
        added: new orders, or such as take the place of one with their id, on the same PSAP.
        withdrawn: ids of orders of the parent.
        profile: that of the parent's edition.
        generation: number of the new generation; 0: one above the parent's.
        order_files: name of the file of each order, by its id, for messages.
    Raises: OrdersError where anything changes on a PSAP that no given or withdrawn order names.
        ValueError where `withdrawn` names an unknown order, or the format has no room.

    """
    standing = {order.id: order for order in parent.orders}
    unknown = sorted(set(withdrawn) - standing.keys())
    if unknown:
        raise ValueError(f"no order is called {', '.join(unknown)}")
    named = {order.psap for order in added} | {standing[name].psap for name in withdrawn}
    orders = {name: each for name, each in standing.items() if each.expires > now}
    orders |= {order.id: order for order in added}
    kept = [order for name, order in orders.items() if name not in withdrawn]
    problems = check_orders_on(parent, kept, profile=profile, now=now, order_files=order_files)
    if any(problem.severity == Severity.ERROR for problem in problems):
        return Revision(snapshot=None, reach=None, problems=problems)
    written = place_orders(parent, kept, generation=generation or parent.generation + 1)
    reach = compare_orders(parent, Snapshot(written), named=named, at=now)
    return Revision(snapshot=written, reach=reach, problems=problems)


def check_orders_on(
    snapshot: Snapshot,
    orders: Iterable[Order],
    *,
    profile: Profile,
    now: UtcTime,
    order_files: Mapping[str, str] | None = None,
) -> tuple[Problem, ...]:
    """
    Check orders against the plan of a snapshot, as a build checks its overrides.

    Args:
        snapshot: its own orders count for nothing.
        orders: all orders of the next generation.
        profile: that of the snapshot's edition, for the number plan and the bound of an order.
        now: orders that are over by then are only warned of.
        order_files: name of the file of each order, by its id, for messages.

    """
    if (profile.country, profile.edition) != (snapshot.country, snapshot.edition):
        return (
            make_problem(
                Severity.ERROR,
                "other-edition",
                f"the profile is of {profile.country} {profile.edition}, the snapshot of "
                f"{snapshot.country} {snapshot.edition}",
                "Name the profile.yaml that the snapshot was built with",
                file="profile.yaml",
            ),
        )
    subject = _reopen(snapshot, orders, profile, now, order_files or {})
    return tuple(problem for check in ORDER_CHECKS for problem in check(subject))


def _reopen(
    snapshot: Snapshot,
    orders: Iterable[Order],
    profile: Profile,
    now: UtcTime,
    order_files: Mapping[str, str],
) -> Subject:
    """Return the plan and the routes of a snapshot as far as checks of orders look at them."""
    psaps, resolution = _read_plan(snapshot)
    plan = Plan(
        profile=replace(profile, short_numbers=snapshot.short_numbers),
        territory=Territory({}, {}),
        psaps=psaps,
        carriers={},
        operators={},
        orders=tuple(sorted(orders, key=lambda order: order.id)),
        files=(),
        order_files=order_files,
    )
    return Subject(plan=plan, resolution=resolution, now=now, timezones={})


@functools.lru_cache(maxsize=PLANS_READ_MAX)
def _read_plan(snapshot: Snapshot) -> tuple[Mapping[str, Psap], Resolution]:
    """Read what no order changes; whoever puts orders on a snapshot puts more there soon."""
    psaps = {psap.id: psap for psap in map(snapshot.psap, range(snapshot.psaps_count))}
    stored = snapshot.records.columns["mapping_routes"]["route"]
    resolution = Resolution(
        communes=tuple(map(snapshot.commune, range(snapshot.communes_count))),
        short_numbers=snapshot.short_numbers,
        lines=collect_lines(psaps),
        routes=tuple(_read_route(snapshot, index) for index in range(snapshot.routes_count)),
        mapping_route=array("I", [(route - 1) & NONE for route in stored]),
        mapping_source=array("I"),
        mapping_row=array("I"),
        sources=(),
        problems=(),
    )
    return psaps, resolution


def _read_route(snapshot: Snapshot, index: int) -> Route:
    return tuple(
        Variant(
            lines=tuple(snapshot.line(line).number for line in row.lines),
            rules=row.rules,
            hours=None if row.hours == NONE else snapshot.hours(row.hours),
            area=None if row.area == NONE else snapshot.area(row.area),
        )
        for row in snapshot.route(index)
    )


def place_orders(snapshot: Snapshot, orders: Iterable[Order], *, generation: int) -> bytes:
    """
    Write the next generation of a snapshot with these orders and no others, unsigned.

    Args:
        snapshot: the parent.
        orders: all orders of the new generation; checked before.
        generation: above that of the parent.
    Raises: ValueError where `generation` does not follow, or an order names a PSAP that the
        snapshot does not have, or a limit of the format is exceeded.

    """
    if generation <= snapshot.generation:
        raise ValueError(f"generation {generation} does not follow {snapshot.generation}")
    ascending = sorted(orders, key=lambda order: order.id)
    lines = list_order_lines(snapshot, ascending)
    return write_orders(snapshot, ascending, generation=generation, lines=lines)


def list_order_lines(snapshot: Snapshot, orders: Iterable[Order]) -> tuple[LineRow, ...]:
    """
    List the lines that only these orders name, ascending by number.

    A number that nobody owns takes the way to the first line of the PSAP that the first of its
    orders touches, and rings as long as PSAPs of that kind do.
    """
    plan_lines = range(snapshot.records.frame.count("lines"))
    known = {snapshot.line(index).number: index for index in plan_lines}
    rows: dict[str, LineRow] = {}
    for order in sorted(orders, key=lambda order: order.id):
        if not order.to_number or order.to_number in known or order.to_number in rows:
            continue
        index = snapshot.find_psap(order.psap)
        if index is None:
            raise ValueError(f"the order {order.id!r} names the unknown PSAP {order.psap!r}")
        touched = snapshot.psap(index)
        first = snapshot.line(known[touched.primary])
        rows[order.to_number] = LineRow(
            number=order.to_number,
            psap=NONE,
            role="order",
            trunk=first.trunk,
            ring_time_s=_find_ring_time(snapshot, touched.kind, first),
        )
    return tuple(row for _, row in sorted(rows.items()))


def _find_ring_time(snapshot: Snapshot, kind: str, first: LineRow) -> int:
    """Return how long PSAPs of a kind ring; `first`: a line of one, as a rule."""
    plan_lines = map(snapshot.line, range(snapshot.records.frame.count("lines")))
    for line in (first, *plan_lines):
        if line.psap != NONE and snapshot.psap(line.psap).kind == kind:
            return line.ring_time_s
    return first.ring_time_s
