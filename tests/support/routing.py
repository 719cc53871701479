"""A small country, opened, and calls into it: what the tests of routing speak in."""

from tests.support.snapshots import NOW, VALID_FROM, VALID_UNTIL, small_content

from route112.model import Call, Order, OrderKind, ServiceState, States, UtcTime
from route112.routing import decide
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

HOUR = 3_600_000_000


def open_small(**changes):
    """Open the small country without its orders; `changes` replaces fields of its content."""
    return Snapshot(write_snapshot(small_content(**{"orders": (), **changes})))


def make_order(order_id, kind, psap, **changes):
    """Make an order of the prefecture of 29 that holds from an hour before to an hour after."""
    fields = {"starts": UtcTime(NOW - HOUR), "expires": UtcTime(NOW + HOUR), **changes}
    return Order(
        id=order_id,
        kind=OrderKind(kind),
        psap=psap,
        author="prefecture 29",
        reason="works",
        **fields,
    )


def open_with(*orders, **changes):
    """Open the small country with these orders in its snapshot."""
    ordered = tuple(sorted(orders, key=lambda order: order.id))
    return open_small(orders=ordered, **changes)


def ask(dialled, commune, snapshot, *, down=(), now=NOW, **call):
    """Decide one call; `down`: ids of PSAPs measured Down, or their states by id."""
    states = down if isinstance(down, dict) else dict.fromkeys(down, ServiceState.DOWN)
    return decide(
        Call(dialled=dialled, commune=commune, **call), snapshot, States(states), now=UtcTime(now)
    )


def rungs(decision):
    """Return `PSAP rule` of each target."""
    return [f"{target.psap} {target.rule}".strip() for target in decision.targets]


__all__ = [
    "HOUR",
    "NOW",
    "VALID_FROM",
    "VALID_UNTIL",
    "ask",
    "make_order",
    "open_small",
    "open_with",
    "rungs",
]
